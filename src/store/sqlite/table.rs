//! Tables as the schema tells of them, and what their columns may hold.

use rusqlite::types::{Value, ValueRef};
use rusqlite::{Connection, Row as SqlRow};

use crate::error::Result;
use crate::store::columns::{Rule, rule};

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
            let rule = rule(&self.name, &column.name);
            let fault = match (column.fault(found), rule) {
                (Some(expected), _) => Some((expected, None)),
                (None, Some((rule, instead))) if !holds(rule, found) => Some((rule.expected(), instead)),
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

fn holds(rule: Rule, found: ValueRef<'_>) -> bool {
    // That none may be missing is the schema's affair.
    found.as_str().map_or(found == ValueRef::Null, |text| rule.holds(text))
}
