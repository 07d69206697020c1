//! The index, kept in step with the store.

use super::App;
use crate::embed::{Embedding, ModelId};
use crate::error::Result;
use crate::index::{Allowed, Changes, Index, NearestPapers, Neighbour, Sink, Stamp, VectorSource};
use crate::store::Store;

/// The index's file within a library's folder.
const INDEX: &str = "index.bin";

/// With more new vectors than this, a new file is better than a scan of the few.
const TAIL: usize = 10_000;

/// The vectors of one model in the store.
struct Vectors<'a> {
    store: &'a Store,
    model: &'a ModelId,
    dimensions: usize,
}

impl VectorSource for Vectors<'_> {
    fn stamp(&self) -> Result<Stamp> {
        let generation = self.store.generation()?;
        Ok(Stamp { model: self.model.clone(), dimensions: self.dimensions, generation })
    }

    fn each(&self, sink: &mut Sink<'_>) -> Result<()> {
        self.store.each_vector(self.model, sink)
    }

    fn changes_since(&self, generation: u64) -> Result<Option<Changes>> {
        let Some(rows) = self.store.vectors_since(self.model, generation, TAIL)? else { return Ok(None) };
        let vectors = self.store.vectors(self.model, &rows)?;
        let matrix = vectors.iter().flatten().flat_map(|vector| vector.as_slice()).copied().collect();
        // Papers are never removed, so no vector goes.
        Ok(Some(Changes { rows, matrix, gone: Vec::new() }))
    }
}

impl App {
    /// The `n` allowed rows nearest to a vector, the nearest first, ties by row.
    pub(super) fn nearest(
        &self,
        vector: &Embedding,
        n: usize,
        allowed: Allowed<'_>,
    ) -> Result<Vec<Neighbour>> {
        self.index()?.nearest(vector.as_slice(), n, allowed)
    }

    /// The index of the present model's vectors; made if it is missing, stale or damaged.
    fn index(&self) -> Result<Index> {
        let model = self.embedder.model();
        let vectors = Vectors { store: &self.store, model, dimensions: self.embedder.dimensions() };
        Index::open_or_build(&self.folder.join(INDEX), &vectors)
    }

    /// The rows of an index that is up to the store, without making one.
    pub(super) fn index_is_current(&self) -> Result<bool> {
        let path = self.folder.join(INDEX);
        let found = Index::open(&path).ok().flatten();
        let wanted = (self.store.generation()?, self.embedder.model());
        Ok(found.is_some_and(|index| (index.stamp().generation, &index.stamp().model) == wanted))
    }
}
