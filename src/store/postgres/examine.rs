//! Everything in a library compared with what it should be. PostgreSQL sees to its own pages and types; what no rule of
//! the schema can see to is looked at here: rows of papers that are gone, what text holds, words and vectors.

use std::collections::BTreeMap;

use super::connection::Connection;
use super::schema::OF_A_PAPER;
use super::table::Table;
use super::vectors;
use super::words::vector;
use super::{Postgres, record, settle};
use crate::error::{Error, Result};
use crate::paper::{ModelId, Row};
use crate::progress::Progress;
use crate::store::columns::RULES;
use crate::store::papers::{BLOCK, text_hash};
use crate::store::search::indexed;
use crate::store::vectors::{fault, from_blob};
use crate::store::{Examination, Examined, Finding, Problem, StoredPaper};

/// A library that is examined, as it is at one moment, over a connection of its own that only reads.
pub(super) struct Examining<'a> {
    store: &'a Postgres,
    db: Connection,
    progress: &'a dyn Progress,
}

impl<'a> Examining<'a> {
    pub fn begin(store: &'a Postgres, progress: &'a dyn Progress) -> Result<Self> {
        let db = Connection::open(store.db.address.clone())?;
        // The moment is that of the first statement; on a shard, of the first that asks it.
        let each = db.of_parts("papers", |papers| format!("SELECT row FROM {papers} LIMIT 1"));
        db.batch(&format!(
            "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SELECT count(*) FROM {each} AS each"
        ))?;
        Ok(Self { store, db, progress })
    }

    fn step(&self, n: usize) -> Result<()> {
        self.progress.advance(n);
        self.store.wanted.check()
    }

    /// Reads a table's columns of text against their rules; how many rows it has.
    fn columns(&self, table: &str, examined: &mut Examined) -> Result<u64> {
        let rules: Vec<_> = RULES.iter().filter(|(of, ..)| *of == table).collect();
        let key = key(&self.db, table)?;
        let columns: String = rules.iter().map(|(_, column, ..)| format!(", {column}")).collect();
        let cursor = format!("{table}_read");
        self.db.batch(&format!(
            "DECLARE {cursor} NO SCROLL CURSOR FOR SELECT concat_ws(' ', {key}){columns} FROM {table} ORDER BY {key}"
        ))?;
        let mut n_rows = 0;
        loop {
            let block = self.db.rows(&format!("FETCH {} FROM {cursor}", vectors::BLOCK), &[])?;
            for row in &block {
                for (i, (_, column, rule, _)) in rules.iter().enumerate() {
                    let text: Option<&str> = row.try_get(i + 1)?;
                    if text.is_some_and(|text| !rule.holds(text)) {
                        let problem =
                            Problem::Unfit { column: (*column).to_owned(), expected: rule.expected() };
                        let first: String = row.try_get(0)?;
                        examined.note(table, problem, || first);
                    }
                }
            }
            n_rows += block.len() as u64;
            self.step(block.len())?;
            if block.len() < vectors::BLOCK {
                self.db.batch(&format!("CLOSE {cursor}"))?;
                return Ok(n_rows);
            }
        }
    }
}

impl Examination for Examining<'_> {
    fn foreign_keys(&self) -> Result<Examined> {
        orphans(&self.db)
    }

    fn rows(&self) -> Result<Examined> {
        let mut examined = Examined::default();
        for table in tables(&self.db)? {
            if !table.starts_with("vectors_") && !["papers", "words"].contains(&table.as_str()) {
                examined.rows += self.columns(&table, &mut examined)?;
            }
        }
        Ok(examined)
    }

    fn papers(&self) -> Result<(Examined, Examined)> {
        let (mut papers, mut words) = (Examined::default(), Examined::default());
        papers.rows = self.columns("papers", &mut papers)?;
        let sql = "SELECT row, text_hash FROM papers WHERE row > $1 ORDER BY row LIMIT $2";
        let mut done = Row::MIN;
        loop {
            let block = self.db.rows(sql, &[&done, &(BLOCK as i64)])?;
            let hashes = block.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?)));
            let hashes = hashes.collect::<Result<BTreeMap<Row, i64>>>()?;
            let Some((last, _)) = hashes.last_key_value() else { break };
            done = *last;
            let read = readable(&self.db, &hashes)?;
            for StoredPaper { row, paper } in &read {
                if hashes.get(row) != Some(&text_hash(paper)) {
                    papers.note("papers", Problem::OtherText, || paper.id.to_string());
                }
            }
            compare_words(&self.db, &read, &mut words)?;
            self.step(block.len())?;
        }
        let sql = "SELECT w.paper FROM words w LEFT JOIN papers p ON p.row = w.paper WHERE p.row IS NULL ORDER BY w.paper";
        for row in self.db.numbers(sql, &[])? {
            words.note("words", Problem::NoPaper, || format!("row {row}"));
        }
        Ok((papers, words))
    }

    fn vectors(
        &self,
        model: &ModelId,
        visit: &mut dyn FnMut(Row, Vec<f32>, bool) -> Result<()>,
    ) -> Result<Examined> {
        let mut examined = Examined::default();
        for found in self.db.rows("SELECT number, dimensions, name FROM models ORDER BY number", &[])? {
            let is_wanted = found.try_get::<_, &str>(2)? == model.as_str();
            self.vectors_of(&Table::read(&found)?, &mut examined, &mut |row, vector, is_fresh| {
                if is_wanted { visit(row, vector, is_fresh) } else { Ok(()) }
            })?;
        }
        Ok(examined)
    }

    fn is_of(&self, generation: u64) -> bool {
        let sql = "SELECT value FROM counters WHERE name = 'generation'";
        self.db.numbers(sql, &[]).is_ok_and(|now| now.first().is_some_and(|now| *now as u64 == generation))
    }
}

impl Examining<'_> {
    /// The vectors of one model; those that are whole are visited in the order of rows.
    fn vectors_of(
        &self,
        table: &Table,
        examined: &mut Examined,
        visit: &mut dyn FnMut(Row, Vec<f32>, bool) -> Result<()>,
    ) -> Result<()> {
        let sql = format!(
            "SELECT v.row, v.vector, v.text_hash, p.text_hash FROM {} v LEFT JOIN papers p ON p.row = v.row
             WHERE v.row > $1 ORDER BY v.row LIMIT $2",
            table.name()
        );
        let mut done = Row::MIN;
        loop {
            let block = self.db.rows(&sql, &[&done, &(vectors::BLOCK as i64)])?;
            for found in &block {
                done = found.try_get(0)?;
                let (blob, hash, now): (&[u8], i64, Option<i64>) =
                    (found.try_get(1)?, found.try_get(2)?, found.try_get(3)?);
                let problem = match (now, fault(blob, table.dimensions)) {
                    (None, _) => Some(Problem::NobodysVector),
                    (_, Some(fault)) => Some(Problem::NoVector { fault }),
                    (Some(now), None) => (now != hash).then_some(Problem::Stale),
                };
                if matches!(problem, None | Some(Problem::Stale)) {
                    visit(done, from_blob(blob), problem.is_none())?;
                }
                if let Some(problem) = problem {
                    examined.note("vectors", problem, || format!("row {done}"));
                }
            }
            examined.rows += block.len() as u64;
            self.step(block.len())?;
            if block.len() < vectors::BLOCK {
                return Ok(());
            }
        }
    }
}

/// The papers of a block, but for those of which a column cannot be read: that is said of the column.
fn readable(db: &Connection, block: &BTreeMap<Row, i64>) -> Result<Vec<StoredPaper>> {
    let rows: Vec<Row> = block.keys().copied().collect();
    match record::read(db, &rows) {
        Err(Error::Database(_) | Error::BadId { .. }) => {}
        read => return read,
    }
    let mut read = Vec::with_capacity(rows.len());
    for row in rows {
        match record::read(db, &[row]) {
            Err(Error::Database(_) | Error::BadId { .. }) => {}
            paper => read.extend(paper?),
        }
    }
    Ok(read)
}

/// Whether full-text search has the words of these papers, and no others.
fn compare_words(db: &Connection, papers: &[StoredPaper], examined: &mut Examined) -> Result<()> {
    let rows: Vec<Row> = papers.iter().map(|paper| paper.row).collect();
    let (said, lengths): (Vec<String>, Vec<i64>) =
        papers.iter().map(|stored| vector(indexed(&stored.paper))).unzip();
    let sql = "SELECT w.paper IS NULL, w.said IS DISTINCT FROM e.said::tsvector OR w.length IS DISTINCT FROM e.length
               FROM unnest($1::bigint[], $2::text[], $3::bigint[]) WITH ORDINALITY AS e (paper, said, length, n)
               LEFT JOIN words w ON w.paper = e.paper AND w.paper = ANY ($1) ORDER BY e.n";
    for (found, stored) in db.rows(sql, &[&rows, &said, &lengths])?.iter().zip(papers) {
        let problem = match (found.try_get(0)?, found.try_get(1)?) {
            (true, _) => Some(Problem::NotIndexed),
            (_, true) => Some(Problem::OtherWords),
            _ => None,
        };
        examined.rows += 1;
        if let Some(problem) = problem {
            examined.note("words", problem, || stored.paper.id.to_string());
        }
    }
    Ok(())
}

/// The tables of a library, without their partitions.
fn tables(db: &Connection) -> Result<Vec<String>> {
    let sql = "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
               WHERE n.nspname = $1 AND c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY c.relname";
    let found = db.rows(sql, &[&db.address.schema])?;
    found.iter().map(|row| Ok(row.try_get(0)?)).collect()
}

/// The tables that lie on shards where there are any, but for those of vectors.
const SPREAD: &[(&str, &str)] = &[
    ("papers", "row"),
    ("summaries", "paper, language"),
    ("listings", "day, paper, source, announced"),
    ("votes", "paper, source, at"),
    ("words", "paper"),
];

/// The columns that tell a table's rows apart. No rule says so of a table on shards.
fn key(db: &Connection, table: &str) -> Result<String> {
    if let Some((_, key)) = SPREAD.iter().find(|(of, _)| *of == table && db.n_shards.get() > 0) {
        return Ok((*key).to_owned());
    }
    let sql = "SELECT a.attname FROM pg_index i
               JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
               WHERE i.indrelid = $1::text::regclass AND i.indisprimary ORDER BY array_position(i.indkey::int2[], a.attnum)";
    let found = db.rows(sql, &[&table])?;
    let names = found.iter().map(|row| row.try_get(0)).collect::<Result<Vec<&str>, _>>()?;
    Ok(if names.is_empty() { "ctid".to_owned() } else { names.join(", ") })
}

/// The rows of papers that are gone, and of papers under another name than their own.
fn orphans(db: &Connection) -> Result<Examined> {
    let mut examined = Examined::default();
    for (table, column) in OF_A_PAPER.iter().filter(|(table, _)| *table != "papers") {
        let also = if *table == "ids" { "OR p.id != t.id" } else { "" };
        let sql = format!(
            "SELECT count(*) FROM {table} t LEFT JOIN papers p ON p.row = t.{column} WHERE p.row IS NULL {also}"
        );
        examined.rows += 1;
        let n: i64 = db.row(&sql, &[])?.try_get(0)?;
        if n > 0 {
            examined.findings.push(Finding {
                table: (*table).to_owned(),
                problem: Problem::Dangling { parent: "papers".into() },
                rows: Some(n as u64),
                read: 0,
                first: None,
            });
        }
    }
    Ok(examined)
}

/// What is wrong at a glance: rows of papers that are gone.
pub(super) fn check(db: &Connection) -> Vec<String> {
    let examined = match orphans(db) {
        Ok(examined) => examined,
        Err(error) => return vec![error.to_string()],
    };
    let told = |finding: &Finding| {
        format!("rows of {} that are of no paper: {}", finding.table, finding.rows.unwrap_or_default())
    };
    let mut found: Vec<String> = examined.findings.iter().map(told).collect();
    match unfinished(db) {
        Ok(0) => {}
        Ok(n) => found.push(format!(
            "papers of a write that was not finished: {n}; the next import or sync puts them right"
        )),
        Err(error) => found.push(error.to_string()),
    }
    found
}

/// Papers that shards have, and the coordinator knows nothing of.
pub(super) fn unfinished(db: &Connection) -> Result<usize> {
    db.moment(|db| {
        let edition: i64 = db.row("SELECT value FROM counters WHERE name = 'papers'", &[])?.try_get(0)?;
        Ok(settle::beyond(db, edition)?.len())
    })
}

/// The tables with rows that cannot be read.
pub(super) fn unread(db: &Connection) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for table in tables(db)? {
        // A row as text is read whole, wherever it lies.
        let read = db.rows(&format!("SELECT sum(length(t::text)) FROM {table} t"), &[]);
        let error = match read {
            Ok(_) => continue,
            Err(error @ (Error::GivenUp | Error::NoServer { .. })) => return Err(error),
            Err(error) => error.to_string(),
        };
        let problem = Problem::Unreadable { after: None, before: None, error };
        findings.push(Finding { table, problem, rows: None, read: 0, first: None });
    }
    Ok(findings)
}
