//! Whole tables, in and out.

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ToSql, params, params_from_iter};

use super::vectors::MODEL_SHIFT;
use super::{Sqlite, record, search};
use crate::error::Result;
use crate::paper::Row;
use crate::store::tables::{COPY_OF, Cell, Cells, Kind, Numbers, Table, Tables};

impl Tables for Sqlite {
    fn at_one_moment(&self, work: &mut dyn FnMut() -> Result<()>) -> Result<()> {
        let moment = self.db.unchecked_transaction()?;
        // The moment is that of the first look.
        moment.query_row("SELECT count(*) FROM counters", [], |_| Ok(()))?;
        work()
    }

    fn rows_after(&self, table: &Table, after: Option<&[Cell]>, most: usize) -> Result<Vec<Cells>> {
        let mut query = self.db.prepare_cached(&reading(table, after.is_some(), most))?;
        let after = after.unwrap_or_default();
        let mut rows = query.query(params_from_iter(table.key(after)))?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let cell = |i| Ok(cell(table, i, row.get_ref(i)?));
            found.push((0..table.columns.len()).map(cell).collect::<Result<Cells>>()?);
        }
        Ok(found)
    }

    fn remove_rows(&mut self, table: &Table, rows: &[Cells]) -> Result<()> {
        self.transaction(|db| {
            if table.name == "accounts" {
                db.execute("DELETE FROM keys", [])?; // they come again behind their accounts
            }
            let sql = match table.model {
                Some((number, _)) => format!("DELETE FROM vectors WHERE key = {number} * {MODEL_SHIFT} + ?1"),
                None => {
                    let is = |(i, (name, _)): (usize, &(&str, Kind))| format!("\"{name}\" = ?{}", i + 1);
                    let key: Vec<String> = table.columns[..table.n_key].iter().enumerate().map(is).collect();
                    format!("DELETE FROM {} WHERE {}", table.name, key.join(" AND "))
                }
            };
            let mut remove = db.prepare_cached(&sql)?;
            for row in rows {
                remove.execute(params_from_iter(table.key(row)))?;
            }
            forget_words(db, table, rows)
        })
    }

    fn add_rows(&mut self, table: &Table, rows: &[Cells]) -> Result<()> {
        self.transaction(|db| {
            let marks = vec!["?"; table.columns.len()].join(", ");
            let sql = match table.model {
                Some((number, _)) => {
                    format!("INSERT INTO vectors VALUES ({number} * {MODEL_SHIFT} + ?1, ?2, ?3, ?4)")
                }
                None => format!("INSERT INTO {} ({}) VALUES ({marks})", table.name, table.listed()),
            };
            let mut add = db.prepare_cached(&sql)?;
            for row in rows {
                add.execute(params_from_iter(row))?;
            }
            forget_words(db, table, rows)
        })
    }

    fn numbers(&self) -> Result<Numbers> {
        let counter = |name| value(&self.db, "SELECT value FROM counters WHERE name = ?1", name);
        let last = |name| value(&self.db, "SELECT seq FROM sqlite_sequence WHERE name = ?1", name);
        Ok(Numbers {
            generation: counter("generation")?,
            papers: counter("papers")?,
            topics: counter("topics")?,
            row: last("papers")?,
            reader: last("accounts")?,
            interest: last("interests")?,
            key: last("keys")?,
        })
    }

    fn set_numbers(&mut self, numbers: &Numbers) -> Result<()> {
        let Numbers { generation, papers, topics, row, reader, interest, key } = *numbers;
        self.transaction(|db| {
            for (name, value) in [("generation", generation), ("papers", papers), ("topics", topics)] {
                db.execute("INSERT OR REPLACE INTO counters VALUES (?1, ?2)", params![name, value])?;
            }
            for (name, value) in
                [("papers", row), ("accounts", reader), ("interests", interest), ("keys", key)]
            {
                db.execute("DELETE FROM sqlite_sequence WHERE name = ?1", [name])?;
                db.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (?1, ?2)", params![name, value])?;
            }
            Ok(())
        })
    }

    fn index_words(&mut self, most: usize) -> Result<usize> {
        self.transaction(|db| {
            let sql = "SELECT row FROM papers WHERE row NOT IN (SELECT id FROM words_docsize) ORDER BY row LIMIT ?1";
            let rows = db.prepare_cached(sql)?.query_map([most], |row| row.get(0))?.collect::<Result<Vec<Row>, _>>()?;
            for stored in record::read(db, &rows)? {
                search::index(db, stored.row, &stored.paper)?;
            }
            Ok(rows.len())
        })
    }

    fn forget_choice(&mut self, name: &str) -> Result<()> {
        self.durably(|db| Ok(db.execute("DELETE FROM choices WHERE name = ?1", [name]).map(drop)?))
    }
}

/// The query for rows of a table.
fn reading(table: &Table, is_after: bool, most: usize) -> String {
    if let Some((number, _)) = table.model {
        let (first, end) = (number * MODEL_SHIFT, (number + 1) * MODEL_SHIFT);
        let after = if is_after { format!("{first} + ?1") } else { format!("{first} - 1") };
        return format!(
            "SELECT key - {first}, generation, text_hash, vector FROM vectors
             WHERE key > {after} AND key < {end} ORDER BY key LIMIT {most}"
        );
    }
    let key = table.key_listed();
    let mut conditions = Vec::new();
    if is_after {
        conditions.push(format!("({key}) > ({})", vec!["?"; table.n_key].join(", ")));
    }
    if table.name == "choices" {
        conditions.push(format!("name != '{COPY_OF}'"));
    }
    let only =
        if conditions.is_empty() { String::new() } else { format!("WHERE {}", conditions.join(" AND ")) };
    format!("SELECT {} FROM {} {only} ORDER BY {key} LIMIT {most}", table.listed(), table.name)
}

fn cell(table: &Table, column: usize, value: ValueRef<'_>) -> Cell {
    match value {
        ValueRef::Null => Cell::Null,
        ValueRef::Integer(value) => Cell::Integer(value),
        // No column is of this kind.
        ValueRef::Real(value) => Cell::Integer(value as i64),
        ValueRef::Blob(bytes) => Cell::Bytes(bytes.to_vec()),
        ValueRef::Text(bytes) => {
            let text = String::from_utf8_lossy(bytes).replace('\0', "");
            let is_json = (table.name, table.columns[column].0) == ("papers", "facts");
            Cell::Text(if is_json { text.replace("\\u0000", "") } else { text })
        }
    }
}

/// Forgets the words of papers that change: they are written when all is there that is said of them.
fn forget_words(db: &Connection, table: &Table, rows: &[Cells]) -> Result<()> {
    if !matches!(table.name, "papers" | "summaries") {
        return Ok(());
    }
    for row in rows {
        if let Some(Cell::Integer(row)) = row.first() {
            search::forget(db, *row)?;
        }
    }
    Ok(())
}

fn value(db: &Connection, sql: &str, name: &str) -> Result<i64> {
    use rusqlite::OptionalExtension;
    Ok(db.prepare_cached(sql)?.query_row([name], |row| row.get(0)).optional()?.unwrap_or(0))
}

impl ToSql for Cell {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Integer(value) => ValueRef::Integer(*value),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Bytes(bytes) => ValueRef::Blob(bytes),
        }))
    }
}
