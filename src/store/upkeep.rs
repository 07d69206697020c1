//! The store itself: how much it holds, whether it is whole, whether it has changed, and what is chosen for it.

use std::path::{Path, PathBuf};

use super::deep::{Examination, Finding};
use super::stop::Stop;
use crate::error::Result;
use crate::paper::ModelId;
use crate::progress::Progress;

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

/// What a library was mended from, and what it holds.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
pub struct Salvaged {
    /// The new database.
    pub library: Copied,
    /// What became of each table.
    pub tables: Vec<MendedTable>,
}

/// What became of a table.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
pub struct MendedTable {
    /// The table.
    pub table: String,
    /// Rows that the new library has.
    pub saved: u64,
    /// Rows that cannot be read; absent where nobody knows how many.
    pub unreadable: Option<u64>,
    /// Rows that were left out because they hold what the table cannot hold, or fit nothing else.
    pub unfit: u64,
    /// Rows that were left out because the paper, account or model that they belong to is lost.
    pub orphaned: u64,
    /// Rows that were saved with something else in the place of a value that could not be read.
    pub altered: u64,
}

/// Counters, checks and choices.
pub trait Upkeep {
    /// Changes whenever a vector is added, replaced or removed: an index of another generation
    /// is stale.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    fn generation(&self) -> Result<u64>;

    /// Changes whenever a paper is added or something new is said of one.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    fn papers_edition(&self) -> Result<u64>;

    /// Changes whenever a paper is added, something new is said of one, or a topic is marked.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    fn edition(&self) -> Result<u64>;

    /// Changes whenever another connection, of any program, has changed anything; the same
    /// connection's own changes are not counted. Costs next to nothing: it is asked before every request.
    ///
    /// # Errors
    /// [`crate::Error::Gone`] where the file was removed or replaced: what is written now would be lost. [`crate::Error::Database`].
    fn changes_by_others(&self) -> Result<i64>;

    /// How much there is.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    fn size(&self) -> Result<Size>;

    /// How much there is of what can be counted: of a table with a damaged page, nothing.
    fn size_at_least(&self) -> Size;

    /// The schema that the database has.
    fn schema(&self) -> i64;

    /// Where the library is, as a person may be told: a folder, or the address of a server without user and password.
    fn place(&self) -> String;

    /// The folder of what is made of this library and of no other: its index, its caches.
    fn folder(&self) -> PathBuf;

    /// The engine's own check of all that it holds; the problems that it found.
    fn check(&self) -> Vec<String>;

    /// What mends it where it is damaged, if the tools for files cannot.
    fn remedy(&self) -> Option<&'static str>;

    /// The tables with rows that cannot be read.
    ///
    /// # Errors
    /// As [`examine`](Self::examine).
    fn unread(&self) -> Result<Vec<Finding>>;

    /// Begins to examine everything.
    ///
    /// # Errors
    /// [`crate::Error::Damaged`] where the list of tables cannot be read.
    fn examine<'a>(&'a self, progress: &'a dyn Progress) -> Result<Box<dyn Examination + 'a>>;

    /// Copies the database to a file that is not there yet, as it is at this moment; others go on meanwhile. For an
    /// engine whose library is one file.
    ///
    /// # Errors
    /// [`crate::Error::Exists`] for a file that is there, [`crate::Error::Damaged`] where the copy is not whole.
    fn back_up(&self, file: &Path) -> Result<Copied>;

    /// The value under a name.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    fn choice(&self, name: &str) -> Result<Option<String>>;

    /// Changes the value under a name in the transaction that reads it: `change` says what to, or nothing. With
    /// `ready`, only while every paper has a vector of that model. Whether it was changed. An engine that has to try
    /// again asks `change` again.
    ///
    /// # Errors
    /// [`crate::Error::Database`]; then nothing is changed.
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
