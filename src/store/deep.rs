//! Everything in a library compared with what it should be, and what was found.

use crate::error::Result;
use crate::paper::{ModelId, Row};

/// What is wrong with rows.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "each field is named in its variant's comment")]
pub enum Problem {
    /// They lie on damaged pages, between two keys that can be read, as far as there are any.
    Unreadable { after: Option<String>, before: Option<String>, error: String },
    /// A column holds what it cannot hold.
    Unfit { column: String, expected: &'static str },
    /// The row of another table that they refer to is gone.
    Dangling { parent: String },
    /// A paper's text is not the one that was stored.
    OtherText,
    /// A vector is no vector of its model: too long, too short, not finite, not of length 1.
    NoVector { fault: &'static str },
    /// The paper or the model of a vector is gone.
    NobodysVector,
    /// A vector was made of an earlier text.
    Stale,
    /// Full-text search does not know a paper.
    NotIndexed,
    /// Full-text search finds a paper by other words than those that it holds.
    OtherWords,
    /// Full-text search knows a paper that is gone.
    NoPaper,
}

/// Rows of a table with which something is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The table.
    pub table: String,
    /// What is wrong.
    pub problem: Problem,
    /// How many rows; absent where nobody knows.
    pub rows: Option<u64>,
    /// How many of the table could be read, where that is what is wrong.
    pub read: u64,
    /// The first of them.
    pub first: Option<String>,
}

/// What was looked at, and what was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Examined {
    /// Rows that were read.
    pub rows: u64,
    /// What is wrong with some.
    pub findings: Vec<Finding>,
}

impl Examined {
    /// One more row with which something is wrong.
    pub(super) fn note(&mut self, table: &str, problem: Problem, first: impl FnOnce() -> String) {
        match self.findings.iter_mut().find(|known| known.table == table && known.problem == problem) {
            Some(known) => known.rows = known.rows.map(|n| n + 1),
            None => self.findings.push(Finding {
                table: table.to_owned(),
                problem,
                rows: Some(1),
                read: 0,
                first: Some(first()),
            }),
        }
    }
}

/// A library that is examined, as it is at one moment, over a connection that only reads.
pub trait Examination {
    /// Rows that refer to one that is gone.
    ///
    /// # Errors
    /// [`crate::Error::GivenUp`], [`crate::Error::Database`].
    fn foreign_keys(&self) -> Result<Examined>;

    /// Every table but those of papers and vectors: what each column holds.
    ///
    /// # Errors
    /// [`crate::Error::GivenUp`], [`crate::Error::Database`].
    fn rows(&self) -> Result<Examined>;

    /// The papers: what each column holds, whether each text is the one that was stored; and full-text search, whether
    /// it finds each paper by its words.
    ///
    /// # Errors
    /// [`crate::Error::GivenUp`], [`crate::Error::Database`].
    fn papers(&self) -> Result<(Examined, Examined)>;

    /// The vectors of all models; `visit` is given those of `model` that are whole, and whether each is of its paper's
    /// present text.
    ///
    /// # Errors
    /// [`crate::Error::GivenUp`], [`crate::Error::Database`], the first error of `visit`.
    fn vectors(
        &self,
        model: &ModelId,
        visit: &mut dyn FnMut(Row, Vec<f32>, bool) -> Result<()>,
    ) -> Result<Examined>;

    /// Whether the vectors are those of a generation.
    fn is_of(&self, generation: u64) -> bool;
}
