//! Every verb with the shapes of its request and its answer.

use std::sync::LazyLock;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{Verb, account, days, digest, doctor, eval, feed, import, index, interests, likes};
use super::{model, search, show, similar, start, sync, today, topics, why};

/// A verb as it describes itself.
#[derive(Debug, Clone)]
pub struct Described {
    /// The verb as it is typed.
    pub name: &'static str,
    /// The name and number of its answer's shape.
    pub shape: &'static str,
    /// What it may be asked, as JSON Schema with all that it refers to within it.
    pub request: Value,
    /// What it answers, likewise.
    pub answer: Value,
}

impl Described {
    /// Of a verb.
    pub fn of<V: Verb>() -> Self {
        let answer = shaped_schema(schema_of::<V::Answer>(), V::SHAPE);
        Self { name: V::NAME, shape: V::SHAPE, request: request_schema::<V>(), answer }
    }
}

/// Every verb that answers in JSON, in the order of the command line's help.
pub fn catalogue() -> &'static [Described] {
    static ALL: LazyLock<Vec<Described>> = LazyLock::new(|| {
        vec![
            Described::of::<import::Import>(),
            Described::of::<sync::SyncSources>(),
            Described::of::<days::ShowCalendar>(),
            Described::of::<today::RankDays>(),
            Described::of::<today::RankByTopic>(),
            Described::of::<why::Explain>(),
            Described::of::<interests::ListInterests>(),
            Described::of::<interests::EditInterest>(),
            Described::of::<start::NextQuestion>(),
            Described::of::<similar::FindSimilar>(),
            Described::of::<topics::GroupDays>(),
            Described::of::<topics::map::DrawMap>(),
            Described::of::<topics::trend::FollowTrend>(),
            Described::of::<topics::mark::MarkTopic>(),
            Described::of::<topics::mark::ForgetTopic>(),
            Described::of::<topics::mark::ListMarked>(),
            Described::of::<search::Search>(),
            Described::of::<show::ShowPaper>(),
            Described::of::<digest::MakeDigest>(),
            Described::of::<feed::MakeFeed>(),
            Described::of::<likes::rate::Rate>(),
            Described::of::<likes::ListLikes>(),
            Described::of::<likes::import::ImportLikes>(),
            Described::of::<likes::saved::Save>(),
            Described::of::<likes::saved::ListSaved>(),
            Described::of::<eval::ReplayHistory>(),
            Described::of::<eval::BeginAnew>(),
            Described::of::<eval::topics::JudgeGroups>(),
            Described::of::<index::SettleIndex>(),
            Described::of::<doctor::Examine>(),
            Described::of::<model::ShowModel>(),
            Described::of::<model::UseModel>(),
            Described::of::<account::ListAccounts>(),
        ]
    });
    &ALL
}

/// The name and number of a shape.
pub type Shape = &'static str;

/// An answer with the name of its shape, as every door writes it.
#[derive(Debug, Clone, Serialize)]
pub struct Shaped<T> {
    /// The name and number.
    pub shape: Shape,
    /// The answer.
    #[serde(flatten)]
    pub answer: T,
}

/// The schema of a request, with all that it refers to within it.
pub fn schema_whole<T: JsonSchema>() -> Value {
    schema(SchemaSettings::draft2020_12().for_deserialize()).into_root_schema_for::<T>().to_value()
}

/// What a verb may be asked.
pub fn request_schema<V: Verb>() -> Value {
    schema_whole::<V>()
}

/// The fields of a verb's request, each with its schema.
pub fn fields_of<V: Verb>() -> Map<String, Value> {
    match request_schema::<V>().get_mut("properties").map(Value::take) {
        Some(Value::Object(fields)) => fields,
        _ => Map::new(),
    }
}

/// The schema of an answer, with all that it refers to within it.
pub fn schema_of<T: JsonSchema>() -> Value {
    schema(SchemaSettings::draft2020_12().for_serialize()).into_root_schema_for::<T>().to_value()
}

fn schema(settings: SchemaSettings) -> SchemaGenerator {
    let settings = settings.with(|settings| {
        settings.inline_subschemas = true;
        settings.meta_schema = None;
    });
    settings.into_generator()
}

/// The schema with a first field `shape` that has this value.
pub fn shaped_schema(mut schema: Value, shape: Shape) -> Value {
    let mut properties = Map::new();
    properties.insert("shape".to_owned(), json!({"const": shape}));
    if let Some(Value::Object(fields)) = schema.get_mut("properties").map(Value::take) {
        properties.extend(fields);
    }
    schema["properties"] = Value::Object(properties);
    let required = schema.get_mut("required").map(Value::take);
    let required = required.and_then(|list| list.as_array().cloned()).unwrap_or_default();
    schema["required"] = std::iter::once(json!("shape")).chain(required).collect();
    schema
}
