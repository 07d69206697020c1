//! Papers as they are: found by words, shown whole, written out.

use std::collections::{BTreeSet, HashMap};

use serde::Serialize;

use super::{App, Brief, Subject};
use crate::error::Result;
use crate::paper::{Paper, PaperId, Rating, Within};

/// What a place is worth falls off from here on: the constant of the method's paper.
const RRF: f64 = 60.0;
/// So many places of both lists are looked at, however few are wanted.
const DEPTH: usize = 60;

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
        let papers = self.store.papers(&self.store.search(words, n, None)?)?;
        Ok(Found { words: words.to_owned(), papers: papers.iter().map(|p| Brief::of(&p.paper)).collect() })
    }

    /// The first `n` papers by both their places, among those that hold all of the words and among those
    /// that mean it (reciprocal rank fusion, Cormack et al. 2009), of those that are meant by `within`; or by
    /// words alone, as where no paper has any of them.
    ///
    /// # Errors
    /// Those of [`similar_within`](Self::similar_within).
    pub fn find(&self, words: &str, by_words: bool, n: usize, within: &Within) -> Result<Found> {
        let (depth, meant) = (n.max(DEPTH), self.rows_meant(within)?);
        let said = self.store.search(words, depth, meant.as_deref())?;
        let said = self.store.papers(&said)?;
        let said = said.iter().map(|p| Brief::of(&p.paper));
        let mut papers: Vec<Brief> = match by_words || !self.knows(words)? {
            true => said.collect(),
            false => {
                let meant = self.similar_among(&Subject::Text(words.to_owned()), depth, meant)?;
                let meant = meant.neighbours.into_iter().map(|neighbour| neighbour.paper).enumerate();
                let mut found: HashMap<String, (f64, Brief)> = HashMap::new();
                for (place, paper) in said.enumerate().chain(meant) {
                    let entry = found.entry(paper.id.clone()).or_insert((0.0, paper));
                    entry.0 += 1.0 / (RRF + place as f64);
                }
                let mut found: Vec<(f64, Brief)> = found.into_values().collect();
                found.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.id.cmp(&b.1.id)));
                found.into_iter().map(|(_, paper)| paper).collect()
            }
        };
        papers.truncate(n);
        Ok(Found { words: words.to_owned(), papers })
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

    /// The same, or of the papers that the reader likes only.
    ///
    /// # Errors
    /// Those of [`export`](Self::export).
    pub fn export_some(&self, only_liked: bool, mut visit: impl FnMut(&Paper) -> Result<()>) -> Result<()> {
        let likes = only_liked.then(|| self.likes(Some(Rating::Like))).transpose()?;
        let chosen: Option<BTreeSet<PaperId>> =
            likes.map(|likes| likes.ratings.into_iter().map(|rated| rated.id).collect());
        let is_chosen = |id: &PaperId| chosen.as_ref().is_none_or(|chosen| chosen.contains(id));
        self.export(|paper| if is_chosen(&paper.id) { visit(paper) } else { Ok(()) })
    }
}
