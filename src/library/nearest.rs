//! The index, kept in step with the store.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use schemars::JsonSchema;
use serde::Serialize;

use super::Library;
use crate::config::Neighbours;
use crate::embed::Embedding;
use crate::error::{Error, Result};
use crate::index::{
    Allowed, Changes, Index, NearestPapers, Neighbour, Shape, Sink, Size, Stamp, VectorSource, Way, dot,
};
use crate::paper::ModelId;
use crate::progress::Progress;
use crate::store::{Meant, Store};

/// The index's file within a library's folder.
const INDEX: &str = "index.bin";
/// With more papers than this the server that keeps the library finds neighbours: a graph of more takes a process more
/// than a gigabyte, and every other process once more.
const LARGEST_OWN: i64 = 1_000_000;
/// With more papers than this a graph is worth the minutes in which it is built.
const LARGE: usize = 200_000;
/// With more papers than this the first question would wait for more than a moment.
const MANY: u64 = 10_000;

/// How pgvector builds its graphs and walks through them.
const SERVED: Shape = Shape { links: 16, candidates: 64, second_look: 0, threads: 1 };
const WALK: usize = 300;

/// The index that the last question was answered from: its pages are mapped and checked, which is half
/// the work of a question.
#[derive(Clone, Default)]
pub(crate) struct Opened(Arc<Mutex<Option<Arc<OfFile>>>>);

/// An index, and the length and time of its file.
struct OfFile {
    file: (u64, SystemTime),
    index: Index,
}

/// What tells one file from the one that took its place.
fn identity(path: &Path) -> Option<(u64, SystemTime)> {
    let file = std::fs::metadata(path).ok()?;
    Some((file.len(), file.modified().ok()?))
}

/// The state of the index.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct IndexState {
    /// The file.
    pub path: String,
    /// The model whose vectors it holds.
    pub model: String,
    /// The length of each vector.
    pub dimensions: usize,
    /// How large it is.
    #[serde(flatten)]
    pub size: Size,
    /// How a query without a filter is answered.
    pub way: Way,
    /// What would make it better: `index --optimize`.
    pub advice: Option<String>,
}

impl IndexState {
    fn of(index: &Index, path: PathBuf) -> Self {
        let (stamp, size) = (index.stamp(), index.size());
        let Size { rows, outside_graph, .. } = size;
        let outside = outside_graph.unwrap_or_default() + size.tail;
        let advice = if size.graph.is_none() && rows >= LARGE {
            Some(format!("a graph would answer faster among {rows} papers"))
        } else if size.graph.is_some() && outside * 10 > rows {
            Some(format!("{outside} papers are outside of the graph"))
        } else {
            None
        };
        Self {
            path: path.display().to_string(),
            model: stamp.model.to_string(),
            dimensions: stamp.dimensions,
            size,
            way: index.way(),
            advice,
        }
    }
}

/// The vectors of one model in the store.
struct Vectors<'a> {
    store: &'a dyn Store,
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

    fn changes_since(&self, generation: u64, most: usize) -> Result<Option<Changes>> {
        let Some(rows) = self.store.vectors_since(self.model, generation, most)? else { return Ok(None) };
        let vectors = self.store.vectors(self.model, &rows)?;
        let matrix = vectors.iter().flatten().flat_map(|vector| vector.as_slice()).copied().collect();
        let gone = self.store.gone_since(generation, most)?;
        Ok(gone.map(|gone| Changes { rows, matrix, gone }))
    }
}

impl Library {
    /// The `n` allowed rows nearest to a vector, the nearest first, ties by row. It never waits for
    /// an index to be built.
    pub(crate) fn nearest(
        &self,
        vector: &Embedding,
        n: usize,
        allowed: Allowed<'_>,
    ) -> Result<Vec<Neighbour>> {
        if self.is_served()? {
            return self.served(vector, n, allowed);
        }
        let path = self.folder.join(INDEX);
        match self.opened(&path).and_then(|opened| {
            opened.map(|opened| opened.index.nearest(vector.as_slice(), n, allowed)).transpose()
        }) {
            Ok(Some(found)) => Ok(found),
            // There is none yet, or not one that can be trusted.
            Ok(None) | Err(Error::DamagedIndex { .. }) => {
                Index::answer(&path, &self.vectors(), self.way.into(), vector.as_slice(), n, allowed)
            }
            Err(error) => Err(error),
        }
    }

    /// Whether the server that keeps the library finds neighbours.
    pub(crate) fn is_served(&self) -> Result<bool> {
        if let Some(&is_served) = self.is_served.get() {
            return Ok(is_served);
        }
        let is_wanted = match self.neighbours {
            Neighbours::Graph => false,
            Neighbours::Server => true,
            Neighbours::Auto => self.store.last_row()? > LARGEST_OWN,
        };
        let is_served = is_wanted && self.store.has_neighbours(self.embedder.model())?.is_some();
        Ok(*self.is_served.get_or_init(|| is_served))
    }

    /// The nearest rows as the server finds them.
    fn served(&self, vector: &Embedding, n: usize, allowed: Allowed<'_>) -> Result<Vec<Neighbour>> {
        let meant = match allowed {
            Allowed::All => Meant::All,
            Allowed::Only(rows) => Meant::Only(rows),
            Allowed::Except(rows) => Meant::Except(rows),
        };
        let cosine = |near: &[f32]| dot(vector.as_slice(), near);
        let found = self.store.nearest(self.embedder.model(), vector, n, meant, &cosine)?;
        let found = found.unwrap_or_default();
        Ok(found.into_iter().map(|(row, similarity)| Neighbour { row, similarity }).collect())
    }

    /// The index as the store is now, if there is one; kept for the next question.
    fn opened(&self, path: &Path) -> Result<Option<Arc<OfFile>>> {
        let (source, file) = (self.vectors(), identity(path));
        let mut kept = self.opened.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let (Some(of), Some(file)) = (&*kept, file)
            && of.file == file
            && *of.index.stamp() == source.stamp()?
        {
            return Ok(Some(of.clone()));
        }
        *kept = None;
        let Some(file) = file else { return Ok(None) };
        let index = Index::open_near(path, &source)?;
        *kept = index.map(|index| Arc::new(OfFile { file, index: index.with_way(self.way.into()) }));
        Ok(kept.clone())
    }

    /// Shares the open index and kept answers with another connection to the same library.
    pub fn share(&mut self, other: &Self) {
        self.opened = other.opened.clone();
        self.kept = other.kept.clone();
        self.large = other.large.clone();
    }

    /// In a large library, makes now what the first questions would wait for: the index as it is to be,
    /// opened, and the papers that a profile is learned against.
    ///
    /// # Errors
    /// As [`settle_index`](Self::settle_index).
    pub fn prepare(&self) -> Result<()> {
        if self.size()?.papers >= MANY {
            self.settle_index()?;
            if !self.is_served()? {
                self.opened(&self.folder.join(INDEX))?;
            }
            self.background(self.profile_model(&[])?)?;
        }
        Ok(())
    }

    /// Sees that the index's file is there and has all but the newest few papers. It is called when
    /// papers come in, so that no query has to do it.
    ///
    /// # Errors
    /// [`Error::Io`] where the folder cannot be written, [`Error::Database`].
    pub fn settle_index(&self) -> Result<IndexState> {
        if self.is_served()? {
            return self.served_state();
        }
        let path = self.folder.join(INDEX);
        let index = Index::settle(&path, &self.vectors())?.with_way(self.way.into());
        Ok(IndexState::of(&index, path))
    }

    /// Builds the index anew, with a graph: two thirds of a millisecond a paper, more in a large
    /// library, shared by `threads`. With one thread the same library makes the same file.
    ///
    /// # Errors
    /// As [`settle_index`](Self::settle_index).
    pub fn optimize_index(&self, threads: usize, progress: &dyn Progress) -> Result<IndexState> {
        if self.is_served()? {
            self.store.index_neighbours(self.embedder.model())?;
            return self.served_state();
        }
        let path = self.folder.join(INDEX);
        let shape = Shape { threads, ..Shape::default() };
        let index = Index::build_graph(&path, &self.vectors(), shape, progress)?;
        Ok(IndexState::of(&index.with_way(self.way.into()), path))
    }

    /// The state of the index as it is, without writing; `None` if there is no usable file.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub(crate) fn index_state(&self) -> Result<Option<IndexState>> {
        if self.is_served()? {
            return self.served_state().map(Some);
        }
        match self.index() {
            Ok(index) => {
                let of =
                    |index: Index| IndexState::of(&index.with_way(self.way.into()), self.folder.join(INDEX));
                Ok(index.map(of))
            }
            Err(Error::DamagedIndex { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The index up to the store, without writing; `None` if there is no usable file.
    ///
    /// # Errors
    /// [`Error::DamagedIndex`], [`Error::Database`].
    pub(crate) fn index(&self) -> Result<Option<Index>> {
        Index::open_current(&self.folder.join(INDEX), &self.vectors(), usize::from(u16::MAX))
    }

    /// The state of the server's index.
    fn served_state(&self) -> Result<IndexState> {
        let model = self.embedder.model();
        let stored = self.store.models()?;
        let rows = stored.iter().find(|stored| stored.model == *model).map_or(0, |stored| stored.vectors);
        let is_built = self.store.has_neighbours(model)? == Some(true);
        let is_slow = !is_built && rows >= MANY;
        Ok(IndexState {
            path: self.store.place(),
            model: model.to_string(),
            dimensions: self.embedder.dimensions(),
            size: Size {
                rows: rows as usize,
                tail: 0,
                gone: 0,
                outside_graph: is_built.then_some(0),
                graph: is_built.then_some(SERVED),
                file_bytes: 0,
                search_bytes: 0,
            },
            way: if is_built { Way::Graph { width: WALK } } else { Way::Codes },
            advice: is_slow.then(|| format!("without a graph the server compares all {rows} papers")),
        })
    }

    fn vectors(&self) -> Vectors<'_> {
        let model = self.embedder.model();
        Vectors { store: self.store.as_ref(), model, dimensions: self.embedder.dimensions() }
    }
}
