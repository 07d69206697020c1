//! What the fetcher keeps between runs: when each service was asked last, whose turn it is to ask, and the
//! validators (`ETag`, `Last-Modified`) of what was taken over.

use std::fs::File;
use std::path::Path;

use crate::error::{Error, Result};
use crate::source::fetch::{Ledger, Service, Validators};

/// The fetcher's ledger, and the validators of documents.
pub trait Fetched: Ledger {
    /// What a document's server said of it when its content was last taken over.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    fn validators(&self, address: &str) -> Result<Validators>;

    /// Remembers that; to be called when the content has been taken over, not before.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    fn remember(&self, address: &str, validators: &Validators) -> Result<()>;
}

/// Waits for the turn to ask a service, among the processes that use a folder. Locked by the kernel, so the end of a
/// process, however it ends, unlocks it.
pub(super) fn turn(folder: &Path, service: &Service) -> Result<File> {
    let path = folder.join(format!("asking-{}.lock", service.name()));
    let file = File::options().create(true).append(true).open(&path).map_err(Error::io(&path))?;
    file.lock().map_err(Error::io(&path))?;
    Ok(file)
}
