//! Papers into the library.

use serde::Serialize;

use super::App;
use crate::error::Result;
use crate::paper::Paper;
use crate::progress::Progress;
use crate::source::{Entry, Problem};
use crate::store::Change;

/// Papers that are stored in one transaction. A crash loses at most so many, none half.
pub(super) const BATCH: usize = 512;

/// A file with more problems than this has the wrong shape; the rest is counted, not kept.
const KEPT_PROBLEMS: usize = 1_000;

/// What an import did.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
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
        self.problems.extend(other.problems);
        self.problems.truncate(KEPT_PROBLEMS);
    }
}

impl App {
    /// Stores all good entries, batch by batch, and reports the others. `progress` hears of each
    /// entry. Vectors come afterwards, by [`App::embed_pending`].
    ///
    /// # Errors
    /// [`crate::Error::Sqlite`]; what was stored before stays.
    pub fn import(
        &mut self,
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
                self.put(&mut batch, &mut report)?;
            }
        }
        self.put(&mut batch, &mut report)?;
        Ok(report)
    }

    fn put(&mut self, batch: &mut Vec<Paper>, report: &mut Imported) -> Result<()> {
        for change in self.store.put(std::mem::take(batch))? {
            match change {
                Change::Added => report.added += 1,
                Change::Updated => report.updated += 1,
                Change::Unchanged => report.unchanged += 1,
            }
        }
        Ok(())
    }

    /// How many papers have no fresh vector of the present model.
    ///
    /// # Errors
    /// [`crate::Error::Sqlite`].
    pub fn n_pending(&self) -> Result<usize> {
        self.store.n_without_vector(self.embedder.model(), None)
    }
}
