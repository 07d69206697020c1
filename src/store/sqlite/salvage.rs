//! Reads tables around pages that are damaged.
//!
//! A scan ends at the first page that SQLite cannot read. What lies behind it is reached from the other end, and what
//! lies between two such pages by its key: an index of the table that can be read names the keys, and where none does,
//! rowids are bisected.

use std::cmp::Ordering;
use std::collections::{BTreeSet, HashSet, VecDeque};
use std::path::Path;

use rusqlite::{Connection, ErrorCode, Row as SqlRow, params_from_iter};

use super::connect;
use super::key::{Gap, Key, Part, hash, key_of, shown};
use super::table::{Fault, Index, Table};
use crate::error::Result;
use crate::progress::Progress;
use crate::store::stop::Wanted;

/// Seeks by which one piece of a gap is bisected: a damaged page hides tens of rowids, and each takes two.
const SEEKS: usize = 1 << 13;
/// Entries of an index that are read: a damaged page may lead around in a circle.
const ENTRIES: usize = 50_000_000;
/// Keys that a scan remembers: more than a page holds.
const RECENT: usize = 4096;
/// What a long reading owes those who wait for it.
pub(super) struct Watch<'a> {
    pub wanted: &'a Wanted,
    pub progress: &'a dyn Progress,
}

impl Watch<'_> {
    /// One more row is read; fails where nobody waits any more.
    pub fn step(&self) -> Result<()> {
        self.progress.advance(1);
        self.still_wanted()
    }

    pub fn still_wanted(&self) -> Result<()> {
        self.wanted.check()
    }
}

/// Takes a row and what is wrong with it.
pub(super) type Visit<'a> = dyn FnMut(&SqlRow<'_>, &[Fault]) -> Result<()> + 'a;

/// How much of a table was reached.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Reach {
    /// Rows that were read.
    pub read: u64,
    /// What was not.
    pub lost: Option<Lost>,
}

/// What of a table cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Lost {
    /// How many rows, if an index tells.
    pub rows: Option<u64>,
    /// The keys between which they lie, as far as rows were read there.
    pub after: Option<String>,
    pub before: Option<String>,
    /// What SQLite says.
    pub error: String,
}

/// Opens a database to read what can be read of it; it is not written to. Beside one whose
/// log is not open, SQLite may leave an empty log.
///
/// # Errors
/// [`Error::NotALibrary`], [`Error::Damaged`]; [`Error::Io`] for a file that cannot be opened.
pub(super) fn open(path: &Path) -> Result<Connection> {
    let db = connect::reading(path)?;
    // Pages are checked before their cells are believed, and a schema of which a page is damaged is taken as far as
    // it goes.
    db.execute_batch("PRAGMA cell_size_check = ON; PRAGMA writable_schema = ON; PRAGMA cache_size = -32768")?;
    Ok(db)
}

/// Whether an error means that a page is not what it was.
pub(super) fn is_damage(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(
            ErrorCode::DatabaseCorrupt
                | ErrorCode::NotADatabase
                | ErrorCode::SystemIoFailure
                | ErrorCode::TooBig
                | ErrorCode::OutOfMemory
        )
    )
}

/// Visits every row of a table that can be read, each once: the columns of `table`, in its order.
///
/// # Errors
/// [`Error::GivenUp`], the first error of `visit`; [`Error::Database`] for what is no damage.
pub(super) fn each_row(
    db: &Connection,
    table: &Table,
    watch: &Watch<'_>,
    visit: &mut Visit<'_>,
) -> Result<Reach> {
    let mut walk = Walk::new(db, table, watch, visit);
    let mut lost = walk.around_damage()?;
    let is_known = lost.as_ref().is_none_or(|lost| lost.rows.is_some());
    if is_known && walk.index_sum()?.is_some_and(|sum| sum != walk.sum) {
        let more = walk.missing()?;
        match &mut lost {
            Some(lost) => lost.rows = lost.rows.map(|rows| rows + more),
            None => {
                let error = "an index names more".to_owned();
                lost = Some(Lost { rows: Some(more), after: None, before: None, error });
            }
        }
    }
    Ok(Reach { read: walk.read, lost: lost.filter(|lost| lost.rows != Some(0)) })
}

/// What one scan came to.
struct Pass {
    /// The last key up to which everything was read.
    last: Option<Key>,
    /// Some that were read last.
    recent: VecDeque<Key>,
    /// What stopped it before the end.
    error: Option<String>,
    /// Whether the schema has the table, so that there is more to try.
    is_known: bool,
}

impl Pass {
    fn read(&mut self, key: Key) {
        if self.recent.len() == RECENT {
            self.recent.pop_front();
        }
        self.recent.push_back(key);
        self.last = self.recent.back().cloned();
    }

    /// Stops at a key that does not follow: a page that stood in the place of another one has led too far, and what
    /// it stood for begins before this key.
    fn out_of_order(&mut self, key: &Key, expected: Ordering) {
        self.last = self.recent.iter().rev().find(|recent| Ord::cmp(*recent, key) == expected).cloned();
        self.error = Some("rows are out of order".to_owned());
    }
}

struct Walk<'a> {
    db: &'a Connection,
    table: &'a Table,
    watch: &'a Watch<'a>,
    visit: &'a mut Visit<'a>,
    read: u64,
    /// The sum of the hashes of all keys that were read, or that an index names and that cannot be.
    sum: u64,
    /// Hashes of keys that were read, from when on rows are met again.
    known: Option<Known>,
    /// Whether rows are only to be known.
    is_silent: bool,
    /// Rows of no use that were met again.
    n_again: u64,
}

/// A row of no use may stand where another page should, and then another row has its key.
#[derive(Default)]
struct Known {
    fit: HashSet<u64>,
    unfit: HashSet<u64>,
}

impl<'a> Walk<'a> {
    fn new(db: &'a Connection, table: &'a Table, watch: &'a Watch<'a>, visit: &'a mut Visit<'a>) -> Self {
        Self { db, table, watch, visit, read: 0, sum: 0, known: None, is_silent: false, n_again: 0 }
    }

    /// Reads the table from both ends up to what is damaged, and what can be read in between.
    fn around_damage(&mut self) -> Result<Option<Lost>> {
        let forward = self.pass("", &[], true)?;
        let Some(error) = forward.error else { return Ok(None) };
        self.know()?;
        let backward = self.pass("", &[], false)?;
        // A page that stands for another one may have led either scan too far.
        let gap = match (&forward.last, &backward.last) {
            (Some(after), Some(before)) if after >= before => Gap { after: None, before: None },
            _ => Gap { after: forward.last, before: backward.last },
        };
        let rows = if forward.is_known { self.fill(&gap)? } else { None };
        let shown = |key: &Option<Key>| key.as_ref().map(|key| shown(key));
        Ok(Some(Lost { rows, after: shown(&gap.after), before: shown(&gap.before), error }))
    }

    /// Reads rows that an index names and no scan has met, for a page stood in the place of another one; how many
    /// cannot be read.
    fn missing(&mut self) -> Result<u64> {
        if self.known.is_none() {
            self.know()?;
            self.pass("", &[], false)?;
        }
        let lost = self.fill(&Gap { after: None, before: None })?;
        Ok(lost.unwrap_or_default())
    }

    /// Scans the table as far as it was scanned, to know what was read.
    fn know(&mut self) -> Result<()> {
        self.known = Some(Known::default());
        self.is_silent = true;
        self.pass("", &[], true)?;
        self.is_silent = false;
        Ok(())
    }

    /// The sum of the hashes of all keys, if an index can be read whole.
    fn index_sum(&self) -> Result<Option<u64>> {
        for index in &self.table.indexes {
            let mut sum = 0_u64;
            if self.keys_towards("ASC", index, &mut |key| sum = sum.wrapping_add(hash(&key)))? {
                return Ok(Some(sum));
            }
        }
        Ok(None)
    }

    /// Reads rows in the order of keys, or against it, up to the first page that is damaged.
    fn pass(&mut self, only: &str, of: &[Part], ascending: bool) -> Result<Pass> {
        self.pass_by(None, only, of, ascending)
    }

    /// The same by an index, which may hold all that a row says.
    fn pass_by(
        &mut self,
        of_index: Option<&Index>,
        only: &str,
        of: &[Part],
        ascending: bool,
    ) -> Result<Pass> {
        let (table, keys) = (&self.table.name, &self.table.key);
        let order = |key: &String| format!("\"{key}\" {}", if ascending { "ASC" } else { "DESC" });
        let order = keys.iter().map(order).collect::<Vec<_>>().join(", ");
        let sql = format!(
            "SELECT {}, {} FROM \"{table}\" {} {only} ORDER BY {order}",
            self.table.columns_quoted(),
            self.table.key_quoted(),
            of_index.map_or_else(|| self.table.itself(), |index| format!("INDEXED BY \"{}\"", index.name)),
        );
        let mut pass = Pass { last: None, recent: VecDeque::new(), error: None, is_known: true };
        let mut query = match self.db.prepare_cached(&sql) {
            Ok(query) => query,
            Err(error) if is_damage(&error) || is_missing(&error) => {
                return Ok(Pass { error: Some(error.to_string()), is_known: false, ..pass });
            }
            Err(error) => return Err(error.into()),
        };
        let mut rows = query.query(params_from_iter(of))?;
        loop {
            let row = match rows.next() {
                Ok(Some(row)) => row,
                Ok(None) => return Ok(pass),
                Err(error) if is_damage(&error) => {
                    pass.error = Some(error.to_string());
                    return Ok(pass);
                }
                Err(error) => return Err(error.into()),
            };
            let key = key_of(row, self.table.columns.len())?;
            let expected = if ascending { Ordering::Less } else { Ordering::Greater };
            if pass.recent.back().is_some_and(|last| last.cmp(&key) != expected) {
                pass.out_of_order(&key, expected);
                return Ok(pass);
            }
            self.take(row, &key)?;
            pass.read(key);
        }
    }

    /// Takes a row, if it was not taken before.
    fn take(&mut self, row: &SqlRow<'_>, key: &Key) -> Result<()> {
        let faults = self.table.faults(row)?;
        let is_fit = faults.iter().all(|fault| fault.instead.is_some());
        if let Some(known) = &mut self.known {
            let known = if is_fit { &mut known.fit } else { &mut known.unfit };
            if !known.insert(hash(key)) {
                self.n_again += u64::from(!is_fit);
                return Ok(());
            }
        }
        if self.is_silent {
            return self.watch.still_wanted();
        }
        self.watch.step()?;
        self.read += 1;
        self.sum = self.sum.wrapping_add(if is_fit { hash(key) } else { 0 });
        (self.visit)(row, &faults)
    }

    /// Reads what can be read in a gap; how many rows cannot be, if an index names them all.
    fn fill(&mut self, gap: &Gap) -> Result<Option<u64>> {
        let (mut named, mut is_whole) = (BTreeSet::new(), false);
        for index in &self.table.indexes {
            is_whole |= self.keys_in(index, gap, &mut named)?;
        }
        let mut lost = 0;
        for key in &named {
            if !self.probe(key)? {
                lost += 1;
                self.sum = self.sum.wrapping_add(hash(key));
            }
            self.known.get_or_insert_default().fit.insert(hash(key));
        }
        if is_whole {
            return Ok(Some(lost));
        }
        if self.table.has_rowid() {
            for (low, high) in gap.pieces(self.table.name == "vectors") {
                self.bisect(low, high)?;
            }
        }
        Ok(None)
    }

    /// Adds the keys in a gap that an index names, from both of its ends; whether it can be read whole.
    fn keys_in(&self, index: &Index, gap: &Gap, named: &mut BTreeSet<Key>) -> Result<bool> {
        let mut name = |key: Key| {
            if gap.contains(&key) && !self.known.as_ref().is_some_and(|known| known.fit.contains(&hash(&key)))
            {
                named.insert(key);
            }
        };
        let is_whole = self.keys_towards("ASC", index, &mut name)?;
        if !is_whole {
            self.keys_towards("DESC", index, &mut name)?;
        }
        Ok(is_whole)
    }

    /// Gives every key that an index names, up to the first page of it that is damaged; whether there is none.
    fn keys_towards(&self, order: &str, index: &Index, give: &mut dyn FnMut(Key)) -> Result<bool> {
        let sql = format!(
            "SELECT {} FROM \"{}\" INDEXED BY \"{}\" ORDER BY \"{}\" {order}",
            self.table.key_quoted(),
            self.table.name,
            index.name,
            index.first
        );
        // A page that names the index may be damaged, too.
        let Ok(mut query) = self.db.prepare(&sql) else { return Ok(false) };
        let mut rows = query.query([])?;
        for _ in 0..ENTRIES {
            match rows.next() {
                Ok(Some(row)) => {
                    self.watch.still_wanted()?;
                    give(key_of(row, 0)?);
                }
                Ok(None) => return Ok(true),
                Err(error) if is_damage(&error) => return Ok(false),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(false)
    }

    /// Reads one row by its key; whether it could be read.
    fn probe(&mut self, key: &Key) -> Result<bool> {
        let wanted = self.table.key.iter().map(|name| format!("\"{name}\" = ?"));
        let wanted = format!("WHERE {}", wanted.collect::<Vec<_>>().join(" AND "));
        let before = self.read + self.n_again;
        self.pass(&wanted, key, true)?;
        let table = self.table;
        for index in table.indexes.iter().filter(|_| !table.has_rowid()) {
            if self.read + self.n_again == before {
                self.pass_by(Some(index), &wanted, key, true)?;
            }
        }
        Ok(self.read + self.n_again > before)
    }

    /// Reads what can be read between two rowids of which neither can be: on from the middle to both sides, then
    /// likewise in what is left, the widest first.
    fn bisect(&mut self, low: i64, high: i64) -> Result<()> {
        let within = "WHERE rowid BETWEEN ? AND ?";
        let rowid = |pass: &Pass| match pass.last.as_deref() {
            Some([Part::Integer(rowid)]) => Some(*rowid),
            _ => None,
        };
        let mut gaps = VecDeque::from([(low, high)]);
        let mut seeks = 0;
        while let Some((low, high)) = gaps.pop_front() {
            if low > high || seeks >= SEEKS {
                continue;
            }
            self.watch.still_wanted()?;
            seeks += 2;
            let middle = low + (high - low) / 2;
            let on = self.pass(within, &[Part::Integer(middle), Part::Integer(high)], true)?;
            let back = self.pass(within, &[Part::Integer(low), Part::Integer(middle - 1)], false)?;
            // What stopped a scan is the row after the last that it read.
            if on.error.is_some() {
                gaps.push_back((rowid(&on).unwrap_or(middle) + 1, high));
            }
            if back.error.is_some() {
                gaps.push_back((low, rowid(&back).unwrap_or(middle) - 1));
            }
        }
        Ok(())
    }
}

/// Whether the schema does not have what is asked for: the page that names it is damaged.
fn is_missing(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::Unknown)
}
