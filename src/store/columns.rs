//! What the columns of text hold that is more than text, whichever engine keeps them.

use jiff::Timestamp;
use jiff::civil::Date;

use crate::paper::PaperId;

/// The rule of a column, if it has one, and what takes the place of what it cannot hold.
pub(super) fn rule(table: &str, column: &str) -> Option<(Rule, Option<&'static str>)> {
    let known = RULES.iter().find(|(of, name, ..)| (*of, *name) == (table, column));
    known.map(|(_, _, rule, instead)| (*rule, *instead))
}

/// What a column may hold.
#[derive(Debug, Clone, Copy)]
pub(super) enum Rule {
    Id,
    Ids,
    Time,
    Day,
    /// Or nothing, which is an empty text.
    DayOrEmpty,
    Strings,
    Facts,
    Json,
}

/// When something was said whose time cannot be read: anything else that is said of it is newer.
const LONG_AGO: Option<&str> = Some("1970-01-01T00:00:00Z");
/// No value.
const NOTHING: Option<&str> = Some("");

/// Columns that hold more than any text, and what takes the place of what they cannot hold; nothing does where a row
/// without it says nothing.
pub(super) const RULES: &[(&str, &str, Rule, Option<&str>)] = &[
    ("accounts", "made", Rule::Time, LONG_AGO),
    ("asked", "day", Rule::Day, None),
    ("brought", "day", Rule::Day, None),
    ("calendar", "at", Rule::Time, LONG_AGO),
    ("calendar", "day", Rule::Day, None),
    ("choices", "value", Rule::Json, None),
    ("interest_papers", "id", Rule::Id, None),
    ("interests", "at", Rule::Time, LONG_AGO),
    ("keys", "made", Rule::Time, LONG_AGO),
    ("listings", "day", Rule::Day, None),
    ("made", "at", Rule::Time, LONG_AGO),
    ("made", "id", Rule::Id, None),
    ("lists", "day", Rule::Day, None),
    ("lists", "list", Rule::Json, NOTHING),
    ("papers", "authors", Rule::Strings, Some("[]")),
    ("papers", "categories", Rule::Strings, Some("[]")),
    ("papers", "facts", Rule::Facts, Some("{}")),
    ("papers", "id", Rule::Id, None),
    ("papers", "published", Rule::Day, NOTHING),
    ("papers", "updated", Rule::Day, NOTHING),
    ("ratings", "at", Rule::Time, LONG_AGO),
    ("ratings", "id", Rule::Id, None),
    ("requests", "at", Rule::Time, LONG_AGO),
    ("saved", "at", Rule::Time, LONG_AGO),
    ("saved", "id", Rule::Id, None),
    ("sent", "at", Rule::Time, LONG_AGO),
    ("sent", "day", Rule::Day, None),
    ("shown", "day", Rule::Day, None),
    ("taken_back", "at", Rule::Time, LONG_AGO),
    ("topic_marks", "at", Rule::Time, LONG_AGO),
    ("topic_marks", "first", Rule::Day, NOTHING),
    ("topic_marks", "papers", Rule::Ids, None),
    ("votes", "at", Rule::DayOrEmpty, None),
];

impl Rule {
    /// Whether a value is what it should be.
    pub fn holds(self, text: &str) -> bool {
        let is_id = |text: &str| PaperId::parse(text).is_ok();
        match self {
            Self::Id => is_id(text),
            Self::Ids => {
                serde_json::from_str::<Vec<String>>(text).is_ok_and(|ids| ids.iter().all(|id| is_id(id)))
            }
            Self::Time => text.parse::<Timestamp>().is_ok(),
            Self::Day => text.parse::<Date>().is_ok(),
            Self::DayOrEmpty => text.is_empty() || text.parse::<Date>().is_ok(),
            Self::Strings => serde_json::from_str::<Vec<String>>(text).is_ok(),
            Self::Facts => serde_json::from_str::<std::collections::BTreeMap<String, String>>(text).is_ok(),
            Self::Json => serde_json::from_str::<serde_json::Value>(text).is_ok(),
        }
    }

    /// What it should be.
    pub fn expected(self) -> &'static str {
        match self {
            Self::Id => "a paper's identifier",
            Self::Ids => "a list of identifiers",
            Self::Time => "a time",
            Self::Day => "a day",
            Self::DayOrEmpty => "a day or nothing",
            Self::Strings => "a list of texts",
            Self::Facts => "texts by name",
            Self::Json => "JSON",
        }
    }
}
