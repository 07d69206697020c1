//! A whole library carried into another place.

use std::path::Path;

use crate::error::{Error, Result};
use crate::library::Library;
use crate::progress::Progress;
use crate::store::{self, Migrated, Place};

/// Carries everything over, each place with the folder of its models and caches, and makes the index there: see
/// [`store::migrate`]. `open` opens the new library.
///
/// # Errors
/// Those of [`store::migrate`]; [`Error::Io`] for a folder without a library. Those of `open`; then the new library is
/// whole, without its index.
pub fn migrate(
    from: (&Path, &Place),
    to: (&Path, &Place),
    open: impl FnOnce() -> Result<Library>,
    progress: &dyn Progress,
) -> Result<Migrated> {
    // Whole: the copy says what it is a copy of, and another run may begin in another folder.
    let folder = match from.1 {
        Place::Folder => from.0.canonicalize().map_err(Error::io(from.0))?,
        Place::Server(_) => from.0.to_path_buf(),
    };
    let migrated = store::migrate((&folder, from.1), to, progress)?;
    open()?.settle_index()?;
    Ok(migrated)
}
