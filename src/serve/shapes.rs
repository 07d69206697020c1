//! The shapes of answers as JSON Schema: for the API's description, and for assistants' tools.
//!
//! A line names a shape and its fields, `name:type` each. A type is `string`, `integer`, `number`,
//! `boolean`, `date`, `time`, `any`, `=this|that` for words, `@Shape` for an object, or one of these
//! in brackets for a list. `?` after a type: it may be null; after a name: it may be absent.
//! `...Shape` takes over the fields of another.

use serde_json::{Map, Value, json};

/// All shapes; those of whole answers have a number.
const SHAPES: &[(&str, &str)] = &[
    (
        "Paper",
        "id:string title:string url:string? authors:[string] categories:[string] votes:integer? listed:date? \
         summary:string?",
    ),
    ("Pick", "...Paper rank:integer score:number? reason:string interest:string? alike:[string]"),
    ("Entry", "...Pick abstract:string summaries:any image:string? video:string?"),
    ("Dated", "...Entry day:date"),
    ("Ratings", "likes:integer dislikes:integer"),
    ("Neighbour", "...Paper rank:integer score:number similarity:number second?:boolean words:number?"),
    ("Adds", "name:string adds:number"),
    ("RatedAdds", "id:string title:string adds:number"),
    ("Titled", "id:string title:string?"),
    (
        "Day",
        "source:string day:date state:=announced|nothing|not-yet|failed|partly announced:integer? seen:integer note:string at:time",
    ),
    (
        "Thread",
        "name:string mark:=follow|like|mute? n_papers:integer this_week:integer before:number? growth:number first_seen:date? days:[@DayCount]",
    ),
    ("DayCount", "day:date papers:integer"),
    ("Followed", "name:string mark:=follow|like|mute first_seen:date? this_week:[@Paper]"),
    ("Group", "name:string mark:=follow|like|mute? marked_as:string? representative:string papers:[@Paper]"),
    ("Section", "name:string? entries:[@Entry]"),
    (
        "Interest",
        "number:integer name:string state:=live|pinned|muted places:integer? kept:boolean likes:[@Titled]",
    ),
    (
        "Imported",
        "entries:integer added:integer updated:integer unchanged:integer embedded:integer broken:integer problems:[any]",
    ),
    ("Estimate", "mean:number low:number high:number"),
    ("Figures", "ndcg_10:@Estimate recall_20:@Estimate mrr:@Estimate auc:@Estimate ece:@Estimate?"),
    ("Ranker", "ranker:string all:@Figures behind:@Estimate users:[any]"),
    ("Quality", "day:date ndcg_10:number"),
    ("Job", "verb:string state:=running|done|failed since:time steps:integer answer:any problem:any"),
    ("Model", "name:string dimensions:integer kind:string here:boolean use:string? about:string"),
    ("Place", "name:string n_papers:integer x:number y:number radius:number"),
    (
        "Dot",
        "id:string title:string topic:integer? votes:integer? liked:boolean x:number y:number radius:number",
    ),
    ("Check", "name:string state:=good|stale|broken found:string mend:string?"),
    (
        "today/1",
        "first:date last:date n_listed:integer model:string basis:=votes|ratings ratings:@Ratings n_hidden:integer \
         min_score:number variety_cost:number picks:[@Pick] updated:[@Paper] next?:string",
    ),
    (
        "similar/1",
        "paper:@Paper? text:string? model:string second_model:string? neighbours:[@Neighbour] next?:string",
    ),
    (
        "why/1",
        "...Paper score:number logit:number interest:string? likes:[@RatedAdds] dislikes:[@RatedAdds] background:number \
         blocks:[@Adds] constant:number features:[@Adds] if_liked:number if_disliked:number carried_by:[string]",
    ),
    ("Found", "n:integer among:integer recall_at_1:number mrr:number"),
    ("Ranked", "map:number ndcg20:number"),
    ("Experts", "alone:@Ranked words:@Ranked fused:@Ranked"),
    ("TopicPicks", "topic:string? n_papers:integer picks:[@Pick]"),
    ("today-by-topic/1", "first:date last:date n_listed:integer sections:[@TopicPicks]"),
    ("topics/1", "first:date last:date n_listed:integer followed:[@Followed] groups:[@Group]"),
    ("topic/1", "...Followed"),
    ("topic-forgotten/1", "name:string changed:boolean"),
    ("marked-topics/1", "topics:[@Followed]"),
    ("trend/1", "first:date last:date threads:[@Thread]"),
    ("map/1", "first:date last:date width:number height:number topics:[@Place] papers:[@Dot]"),
    ("search/1", "words:string papers:[@Paper] next?:string"),
    (
        "show/1",
        "id:string title:string url:string? rating:=like|dislike? version?:integer abstract?:string summaries?:any \
         authors?:[string] categories?:[string] listings?:[any] votes?:[any] published?:date updated?:date facts?:any",
    ),
    ("rate/1", "papers:[@Rated]"),
    ("Rated", "...Titled changed:boolean"),
    ("interests/1", "interests:[@Interest]"),
    ("likes/1", "ratings:[@Like] next?:string"),
    ("Like", "...Titled rating:=like|dislike at:time"),
    ("saved/1", "papers:[@Saved] next?:string"),
    ("Saved", "...Titled at:time"),
    ("days/1", "first:date last:date days:[@Day]"),
    ("doctor/1", "version:string library:string size:any models:[any] checks:[@Check]"),
    ("import/1", "...Imported"),
    ("digest/1", "day:date n_listed:integer basis:=votes|ratings ratings:@Ratings sections:[@Section]"),
    ("feed/1", "name:string title:string updated:date entries:[@Dated]"),
    ("question/1", "paper:@Paper?"),
    ("job/1", "...Job"),
    ("jobs/1", "jobs:[@Job]"),
    ("model-use/1", "serving:string next:string? newest:string? newest_days:integer? pending:integer"),
    ("model-list/1", "models:[@Model]"),
    ("model-info/1", "name:string model:string dimensions:integer kind:=table|transformer"),
    ("model-tune/1", "name:string model:string documents:integer seconds:number before:@Found after:@Found"),
    ("Speed", "model:string load_ms:number papers_per_second:number"),
    ("model-bench/1", "papers:integer models:[@Speed]"),
    (
        "Judged",
        "model:string dimensions:integer experts:@Experts? languages:@Found? titles:@Found? categories:number?",
    ),
    ("eval-embed/1", "models:[@Judged]"),
    ("eval-similar/1", "...Experts model:string papers:integer queries:integer folds:integer files:[string]"),
    ("eval-topics/1", "tests:[any]"),
    (
        "eval-start/1",
        "questions:integer pool:integer repetitions:integer seed:integer users:[any] chosen:any drawn:any ahead:any",
    ),
    ("member/1", "name:string? tokens:[@Token]"),
    ("Token", "number:integer purpose:string? made:time only_feeds:boolean"),
    ("token/1", "token:string purpose:string only_feeds:boolean"),
    ("done/1", "changed:boolean"),
    ("sync/1", "imported:@Imported requests:integer days:[@Day] gaps:[@Day]"),
    (
        "eval-replay/1",
        "papers:integer unknown_ratings:integer seed:integer users:[any] rankers:[@Ranker] days?:[@Quality]",
    ),
    (
        "index/1",
        "path:string model:string dimensions:integer rows:integer tail:integer gone:integer outside_graph:integer? graph:any file_bytes:integer search_bytes:integer way:any advice:string?",
    ),
    (
        "likes-import/1",
        "liked:integer already:integer broken:integer feeds:integer interests:integer fetched:any",
    ),
];

/// How a name is written where `/` may not stand.
fn component(name: &str) -> String {
    name.replace('/', ".")
}

/// All shapes as components of an OpenAPI document.
pub fn components() -> Map<String, Value> {
    let refer = |name: &str| json!({"$ref": format!("#/components/schemas/{}", component(name))});
    SHAPES.iter().map(|(name, _)| (component(name), object(name, &refer))).collect()
}

/// The reference to a shape that a description names in backquotes, if there is such a shape.
pub fn named_in(description: &str) -> Option<Value> {
    let name = description.split('`').nth(1)?;
    let known = SHAPES.iter().any(|(known, _)| *known == name);
    known.then(|| json!({"$ref": format!("#/components/schemas/{}", component(name))}))
}

/// A shape with all that it refers to within it.
pub fn whole(name: &str) -> Value {
    object(name, &whole)
}

fn object(name: &str, refer: &dyn Fn(&str) -> Value) -> Value {
    let (mut properties, mut required) = (Map::new(), Vec::new());
    if name.ends_with(|c: char| c.is_ascii_digit()) {
        properties.insert("shape".into(), json!({"const": name}));
        required.push(json!("shape"));
    }
    fields(name, &mut |field, kind| {
        let (field, is_optional) = match field.strip_suffix('?') {
            Some(field) => (field, true),
            None => (field, false),
        };
        properties.insert(field.into(), of(kind, refer));
        if !is_optional {
            required.push(json!(field));
        }
    });
    json!({"type": "object", "properties": properties, "required": required})
}

/// Tells every field of a shape and its type.
fn fields(name: &str, tell: &mut dyn FnMut(&'static str, &'static str)) {
    let known = SHAPES.iter().find(|(known, _)| *known == name);
    for field in known.map(|(_, fields)| *fields).unwrap_or_default().split_whitespace() {
        match (field.strip_prefix("..."), field.split_once(':')) {
            (Some(other), _) => fields(other, tell),
            (None, Some((field, kind))) => tell(field, kind),
            (None, None) => {}
        }
    }
}

fn of(kind: &str, refer: &dyn Fn(&str) -> Value) -> Value {
    if let Some(kind) = kind.strip_suffix('?') {
        return match of(kind, refer) {
            Value::Object(mut schema) if schema.get("type").is_some_and(Value::is_string) => {
                schema["type"] = json!([schema["type"], "null"]);
                if let Some(Value::Array(words)) = schema.get_mut("enum") {
                    words.push(Value::Null);
                }
                Value::Object(schema)
            }
            schema => json!({"anyOf": [schema, {"type": "null"}]}),
        };
    }
    if let Some(item) = kind.strip_prefix('[') {
        return json!({"type": "array", "items": of(item.trim_end_matches(']'), refer)});
    }
    if let Some(shape) = kind.strip_prefix('@') {
        return refer(shape);
    }
    if let Some(words) = kind.strip_prefix('=') {
        return json!({"type": "string", "enum": words.split('|').collect::<Vec<_>>()});
    }
    match kind {
        "date" => json!({"type": "string", "format": "date"}),
        "time" => json!({"type": "string", "format": "date-time"}),
        "any" => json!({}),
        kind => json!({"type": kind}),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shape_is_made_of_known_ones() {
        for (name, line) in SHAPES {
            for part in line.split([' ', ':', '[', ']', '?', '@']).filter(|part| !part.is_empty()) {
                let named = part.strip_prefix("...").unwrap_or(part);
                if named.starts_with(char::is_uppercase) {
                    assert!(SHAPES.iter().any(|(known, _)| *known == named), "{name}: {named}");
                }
            }
            assert!(whole(name)["properties"].as_object().is_some_and(|fields| !fields.is_empty()), "{name}");
        }
        let pick = &whole("today/1")["properties"]["picks"]["items"];
        assert_eq!(pick["properties"]["votes"]["type"], json!(["integer", "null"]));
        assert_eq!(named_in("`today/1`"), Some(json!({"$ref": "#/components/schemas/today.1"})));
    }
}
