//! What a reader thinks of papers.

use jiff::Timestamp;

use crate::error::Result;
use crate::hash::fnv1a;
use crate::paper::{PaperId, Rating, ReaderId};
use crate::random::mix;

/// A rating and when it was given.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
pub struct Rated {
    /// The paper, which need not be in the library yet.
    pub id: PaperId,
    /// Its row, if it is in the library.
    #[serde(skip)]
    pub row: Option<crate::paper::Row>,
    /// Its title, if it is in the library.
    pub title: Option<String>,
    /// Yes or no.
    pub rating: Rating,
    /// When.
    pub at: Timestamp,
}

/// Likes and dislikes.
pub trait Ratings {
    /// Rates papers, or takes their ratings back (`None`); true for each that this changed.
    ///
    /// The same rating again changes nothing and keeps its first time.
    ///
    /// # Errors
    /// [`crate::Error::Database`]; then none is changed.
    fn rate(
        &mut self,
        reader: ReaderId,
        ids: &[PaperId],
        rating: Option<Rating>,
        at: Timestamp,
    ) -> Result<Vec<bool>>;

    /// Everything that a reader has rated, the oldest first, ties by identifier.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    fn ratings(&self, reader: ReaderId) -> Result<Vec<Rated>>;

    /// Up to `n` of arXiv's papers that any reader likes and of which the abstract, the authors or the categories
    /// are not known; of more, the seed decides which.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    fn incomplete_likes(&self, n: usize, seed: u64) -> Result<Vec<PaperId>>;
}

/// A rating as engines keep it.
pub(super) fn sign(rating: Rating) -> i64 {
    match rating {
        Rating::Like => 1,
        Rating::Dislike => -1,
    }
}

/// Up to `n` of arXiv's among these identifiers; of more, the seed decides which.
pub(super) fn chosen_of<'a>(ids: impl IntoIterator<Item = &'a str>, n: usize, seed: u64) -> Vec<PaperId> {
    let ids = ids.into_iter().filter_map(|id| Some(PaperId::parse(id).ok()?.0));
    let mut ids: Vec<PaperId> = ids.filter(PaperId::is_arxiv).collect();
    ids.sort_by_cached_key(|id| (mix(seed ^ fnv1a(id.as_str().bytes())), id.clone()));
    ids.truncate(n);
    ids
}
