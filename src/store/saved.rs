//! Papers that a reader keeps for later.

use jiff::Timestamp;

use crate::error::Result;
use crate::paper::{PaperId, ReaderId};

/// A paper kept for later.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
pub struct SavedPaper {
    /// The paper, which need not be in the library yet.
    pub id: PaperId,
    /// Its title, if it is in the library.
    pub title: Option<String>,
    /// Since when.
    pub at: Timestamp,
}

/// What is kept for later.
pub trait Saved {
    /// Keeps papers for later, or no longer; true for each that this changed.
    ///
    /// # Errors
    /// [`crate::Error::Database`]; then none is changed.
    fn save(&mut self, reader: ReaderId, ids: &[PaperId], keep: bool, at: Timestamp) -> Result<Vec<bool>>;

    /// What a reader keeps for later, the newest first, ties by identifier.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    fn saved(&self, reader: ReaderId) -> Result<Vec<SavedPaper>>;
}
