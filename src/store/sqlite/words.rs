//! Full-text search against the papers, word by word.
//!
//! The table of words keeps no text, so a paper's words are compared by a sum: of a hash for each word with its column
//! and its place. That of the index is made in one walk through it, that of the papers in an index of a few hundred at
//! a time, by the same tokenizer; eight bytes a paper are in memory.

use std::collections::HashMap;
use std::path::Path;

use rusqlite::Connection;

use super::salvage::Watch;
use super::{schema, search};
use crate::error::Result;
use crate::hash::fnv1a;
use crate::paper::Row;
use crate::random::mix;
use crate::store::StoredPaper;

/// The sum of each paper's words.
type Sums = HashMap<Row, u64>;

const INSTANCES: &str = "SELECT term, doc, col, offset FROM temp.instances";

/// What the index holds: the sum of each paper, and the papers that it counts.
pub(super) struct Held {
    sums: Sums,
    /// What stopped the walk; then no paper can be compared.
    pub error: Option<String>,
}

impl Held {
    /// Walks through the index.
    pub fn read(db: &Connection, watch: &Watch<'_>) -> Result<Self> {
        let mut held = Self { sums: Sums::new(), error: None };
        let mut read = || -> Result<()> {
            let counted = db
                .prepare("SELECT id FROM words_docsize")?
                .query_map([], |row| row.get(0))?
                .collect::<Result<Vec<Row>, _>>()?;
            held.sums.extend(counted.into_iter().map(|row| (row, 0)));
            add_up(db, &mut held.sums, &mut || watch.still_wanted())
        };
        match read() {
            Err(crate::Error::Database(error)) => held.error = Some(error.to_string()),
            other => other?,
        }
        Ok(held)
    }

    /// Whether the index holds a paper, and the same words of it; the paper is not asked for again.
    pub fn take(&mut self, row: Row, expected: u64) -> Option<bool> {
        self.sums.remove(&row).map(|sum| sum == expected)
    }

    /// The papers that were not asked for.
    pub fn rest(&self) -> impl Iterator<Item = Row> {
        self.sums.keys().copied()
    }
}

/// Makes the sums that papers should have.
pub(super) struct Expected {
    db: Connection,
}

impl Expected {
    pub fn new() -> Result<Self> {
        let db = Connection::open_in_memory()?;
        schema::build(&db, schema::NEWEST, Path::new(":memory:"))?;
        show_instances(&db)?;
        Ok(Self { db })
    }

    /// Of some papers, in their order.
    pub fn sums(&self, papers: &[StoredPaper]) -> Result<Vec<u64>> {
        let transaction = self.db.unchecked_transaction()?;
        for StoredPaper { row, paper } in papers {
            search::index(&transaction, *row, paper)?;
        }
        let mut sums = Sums::new();
        add_up(&transaction, &mut sums, &mut || Ok(()))?;
        // Not committed: the next papers find it empty.
        drop(transaction);
        Ok(papers.iter().map(|paper| sums.get(&paper.row).copied().unwrap_or(0)).collect())
    }
}

/// Shows the words of the index by paper, column and place. Asked for before anything is found to be damaged: from then
/// on SQLite lets a connection write nothing more, not even to itself.
pub(super) fn show_instances(db: &Connection) -> Result<()> {
    db.execute_batch(
        "PRAGMA temp_store = MEMORY;
         CREATE VIRTUAL TABLE temp.instances USING fts5vocab(main, words, instance)",
    )?;
    Ok(())
}

fn add_up(db: &Connection, sums: &mut Sums, goes_on: &mut dyn FnMut() -> Result<()>) -> Result<()> {
    let mut query = db.prepare(INSTANCES)?;
    let mut rows = query.query([])?;
    let (mut term, mut hash) = (Vec::new(), 0);
    while let Some(found) = rows.next()? {
        let word = found.get_ref(0)?.as_bytes().map_err(rusqlite::Error::from)?;
        if word != term {
            goes_on()?;
            (term, hash) = (word.to_vec(), fnv1a(word.iter().copied()));
        }
        let column = fnv1a(found.get_ref(2)?.as_bytes().map_err(rusqlite::Error::from)?.iter().copied());
        let place: i64 = found.get(3)?;
        let sum = sums.entry(found.get(1)?).or_default();
        *sum = sum.wrapping_add(mix(hash ^ mix(column ^ place as u64)));
    }
    Ok(())
}
