//! A paper with all that is known of it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::points::made_of;
use super::shapes::fields::named;
use super::{Context, Verb};
use crate::error::Result;
use crate::library::Library;
use crate::paper::{Paper, PaperId, Rating, Right};
use crate::store::MadeSummary;

/// All that is known of a paper.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct ShowPaper {
    /// The paper: `2404.15653`, or any address of it.
    #[serde(deserialize_with = "named")]
    #[schemars(with = "String", length(min = 1, max = 500), extend("example" = "2404.15653"))]
    pub id: PaperId,
}

/// A paper with all that is known of it.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Shown {
    /// The page to read about it.
    pub url: Option<String>,
    /// The reader's rating.
    pub rating: Option<Rating>,
    /// The paper.
    #[serde(flatten)]
    pub paper: Paper,
    /// Summaries that language models wrote of it as it is now, the newest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub made: Vec<MadeSummary>,
}

impl Verb for ShowPaper {
    const NAME: &'static str = "show";
    const SHAPE: &'static str = "show/1";
    const RIGHT: Right = Right::Look;
    type Answer = Shown;

    /// # Errors
    /// [`crate::Error::UnknownPaper`].
    fn run(self, library: &mut Library, _: &Context<'_>) -> Result<Shown> {
        let paper = library.store.paper(&self.id)?.paper;
        let rated = library.store.ratings(library.reader)?.into_iter().find(|rated| rated.id == paper.id);
        let made = made_of(library, &paper)?;
        Ok(Shown { url: paper.url(), rating: rated.map(|rated| rated.rating), made, paper })
    }
}
