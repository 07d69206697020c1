//! A whole library carried into another place, from any engine to any other.
//!
//! Each table is compared with what is there already, row by row in the order of keys, and only what differs is
//! written: so a run that was killed goes on, and one more run brings in what was changed since. The copy names what it
//! is a copy of until every table was read back with as many rows and the same checksum; until then nobody else opens it.

use std::cmp::Ordering;

use super::tables::{COPY_OF, Cell, Cells, MODELS, TABLES, Table};
use super::{Size, Store};
use crate::error::{Error, Result};
use crate::files::Checksum;
use crate::progress::Progress;

/// So many rows are read and written at once: two megabytes of papers.
const BLOCK: usize = 1_000;

/// What a library that was carried over holds.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
pub struct Migrated {
    /// Where it was.
    pub from: String,
    /// Where it is now, too.
    pub to: String,
    /// Its tables, each compared with the one that it is a copy of.
    pub tables: Vec<MigratedTable>,
    /// How much it holds.
    pub size: Size,
}

/// A table that was carried over.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
pub struct MigratedTable {
    /// Its name; `vectors` are those of all models.
    pub table: String,
    /// How many rows it has.
    pub rows: u64,
    /// How many of them were written now; the others were there.
    pub written: u64,
    /// A checksum of its rows, the same in both places (CRC-32, in hexadecimal digits).
    pub checksum: String,
}

/// Carries everything over: see [`migrate`](super::migrate).
pub(super) fn migrate(from: &dyn Store, to: &mut dyn Store, progress: &dyn Progress) -> Result<Migrated> {
    begin(to, &from.place())?;
    let before = from.changes_by_others()?;
    let mut tables = Vec::new();
    from.at_one_moment(&mut || {
        tables = all(from, to, progress)?;
        Ok(())
    })?;
    if from.changes_by_others()? != before {
        return Err(Error::NotOfThisStore {
            what: format!("{} was changed while it was copied, and the copy lacks what is new", from.place()),
            instead:
                "end what writes to it (`serve`, `sync`), and run the same again: only what differs is copied"
                    .into(),
        });
    }
    to.forget_choice(COPY_OF)?;
    Ok(Migrated { from: from.place(), to: to.place(), tables, size: to.size()? })
}

/// Sees that the new place is empty, or holds what an earlier run copied of the same library.
fn begin(to: &mut dyn Store, name: &str) -> Result<()> {
    let instead =
        "name a folder or a schema that is not there yet (`?schema=NAME` at the end of the address)";
    let refused = |what: String| Error::NotOfThisStore { what, instead: instead.into() };
    match to.choice(COPY_OF)? {
        Some(of) if of == name => return Ok(()),
        Some(of) => return Err(refused(format!("{} is a copy of {of} that is not whole", to.place()))),
        None => {}
    }
    for table in TABLES {
        if !to.rows_after(table, None, 1)?.is_empty() {
            return Err(refused(format!(
                "{} holds another library, and nothing of it is replaced",
                to.place()
            )));
        }
    }
    to.rechoose(COPY_OF, None, &mut |_| Some(name.to_owned())).map(drop)
}

/// Copies and compares all tables of one moment.
fn all(from: &dyn Store, to: &mut dyn Store, progress: &dyn Progress) -> Result<Vec<MigratedTable>> {
    let mut tables = Vec::new();
    for table in TABLES {
        tables.push(copied(from, to, &[*table], progress)?);
    }
    let mut vectors = Vec::new();
    for model in from.rows_after(&MODELS, None, BLOCK)? {
        if let [Cell::Integer(number), _, Cell::Integer(dimensions)] = model[..] {
            vectors.push(Table::vectors(number, dimensions as usize));
        }
    }
    tables.push(copied(from, to, &vectors, progress)?);
    while to.index_words(BLOCK)? > 0 {
        progress.advance(0);
    }
    let numbers = from.numbers()?;
    to.set_numbers(&numbers)?;
    if to.numbers()? != numbers {
        return Err(differing(to, "counters"));
    }
    Ok(tables)
}

/// Copies tables of one name, and compares them.
fn copied(
    from: &dyn Store,
    to: &mut dyn Store,
    parts: &[Table],
    progress: &dyn Progress,
) -> Result<MigratedTable> {
    let name = parts.first().map_or("vectors", |table| table.name);
    let (mut written, mut ours, mut theirs) = (0, Sum::default(), Sum::default());
    for table in parts {
        if !to.rows_after(table, None, 1)?.is_empty() {
            remove_others(from, to, table)?;
        }
        written += add_missing(from, to, table, progress)?;
        ours.take(from, table)?;
        theirs.take(to, table)?;
    }
    let (n, sum) = ours.finish();
    match theirs.finish() == (n, sum) {
        true => Ok(MigratedTable { table: name.into(), rows: n, written, checksum: format!("{sum:08x}") }),
        false => Err(differing(to, name)),
    }
}

fn differing(to: &dyn Store, table: &str) -> Error {
    Error::Damaged { path: to.place().into(), damage: format!("its table {table} is not what was copied") }
}

/// Removes the rows of the copy that are no rows of the library.
fn remove_others(from: &dyn Store, to: &mut dyn Store, table: &Table) -> Result<()> {
    let (mut ours, mut theirs, mut others) = (Rows::of(table), Rows::of(table), Vec::new());
    while let Some(there) = theirs.next(to)? {
        let mut is_same = false;
        while let Some(here) = ours.peek(from)? {
            match table.order(here, &there) {
                Ordering::Less => {}
                Ordering::Equal => is_same = *here == there,
                Ordering::Greater => break,
            }
            ours.next(from)?;
        }
        if !is_same {
            others.push(there);
        }
        if others.len() >= BLOCK {
            to.remove_rows(table, &std::mem::take(&mut others))?;
        }
    }
    if others.is_empty() { Ok(()) } else { to.remove_rows(table, &others) }
}

/// Adds the rows of the library that the copy lacks; how many. What is there is the same.
fn add_missing(from: &dyn Store, to: &mut dyn Store, table: &Table, progress: &dyn Progress) -> Result<u64> {
    let (mut ours, mut theirs, mut missing) = (Rows::of(table), Rows::of(table), Vec::new());
    let mut written = 0;
    while let Some(here) = ours.next(from)? {
        // Read before anything behind it is added.
        let is_there = theirs.peek(to)?.is_some_and(|there| table.order(there, &here) == Ordering::Equal);
        if is_there {
            theirs.next(to)?;
        } else {
            missing.push(here);
        }
        if missing.len() >= BLOCK {
            written += add(to, table, &mut missing, progress)?;
        }
    }
    written += add(to, table, &mut missing, progress)?;
    Ok(written)
}

fn add(to: &mut dyn Store, table: &Table, rows: &mut Vec<Cells>, progress: &dyn Progress) -> Result<u64> {
    if rows.is_empty() {
        return Ok(0);
    }
    to.add_rows(table, rows)?;
    progress.advance(rows.len());
    Ok(rows.drain(..).len() as u64)
}

/// The rows of a table, one after the other.
struct Rows<'a> {
    table: &'a Table,
    block: std::vec::IntoIter<Cells>,
    last: Option<Cells>,
    is_over: bool,
}

impl<'a> Rows<'a> {
    fn of(table: &'a Table) -> Self {
        Self { table, block: Vec::new().into_iter(), last: None, is_over: false }
    }

    fn peek(&mut self, store: &dyn Store) -> Result<Option<&Cells>> {
        if self.block.as_slice().is_empty() && !self.is_over {
            let block = store.rows_after(self.table, self.last.as_deref(), BLOCK)?;
            self.is_over = block.len() < BLOCK;
            if let Some(last) = block.last() {
                self.last = Some(self.table.key(last).to_vec());
            }
            self.block = block.into_iter();
        }
        Ok(self.block.as_slice().first())
    }

    fn next(&mut self, store: &dyn Store) -> Result<Option<Cells>> {
        self.peek(store)?;
        Ok(self.block.next())
    }
}

/// How many rows there are, and a checksum of them in the order of their keys.
#[derive(Default)]
struct Sum {
    n: u64,
    sum: Checksum,
}

impl Sum {
    fn take(&mut self, store: &dyn Store, table: &Table) -> Result<()> {
        let mut rows = Rows::of(table);
        while let Some(row) = rows.next(store)? {
            self.n += 1;
            row.iter().for_each(|cell| self.add(cell));
        }
        Ok(())
    }

    fn add(&mut self, cell: &Cell) {
        let (kind, bytes): (u8, &[u8]) = match cell {
            Cell::Null => (0, &[]),
            Cell::Integer(value) => (1, &value.to_le_bytes()),
            Cell::Text(text) => (2, text.as_bytes()),
            Cell::Bytes(bytes) => (3, bytes),
        };
        self.sum.update(&[kind]);
        self.sum.update(&bytes.len().to_le_bytes());
        self.sum.update(bytes);
    }

    fn finish(self) -> (u64, u32) {
        (self.n, self.sum.finish())
    }
}
