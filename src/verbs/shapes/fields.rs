//! Fields of requests: made once, checked there, and never checked again.

use std::borrow::Cow;
use std::fmt;

use jiff::civil::Date;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use super::schema::fields_of;
use crate::error::{Error, Result};
use crate::paper::{PaperId, Within};
use crate::verbs::Verb;

/// How long a list may be, 1 to 10,000.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "usize")]
pub struct Count(usize);

impl Count {
    /// The longest list.
    pub const MOST: usize = 10_000;

    /// A list of so many.
    ///
    /// # Errors
    /// [`Error::Invalid`] for none or too many.
    pub fn new(n: usize) -> Result<Self> {
        match n {
            1..=Self::MOST => Ok(Self(n)),
            _ => Err(Error::Invalid(format!("n is {n}, but a list has 1 to {} papers", Self::MOST))),
        }
    }

    /// So many, or as many as the longest list has; at least one.
    pub fn at_most(n: usize) -> Self {
        Self(n.clamp(1, Self::MOST))
    }

    /// How many.
    pub fn get(self) -> usize {
        self.0
    }
}

impl Default for Count {
    fn default() -> Self {
        Self(10)
    }
}

impl TryFrom<usize> for Count {
    type Error = Error;

    fn try_from(n: usize) -> Result<Self> {
        Self::new(n)
    }
}

impl JsonSchema for Count {
    fn schema_name() -> Cow<'static, str> {
        "Count".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "integer", "minimum": 1, "maximum": Self::MOST})
    }
}

/// A whole number from `LEAST` to `MOST`, such as a number of days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "u32")]
pub struct Whole<const LEAST: u32, const MOST: u32>(u32);

impl<const LEAST: u32, const MOST: u32> Whole<LEAST, MOST> {
    /// The number.
    ///
    /// # Errors
    /// [`Error::Invalid`] for one that is out of its bounds.
    pub fn new(n: u32) -> Result<Self> {
        match (LEAST..=MOST).contains(&n) {
            true => Ok(Self(n)),
            false => Err(Error::Invalid(format!("{n} is out of bounds: expected {LEAST} to {MOST}"))),
        }
    }

    /// A number that is known to be one: a default.
    pub(crate) const fn known(n: u32) -> Self {
        assert!(LEAST <= n && n <= MOST);
        Self(n)
    }

    /// The number.
    pub fn get(self) -> u32 {
        self.0
    }
}

impl<const LEAST: u32, const MOST: u32> TryFrom<u32> for Whole<LEAST, MOST> {
    type Error = Error;

    fn try_from(n: u32) -> Result<Self> {
        Self::new(n)
    }
}

impl<const LEAST: u32, const MOST: u32> JsonSchema for Whole<LEAST, MOST> {
    fn schema_name() -> Cow<'static, str> {
        format!("Whole{LEAST}To{MOST}").into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "integer", "minimum": LEAST, "maximum": MOST})
    }
}

/// A probability, 0 to 1.
#[derive(Debug, Clone, Copy, Default, PartialEq, Deserialize)]
#[serde(try_from = "f64")]
pub struct Probability(f64);

impl Probability {
    /// A probability of so much.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a number that is none.
    pub fn new(p: f64) -> Result<Self> {
        match (0.0..=1.0).contains(&p) {
            true => Ok(Self(p)),
            false => Err(Error::Invalid(format!("{p} is no probability, which is 0 to 1"))),
        }
    }

    /// How much.
    pub fn get(self) -> f64 {
        self.0
    }
}

impl TryFrom<f64> for Probability {
    type Error = Error;

    fn try_from(p: f64) -> Result<Self> {
        Self::new(p)
    }
}

impl JsonSchema for Probability {
    fn schema_name() -> Cow<'static, str> {
        "Probability".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "number", "minimum": 0, "maximum": 1})
    }
}

/// Words of a user: some, and at most `MOST` letters, so that no request costs more than a page of text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text<const MOST: usize = 10_000>(String);

impl<const MOST: usize> Text<MOST> {
    /// A text.
    ///
    /// # Errors
    /// [`Error::Invalid`] for one that is empty or too long.
    pub fn new(text: impl Into<String>) -> Result<Self> {
        let text = text.into();
        match text.chars().count() {
            _ if text.trim().is_empty() => Err(Error::Invalid("some words are wanted, not none".into())),
            n if n > MOST => {
                Err(Error::Invalid(format!("the text has {n} letters, but at most {MOST} are taken")))
            }
            _ => Ok(Self(text)),
        }
    }

    /// The words.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<const MOST: usize> fmt::Display for Text<MOST> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de, const MOST: usize> Deserialize<'de> for Text<MOST> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> std::result::Result<Self, D::Error> {
        Self::new(String::deserialize(from)?).map_err(serde::de::Error::custom)
    }
}

impl<const MOST: usize> JsonSchema for Text<MOST> {
    fn schema_name() -> Cow<'static, str> {
        format!("Text{MOST}").into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "minLength": 1, "maxLength": MOST, "pattern": "\\S"})
    }
}

/// A paper as people name it: an identifier, or any address of it.
pub fn named<'de, D: Deserializer<'de>>(from: D) -> std::result::Result<PaperId, D::Error> {
    paper(&String::deserialize(from)?).map_err(serde::de::Error::custom)
}

/// The same, or none.
pub fn named_if_any<'de, D: Deserializer<'de>>(from: D) -> std::result::Result<Option<PaperId>, D::Error> {
    let text = Option::<String>::deserialize(from)?;
    text.as_deref().map(paper).transpose().map_err(serde::de::Error::custom)
}

/// The paper of a name, without the version that it may carry.
fn paper(text: &str) -> Result<PaperId> {
    PaperId::parse(text).map(|(id, _)| id)
}

/// The most papers that one request may name.
pub const MOST_NAMED: usize = 1_000;

/// Several papers, each as people name it.
pub fn all_named<'de, D: Deserializer<'de>>(from: D) -> std::result::Result<Vec<PaperId>, D::Error> {
    let texts = Vec::<String>::deserialize(from)?;
    texts.iter().map(|text| paper(text)).collect::<Result<_>>().map_err(serde::de::Error::custom)
}

/// Words between commas, or a list of them.
pub fn several<'de, D: Deserializer<'de>>(from: D) -> std::result::Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Typed {
        Text(String),
        List(Vec<String>),
    }
    Ok(match Typed::deserialize(from)? {
        Typed::Text(text) => {
            let words = text.split(',').map(str::trim).filter(|word| !word.is_empty());
            words.map(str::to_owned).collect()
        }
        Typed::List(list) => list,
    })
}

/// Reads a request; see [`crate::verbs::read`].
pub fn read<V: Verb>(request: Value) -> Result<V> {
    let known = fields_of::<V>();
    let given = request.as_object().ok_or_else(|| Error::Invalid("a request is an object of JSON".into()))?;
    if let Some(name) = given.keys().find(|name| !known.contains_key(*name)) {
        let takes: Vec<&str> = known.keys().map(String::as_str).collect();
        let takes = if takes.is_empty() { "none".to_owned() } else { takes.join(", ") };
        let name: String = name.chars().take(60).collect();
        return Err(Error::UnknownField { verb: V::NAME, name, takes });
    }
    check_identifiers(given)?;
    check_bounds(given, &known).map_err(Error::Invalid)?;
    serde_json::from_value(request).map_err(|error| Error::Invalid(error.to_string()))
}

/// What is wrong with an identifier has an error of its own.
fn check_identifiers(given: &Map<String, Value>) -> Result<()> {
    for named in ["id", "ids"].iter().filter_map(|field| given.get(*field)) {
        let several = named.as_array().map(Vec::as_slice).unwrap_or_default();
        if several.len() > MOST_NAMED {
            return Err(Error::TooMany { n: several.len(), most: MOST_NAMED });
        }
        for id in named.as_str().into_iter().chain(several.iter().filter_map(Value::as_str)) {
            PaperId::parse(id)?;
        }
    }
    Ok(())
}

/// Whether numbers, texts and lists keep within the bounds that their schemas name; if not, why.
pub(crate) fn check_bounds(
    given: &Map<String, Value>,
    schemas: &Map<String, Value>,
) -> std::result::Result<(), String> {
    for (name, value) in given {
        let schema = &schemas[name];
        if let Some(expected) = expected(schema, value) {
            let text: String = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let text: String = text.chars().take(60).collect();
            return Err(format!("`{name}` is `{text}`, but {expected}"));
        }
        let (size, [least, most], unit) = match value {
            Value::Number(number) => (number.as_f64(), ["minimum", "maximum"], ""),
            Value::String(text) => {
                (Some(text.chars().count() as f64), ["minLength", "maxLength"], " letters")
            }
            Value::Array(items) => (Some(items.len() as f64), ["minItems", "maxItems"], " items"),
            _ => continue,
        };
        let (least, most) = (schema[least].as_f64(), schema[most].as_f64());
        let Some(size) = size else { continue };
        if least.is_some_and(|least| size < least) || most.is_some_and(|most| size > most) {
            let expected = match (least, most) {
                (Some(least), Some(most)) => format!("{least} to {most} are taken"),
                (None, Some(most)) => format!("at most {most} are taken"),
                (least, None) => format!("at least {} are taken", least.unwrap_or_default()),
            };
            return Err(format!("`{name}` is {size}{unit}, but {expected}"));
        }
    }
    Ok(())
}

/// What a field takes, if not this value: said in words, where the parser would speak of types.
fn expected(schema: &Value, value: &Value) -> Option<String> {
    let kinds = match &schema["type"] {
        Value::String(kind) => vec![kind.as_str()],
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
        _ => return None,
    };
    let is_date = schema["format"] == "date";
    let fits = |kind: &&str| match *kind {
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.as_str().is_some_and(|text| !is_date || text.parse::<Date>().is_ok()),
        "array" => value.is_array(),
        "null" => value.is_null(),
        _ => true,
    };
    let choices = schema["enum"].as_array().filter(|choices| !choices.contains(value));
    match (choices, kinds.iter().find(|kind| **kind != "null")?) {
        (Some(choices), _) => {
            let names: Vec<&str> = choices.iter().filter_map(Value::as_str).collect();
            Some(format!("one of {} is expected", names.join(", ")))
        }
        (None, _) if kinds.iter().any(fits) => None,
        (None, _) if is_date => Some("a day is written as 2025-02-20".into()),
        (None, &"boolean") => Some("true or false is expected".into()),
        (None, &"integer") => Some("a whole number is expected".into()),
        (None, &"number") => Some("a number is expected".into()),
        (None, &"array") => Some("a list is expected".into()),
        (None, _) => Some("a text is expected".into()),
    }
}

/// Which papers are meant; all of them where nothing is given.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Filter {
    /// Listed on this day or later; a paper that was never listed counts by its publication.
    pub since: Option<Date>,
    /// Listed, or published, on this day or before.
    pub until: Option<Date>,
    /// In one of these categories, between commas.
    #[serde(deserialize_with = "several")]
    #[schemars(with = "Option<String>", length(max = 300), extend("example" = "cs.CV,cs.LG"))]
    pub category: Vec<String>,
    /// Only papers that you rated (true), or did not rate (false).
    pub rated: Option<bool>,
    /// With so many votes or more.
    pub votes: Option<u32>,
    /// Only papers of no topic and no interest that you muted.
    pub unmuted: bool,
}

impl From<Filter> for Within {
    fn from(filter: Filter) -> Self {
        let Filter { since, until, category, rated, votes, unmuted } = filter;
        Self { since, until, categories: category, rated, votes, unmuted }
    }
}
