//! Likes and dislikes.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::library::Library;
use crate::paper::{PaperId, Rating, Right, readable};
use crate::verbs::shapes::fields::all_named;
use crate::verbs::{Context, Verb};

/// Like, dislike, or take ratings back.
///
/// All identifiers must be good, or none is rated.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct Rate {
    /// Identifiers or addresses; the papers need not be in the library yet.
    #[serde(deserialize_with = "all_named")]
    #[schemars(with = "Vec<String>", length(max = 1000), extend("example" = ["2404.15653"]))]
    pub ids: Vec<PaperId>,
    /// `like`, `dislike`, or null to take ratings back.
    #[serde(deserialize_with = "Option::deserialize")]
    #[schemars(required)]
    pub rating: Option<Rating>,
}

/// What rating some papers did.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct RatedNow {
    /// The papers in the order given.
    pub papers: Vec<Outcome>,
}

/// What rating one paper did.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Outcome {
    /// The paper.
    pub id: PaperId,
    /// Its title, if it is in the library.
    pub title: Option<String>,
    /// Whether this changed its rating.
    pub changed: bool,
}

impl Verb for Rate {
    const NAME: &'static str = "like";
    const SHAPE: &'static str = "rate/1";
    const RIGHT: Right = Right::Rate;
    type Answer = RatedNow;

    /// # Errors
    /// [`crate::Error::Database`]; then nothing is changed.
    fn run(self, library: &mut Library, context: &Context<'_>) -> Result<RatedNow> {
        rate(library, &self.ids, self.rating, context.now())
    }
}

/// Rates papers, or takes their ratings back (`None`). Papers need not be in the library.
///
/// # Errors
/// [`crate::Error::Database`]; then nothing is changed.
pub fn rate(
    library: &mut Library,
    ids: &[PaperId],
    rating: Option<Rating>,
    at: Timestamp,
) -> Result<RatedNow> {
    let changed = library.store.rate(library.reader, ids, rating, at)?;
    Ok(RatedNow { papers: outcomes(library, ids, changed) })
}

/// What a change did to each paper.
pub(crate) fn outcomes(library: &Library, ids: &[PaperId], changed: Vec<bool>) -> Vec<Outcome> {
    let outcome = |(id, changed): (&PaperId, bool)| Outcome {
        id: id.clone(),
        title: library.store.paper(id).ok().map(|stored| readable(&stored.paper.title)),
        changed,
    };
    ids.iter().zip(changed).map(outcome).collect()
}
