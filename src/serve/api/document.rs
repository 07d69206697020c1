//! The API's description (OpenAPI 3.1), made of what each verb says of itself.

use serde_json::{Map, Value, json};

use super::route::{Route, Sent};
use super::routes::table;
use crate::serve::paging::MOST;
use crate::serve::problem::Problem;
use crate::verbs::{schema_of, shaped_schema};

/// What can come instead of an answer, at every address.
const FAILURES: &[(&str, &str)] = &[
    ("400", "The request cannot be understood."),
    ("401", "Sign in first: this library has accounts."),
    ("403", "Your account's role may not do this, or another site's page asked."),
    ("404", "There is no such paper, or nothing to show."),
    ("413", "More papers than one answer can be made of."),
    ("429", "Too many attempts."),
    ("503", "The server is busy, or the answer took too long."),
];

/// What can come instead of an answer where a body is sent.
const UNFIT: &[(&str, &str)] = &[
    ("413", "More than a thousand papers, or a body that is too large."),
    ("415", "The content type is not `application/json`."),
    ("422", "JSON, but not of this form; or a file that no reader recognises."),
];

/// The whole description.
pub fn document() -> Value {
    let (mut paths, mut schemas) = (Map::new(), Map::new());
    schemas.insert("Problem".into(), schema_of::<Problem>());
    for route in table() {
        if let Some((shape, schema)) = &route.answer {
            let mut schema = shaped_schema(schema.clone(), shape);
            if route.sent == Sent::Pieces {
                let text = "Where the next piece begins; absent at the end of the list.";
                schema["properties"]["next"] = json!({"type": "string", "description": text});
            }
            schemas.insert(component(shape), schema);
        }
        if let Some((shape, schema)) = &route.job {
            schemas.insert(component(shape), shaped_schema(schema.clone(), shape));
        }
        let path = paths.entry(format!("/api/v1{}", route.path)).or_insert_with(|| json!({}));
        path[route.method.as_str().to_lowercase()] = operation(&route);
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "paperpick",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Keep up with research papers. The verbs of the command line at addresses; answers have the shapes of `--json`.",
        },
        "tags": [
            {"name": "look", "description": "Looking changes nothing. Answers carry an `ETag`; with `If-None-Match`, one that you have is not sent again."},
            {"name": "change", "description": "A browser may ask for a change only from this server's own pages."},
            {"name": "work", "description": "What takes long is begun by one request; `/jobs` tells how it stands and what it came to."},
        ],
        "paths": paths,
        "components": {"schemas": schemas},
    })
}

/// How a shape's name is written where `/` may not stand.
fn component(shape: &str) -> String {
    shape.replace('/', ".")
}

fn operation(route: &Route) -> Value {
    let about = route.about.replace('\n', " ");
    let (summary, rest) = about.split_once(". ").unwrap_or((about.trim_end_matches('.'), ""));
    let mut told: Vec<String> = route.answer.iter().map(|(shape, _)| format!("Shape `{shape}`.")).collect();
    told.extend(route.job.iter().map(|(shape, _)| format!("The job's answer has the shape `{shape}`.")));
    told.extend((!rest.is_empty()).then(|| rest.trim().to_owned()));
    let mut operation = json!({
        "tags": [route.tag],
        "summary": summary,
        "description": told.join(" "),
        "operationId": format!("{}{}", route.method.as_str().to_lowercase(), route.path.replace('/', "_")),
        "responses": responses(route),
        "x-role": route.right.least_role(),
    });
    let parameters = parameters(route);
    if !parameters.is_empty() {
        operation["parameters"] = parameters.into();
    }
    match route.sent {
        Sent::Json => {
            let is_needed = route.request["required"].as_array().is_some_and(|fields| !fields.is_empty());
            let mut schema = route.request.clone();
            schema["additionalProperties"] = json!(false);
            operation["requestBody"] =
                json!({"required": is_needed, "content": {"application/json": {"schema": schema}}});
        }
        Sent::File => {
            let content = json!({"application/octet-stream": {"schema": {"type": "string"}}});
            operation["requestBody"] = json!({"required": true, "content": content});
        }
        Sent::Options | Sent::Pieces => {}
    }
    operation
}

fn parameters(route: &Route) -> Vec<Value> {
    if route.sent == Sent::Json {
        return Vec::new();
    }
    let required = route.request["required"].as_array().cloned().unwrap_or_default();
    let mut parameters = Vec::new();
    let mut fields = route.request["properties"].as_object().cloned().unwrap_or_default();
    if route.sent == Sent::Pieces {
        let n = json!({"type": "integer", "description": "How many at most; the server's own number if not given."});
        fields.insert("n".into(), n);
        let cursor =
            json!({"type": "string", "maxLength": 300, "description": "The `next` of the piece before."});
        fields.insert("cursor".into(), cursor);
        let limit = json!({"type": "integer", "description": "An older name of `n`.", "deprecated": true});
        fields.insert("limit".into(), limit);
    }
    for (name, mut schema) in fields {
        let description = schema.as_object_mut().and_then(|schema| schema.remove("description"));
        let is_old = schema.as_object_mut().and_then(|schema| schema.remove("deprecated")).is_some();
        if let Some(kinds) = schema["type"].as_array() {
            let kind = kinds.iter().find(|kind| *kind != "null").cloned().unwrap_or_default();
            schema["type"] = kind;
        }
        if let Some(words) = schema.get_mut("enum").and_then(Value::as_array_mut) {
            words.retain(|word| !word.is_null());
        }
        if name == "n" || name == "limit" {
            (schema["minimum"], schema["maximum"]) = (json!(1), json!(MOST));
        }
        if let Some(schema) = schema.as_object_mut() {
            schema.remove("default");
        }
        let mut parameter = json!({"name": name, "in": "query", "required": required.contains(&json!(name)), "schema": schema});
        if let Some(description) = description {
            parameter["description"] = description;
        }
        if is_old {
            parameter["deprecated"] = json!(true);
        }
        parameters.push(parameter);
    }
    parameters
}

fn responses(route: &Route) -> Value {
    let mut responses = Map::new();
    let status = if route.job.is_some() { "202" } else { "200" };
    let mut content = Map::new();
    if let Some((shape, _)) = &route.answer {
        let schema = json!({"$ref": format!("#/components/schemas/{}", component(shape))});
        content.insert("application/json".into(), json!({"schema": schema}));
    }
    content.extend(route.media.iter().map(|media| ((*media).to_owned(), json!({}))));
    let description = route.answer.as_ref().map_or("The file.".to_owned(), |(shape, _)| format!("`{shape}`"));
    responses.insert(status.into(), json!({"description": description, "content": content}));
    let unfit = if matches!(route.sent, Sent::Json | Sent::File) { UNFIT } else { &[] };
    for (status, text) in FAILURES.iter().chain(unfit) {
        let schema = json!({"$ref": "#/components/schemas/Problem"});
        let content = json!({"application/problem+json": {"schema": schema}});
        responses.insert((*status).into(), json!({"description": text, "content": content}));
    }
    Value::Object(responses)
}
