//! An open library: the store, the models, the index, and what was learned.
//!
//! What a user asks of it lives in [`verbs`](crate::verbs); here is what several verbs share.

mod background;
mod cache;
mod days;
mod grouped;
mod held;
mod kept;
mod large;
mod learned;
mod models;
mod muted;
mod nearest;
mod ranked;

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

pub use days::{Days, LONGEST_SPAN};
pub use models::{Choices, Chosen, ModelUse, Models};
pub use nearest::IndexState;

pub(crate) use background::borrowed;
pub(crate) use days::back;
pub(crate) use grouped::{Grouped, MarkedCore, bodies, body, documents, mark_of, names};
pub(crate) use held::Held;
pub(crate) use kept::Kept;
pub(crate) use large::patient_threads;
pub(crate) use learned::{Interest, Learned};
pub(crate) use ranked::{Ranked, Read, Standing};

use crate::config::{Neighbours, Way};
use crate::embed::{Embedder, Embedding, embed_papers};
use crate::error::Result;
use crate::files;
use crate::paper::{Paper, PaperId, ReaderId, Row};
use crate::progress::Silent;
use crate::recommend::Options;
use crate::store::{self, Place, Size, Stop, Store, StoredPaper};

/// An open library with everything that its doors need.
pub struct Library {
    pub(crate) store: Box<dyn Store>,
    /// The model whose vectors serve.
    pub(crate) embedder: Box<dyn Embedder>,
    /// The model that takes over when it has read every paper.
    next: Option<Box<dyn Embedder>>,
    /// The model that reads the papers of the newest days as well, and how many days.
    pub(crate) newest: Option<(Box<dyn Embedder>, u32)>,
    /// The choices that the models were loaded by.
    loaded: Choices,
    pub(crate) folder: PathBuf,
    pub(crate) reader: ReaderId,
    pub(crate) options: Options,
    way: Way,
    neighbours: Neighbours,
    /// Whether the server finds neighbours, when that was decided.
    is_served: OnceLock<bool>,
    opened: nearest::Opened,
    /// What is slow to make and depends on papers and marks alone.
    pub(crate) kept: Kept,
    large: large::Large,
    /// What the lists of many readers have in common, while they are made.
    held: Option<Arc<held::Held>>,
}

impl Library {
    /// Opens the library in `folder`, made if it is not there, with the embedder that it is to use,
    /// whatever is chosen for it.
    ///
    /// # Errors
    /// Those of [`store::open`].
    pub fn open(folder: &Path, embedder: Box<dyn Embedder>) -> Result<Self> {
        Self::open_chosen(folder, &Place::Folder, |_| Models { serving: embedder, next: None, newest: None })
    }

    /// Opens the library that is kept at a place, made if it is not there, with the models that are chosen for it.
    ///
    /// # Errors
    /// Those of [`store::open`].
    pub fn open_chosen(folder: &Path, place: &Place, load: impl FnOnce(&Choices) -> Models) -> Result<Self> {
        let store = store::open(folder, place)?;
        let loaded = models::choices(store.as_ref())?;
        Ok(Self::with_models(store, loaded, load))
    }

    /// The same for a library that is to be examined: where not even what is chosen can be read, nothing is.
    ///
    /// # Errors
    /// Those of [`store::open`].
    pub fn open_damaged(folder: &Path, place: &Place, load: impl FnOnce(&Choices) -> Models) -> Result<Self> {
        let store = store::open(folder, place)?;
        let loaded = models::choices(store.as_ref()).unwrap_or_default();
        Ok(Self::with_models(store, loaded, load))
    }

    fn with_models(store: Box<dyn Store>, loaded: Choices, load: impl FnOnce(&Choices) -> Models) -> Self {
        let Models { serving: embedder, next, newest } = load(&loaded);
        let options = Options::default();
        Self {
            folder: store.folder(),
            store,
            embedder,
            next,
            newest,
            reader: ReaderId::OWNER,
            options,
            way: Way::Auto,
            neighbours: Neighbours::Auto,
            is_served: OnceLock::new(),
            opened: nearest::Opened::default(),
            loaded,
            kept: Kept::default(),
            large: large::Large::default(),
            held: None,
        }
    }

    /// The same library, in which the nearest papers are looked for in this way.
    #[must_use]
    pub fn with_way(self, way: Way) -> Self {
        Self { way, ..self }
    }

    /// The same library, in which the nearest papers are found by the server that keeps it, or here.
    #[must_use]
    pub fn with_neighbours(self, neighbours: Neighbours) -> Self {
        Self { neighbours, is_served: OnceLock::new(), ..self }
    }

    /// The same library, in which a rating counts half after so many days; `None`: always the same.
    #[must_use]
    pub fn with_half_life(self, half_life_days: Option<f64>) -> Self {
        Self { options: Options { half_life_days, ..self.options }, ..self }
    }

    /// The folder of what is made of this library alone.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Whose ratings and interests count from now on.
    pub fn set_reader(&mut self, reader: ReaderId) {
        self.reader = reader;
    }

    /// What ends the work that is to begin on this connection, when nobody waits for it any more.
    pub fn stop(&self) -> Stop {
        self.store.stop()
    }

    /// Whose ratings, interests and marks count.
    pub fn reader(&self) -> ReaderId {
        self.reader
    }

    /// Files in the library's folders that killed runs began to write.
    pub(crate) fn left_over(&self) -> Vec<PathBuf> {
        self.folders().iter().flat_map(|folder| files::left_over(folder)).collect()
    }

    /// Removes them.
    pub(crate) fn sweep(&self) {
        self.folders().iter().for_each(|folder| files::sweep(folder));
    }

    fn folders(&self) -> [PathBuf; 3] {
        [self.folder.clone(), self.folder.join("cache"), self.folder.join("pictures")]
    }

    /// Changes whenever anybody else has changed anything in the library.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    pub fn version(&self) -> Result<i64> {
        self.store.changes_by_others()
    }

    /// Changes whenever a paper is added, something new is said of one, its vector is made, or a
    /// topic is marked.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    pub fn edition(&self) -> Result<u64> {
        self.store.edition()
    }

    /// A paper as it is stored.
    ///
    /// # Errors
    /// [`crate::Error::UnknownPaper`].
    pub fn paper(&self, id: &PaperId) -> Result<Paper> {
        Ok(self.store.paper(id)?.paper)
    }

    /// How much the library holds.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    pub fn size(&self) -> Result<Size> {
        self.store.size()
    }

    /// Whether the models that were loaded are those that are chosen: another connection may have chosen
    /// others since.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    pub fn serves_what_is_chosen(&self) -> Result<bool> {
        Ok(self.loaded == self.choices()?)
    }

    /// The papers with their vectors of the present model. A vector that the store lacks (an
    /// import was cut off) is made on the spot.
    pub(crate) fn with_vectors(&self, rows: &[Row]) -> Result<Vec<(StoredPaper, Embedding)>> {
        self.with_vectors_of(self.embedder.as_ref(), rows)
    }

    /// The papers with their vectors of a model.
    pub(crate) fn with_vectors_of(
        &self,
        embedder: &dyn Embedder,
        rows: &[Row],
    ) -> Result<Vec<(StoredPaper, Embedding)>> {
        self.store.still_wanted()?;
        if let Some(held) = self.held_papers(embedder.model(), rows) {
            return Ok(held);
        }
        let papers = self.store.papers(rows)?;
        let rows: Vec<Row> = papers.iter().map(|p| p.row).collect();
        let mut vectors = self.store.vectors(embedder.model(), &rows)?;
        let missing: Vec<usize> = (0..papers.len()).filter(|&i| vectors[i].is_none()).collect();
        let texts: Vec<&Paper> = missing.iter().map(|&i| &papers[i].paper).collect();
        for (i, vector) in missing.iter().zip(embed_papers(embedder, &texts, &Silent)?) {
            vectors[*i] = Some(vector);
        }
        Ok(papers.into_iter().zip(vectors).filter_map(|(paper, vector)| Some((paper, vector?))).collect())
    }
}
