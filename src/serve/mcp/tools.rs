//! The tools: their names, what they take and give, and what they do.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use rmcp::model::{Tool, ToolAnnotations};
use serde::Deserialize;
use serde_json::{Value, json};

use super::shaped;
use crate::PaperId;
use crate::app::{App, Days, Subject};
use crate::error::{Error, Result};
use crate::store::Rating;

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

    let ranked = |name: &str, value: &str| {
        paper(&[
            ("rank", json!({"type": "integer"})),
            (name, json!({"type": ["number", "null"], "description": value})),
        ])
    };
    let papers = |paper: Value| json!({"type": "array", "items": paper});
    let span = [
        ("first", json!({"type": "string"})),
        ("last", json!({"type": "string"})),
        ("n_listed", json!({"type": "integer"})),
    ];
    let group = object(
        &[
            ("name", json!({"type": "string"})),
            ("representative", json!({"type": "string"})),
            ("papers", papers(paper(&[]))),
        ],
        &[],
    );
    let rated = object(
        &[
            ("id", json!({"type": "string"})),
            ("title", json!({"type": ["string", "null"]})),
            ("changed", json!({"type": "boolean"})),
        ],
        &[],
    );
    let rating = answer("rate/1", &[("papers", papers(rated))]);

    let reads = |name: &'static str,
                 about: &'static str,
                 takes: &[(&str, Value)],
                 required: &[&str],
                 gives: Value| {
        tool(name, about, object(takes, required), gives).with_annotations(hints(true))
    };
    let rates = |name: &'static str, about: &'static str| {
        tool(name, about, object(std::slice::from_ref(&ids), &["ids"]), rating.clone())
            .with_annotations(hints(false))
    };
    vec![
        reads(
            "today",
            "The papers of a day, ranked by what the person likes, each with its reason.",
            &[n.clone(), date.clone(), days.clone()],
            &[],
            answer(
                "today/1",
                &[span.as_slice(), &[("picks", papers(ranked("score", "0 to 1; null where votes decide")))]]
                    .concat(),
            ),
        ),
        reads(
            "similar",
            "The papers nearest to a paper or to a text; give one of both.",
            &[id.clone(), text, n.clone()],
            &[],
            answer(
                "similar/1",
                &[
                    ("model", json!({"type": "string"})),
                    ("neighbours", papers(ranked("similarity", "a cosine, -1 to 1"))),
                ],
            ),
        ),
        reads(
            "topics",
            "The papers of a day in named groups.",
            &[date, days],
            &[],
            answer("topics/1", &[span.as_slice(), &[("groups", papers(group))]].concat()),
        ),
        reads(
            "search",
            "Papers that hold all of some words.",
            &[words, n],
            &["words"],
            answer("search/1", &[("words", json!({"type": "string"})), ("papers", papers(paper(&[])))]),
        ),
        reads(
            "get_paper",
            "All that is known of a paper: abstract, summaries, votes, listings, the person's rating.",
            &[id],
            &["id"],
            answer(
                "show/1",
                &[
                    ("id", json!({"type": "string"})),
                    ("title", json!({"type": "string"})),
                    ("url", json!({"type": ["string", "null"]})),
                    ("rating", json!({"enum": ["like", "dislike", null]})),
                ],
            ),
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
        "get_paper" => shaped("show/1", &app.show(&id.ok_or_else(|| invalid(tool, "`id` is missing"))?)?),
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

fn tool(name: &'static str, about: &'static str, mut takes: Value, gives: Value) -> Tool {
    takes["additionalProperties"] = json!(false);
    let schema = |value: Value| match value {
        Value::Object(fields) => Arc::new(fields),
        _ => Arc::default(),
    };
    Tool::new(name, about, schema(takes)).with_raw_output_schema(schema(gives))
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

/// The schema of an answer: at least its shape and these fields.
fn answer(shape: &str, fields: &[(&str, Value)]) -> Value {
    let mut schema = object(&[&[("shape", json!({"const": shape}))], fields].concat(), &[]);
    let names: Vec<&str> = ["shape"].into_iter().chain(fields.iter().map(|(name, _)| *name)).collect();
    schema["required"] = json!(names);
    schema
}

/// The schema of a paper in a list, with these fields besides.
fn paper(fields: &[(&str, Value)]) -> Value {
    let own = [
        ("id", json!({"type": "string"})),
        ("title", json!({"type": "string"})),
        ("url", json!({"type": ["string", "null"]})),
        ("authors", json!({"type": "array", "items": {"type": "string"}})),
        ("votes", json!({"type": ["integer", "null"], "description": "null: not known, which is not zero"})),
        ("summary", json!({"type": ["string", "null"]})),
    ];
    object(&[fields, &own].concat(), &["id", "title"])
}
