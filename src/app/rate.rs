//! Likes and dislikes.

use jiff::Timestamp;
use serde::Serialize;

use super::App;
use crate::error::Result;
use crate::paper::{PaperId, Rating};
use crate::store::Rated;

/// What rating some papers did.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RatedNow {
    /// The papers in the order given.
    pub papers: Vec<Outcome>,
}

/// What rating one paper did.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Outcome {
    /// The paper.
    pub id: PaperId,
    /// Its title, if it is in the library.
    pub title: Option<String>,
    /// Whether this changed its rating.
    pub changed: bool,
}

/// All ratings of a reader, the newest first.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Likes {
    /// The ratings.
    pub ratings: Vec<Rated>,
}

/// How many ratings stand behind an answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Ratings {
    /// Likes of papers in the library.
    pub likes: usize,
    /// Dislikes of papers in the library.
    pub dislikes: usize,
}

impl App {
    /// Rates papers, or takes their ratings back (`None`). Papers need not be in the library.
    ///
    /// # Errors
    /// [`crate::Error::Sqlite`]; then nothing is changed.
    pub fn rate(&mut self, ids: &[PaperId], rating: Option<Rating>, at: Timestamp) -> Result<RatedNow> {
        let changed = self.store.rate(self.reader, ids, rating, at)?;
        let outcome = |(id, changed): (&PaperId, bool)| Outcome {
            id: id.clone(),
            title: self.store.paper(id).ok().map(|p| p.paper.title),
            changed,
        };
        Ok(RatedNow { papers: ids.iter().zip(changed).map(outcome).collect() })
    }

    /// What was rated, the newest first; only likes or only dislikes if asked.
    ///
    /// # Errors
    /// [`crate::Error::Sqlite`].
    pub fn likes(&self, only: Option<Rating>) -> Result<Likes> {
        let mut ratings = self.store.ratings(self.reader)?;
        ratings.retain(|r| only.is_none_or(|only| r.rating == only));
        ratings.reverse();
        Ok(Likes { ratings })
    }
}
