//! `doctor --mend`: a new library of what can be read.

use std::path::Path;

use schemars::JsonSchema;
use serde::Serialize;

use super::deep::Compared;
use crate::error::Result;
use crate::library::Library;
use crate::progress::Progress;
use crate::store::{self, Copied, MendedTable, Place};

/// What a mended library holds, and what is lost.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Mended {
    /// The new library.
    pub library: Copied,
    /// What became of each table.
    pub tables: Vec<MendedTable>,
    /// Vectors that were made again.
    pub embedded: usize,
    /// Papers without a vector, because the model that serves reads slowly: `paperpick import` goes on with them.
    pub pending: usize,
}

/// Saves everything that can be read of the library in `from` in a new one in `to`, then makes what is missing there:
/// vectors, if the model is quick, and the index. `from` is only read; `open` opens the new library.
///
/// # Errors
/// [`crate::Error::Exists`], [`crate::Error::NotALibrary`], [`crate::Error::NewerDatabase`],
/// [`crate::Error::Damaged`]; then no library is made. Those of `open`; then it is whole, without its index.
pub fn mend(
    from: (&Path, &Place),
    to: &Path,
    open: impl FnOnce(&Path) -> Result<Library>,
    progress: &dyn Progress,
) -> Result<Mended> {
    let salvaged = store::mend(from, to, progress)?;
    let mut library = open(to)?;
    let mut embedded = 0;
    if library.embedder.is_quick() {
        embedded = library.embed_pending(progress)? + renew_altered(&mut library, progress)?;
    }
    library.settle_index()?;
    let pending = library.n_pending()?;
    Ok(Mended { library: salvaged.library, tables: salvaged.tables, embedded, pending })
}

/// Writes the vectors of their texts in the place of those that were altered.
fn renew_altered(library: &mut Library, progress: &dyn Progress) -> Result<usize> {
    let mut n = 0;
    loop {
        let differing = Compared::read(library, library.store.examine(progress)?.as_ref())?.differing;
        if differing.is_empty() {
            return Ok(n);
        }
        n += differing.len();
        let mut hashed = Vec::with_capacity(differing.len());
        for (row, vector) in differing {
            hashed.extend(library.store.text_hashes(&[row])?.pop().map(|hash| (row, hash, vector)));
        }
        let model = library.embedder.model().clone();
        library.store.put_vectors(&model, &hashed)?;
    }
}
