//! A day's papers, the best first.
//!
//! One paper, one showing: the plain question for the newest day leaves out what its reader was shown on an
//! earlier day. A question for a day or a stretch of days is one about the past, and has the same answer for
//! ever.

use std::collections::BTreeSet;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::likes::RatingCounts;
use super::pick::{Basis, Pick, Picked, Ranking, picks, picks_by_votes};
use super::shapes::fields::several;
use super::topics::{self, TopicPicks};
use super::{Context, Count, Paged, Probability, Verb};
use crate::error::{Error, Result};
use crate::library::{Days, Library};
use crate::paper::{Brief, PaperId, Rating, Right, Row, Within};

/// A day's papers, the best first.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct RankDays {
    /// Which days.
    #[serde(flatten)]
    pub days: Days,
    /// How many papers.
    pub n: Count,
    /// Only papers with at least this probability of a like, 0 to 1.
    pub min_score: Probability,
    /// Only papers of one of these categories, between commas.
    #[serde(deserialize_with = "several")]
    #[schemars(with = "Option<String>", length(max = 300), extend("example" = "cs.CV,cs.LG"))]
    pub category: Vec<String>,
    /// Whether papers that say the same share a place and every interest keeps its places.
    #[schemars(extend("default" = true))]
    pub variety: Varied,
    /// The day on which the answer is printed. Papers of the newest day that were printed on an earlier day are
    /// left out, and those of the answer count as shown from then on. Only the command line sets it.
    #[serde(skip)]
    pub shown_on: Option<Date>,
    /// How long the list may become; its first `n` places stay what they are.
    #[serde(skip)]
    pub reach: Option<usize>,
}

/// Whether a list is varied; it is unless said otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline)]
pub struct Varied(pub bool);

impl Default for Varied {
    fn default() -> Self {
        Self(true)
    }
}

impl RankDays {
    /// The first `n` papers of the days asked for.
    pub fn first(days: Days, n: Count) -> Self {
        Self { days, n, ..Self::default() }
    }

    fn ranking(&self) -> Ranking {
        let (n, min_score, variety) = (self.n.get(), self.min_score.get(), self.variety.0);
        Ranking { n, reach: self.reach.unwrap_or(n), min_score, variety }
    }
}

impl Verb for RankDays {
    const NAME: &'static str = "today";
    const SHAPE: &'static str = "today/1";
    const RIGHT: Right = Right::Look;
    type Answer = Today;

    /// # Errors
    /// [`Error::NothingListed`] with the nearest day that has papers, or if all of them were shown before.
    fn run(self, library: &mut Library, _: &Context<'_>) -> Result<Today> {
        match self.shown_on {
            Some(on) if self.days == Days::Newest => unseen(library, &self, on),
            _ => without(
                library,
                listed(library, self.days, &self.category)?,
                &self.ranking(),
                &BTreeSet::new(),
            ),
        }
    }
}

impl Paged for RankDays {
    type Item = Pick;

    fn reaching(self, n: usize, reach: usize) -> Self {
        Self { n: Count::new(n).unwrap_or(self.n), reach: Some(reach), ..self }
    }

    fn items(answer: &mut Today) -> &mut Vec<Pick> {
        &mut answer.picks
    }

    fn id(item: &Pick) -> String {
        item.paper.id.clone()
    }
}

/// A day's best papers under their topics: the topic with the best paper first, without those that are muted.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
pub struct RankByTopic {
    /// Which papers.
    #[serde(flatten)]
    pub papers: RankDays,
}

impl Verb for RankByTopic {
    const NAME: &'static str = "today --by-topic";
    const SHAPE: &'static str = "today-by-topic/1";
    const RIGHT: Right = Right::Look;
    type Answer = TodayByTopic;

    /// # Errors
    /// Those of [`RankDays`].
    fn run(self, library: &mut Library, context: &Context<'_>) -> Result<TodayByTopic> {
        // Before anything counts as shown.
        let topics = topics::topics(library, self.papers.days)?;
        let Today { first, last, n_listed, picks, .. } = self.papers.run(library, context)?;
        let sections = topics.sections(picks);
        Ok(TodayByTopic { first, last, n_listed, sections })
    }
}

/// A day's picks.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Today {
    /// The first day.
    pub first: Date,
    /// The last day.
    pub last: Date,
    /// How many papers were listed.
    pub n_listed: usize,
    /// The model whose vectors were compared.
    pub model: String,
    /// What the order rests on.
    pub basis: Basis,
    /// The ratings behind it.
    pub ratings: RatingCounts,
    /// How many papers are left out because they were shown on an earlier day.
    pub n_hidden: usize,
    /// How many papers were compared in full: all that are not left out, or of very many those whose vectors are
    /// liked best.
    pub n_compared: usize,
    /// The least probability of a like that was asked for, 0 to 1.
    pub min_score: f64,
    /// The part of the sum of scores that variety cost, 0 to 1.
    pub variety_cost: f64,
    /// The picks, the best first.
    pub picks: Vec<Pick>,
    /// Papers that the reader knows and that were replaced by a new version.
    pub updated: Vec<Brief>,
}

/// A day's picks under their topics.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct TodayByTopic {
    /// The first day.
    pub first: Date,
    /// The last day.
    pub last: Date,
    /// How many papers were listed.
    pub n_listed: usize,
    /// The topics, each where its best pick stands; without those that are muted.
    pub sections: Vec<TopicPicks>,
}

/// The papers of the days asked for that a ranking chooses.
///
/// # Errors
/// [`Error::NothingListed`] with the nearest day that has papers.
pub(crate) fn ranked(library: &Library, days: Days, ranking: &Ranking) -> Result<Today> {
    without(library, listed(library, days, &[])?, ranking, &BTreeSet::new())
}

/// The papers of some days.
struct Listed {
    first: Date,
    last: Date,
    /// Ascending.
    rows: Vec<Row>,
}

/// The papers of these days, in one of these categories; in any, where none is named.
///
/// # Errors
/// [`Error::NothingListed`].
fn listed(library: &Library, days: Days, categories: &[String]) -> Result<Listed> {
    let (first, last) = library.resolve(days)?;
    let mut rows = library.store.listed(first, last)?;
    if !categories.is_empty() {
        let within = Within { categories: categories.to_vec(), ..Within::default() };
        let meant = library.store.rows_within(&within, library.reader)?;
        rows.retain(|row| meant.binary_search(row).is_ok());
        if rows.is_empty() {
            let (of, on) = (categories.join(" or "), if first == last { "on" } else { "in the days up to" });
            return Err(Error::NothingListed(format!("no paper of {of} was listed {on} {last}")));
        }
    }
    Ok(Listed { first, last, rows })
}

/// The best of them, without papers that are not to be shown.
fn without(library: &Library, listed: Listed, ranking: &Ranking, hidden: &BTreeSet<Row>) -> Result<Today> {
    let Listed { first, last, mut rows } = listed;
    let n_listed = rows.len();
    let updated = updated(library, first, last, &rows)?;
    rows.retain(|row| !hidden.contains(row));
    let embedder = library.profile_model(&rows)?;
    let learned = library.learned(embedder)?;
    let count = |liked| learned.iter().flat_map(|l| &l.rated).filter(|r| r.liked == liked).count();
    let ratings = RatingCounts { likes: count(true), dislikes: count(false) };
    let (basis, picked) = match learned {
        Some(learned) => (Basis::Ratings, picks(library, embedder, &rows, &learned, ranking)?),
        None => (Basis::Votes, picks_by_votes(library, embedder, &rows, last, ranking)?),
    };
    let Picked { picks, n_compared, variety_cost } = picked;
    Ok(Today {
        first,
        last,
        n_listed,
        n_hidden: n_listed - rows.len(),
        n_compared,
        model: embedder.model().to_string(),
        basis,
        ratings,
        min_score: ranking.min_score,
        variety_cost,
        picks,
        updated,
    })
}

/// The papers of the newest day that a ranking chooses, without those that the reader was shown before the
/// day `on`; they count as shown from now on. On one day the answer stays the same.
///
/// # Errors
/// [`Error::NothingListed`] if nothing was listed, or all of it was shown.
fn unseen(library: &mut Library, asked: &RankDays, on: Date) -> Result<Today> {
    let listed = listed(library, Days::Newest, &asked.category)?;
    let (rows, last) = (&listed.rows, listed.last);
    let shown = library.store.shown(library.reader, rows)?;
    let hidden: BTreeSet<Row> = shown.iter().filter(|(_, day)| **day < on).map(|(row, _)| *row).collect();
    if hidden.len() == rows.len() && !rows.is_empty() {
        let n = rows.len();
        return Err(Error::NothingListed(format!(
            "all {n} papers of {last}, the newest day, were shown before; `--again` shows them once more"
        )));
    }
    let today = without(library, listed, &asked.ranking(), &hidden)?;
    let mut printed = Vec::with_capacity(today.picks.len());
    for pick in &today.picks {
        printed.push(library.store.paper(&PaperId::parse(&pick.paper.id)?.0)?.row);
    }
    match library.store.note_shown(library.reader, &printed, on) {
        // What is not noted is shown once more, and that is better than nothing.
        Err(error @ (Error::ReadOnly | Error::DiskFull)) => {
            tracing::warn!("what was shown is not noted: {error}");
        }
        noted => noted?,
    }
    Ok(today)
}

/// The papers that were replaced on these days and that the reader knows: liked, or shown
/// before. In the order of identifiers.
fn updated(library: &Library, first: Date, last: Date, listed: &[Row]) -> Result<Vec<Brief>> {
    let mut rows = library.store.replaced(first, last)?;
    rows.retain(|row| listed.binary_search(row).is_err());
    let shown = library.store.shown(library.reader, &rows)?;
    let ratings = library.store.ratings(library.reader)?;
    let liked: BTreeSet<Row> =
        ratings.iter().filter(|r| r.rating == Rating::Like).filter_map(|r| r.row).collect();
    rows.retain(|row| shown.contains_key(row) || liked.contains(row));
    let mut papers: Vec<Brief> = library.store.papers(&rows)?.iter().map(|p| Brief::of(&p.paper)).collect();
    papers.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(papers)
}
