//! Tables as the schema tells of them, and what their columns may hold.

use jiff::Timestamp;
use jiff::civil::Date;
use rusqlite::types::{Value, ValueRef};
use rusqlite::{Connection, Row as SqlRow};

use crate::error::Result;
use crate::paper::PaperId;

/// A table with rows of its own; no part of full-text search is one.
#[derive(Debug, Clone)]
pub(super) struct Table {
    pub name: String,
    /// What tells its rows apart and orders them.
    pub key: Vec<String>,
    pub columns: Vec<Column>,
    /// Indexes that name the keys of all rows.
    pub indexes: Vec<Index>,
}

/// A column.
#[derive(Debug, Clone)]
pub(super) struct Column {
    pub name: String,
    kind: String,
    is_needed: bool,
}

/// An index and its first column.
#[derive(Debug, Clone)]
pub(super) struct Index {
    pub name: String,
    pub first: String,
}

/// Something that a column cannot hold.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Fault {
    /// The column's place.
    pub column: usize,
    /// What it should be.
    pub expected: &'static str,
    /// What stands for it; without it the row is of no use.
    pub instead: Option<Value>,
}

impl Table {
    /// All tables of a database, by name.
    pub fn all(db: &Connection) -> rusqlite::Result<Vec<Self>> {
        let sql = r"SELECT name, wr FROM pragma_table_list WHERE schema = 'main' AND type = 'table'
                    AND name NOT LIKE 'sqlite\_%' ESCAPE '\' ORDER BY name";
        let mut query = db.prepare(sql)?;
        let names = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        names.map(|found| found.and_then(|(name, has_no_rowid)| Self::read(db, name, has_no_rowid))).collect()
    }

    fn read(db: &Connection, name: String, has_no_rowid: bool) -> rusqlite::Result<Self> {
        let sql = "SELECT name, type, \"notnull\" OR pk > 0, pk FROM pragma_table_info(?1) ORDER BY cid";
        let mut query = db.prepare(sql)?;
        let read = |row: &SqlRow<'_>| {
            Ok((Column { name: row.get(0)?, kind: row.get(1)?, is_needed: row.get(2)? }, row.get(3)?))
        };
        let found: Vec<(Column, usize)> = query.query_map([&name], read)?.collect::<Result<_, _>>()?;
        let mut key: Vec<(usize, String)> =
            found.iter().map(|(column, pk)| (*pk, column.name.clone())).collect();
        key.retain(|(pk, _)| has_no_rowid && *pk > 0);
        key.sort();
        let mut key: Vec<String> = key.into_iter().map(|(_, name)| name).collect();
        if key.is_empty() {
            key.push("rowid".to_owned());
        }
        // That of a primary key is the table itself, a partial one does not name all rows, and one of an expression
        // has a column without a name.
        let sql = "SELECT l.name, i.name FROM pragma_index_list(?1) l JOIN pragma_index_info(l.name) i ON i.seqno = 0
                   WHERE l.partial = 0 AND l.origin != 'pk' AND i.name IS NOT NULL ORDER BY l.name";
        let mut query = db.prepare(sql)?;
        let indexes = query.query_map([&name], |row| Ok(Index { name: row.get(0)?, first: row.get(1)? }))?;
        let indexes = indexes.collect::<Result<_, _>>()?;
        Ok(Self { name, key, columns: found.into_iter().map(|(column, _)| column).collect(), indexes })
    }

    pub fn has_rowid(&self) -> bool {
        self.key == ["rowid"]
    }

    /// How SQL asks for the table and not for an index that holds as much.
    pub fn itself(&self) -> String {
        match self.has_rowid() {
            true => "NOT INDEXED".to_owned(),
            false => format!("INDEXED BY \"sqlite_autoindex_{}_1\"", self.name),
        }
    }

    pub fn columns_quoted(&self) -> String {
        self.columns.iter().map(|column| format!("\"{}\"", column.name)).collect::<Vec<_>>().join(", ")
    }

    pub fn key_quoted(&self) -> String {
        self.key.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ")
    }

    /// What the columns of a row hold that they cannot hold.
    pub fn faults(&self, row: &SqlRow<'_>) -> Result<Vec<Fault>> {
        let mut faults = Vec::new();
        for (i, column) in self.columns.iter().enumerate() {
            let found = row.get_ref(i)?;
            let rule = RULES.iter().find(|(table, name, ..)| (*table, *name) == (&self.name, &column.name));
            let fault = match (column.fault(found), rule) {
                (Some(expected), _) => Some((expected, None)),
                (None, Some((_, _, rule, instead))) if !rule.holds(found) => {
                    Some((rule.expected(), *instead))
                }
                _ => continue,
            };
            faults.extend(fault.map(|(expected, instead)| Fault {
                column: i,
                expected,
                instead:
                    instead.map(|text| if text.is_empty() { Value::Null } else { text.to_owned().into() }),
            }));
        }
        Ok(faults)
    }
}

impl Column {
    /// What it should hold, if a value is of another type: a damaged page may give anything.
    fn fault(&self, found: ValueRef<'_>) -> Option<&'static str> {
        match (found, self.kind.as_str()) {
            (ValueRef::Null, _) => self.is_needed.then_some("a value"),
            (ValueRef::Integer(_), "INTEGER") | (ValueRef::Blob(_), "BLOB") => None,
            (ValueRef::Text(bytes), "TEXT") => std::str::from_utf8(bytes).is_err().then_some("text"),
            (_, "INTEGER") => Some("a whole number"),
            (_, "BLOB") => Some("bytes"),
            _ => Some("text"),
        }
    }
}

/// What a column may hold.
#[derive(Debug, Clone, Copy)]
enum Rule {
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
const RULES: &[(&str, &str, Rule, Option<&str>)] = &[
    ("accounts", "made", Rule::Time, LONG_AGO),
    ("brought", "day", Rule::Day, None),
    ("calendar", "at", Rule::Time, LONG_AGO),
    ("calendar", "day", Rule::Day, None),
    ("choices", "value", Rule::Json, None),
    ("interest_papers", "id", Rule::Id, None),
    ("interests", "at", Rule::Time, LONG_AGO),
    ("keys", "made", Rule::Time, LONG_AGO),
    ("listings", "day", Rule::Day, None),
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
    /// Whether a value is what it should be; that none may be missing is the schema's affair.
    fn holds(self, found: ValueRef<'_>) -> bool {
        let Ok(text) = found.as_str() else { return found == ValueRef::Null };
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

    fn expected(self) -> &'static str {
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
