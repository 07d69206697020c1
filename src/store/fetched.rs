//! What the fetcher keeps between runs: when each service was asked last, whose turn it is to ask, and the
//! validators (`ETag`, `Last-Modified`) of what was taken over.

use crate::error::Result;
use crate::source::fetch::{Ledger, Validators};

/// The fetcher's ledger, and the validators of documents.
pub trait Fetched: Ledger {
    /// What a document's server said of it when its content was last taken over.
    ///
    /// # Errors
    /// [`crate::Error::Sqlite`].
    fn validators(&self, address: &str) -> Result<Validators>;

    /// Remembers that; to be called when the content has been taken over, not before.
    ///
    /// # Errors
    /// [`crate::Error::Sqlite`].
    fn remember(&self, address: &str, validators: &Validators) -> Result<()>;
}
