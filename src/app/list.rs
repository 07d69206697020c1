//! Papers as they are: found by words, shown whole, written out.

use serde::Serialize;

use super::{App, Brief};
use crate::error::Result;
use crate::paper::{Paper, PaperId};
use crate::store::Rating;

/// What a search found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Found {
    /// The words that were looked for.
    pub words: String,
    /// The papers, the best match first.
    pub papers: Vec<Brief>,
}

/// A paper with all that is known of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Shown {
    /// The page to read about it.
    pub url: Option<String>,
    /// The reader's rating.
    pub rating: Option<Rating>,
    /// The paper.
    #[serde(flatten)]
    pub paper: Paper,
}

impl App {
    /// The first `n` papers that hold all of the words.
    ///
    /// # Errors
    /// [`crate::Error::Sqlite`].
    pub fn search(&self, words: &str, n: usize) -> Result<Found> {
        let papers = self.store.papers(&self.store.search(words, n)?)?;
        Ok(Found { words: words.to_owned(), papers: papers.iter().map(|p| Brief::of(&p.paper)).collect() })
    }

    /// All that is known of a paper.
    ///
    /// # Errors
    /// [`crate::Error::UnknownPaper`].
    pub fn show(&self, id: &PaperId) -> Result<Shown> {
        let paper = self.store.paper(id)?.paper;
        let rated = self.store.ratings(self.reader)?.into_iter().find(|r| r.id == *id);
        Ok(Shown { url: paper.id.url(), rating: rated.map(|r| r.rating), paper })
    }

    /// A paper as it is stored.
    ///
    /// # Errors
    /// [`crate::Error::UnknownPaper`].
    pub fn paper(&self, id: &PaperId) -> Result<Paper> {
        Ok(self.store.paper(id)?.paper)
    }

    /// Every paper in the order in which it came, one at a time.
    ///
    /// # Errors
    /// [`crate::Error::Sqlite`], or the first error of `visit`.
    pub fn export(&self, mut visit: impl FnMut(&Paper) -> Result<()>) -> Result<()> {
        self.store.each_paper(|stored| visit(&stored.paper))
    }
}
