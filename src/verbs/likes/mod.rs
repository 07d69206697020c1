//! What a reader has rated, saved, or brings from elsewhere.

pub mod import;
pub mod rate;
pub mod saved;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Context, Paged, Verb};
use crate::error::Result;
use crate::library::Library;
use crate::paper::{Rating, Right, readable};
use crate::store::Rated;

/// What you have rated, the newest first.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
pub struct ListLikes {
    /// Only these: `like` or `dislike`.
    pub only: Option<Rating>,
}

/// All ratings of a reader, the newest first.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct RatingList {
    /// The ratings.
    pub ratings: Vec<Rated>,
}

/// How many ratings stand behind an answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RatingCounts {
    /// Likes of papers in the library.
    pub likes: usize,
    /// Dislikes of papers in the library.
    pub dislikes: usize,
}

impl Verb for ListLikes {
    const NAME: &'static str = "likes";
    const SHAPE: &'static str = "likes/1";
    const RIGHT: Right = Right::Look;
    type Answer = RatingList;

    fn run(self, library: &mut Library, _: &Context<'_>) -> Result<RatingList> {
        Ok(RatingList { ratings: ratings(library, self.only)? })
    }
}

impl Paged for ListLikes {
    type Item = Rated;

    fn reaching(self, _: usize, _: usize) -> Self {
        self
    }

    fn items(answer: &mut RatingList) -> &mut Vec<Rated> {
        &mut answer.ratings
    }

    fn id(item: &Rated) -> String {
        item.id.to_string()
    }
}

/// What was rated, the newest first; only likes or only dislikes if asked.
///
/// # Errors
/// [`crate::Error::Database`].
pub fn ratings(library: &Library, only: Option<Rating>) -> Result<Vec<Rated>> {
    let mut ratings = library.store.ratings(library.reader)?;
    for rated in &mut ratings {
        rated.title = rated.title.as_deref().map(readable);
    }
    ratings.retain(|rated| only.is_none_or(|only| rated.rating == only));
    ratings.reverse();
    Ok(ratings)
}
