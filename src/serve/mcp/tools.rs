//! The tools: their names, what they take and give, and what they do.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use rmcp::model::{Tool, ToolAnnotations};
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::shapes::whole;
use super::shaped;
use crate::PaperId;
use crate::app::{App, Days, Subject};
use crate::error::{Error, Result};
use crate::paper::Rating;

/// The most papers in an answer, letters in a question, days, and papers rated at once.
const MOST_PAPERS: usize = 50;
const MOST_LETTERS: usize = 2_000;
const MOST_DAYS: u32 = 31;
const MOST_RATED: usize = 100;

/// What any tool may be called with; each takes some of these.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Arguments {
    n: Option<usize>,
    date: Option<Date>,
    days: Option<u32>,
    id: Option<String>,
    text: Option<String>,
    words: Option<String>,
    ids: Option<Vec<String>>,
}

/// All tools.
pub(super) fn list() -> Vec<Tool> {
    let n = (
        "n",
        json!({"type": "integer", "minimum": 1, "maximum": MOST_PAPERS, "default": 10, "description": "how many papers"}),
    );
    let date = (
        "date",
        json!({"type": "string", "format": "date", "description": "a day as YYYY-MM-DD; without it the newest day in the library"}),
    );
    let days = (
        "days",
        json!({"type": "integer", "minimum": 1, "maximum": MOST_DAYS, "description": "so many days up to the newest one, instead of one day"}),
    );
    let id = (
        "id",
        json!({"type": "string", "minLength": 1, "maxLength": 300, "description": "a paper: 2404.15653, an arXiv address or a DOI"}),
    );
    let text = (
        "text",
        json!({"type": "string", "minLength": 1, "maxLength": MOST_LETTERS, "description": "a text to look around, in English or Korean"}),
    );
    let words = (
        "words",
        json!({"type": "string", "minLength": 1, "maxLength": MOST_LETTERS, "description": "all of them are wanted; the last may be unfinished"}),
    );
    let ids = (
        "ids",
        json!({"type": "array", "minItems": 1, "maxItems": MOST_RATED, "items": {"type": "string", "minLength": 1, "maxLength": 300}, "description": "papers: 2404.15653, arXiv addresses or DOIs"}),
    );

    let reads =
        |name: &'static str, about: &'static str, takes: &[(&str, Value)], required: &[&str], gives: &str| {
            tool(name, about, object(takes, required), gives).with_annotations(hints(true))
        };
    let rates = |name: &'static str, about: &'static str| {
        tool(name, about, object(std::slice::from_ref(&ids), &["ids"]), "rate/1")
            .with_annotations(hints(false))
    };
    vec![
        reads(
            "today",
            "The papers of a day, ranked by what the person likes, each with its reason.",
            &[n.clone(), date.clone(), days.clone()],
            &[],
            "today/1",
        ),
        reads(
            "similar",
            "The papers nearest to a paper or to a text; give one of both.",
            &[id.clone(), text, n.clone()],
            &[],
            "similar/1",
        ),
        reads("topics", "The papers of a day in named groups.", &[date, days], &[], "topics/1"),
        reads("search", "Papers that hold all of some words.", &[words, n], &["words"], "search/1"),
        reads(
            "get_paper",
            "All that is known of a paper: abstract, summaries, votes, listings, the person's rating.",
            std::slice::from_ref(&id),
            &["id"],
            "show/1",
        ),
        reads(
            "why",
            "Why a paper has its score: what each rated paper and each part of it adds to it.",
            std::slice::from_ref(&id),
            &["id"],
            "why/1",
        ),
        rates(
            "like",
            "Say that the person wants more like these papers. It moves the ranking; `dislike` takes its place.",
        ),
        rates(
            "dislike",
            "Say that the person wants less like these papers. It moves the ranking; `like` takes its place.",
        ),
    ]
}

/// Does what a tool does.
pub(super) fn call(app: &mut App, tool: &str, arguments: Value, now: Timestamp) -> Result<Value> {
    let takes = list().into_iter().find(|t| t.name == tool).map(|t| t.input_schema);
    check(tool, &arguments, takes.as_deref().and_then(|schema| schema.get("properties")))?;
    let arguments: Arguments = serde_json::from_value(arguments).map_err(|error| invalid(tool, error))?;
    let n = within(tool, "n", arguments.n.unwrap_or(10), MOST_PAPERS)?;
    let days = match (arguments.date, arguments.days) {
        (Some(_), Some(_)) => return Err(invalid(tool, "give `date` or `days`, not both")),
        (Some(day), None) => Days::One(day),
        (None, Some(n)) => Days::Last(within(tool, "days", n as usize, MOST_DAYS as usize)? as u32),
        (None, None) => Days::Newest,
    };
    let short = |name: &str, text: String| match text.chars().count() {
        n if n > MOST_LETTERS => {
            Err(invalid(tool, format!("`{name}` has {n} letters, but at most {MOST_LETTERS} are taken")))
        }
        _ if text.trim().is_empty() => Err(invalid(tool, format!("`{name}` is empty"))),
        _ => Ok(text),
    };
    let id = arguments.id.map(|id| short("id", id).and_then(|id| Ok(PaperId::parse(&id)?.0))).transpose()?;
    let rating = if tool == "like" { Rating::Like } else { Rating::Dislike };
    match tool {
        "today" => shaped("today/1", &app.today(days, n)?),
        "similar" => {
            let subject = match (id, arguments.text) {
                (Some(id), None) => Subject::Paper(id),
                (None, Some(text)) => Subject::Text(short("text", text)?),
                _ => return Err(invalid(tool, "give `id` or `text`, one of both")),
            };
            shaped("similar/1", &app.similar(&subject, n)?)
        }
        "topics" => shaped("topics/1", &app.topics(days)?),
        "search" => {
            let words = arguments.words.ok_or_else(|| invalid(tool, "`words` is missing"))?;
            shaped("search/1", &app.search(&short("words", words)?, n)?)
        }
        "get_paper" | "why" => {
            let id = id.ok_or_else(|| invalid(tool, "`id` is missing"))?;
            match tool {
                "why" => {
                    let mut why = app.why(&id)?;
                    why.reasons.likes.truncate(MOST_PAPERS);
                    why.reasons.dislikes.truncate(MOST_PAPERS);
                    shaped("why/1", &why)
                }
                _ => shaped("show/1", &app.show(&id)?),
            }
        }
        _ => {
            let ids = arguments.ids.ok_or_else(|| invalid(tool, "`ids` is missing"))?;
            within(tool, "ids", ids.len(), MOST_RATED)?;
            let ids = ids.iter().map(|id| Ok(PaperId::parse(id)?.0)).collect::<Result<Vec<_>>>()?;
            shaped("rate/1", &app.rate(&ids, Some(rating), now)?)
        }
    }
}

/// Refuses what the tool does not take, by name.
fn check(tool: &str, arguments: &Value, takes: Option<&Value>) -> Result<()> {
    let known: Vec<&String> =
        takes.and_then(Value::as_object).map(|t| t.keys().collect()).unwrap_or_default();
    match arguments.as_object().and_then(|given| given.keys().find(|name| !known.contains(name))) {
        Some(name) => {
            let known: Vec<&str> = known.iter().map(|name| name.as_str()).collect();
            Err(invalid(
                tool,
                format!("it takes no `{}`; it takes {}", super::cut(name, 60), known.join(", ")),
            ))
        }
        None => Ok(()),
    }
}

fn within(tool: &str, name: &str, n: usize, most: usize) -> Result<usize> {
    if (1..=most).contains(&n) {
        Ok(n)
    } else {
        Err(invalid(tool, format!("`{name}` is {n}, but 1 to {most} are taken")))
    }
}

fn invalid(tool: &str, reason: impl std::fmt::Display) -> Error {
    Error::Invalid(format!("{tool}: {reason}"))
}

fn tool(name: &'static str, about: &'static str, mut takes: Value, gives: &str) -> Tool {
    takes["additionalProperties"] = json!(false);
    let schema = |value: Value| match value {
        Value::Object(fields) => Arc::new(fields),
        _ => Arc::default(),
    };
    Tool::new(name, about, schema(takes)).with_raw_output_schema(schema(whole(gives)))
}

fn hints(read_only: bool) -> ToolAnnotations {
    ToolAnnotations::new().read_only(read_only).destructive(false).idempotent(true).open_world(false)
}

/// The schema of an object with at least these fields.
fn object(fields: &[(&str, Value)], required: &[&str]) -> Value {
    let properties: serde_json::Map<String, Value> =
        fields.iter().map(|(name, schema)| ((*name).to_owned(), schema.clone())).collect();
    json!({"type": "object", "properties": properties, "required": required, "additionalProperties": true})
}
