//! The only place where the rooms meet: what the command line and every other door call.
//!
//! Every answer is a value that serialises: the shapes of `--json` are the types of this room.

mod cache;
mod days;
mod digest;
mod doctor;
mod eval;
mod eval_topics;
mod feed;
mod import;
mod interests;
mod keep;
mod likes_in;
mod list;
mod models;
mod muted;
mod nearest;
mod pick;
mod profile;
mod rate;
mod readers;
mod send;
mod shown;
mod similar;
mod start;
mod sync;
mod threads;
mod today;
mod topics;
mod why;

use std::path::{Path, PathBuf};

use jiff::civil::Date;
use serde::Serialize;

pub use days::Calendar;
pub use digest::{Digest, Entry, Section};
pub use doctor::{Check, Doctor, State};
pub use eval::{DayQuality, Quality};
pub use eval_topics::{Grouping, GroupingTest};
pub use feed::{Dated, Feed, FeedOf};
pub use import::Imported;
pub use interests::{Edit, InterestShown, Interests};
pub use keep::Beside;
pub use likes_in::{LikesIn, LikesTaken};
pub use list::{Found, Shown};
pub use models::{Choices, Chosen, ModelUse, Models};
pub use nearest::IndexState;
pub use pick::{Basis, Pick, Ranking};
pub use rate::{Likes, RatedNow, Ratings};
pub use readers::{Accounts, Saved};
pub use send::Sent;
pub use similar::{Neighbour, Similar, Subject};
pub use start::Start;
pub use sync::{Fetched, SyncAsk, Synced, ZoteroLibrary};
pub use threads::{DayCount, Followed, MarkedTopics, Thread, Trend};
pub use today::{Days, Today};
pub use topics::{DayMap, Group, TodayByTopic, TopicPicks, Topics};
pub use why::{Adds, RatedAdds, Reasons, Why};

use crate::config::Way;
use crate::embed::{Embedder, Embedding, embed_papers};
use crate::error::Result;
use crate::paper::{Language, Paper, ReaderId, Row};
use crate::progress::Silent;
use crate::recommend::Options;
use crate::store::{Size, Store, StoredPaper};

/// An open library with everything that its doors need.
pub struct App {
    store: Store,
    /// The model whose vectors serve.
    embedder: Box<dyn Embedder>,
    /// The model that takes over when it has read every paper.
    next: Option<Box<dyn Embedder>>,
    /// The model that reads the papers of the newest days as well, and how many days.
    newest: Option<(Box<dyn Embedder>, u32)>,
    folder: PathBuf,
    reader: ReaderId,
    options: Options,
    way: Way,
    opened: nearest::Opened,
}

/// A paper as lists show it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Brief {
    /// The canonical identifier.
    pub id: String,
    /// The title.
    pub title: String,
    /// The page to read about it.
    pub url: Option<String>,
    /// All authors.
    pub authors: Vec<String>,
    /// Categories, the primary one first.
    pub categories: Vec<String>,
    /// The highest count of votes of any source; absent means that none is known.
    pub votes: Option<u32>,
    /// The first day on which it was listed.
    pub listed: Option<Date>,
    /// A summary: the Korean one, or else the English one.
    pub summary: Option<String>,
}

impl Brief {
    fn of(paper: &Paper) -> Self {
        let summary = paper.summaries.get(&Language::Ko).or_else(|| paper.summaries.get(&Language::En));
        Self {
            id: paper.id.to_string(),
            title: paper.title.clone(),
            url: paper.id.url(),
            authors: paper.authors.clone(),
            categories: paper.categories.clone(),
            votes: paper.top_votes(),
            listed: paper.first_listed(),
            summary: summary.cloned(),
        }
    }
}

impl App {
    /// Opens the library in `folder`, made if it is not there, with the embedder that it is to use,
    /// whatever is chosen for it.
    ///
    /// # Errors
    /// Those of [`Store::open`].
    pub fn open(folder: &Path, embedder: Box<dyn Embedder>) -> Result<Self> {
        Self::open_chosen(folder, |_| Models { serving: embedder, next: None, newest: None })
    }

    /// Opens the library in `folder`, made if it is not there, with the models that are chosen for it.
    ///
    /// # Errors
    /// Those of [`Store::open`].
    pub fn open_chosen(folder: &Path, load: impl FnOnce(&Choices) -> Models) -> Result<Self> {
        let store = Store::open(folder)?;
        let Models { serving: embedder, next, newest } = load(&models::choices(&store)?);
        let options = Options::default();
        Ok(Self {
            store,
            embedder,
            next,
            newest,
            folder: folder.to_path_buf(),
            reader: ReaderId::OWNER,
            options,
            way: Way::Auto,
            opened: nearest::Opened::default(),
        })
    }

    /// The same library, in which the nearest papers are looked for in this way.
    #[must_use]
    pub fn with_way(self, way: Way) -> Self {
        Self { way, ..self }
    }

    /// The same library, in which a rating counts half after so many days; `None`: always the same.
    #[must_use]
    pub fn with_half_life(self, half_life_days: Option<f64>) -> Self {
        Self { options: Options { half_life_days, ..self.options }, ..self }
    }

    /// The folder of the library.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Whose ratings and interests count from now on.
    pub fn set_reader(&mut self, reader: ReaderId) {
        self.reader = reader;
    }

    /// Whose ratings, interests and marks count.
    pub fn reader(&self) -> ReaderId {
        self.reader
    }

    /// Changes whenever anybody else has changed anything in the library.
    ///
    /// # Errors
    /// [`crate::Error::Sqlite`].
    pub fn version(&self) -> Result<i64> {
        self.store.changes_by_others()
    }

    /// Changes whenever a paper is added, something new is said of one, its vector is made, or a
    /// topic is marked.
    ///
    /// # Errors
    /// [`crate::Error::Sqlite`].
    pub fn edition(&self) -> Result<u64> {
        self.store.edition()
    }

    /// How much the library holds.
    ///
    /// # Errors
    /// [`crate::Error::Sqlite`].
    pub fn size(&self) -> Result<Size> {
        self.store.size()
    }

    /// The papers with their vectors of the present model. A vector that the store lacks (an
    /// import was cut off) is made on the spot.
    fn with_vectors(&self, rows: &[Row]) -> Result<Vec<(StoredPaper, Embedding)>> {
        self.with_vectors_of(self.embedder.as_ref(), rows)
    }

    /// The papers with their vectors of a model.
    fn with_vectors_of(
        &self,
        embedder: &dyn Embedder,
        rows: &[Row],
    ) -> Result<Vec<(StoredPaper, Embedding)>> {
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
