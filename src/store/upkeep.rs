//! The store itself: how much it holds, whether it is whole, whether it has changed, and what is chosen for it.

use std::path::Path;

use super::stop::Stop;
use crate::error::Result;
use crate::paper::ModelId;

/// How much a library holds.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
pub struct Size {
    /// Papers.
    pub papers: u64,
    /// Papers with a Korean summary.
    pub korean: u64,
    /// Days on which papers were listed.
    pub days: u64,
    /// Likes.
    pub likes: u64,
    /// Dislikes.
    pub dislikes: u64,
}

/// A copy of a database.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
pub struct Copied {
    /// The file.
    pub file: String,
    /// Its length in bytes.
    pub bytes: u64,
    /// The schema that it has.
    pub schema: i64,
    /// How much it holds.
    pub size: Size,
}

/// Counters, checks and choices.
pub trait Upkeep {
    /// Changes whenever a vector is added, replaced or removed: an index of another generation
    /// is stale.
    ///
    /// # Errors
    /// [`crate::Error::Sqlite`].
    fn generation(&self) -> Result<u64>;

    /// Changes whenever a paper is added or something new is said of one.
    ///
    /// # Errors
    /// [`crate::Error::Sqlite`].
    fn papers_edition(&self) -> Result<u64>;

    /// Changes whenever a paper is added, something new is said of one, or a topic is marked.
    ///
    /// # Errors
    /// [`crate::Error::Sqlite`].
    fn edition(&self) -> Result<u64>;

    /// Changes whenever another connection, of any program, has changed anything; the same
    /// connection's own changes are not counted. Costs next to nothing: it is asked before every request.
    ///
    /// # Errors
    /// [`crate::Error::Gone`] where the file was removed or replaced: what is written now would be lost. [`crate::Error::Sqlite`].
    fn changes_by_others(&self) -> Result<i64>;

    /// How much there is.
    ///
    /// # Errors
    /// [`crate::Error::Sqlite`].
    fn size(&self) -> Result<Size>;

    /// The schema that the database has.
    fn schema(&self) -> i64;

    /// The engine's own check of all that it holds; the problems that it found.
    ///
    /// # Errors
    /// [`crate::Error::Sqlite`] if nothing can be read.
    fn check(&self) -> Result<Vec<String>>;

    /// Copies the database to a file that is not there yet, as it is at this moment; others go on meanwhile. For an
    /// engine whose library is one file.
    ///
    /// # Errors
    /// [`crate::Error::Exists`] for a file that is there, [`crate::Error::Damaged`] where the copy is not whole.
    fn back_up(&self, file: &Path) -> Result<Copied>;

    /// The value under a name.
    ///
    /// # Errors
    /// [`crate::Error::Sqlite`].
    fn choice(&self, name: &str) -> Result<Option<String>>;

    /// Changes the value under a name in the transaction that reads it: `change` says what to, or nothing. With
    /// `ready`, only while every paper has a vector of that model. Whether it was changed. An engine that has to try
    /// again asks `change` again.
    ///
    /// # Errors
    /// [`crate::Error::Sqlite`]; then nothing is changed.
    fn rechoose(
        &mut self,
        name: &str,
        ready: Option<&ModelId>,
        change: &mut dyn FnMut(Option<String>) -> Option<String>,
    ) -> Result<bool>;

    /// What ends the work that is to begin on this connection.
    fn stop(&self) -> Stop;

    /// Sees that somebody still waits: asked between the steps of long work.
    ///
    /// # Errors
    /// [`crate::Error::GivenUp`].
    fn still_wanted(&self) -> Result<()>;
}
