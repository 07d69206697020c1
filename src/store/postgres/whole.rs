//! Whole tables, in and out.

use std::fmt::Write;

use postgres::Row as SqlRow;
use postgres::types::ToSql;

use super::connection::Connection;
use super::table::{Table as VectorsTable, table_name};
use super::words::write_words;
use super::{Postgres, record, settle, shards};
use crate::error::Result;
use crate::paper::Row;
use crate::store::StoredPaper;
use crate::store::tables::{COPY_OF, Cell, Cells, Kind, Numbers, Table, Tables};
use crate::store::vectors::from_blob;

impl Tables for Postgres {
    fn at_one_moment(&self, work: &mut dyn FnMut() -> Result<()>) -> Result<()> {
        self.db.moment(|db| {
            // The moment is that of the first look.
            db.rows("SELECT 1 FROM counters LIMIT 1", &[])?;
            work()
        })
    }

    fn rows_after(&self, table: &Table, after: Option<&[Cell]>, most: usize) -> Result<Vec<Cells>> {
        if let Some((number, _)) = table.model
            && !VectorsTable::is_there(&self.db, number)?
        {
            return Ok(Vec::new());
        }
        let after = after.unwrap_or_default();
        let values: Vec<&(dyn ToSql + Sync)> = table.key(after).iter().map(value).collect();
        let rows = self.db.rows(&reading(table, values.len(), most), &values)?;
        rows.iter().map(|row| cells(table, row)).collect()
    }

    fn remove_rows(&mut self, table: &Table, rows: &[Cells]) -> Result<()> {
        self.transaction(|db| {
            if table.name == "accounts" {
                db.run("DELETE FROM keys", &[])?; // they come again behind their accounts
            }
            let is = |(i, (name, _)): (usize, &(&str, Kind))| format!("\"{name}\" = ${}", i + 1);
            let key: Vec<String> = table.columns[..table.n_key].iter().enumerate().map(is).collect();
            let sql = format!("DELETE FROM {} WHERE {}", name(table), key.join(" AND "));
            for row in rows {
                if let (true, [Cell::Integer(number), ..]) = (table.name == "models", &row[..]) {
                    shards::drop_vectors(db, *number)?;
                }
                let values: Vec<&(dyn ToSql + Sync)> = table.key(row).iter().map(value).collect();
                db.run(&sql, &values)?;
            }
            if table.name == "papers" {
                db.run("DELETE FROM ids WHERE paper = ANY($1)", &[&firsts(rows)])?;
            }
            forget_words(db, table, rows)
        })
    }

    fn add_rows(&mut self, table: &Table, rows: &[Cells]) -> Result<()> {
        self.transaction(|db| {
            let near = if table.model.is_some() { ", near" } else { "" };
            let sql = format!("COPY {} ({}{near}) FROM STDIN", name(table), table.listed());
            db.copy_in(&sql, lines(table, rows).as_bytes())?;
            if table.name == "models" {
                for row in rows {
                    if let [Cell::Integer(number), _, Cell::Integer(dimensions)] = row[..] {
                        shards::make_vectors(db, number, dimensions as usize)?;
                    }
                }
            }
            if table.name == "papers" {
                let sql = "INSERT INTO ids SELECT id, row FROM papers WHERE row = ANY($1)";
                db.run(sql, &[&firsts(rows)])?;
            }
            forget_words(db, table, rows)
        })
    }

    fn numbers(&self) -> Result<Numbers> {
        let counter = |name: &str| -> Result<i64> {
            let found = self.db.find("SELECT value FROM counters WHERE name = $1", &[&name])?;
            Ok(found.map_or(Ok(0), |row| row.try_get(0))?)
        };
        let last = |sequence: &str| -> Result<i64> {
            let sql = format!("SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM {sequence}");
            Ok(self.db.row(&sql, &[])?.try_get(0)?)
        };
        Ok(Numbers {
            generation: counter("generation")?,
            papers: counter("papers")?,
            topics: counter("topics")?,
            row: counter("row")?,
            reader: counter("reader")?,
            interest: last("interests_number_seq")?,
            key: last("keys_number_seq")?,
        })
    }

    fn set_numbers(&mut self, numbers: &Numbers) -> Result<()> {
        let Numbers { generation, papers, topics, row, reader, interest, key } = *numbers;
        self.transaction(|db| {
            for (name, value) in [
                ("generation", generation),
                ("papers", papers),
                ("topics", topics),
                ("row", row),
                ("reader", reader),
            ] {
                db.run("UPDATE counters SET value = $2 WHERE name = $1", &[&name, &value])?;
            }
            settle::count_words(db)?;
            let sql = "SELECT setval($1::text::regclass, greatest($2::bigint, 1), $2::bigint > 0)";
            db.rows(sql, &[&"interests_number_seq", &interest])?;
            db.rows(sql, &[&"keys_number_seq", &key])?;
            let model: i64 = db.row("SELECT coalesce(max(number), 0) FROM models", &[])?.try_get(0)?;
            db.rows(sql, &[&"models_number_seq", &model]).map(drop)
        })
    }

    fn index_words(&mut self, most: usize) -> Result<usize> {
        self.transaction(|db| {
            let sql =
                "SELECT row FROM papers p WHERE NOT EXISTS (SELECT 1 FROM words w WHERE w.paper = p.row)
                       ORDER BY row LIMIT $1";
            let rows: Vec<Row> = db.numbers(sql, &[&(most as i64)])?;
            let papers = record::read(db, &rows)?;
            let papers: Vec<_> = papers.iter().map(|StoredPaper { row, paper }| (*row, paper)).collect();
            write_words(db, &papers)?;
            Ok(rows.len())
        })
    }

    fn forget_choice(&mut self, name: &str) -> Result<()> {
        self.durably(|db| db.run("DELETE FROM choices WHERE name = $1", &[&name]).map(drop))
    }
}

fn name(table: &Table) -> String {
    table.model.map_or_else(|| table.name.to_owned(), |(number, _)| table_name(number))
}

/// The query for rows of a table, those behind a key of so many parts.
fn reading(table: &Table, n_key: usize, most: usize) -> String {
    let key = table.key_listed();
    let mut conditions = Vec::new();
    if n_key > 0 {
        let marks: Vec<String> = (1..=n_key).map(|i| format!("${i}")).collect();
        // The first part for itself, too: no shard is asked for rows by the whole of a key.
        let first = key.split(',').next().unwrap_or_default();
        conditions.push(format!("{first} >= $1 AND ({key}) > ({})", marks.join(", ")));
    }
    if table.name == "choices" {
        conditions.push(format!("name != '{COPY_OF}'"));
    }
    let only =
        if conditions.is_empty() { String::new() } else { format!("WHERE {}", conditions.join(" AND ")) };
    format!("SELECT {} FROM {} {only} ORDER BY {key} LIMIT {most}", table.listed(), name(table))
}

fn value(cell: &Cell) -> &(dyn ToSql + Sync) {
    match cell {
        Cell::Null => &None::<i64>,
        Cell::Integer(value) => value,
        Cell::Text(text) => text,
        Cell::Bytes(bytes) => bytes,
    }
}

fn cells(table: &Table, row: &SqlRow) -> Result<Cells> {
    let cell = |(i, (_, kind)): (usize, &(&str, Kind))| {
        Ok(match kind {
            Kind::Integer => row.try_get::<_, Option<i64>>(i)?.map(Cell::Integer),
            Kind::Flag => row.try_get::<_, Option<bool>>(i)?.map(|is| Cell::Integer(is.into())),
            Kind::Text => row.try_get::<_, Option<String>>(i)?.map(Cell::Text),
            Kind::Bytes => row.try_get::<_, Option<Vec<u8>>>(i)?.map(Cell::Bytes),
        }
        .unwrap_or(Cell::Null))
    };
    table.columns.iter().enumerate().map(cell).collect()
}

/// Rows in the text format of `COPY`.
fn lines(table: &Table, rows: &[Cells]) -> String {
    let mut lines = String::new();
    for row in rows {
        for (i, (cell, (_, kind))) in row.iter().zip(table.columns).enumerate() {
            if i > 0 {
                lines.push('\t');
            }
            write_cell(&mut lines, cell, *kind);
        }
        if let (Some(_), Some(Cell::Bytes(vector))) = (table.model, row.last()) {
            let near: Vec<String> = from_blob(vector).iter().map(f32::to_string).collect();
            let _ = write!(lines, "\t[{}]", near.join(","));
        }
        lines.push('\n');
    }
    lines
}

fn write_cell(to: &mut String, cell: &Cell, kind: Kind) {
    match cell {
        Cell::Null => to.push_str("\\N"),
        Cell::Integer(value) if kind == Kind::Flag => to.push(if *value == 0 { 'f' } else { 't' }),
        Cell::Integer(value) => _ = write!(to, "{value}"),
        Cell::Bytes(bytes) => {
            to.push_str("\\\\x");
            bytes.iter().for_each(|byte| _ = write!(to, "{byte:02x}"));
        }
        Cell::Text(text) => {
            for c in text.chars() {
                match c {
                    '\\' => to.push_str("\\\\"),
                    '\n' => to.push_str("\\n"),
                    '\r' => to.push_str("\\r"),
                    '\t' => to.push_str("\\t"),
                    c => to.push(c),
                }
            }
        }
    }
}

/// Forgets the words of papers that change: they are written when all is there that is said of them.
fn forget_words(db: &Connection, table: &Table, rows: &[Cells]) -> Result<()> {
    match table.name {
        "papers" | "summaries" => {
            db.run("DELETE FROM words WHERE paper = ANY($1)", &[&firsts(rows)]).map(drop)
        }
        _ => Ok(()),
    }
}

/// The first numbers of rows: those of papers, in tables that begin with these.
fn firsts(rows: &[Cells]) -> Vec<i64> {
    let first = |row: &Cells| match row.first() {
        Some(Cell::Integer(first)) => Some(*first),
        _ => None,
    };
    rows.iter().filter_map(first).collect()
}
