//! Requests and answers as JSON Schema, derived from their types.

use std::any::TypeId;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::verbs::Verb;

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

/// The fields of a verb's request, each with its schema; derived once.
pub fn fields_of<V: Verb>() -> Arc<Map<String, Value>> {
    static KNOWN: Mutex<BTreeMap<TypeId, Arc<Map<String, Value>>>> = Mutex::new(BTreeMap::new());
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    let fields = known.entry(TypeId::of::<V>()).or_insert_with(|| {
        Arc::new(match schema_whole::<V>().get_mut("properties").map(Value::take) {
            Some(Value::Object(fields)) => fields,
            _ => Map::new(),
        })
    });
    fields.clone()
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
