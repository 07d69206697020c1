//! Everything in a library compared with what it should be: each table row by row, however damaged it is.

use std::collections::BTreeMap;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row as SqlRow};

use super::salvage::{self, Reach, Watch};
use super::table::{Fault, Table};
use super::vectors::{MODEL_SHIFT, belongs};
use super::words::{self, Expected, Held};
use super::{Sqlite, key, record};
use crate::error::{Error, Result};
use crate::paper::{ModelId, Row};
use crate::progress::Progress;
use crate::store::papers::text_hash;
use crate::store::vectors::{fault, from_blob};
use crate::store::{Examination, Examined, Finding, Problem, StoredPaper};

/// Papers that are read at once.
const BLOCK: usize = 256;

/// A library that is examined, as it is at one moment, over a connection that only reads.
pub(super) struct Examining<'a> {
    store: &'a Sqlite,
    db: Connection,
    tables: Vec<Table>,
    watch: Watch<'a>,
}

impl Examined {
    fn reached(&mut self, table: &str, reach: Reach) {
        self.rows += reach.read;
        self.findings.extend(reach.lost.map(|lost| Finding {
            table: table.to_owned(),
            rows: lost.rows,
            read: reach.read,
            first: None,
            problem: Problem::Unreadable { after: lost.after, before: lost.before, error: lost.error },
        }));
    }
}

/// Begins to examine everything.
///
/// # Errors
/// [`Error::Damaged`] where the list of tables cannot be read.
pub(super) fn examine<'a>(store: &'a Sqlite, progress: &'a dyn Progress) -> Result<Examining<'a>> {
    let db = salvage::open(&store.path)?;
    let tables = Table::all(&db)?;
    if let Err(error) = words::show_instances(&db) {
        tracing::warn!(%error, "full-text search cannot be looked into");
    }
    db.execute_batch("BEGIN")?;
    let watch = Watch { wanted: &store.wanted, progress };
    Ok(Examining { store, db, tables, watch })
}

/// The tables with rows that cannot be read.
///
/// # Errors
/// As [`examine`].
pub(super) fn unread(store: &Sqlite) -> Result<Vec<Finding>> {
    let Examining { db, tables, watch, .. } = examine(store, &crate::progress::Silent)?;
    let mut examined = Examined::default();
    for table in &tables {
        let reach = salvage::each_row(&db, table, &watch, &mut |_, _| Ok(()))?;
        examined.reached(&table.name, reach);
    }
    Ok(examined.findings)
}

impl Examination for Examining<'_> {
    fn foreign_keys(&self) -> Result<Examined> {
        let mut examined = Examined::default();
        // On the store's own connection, which can be interrupted.
        let mut query = self.store.db.prepare(
            "SELECT parent, count(*) FROM pragma_foreign_key_check(?1) GROUP BY parent ORDER BY parent",
        )?;
        for Table { name, .. } in &self.tables {
            let found = query.query_map([name], |row| Ok((row.get(0)?, row.get(1)?)));
            let found = found.and_then(|found| found.collect::<Result<Vec<(String, u64)>, _>>());
            match found {
                Ok(found) => examined.findings.extend(found.into_iter().map(|(parent, n)| Finding {
                    table: name.clone(),
                    problem: Problem::Dangling { parent },
                    rows: Some(n),
                    read: 0,
                    first: None,
                })),
                Err(error) if salvage::is_damage(&error) => {
                    examined.reached(name, unreadable(error.to_string()))
                }
                Err(error) => return Err(error.into()),
            }
            examined.rows += 1;
        }
        Ok(examined)
    }

    fn rows(&self) -> Result<Examined> {
        let mut examined = Examined::default();
        for table in self.tables.iter().filter(|table| !["papers", "vectors"].contains(&table.name.as_str()))
        {
            let reach = salvage::each_row(&self.db, table, &self.watch, &mut |row, faults| {
                note_faults(&mut examined, table, row, faults)
            })?;
            examined.reached(&table.name, reach);
        }
        Ok(examined)
    }

    fn papers(&self) -> Result<(Examined, Examined)> {
        let Some(table) = self.table("papers") else { return Ok(Default::default()) };
        let mut texts = Texts {
            db: &self.db,
            held: Held::read(&self.db, &self.watch)?,
            expected: Expected::new()?,
            papers: Examined::default(),
            words: Examined::default(),
        };
        let mut block = Vec::with_capacity(BLOCK);
        let mut papers = Examined::default();
        let reach = salvage::each_row(&self.db, table, &self.watch, &mut |row, faults| {
            note_faults(&mut papers, table, row, faults)?;
            if let (ValueRef::Integer(number), Ok(hash)) = (row.get_ref(0)?, row.get("text_hash")) {
                block.push((number, hash));
            }
            if block.len() == BLOCK { texts.compare(&mut block) } else { Ok(()) }
        })?;
        texts.compare(&mut block)?;
        let is_whole = reach.lost.is_none();
        papers.reached(&table.name, reach);
        papers.findings.append(&mut texts.papers.findings);
        Ok((papers, texts.finish(is_whole)))
    }

    fn vectors(
        &self,
        model: &ModelId,
        visit: &mut dyn FnMut(Row, Vec<f32>, bool) -> Result<()>,
    ) -> Result<Examined> {
        let Some(table) = self.table("vectors") else { return Ok(Examined::default()) };
        let wanted =
            self.db.query_row("SELECT number FROM models WHERE name = ?1", [model.as_str()], |row| {
                row.get::<_, i64>(0)
            });
        let wanted = wanted.ok().map(|number| number * MODEL_SHIFT);
        let mut examined = Examined::default();
        let reach = salvage::each_row(&self.db, table, &self.watch, &mut |row, faults| {
            let (ValueRef::Integer(key), Ok(hash), ValueRef::Blob(blob)) =
                (row.get_ref(0)?, row.get::<_, i64>(2), row.get_ref(3)?)
            else {
                return note_faults(&mut examined, table, row, faults);
            };
            let problem = match self.vector(key, hash, blob) {
                Ok(problem) => problem,
                // The page of its paper is damaged, which is said of papers.
                Err(Error::Database(_)) => return Ok(()),
                Err(error) => return Err(error),
            };
            let paper = key.rem_euclid(MODEL_SHIFT);
            match problem {
                None | Some(Problem::Stale) if wanted == Some(key - paper) => {
                    visit(paper, from_blob(blob), problem.is_none())?;
                }
                _ => {}
            }
            if let Some(problem) = problem {
                examined.note(&table.name, problem, || format!("row {paper}"));
            }
            Ok(())
        })?;
        examined.reached(&table.name, reach);
        Ok(examined)
    }

    fn is_of(&self, generation: u64) -> bool {
        let sql = "SELECT value FROM counters WHERE name = 'generation'";
        self.db.query_row(sql, [], |row| row.get::<_, u64>(0)).is_ok_and(|now| now == generation)
    }
}

impl Examining<'_> {
    fn vector(&self, key: i64, hash: i64, blob: &[u8]) -> Result<Option<Problem>> {
        let Some((row, dimensions)) = belongs(&self.db, key)? else {
            return Ok(Some(Problem::NobodysVector));
        };
        if let Some(fault) = fault(blob, dimensions) {
            return Ok(Some(Problem::NoVector { fault }));
        }
        let mut query = self.db.prepare_cached("SELECT text_hash FROM papers WHERE row = ?1")?;
        let now: i64 = query.query_row([row], |found| found.get(0))?;
        Ok((now != hash).then_some(Problem::Stale))
    }

    fn table(&self, name: &str) -> Option<&Table> {
        self.tables.iter().find(|table| table.name == name)
    }
}

/// The texts of papers against their hashes and against full-text search.
struct Texts<'a> {
    db: &'a Connection,
    held: Held,
    expected: Expected,
    papers: Examined,
    words: Examined,
}

impl Texts<'_> {
    fn compare(&mut self, block: &mut Vec<(Row, i64)>) -> Result<()> {
        let hashes: BTreeMap<Row, i64> = block.drain(..).collect();
        let mut read: Vec<StoredPaper> = Vec::with_capacity(hashes.len());
        for row in hashes.keys() {
            match record::read(self.db, &[*row]) {
                Ok(paper) => read.extend(paper),
                Err(error @ (Error::GivenUp | Error::Io { .. })) => return Err(error),
                // What of it cannot be read is said of its column or of another table.
                Err(_) => drop(self.held.take(*row, 0)),
            }
        }
        for (paper, sum) in read.iter().zip(self.expected.sums(&read)?) {
            let id = || paper.paper.id.to_string();
            if hashes.get(&paper.row) != Some(&text_hash(&paper.paper)) {
                self.papers.note("papers", Problem::OtherText, id);
            }
            self.words.rows += 1;
            match self.held.take(paper.row, sum) {
                _ if self.held.error.is_some() => {}
                None => self.words.note("words", Problem::NotIndexed, id),
                Some(false) => self.words.note("words", Problem::OtherWords, id),
                Some(true) => {}
            }
        }
        Ok(())
    }

    /// What was found of full-text search; where not all papers were read, others than those may be there.
    fn finish(mut self, is_whole: bool) -> Examined {
        let mut rest: Vec<Row> = self.held.rest().collect();
        rest.sort_unstable();
        match self.held.error {
            Some(error) => {
                self.words.reached("words", unreadable(error));
            }
            None if is_whole => {
                for row in rest {
                    self.words.note("words", Problem::NoPaper, || format!("row {row}"));
                }
            }
            None => {}
        }
        self.words
    }
}

fn note_faults(examined: &mut Examined, table: &Table, row: &SqlRow<'_>, faults: &[Fault]) -> Result<()> {
    for fault in faults {
        let column = table.columns[fault.column].name.clone();
        let problem = Problem::Unfit { column, expected: fault.expected };
        examined.note(&table.name, problem, || key::row_shown(row, table.columns.len()).unwrap_or_default());
    }
    Ok(())
}

fn unreadable(error: String) -> Reach {
    let lost = salvage::Lost { rows: None, after: None, before: None, error };
    Reach { read: 0, lost: Some(lost) }
}
