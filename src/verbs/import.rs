//! Papers from files: read, stored, given vectors, and what an export says besides restored.

use std::io::BufRead;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::export::restore;
use super::quota::Brought;
use super::{Context, Verb};
use crate::error::Result;
use crate::library::Library;
use crate::paper::{Announced, Listing, Paper, Right};
use crate::progress::Progress;
use crate::source::{self, Entry, Hints, Problem, Reader};
use crate::store::{Change, TakenOver, Whose};

/// Papers that are stored in one transaction. A crash loses at most so many, none half.
const BATCH: usize = 512;

/// A file with more problems than this has the wrong shape; the rest is counted, not kept.
const KEPT_PROBLEMS: usize = 1_000;

/// Papers from one file.
#[derive(Deserialize, JsonSchema)]
pub struct Import {
    /// What the file is called; named in problems, and a day in it is the listing's day.
    #[serde(default = "unnamed")]
    #[schemars(length(max = 300))]
    pub name: String,
    /// The day on which papers were listed that name none.
    pub day: Option<Date>,
    /// The file.
    #[serde(skip)]
    pub input: Option<Box<dyn BufRead + Send>>,
}

fn unnamed() -> String {
    "the file sent".to_owned()
}

impl Verb for Import {
    const NAME: &'static str = "import";
    const SHAPE: &'static str = "import/1";
    const RIGHT: Right = Right::Bring;
    type Answer = Imported;

    /// # Errors
    /// [`crate::Error::UnknownFormat`]; [`crate::Error::Database`]: what was stored before stays.
    fn run(self, library: &mut Library, context: &Context<'_>) -> Result<Imported> {
        let input = self.input.unwrap_or_else(|| Box::new(std::io::empty()));
        let mut imported = match context.quota {
            None => file(library, Whose::Own, &self.name, input, self.day, context.progress)?,
            Some(_) => within_quota(library, &self.name, input, self.day, context)?,
        };
        imported.embedded = library.embed_pending(context.progress)?;
        Ok(imported)
    }
}

/// Stores what one file holds, papers and whatever an export says besides, of the reader or of everybody. Vectors
/// come afterwards, for many files together, by [`Library::embed_pending`].
///
/// # Errors
/// Those of [`Import`].
pub fn file(
    library: &mut Library,
    whose: Whose,
    name: &str,
    input: Box<dyn BufRead + Send>,
    day: Option<Date>,
    progress: &dyn Progress,
) -> Result<Imported> {
    let mut reader = read(name, input, day)?;
    let entries = reader.by_ref().map(|entry| entry.map(|paper| listed_on(paper, day)));
    let imported = store(library, entries, progress)?;
    with_what_was_said(library, whose, imported, reader.beside())
}

/// The same for a member, of what the quota still lets: all of the file or nothing of it.
fn within_quota(
    library: &mut Library,
    name: &str,
    input: Box<dyn BufRead + Send>,
    day: Option<Date>,
    context: &Context<'_>,
) -> Result<Imported> {
    let mut reader = read(name, input, day)?;
    let mut brought = Brought::by(library, context)?;
    let mut entries = Vec::new();
    for entry in reader.by_ref() {
        brought.entry(&entry)?;
        entries.push(entry.map(|paper| listed_on(paper, day)));
    }
    let beside = reader.beside();
    beside.iter().try_for_each(|line| brought.add(0, line))?;
    brought.note(library)?;
    let imported = store(library, entries.into_iter(), context.progress)?;
    with_what_was_said(library, Whose::OwnAlone, imported, beside)
}

fn read(name: &str, input: Box<dyn BufRead + Send>, day: Option<Date>) -> Result<Reader> {
    let hints = Hints { day: day.or_else(|| source::day_in_name(name)), ..Hints::default() };
    source::read(name, input, &hints)
}

fn with_what_was_said(
    library: &mut Library,
    whose: Whose,
    mut imported: Imported,
    lines: Vec<Value>,
) -> Result<Imported> {
    let TakenOver { n_new, n_others } = restore(library, whose, lines)?;
    (imported.statements, imported.of_others) = (n_new, n_others);
    Ok(imported)
}

/// The paper, listed on the day that was given if its format has none.
fn listed_on(mut paper: Paper, day: Option<Date>) -> Paper {
    if let (true, Some(day)) = (paper.listings.is_empty(), day) {
        paper.listings.push(Listing { day, source: "file".to_owned(), announced: Announced::New });
    }
    paper
}

/// Stores all good entries, batch by batch, and reports the others. `progress` hears of each entry.
///
/// # Errors
/// [`crate::Error::Database`]; what was stored before stays.
pub fn store(
    library: &mut Library,
    entries: impl Iterator<Item = Entry>,
    progress: &dyn Progress,
) -> Result<Imported> {
    let mut report = Imported::default();
    let mut batch = Vec::with_capacity(BATCH);
    for entry in entries {
        report.entries += 1;
        progress.advance(1);
        match entry {
            Ok(paper) => batch.push(paper),
            Err(problem) => {
                report.broken += 1;
                if report.problems.len() < KEPT_PROBLEMS {
                    report.problems.push(problem);
                }
            }
        }
        if batch.len() == BATCH {
            put(library, &mut batch, &mut report)?;
        }
    }
    put(library, &mut batch, &mut report)?;
    Ok(report)
}

fn put(library: &mut Library, batch: &mut Vec<Paper>, report: &mut Imported) -> Result<()> {
    for change in library.store.put(std::mem::take(batch))? {
        match change {
            Change::Added => report.added += 1,
            Change::Updated => report.updated += 1,
            Change::Unchanged => report.unchanged += 1,
        }
    }
    Ok(())
}

/// What an import did.
#[derive(Debug, Clone, Default, PartialEq, Serialize, JsonSchema)]
pub struct Imported {
    /// Entries that were read, good and bad.
    pub entries: usize,
    /// Papers that were not in the library.
    pub added: usize,
    /// Papers of which something new was said.
    pub updated: usize,
    /// Papers of which nothing new was said.
    pub unchanged: usize,
    /// Vectors that were made.
    pub embedded: usize,
    /// Entries that could not be read.
    pub broken: usize,
    /// What an export says besides its papers and was news here: ratings, marks, days.
    pub statements: usize,
    /// What an export says of other readers, which was left out: `paperpick import` takes it.
    pub of_others: usize,
    /// Where and why, the first thousand.
    pub problems: Vec<Problem>,
}

impl Imported {
    /// Adds what another file's import did.
    pub fn add(&mut self, other: Self) {
        self.entries += other.entries;
        self.added += other.added;
        self.updated += other.updated;
        self.unchanged += other.unchanged;
        self.embedded += other.embedded;
        self.broken += other.broken;
        self.statements += other.statements;
        self.of_others += other.of_others;
        self.problems.extend(other.problems);
        self.problems.truncate(KEPT_PROBLEMS);
    }
}
