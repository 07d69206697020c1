//! Backups: the whole database in one file.

use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Context, Verb};
use crate::error::Result;
use crate::library::Library;
use crate::paper::Right;
use crate::store::{self, Copied, Place};

/// Copy the library's database to a file, while it is in use.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct BackUp {
    /// The file, which is not there yet.
    pub file: PathBuf,
}

impl Verb for BackUp {
    const NAME: &'static str = "backup";
    const SHAPE: &'static str = "backup/1";
    const RIGHT: Right = Right::Own;
    type Answer = Copied;

    /// # Errors
    /// [`crate::Error::Exists`]; [`crate::Error::Damaged`], and then no file is left.
    fn run(self, library: &mut Library, _: &Context<'_>) -> Result<Copied> {
        library.store.back_up(&self.file)
    }
}

/// Makes the library in `folder`, which is not there yet, from a backup.
///
/// # Errors
/// [`crate::Error::Exists`], [`crate::Error::NotALibrary`], [`crate::Error::NewerDatabase`],
/// [`crate::Error::Damaged`]; then no library is made.
pub fn restore(file: &Path, folder: &Path, place: &Place) -> Result<Copied> {
    store::restore(file, folder, place)
}
