//! The API's description, to read.

use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::response::Html;
use serde_json::Value;

use super::{Frame, html};
use crate::serve::problem::{KINDS, Problem};

#[derive(Template)]
#[template(path = "api.html", config = "src/serve/askama.toml")]
struct ApiPage {
    f: Frame,
    addresses: Vec<Address>,
    kinds: &'static [(&'static str, axum::http::StatusCode, &'static str)],
}

struct Address {
    method: String,
    path: String,
    title: String,
    text: String,
    /// Name, what it is, and what it is for.
    options: Vec<(String, String, String)>,
    body: Option<String>,
    answers: Vec<(String, String)>,
}

/// The page.
pub async fn page(f: Frame, Extension(document): Extension<Arc<Value>>) -> Result<Html<String>, Problem> {
    let paths = document["paths"].as_object().into_iter().flatten();
    let addresses = paths.flat_map(|(path, methods)| {
        let methods = methods.as_object().into_iter().flatten();
        methods.map(|(method, described)| Address::of(path, method, described))
    });
    html(&ApiPage { addresses: addresses.collect(), kinds: KINDS, f })
}

impl Address {
    fn of(path: &str, method: &str, described: &Value) -> Self {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let options = described["parameters"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|option| (text(&option["name"]), kind(&option["schema"]), text(&option["description"])));
        let answers = described["responses"].as_object().into_iter().flatten();
        let body = described["requestBody"]["content"].as_object().and_then(|content| content.iter().next());
        Self {
            method: method.to_uppercase(),
            path: path.to_owned(),
            title: text(&described["summary"]),
            text: text(&described["description"]),
            options: options.collect(),
            body: body.map(|(media, content)| {
                let fields = properties(&content["schema"]);
                if fields.is_empty() { media.clone() } else { format!("{media}: {fields}") }
            }),
            answers: answers.map(|(status, answer)| (status.clone(), text(&answer["description"]))).collect(),
        }
    }
}

/// A text in parts, with whether each stands between backquotes.
fn parts(text: &str) -> impl Iterator<Item = (bool, &str)> {
    text.split('`').enumerate().map(|(i, part)| (i % 2 == 1, part))
}

/// What a value is, in a word.
fn kind(schema: &Value) -> String {
    let named = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    match &schema["type"] {
        Value::Array(kinds) => {
            kinds.iter().map(named).filter(|kind| kind != "null").collect::<Vec<_>>().join(" or ")
        }
        kind => named(schema.get("format").unwrap_or(kind)),
    }
}

/// The fields of an object, and what each is for.
fn properties(schema: &Value) -> String {
    let fields = schema["properties"].as_object().into_iter().flatten();
    let field = |(name, field): (&String, &Value)| {
        format!("{name} ({})", field["description"].as_str().unwrap_or_default().trim_end_matches('.'))
    };
    fields.map(field).collect::<Vec<_>>().join(", ")
}
