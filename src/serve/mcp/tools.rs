//! The tools: which verbs an assistant has. A verb is here in one line.

use std::sync::{Arc, LazyLock};

use rmcp::model::{Tool as Described, ToolAnnotations};
use serde_json::{Map, Value, json};

use crate::error::{Error, Result};
use crate::library::Library;
use crate::paper::{Rating, Right};
use crate::verbs::likes::rate::Rate;
use crate::verbs::{self, Context, Shaped, Verb};
use crate::verbs::{search::Search, show::ShowPaper, similar::FindSimilar, today::RankDays};
use crate::verbs::{topics::GroupDays, why::Explain};

/// The most papers in an answer, letters in a question, days, and papers rated at once: what an assistant can
/// take in.
const MOST_PAPERS: u64 = 50;
const MOST_LETTERS: u64 = 2_000;
const MOST_DAYS: u64 = 31;
const MOST_RATED: u64 = 100;

/// A verb as an assistant sees it.
pub struct Tool {
    /// The verb's name.
    pub name: &'static str,
    about: &'static str,
    takes: Map<String, Value>,
    required: Vec<Value>,
    gives: Value,
    /// What it takes of whoever asks.
    pub right: Right,
    reads_only: bool,
    call: fn(&mut Library, &Context<'_>, Value) -> Result<Value>,
}

/// All tools.
pub fn list() -> &'static [Tool] {
    static TOOLS: LazyLock<Vec<Tool>> = LazyLock::new(made);
    &TOOLS
}

fn made() -> Vec<Tool> {
    vec![
        looks::<RankDays>(
            "today",
            "The papers of a day, ranked by what the person likes, each with its reason.",
        ),
        looks::<FindSimilar>("similar", "The papers nearest to a paper or to a text; give one of both."),
        looks::<GroupDays>("topics", "The papers of a day in named groups."),
        looks::<Search>("search", "Papers that say some words or mean them."),
        looks::<ShowPaper>(
            "show",
            "All that is known of a paper: abstract, summaries, votes, listings, the person's rating.",
        ),
        looks::<Explain>(
            "why",
            "Why a paper has its score: what each rated paper and each part of it adds to it.",
        ),
        rates(
            "like",
            "Say that the person wants more like these papers. It moves the ranking; `dislike` takes its place.",
            |library, context, asked| rated(library, context, asked, Rating::Like),
        ),
        rates(
            "dislike",
            "Say that the person wants less like these papers. It moves the ranking; `like` takes its place.",
            |library, context, asked| rated(library, context, asked, Rating::Dislike),
        ),
    ]
}

/// The tool of a name; `get_paper` is what `show` was called once.
pub fn named(name: &str) -> Option<&'static Tool> {
    let name = if name == "get_paper" { "show" } else { name };
    list().iter().find(|tool| tool.name == name)
}

fn looks<V: Verb>(name: &'static str, about: &'static str) -> Tool {
    of::<V>(name, about, true, |library, context, asked| answer(verbs::read::<V>(asked)?, library, context))
}

fn rates(
    name: &'static str,
    about: &'static str,
    call: fn(&mut Library, &Context<'_>, Value) -> Result<Value>,
) -> Tool {
    let mut tool = of::<Rate>(name, about, false, call);
    // The tool's name says it.
    tool.takes.remove("rating");
    tool.required.retain(|field| field != "rating");
    tool
}

fn rated(library: &mut Library, context: &Context<'_>, mut asked: Value, rating: Rating) -> Result<Value> {
    asked["rating"] = json!(rating);
    answer(verbs::read::<Rate>(asked)?, library, context)
}

/// Answers a request, with the name of the answer's shape.
pub fn answer<V: Verb>(request: V, library: &mut Library, context: &Context<'_>) -> Result<Value> {
    let answer = Shaped { shape: V::SHAPE, answer: request.run(library, context)? };
    serde_json::to_value(answer).map_err(|error| Error::Invalid(error.to_string()))
}

fn of<V: Verb>(
    name: &'static str,
    about: &'static str,
    reads_only: bool,
    call: fn(&mut Library, &Context<'_>, Value) -> Result<Value>,
) -> Tool {
    let verbs::Described { mut request, answer: gives, .. } = verbs::Described::of::<V>();
    let required = request["required"].as_array().cloned().unwrap_or_default();
    let mut takes = match request["properties"].take() {
        Value::Object(fields) => fields,
        _ => Map::new(),
    };
    for (field, schema) in &mut takes {
        limit(field, schema);
    }
    Tool { name, about, takes, required, gives, right: V::RIGHT, reads_only, call }
}

/// Takes a field's bound down to what an assistant can take in.
fn limit(field: &str, schema: &mut Value) {
    let (bound, most) = match field {
        "n" => ("maximum", MOST_PAPERS),
        "days" => ("maximum", MOST_DAYS),
        "ids" => ("maxItems", MOST_RATED),
        "text" | "words" | "about" => ("maxLength", MOST_LETTERS),
        _ => return,
    };
    if field == "ids" {
        schema["minItems"] = json!(1);
    }
    let present = schema[bound].as_u64().unwrap_or(u64::MAX);
    schema[bound] = json!(present.min(most));
}

impl Tool {
    /// As the protocol describes it.
    pub fn described(&self) -> Described {
        let takes = json!({
            "type": "object",
            "properties": self.takes,
            "required": self.required,
            "additionalProperties": false,
        });
        let schema = |value: Value| match value {
            Value::Object(fields) => Arc::new(fields),
            _ => Arc::default(),
        };
        let hints = ToolAnnotations::new().read_only(self.reads_only);
        Described::new(self.name, self.about, schema(takes))
            .with_raw_output_schema(schema(self.gives.clone()))
            .with_annotations(hints.destructive(false).idempotent(true).open_world(false))
    }

    /// Does what the verb does.
    pub fn call(&self, library: &mut Library, context: &Context<'_>, asked: Value) -> Result<Value> {
        self.check(&asked).map_err(|reason| Error::Invalid(format!("{}: {reason}", self.name)))?;
        (self.call)(library, context, asked).map_err(|error| match error {
            Error::Invalid(reason) => Error::Invalid(format!("{}: {reason}", self.name)),
            error => error,
        })
    }

    /// Refuses what the tool does not take, by name, and what is more than an assistant's bounds.
    fn check(&self, asked: &Value) -> std::result::Result<(), String> {
        let Some(given) = asked.as_object() else { return Ok(()) };
        if let Some(name) = given.keys().find(|name| !self.takes.contains_key(*name)) {
            let known: Vec<&str> = self.takes.keys().map(String::as_str).collect();
            return Err(format!("it takes no `{}`; it takes {}", super::cut(name, 60), known.join(", ")));
        }
        verbs::check_bounds(given, &self.takes)
    }
}
