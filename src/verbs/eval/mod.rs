//! How good the order of a reader's days was: the library's own history, as a replay walks it.

pub mod summaries;
pub mod topics;

use std::collections::HashMap;
use std::path::PathBuf;

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Context, Verb};
use crate::embed::Embedding;
use crate::error::{Error, Result};
use crate::evaluate::log::{Listed, Log, Rating};
use crate::evaluate::metrics::Measures;
use crate::evaluate::rankers::Ranker;
use crate::evaluate::replay::{self, Replay, Setup};
use crate::evaluate::start::{self, Beginnings};
use crate::library::Library;
use crate::paper::{PaperId, Rating as Said, Right, Row};
use crate::progress::Progress;
use crate::store::Rated;

/// The name of a library's reader in its log.
const READER: &str = "reader";

/// Replay your history, to see how good your order was.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
pub struct ReplayHistory {}

impl Verb for ReplayHistory {
    const NAME: &'static str = "eval replay";
    const SHAPE: &'static str = "eval-replay/1";
    const RIGHT: Right = Right::Keep;
    type Answer = Quality;

    /// # Errors
    /// [`Error::NothingListed`] if no day has a liked paper and another.
    fn run(self, library: &mut Library, context: &Context<'_>) -> Result<Quality> {
        quality(library, SEED, context.progress)
    }
}

/// Let you begin anew, to see how good ten questions are: your history as `eval replay` replays it, with
/// questions that `start` chooses and with questions that are drawn.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
pub struct BeginAnew {}

impl Verb for BeginAnew {
    const NAME: &'static str = "eval start";
    const SHAPE: &'static str = "eval-start/1";
    const RIGHT: Right = Right::Own;
    type Answer = Beginnings;

    /// # Errors
    /// [`Error::NothingListed`] if too little was listed or liked.
    fn run(self, library: &mut Library, context: &Context<'_>) -> Result<Beginnings> {
        beginnings(library, SEED, context.progress)
    }
}

/// Decides what is drawn; any other number would do.
const SEED: u64 = 1;

/// How good the order of a reader's days was.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Quality {
    /// What a replay of the library's history found.
    #[serde(flatten)]
    pub replay: Replay,
    /// The first ranker's order on each day with a like, the oldest first.
    pub days: Vec<DayQuality>,
    /// How many lines of the history could not be read; none of a library's own.
    pub n_problems: usize,
    /// The files of runs and judgements that were written.
    pub files: Vec<PathBuf>,
}

impl Quality {
    /// Of ranked days.
    pub fn of(log: &Log, ranked: &[replay::RankedDay], setup: &Setup) -> Self {
        let quality = |day: &replay::RankedDay| {
            let relevant: Vec<bool> = day.lists.first()?.iter().map(|place| place.relevant).collect();
            Some(DayQuality { day: day.day, ndcg_10: Measures::of(&relevant)?.ndcg_10 })
        };
        let days = ranked.iter().filter_map(quality).collect();
        Self { replay: replay::measure(log, ranked, setup), days, n_problems: 0, files: Vec::new() }
    }
}

/// How good the order of a day was.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, JsonSchema)]
pub struct DayQuality {
    /// The day.
    pub day: Date,
    /// nDCG@10, 0 to 1.
    pub ndcg_10: f64,
}

/// Replays the reader's history: each day ranked by what was rated before it, by us and by
/// votes and cosines, and measured by what was liked on it.
///
/// # Errors
/// [`Error::NothingListed`] if no day has a liked paper and another.
pub fn quality(library: &Library, seed: u64, progress: &dyn Progress) -> Result<Quality> {
    let (log, vectors) = history(library)?;
    let rankers = vec![Ranker::Learned, Ranker::MeanCosine, Ranker::Votes, Ranker::Random];
    let setup = Setup { rankers, from: None, options: library.options, seed };
    let ranked = replay::walk(&log, &vectors, &setup, progress)?;
    if ranked.is_empty() {
        let why = "no day has a liked paper and another; like papers of more days, and ask again";
        return Err(Error::NothingListed(why.into()));
    }
    Ok(Quality::of(&log, &ranked, &setup))
}

/// Lets the reader begin anew, twenty times, with ten answers to questions that are chosen and to such
/// that are drawn; see [`start::begin`].
///
/// # Errors
/// [`Error::NothingListed`] if too little was listed or liked.
pub fn beginnings(library: &Library, seed: u64, progress: &dyn Progress) -> Result<Beginnings> {
    let (log, vectors) = history(library)?;
    let setup = start::Setup { questions: 10, pool: 1_000, repetitions: 20, from: None, seed };
    let beginnings = start::begin(&log, &vectors, &setup, progress);
    if beginnings.users.is_empty() {
        let why = "no paper was liked that was listed before the middle of your ratings and one after it, or \
                   fewer than 1,000 papers were listed before it";
        return Err(Error::NothingListed(why.into()));
    }
    Ok(beginnings)
}

/// So many ratings of one moment came in together, and say nothing of when the papers were read.
const TOGETHER: usize = 5;

/// Every paper and every rating of the library, with the papers' vectors in their order. A
/// paper that no source listed is from before all days. Ratings that came in together are taken to be of their
/// papers' days.
///
/// # Errors
/// [`crate::Error::Database`], or [`crate::Error::Model`] if vectors are missing and the model
/// cannot run.
pub fn history(library: &Library) -> Result<(Log, Vec<Embedding>)> {
    let mut rows: Vec<Row> = Vec::new();
    library.store.each_paper(&mut |stored| {
        rows.push(stored.row);
        Ok(())
    })?;
    let (mut papers, mut vectors) = (Vec::new(), HashMap::<PaperId, Embedding>::new());
    for (stored, vector) in library.with_vectors(&rows)? {
        vectors.insert(stored.paper.id.clone(), vector);
        let day = stored.paper.first_listed().unwrap_or(Date::MIN);
        papers.push(Listed { day, paper: stored.paper });
    }
    let ratings = ratings(&library.store.ratings(library.reader)?, &papers);
    let log = Log::new(papers, ratings);
    let mut of = |listed: &Listed| vectors.remove(&listed.paper.id).ok_or(Error::NoDirection);
    let vectors = log.papers.iter().map(&mut of).collect::<Result<_>>()?;
    Ok((log, vectors))
}

/// Ratings as a log has them.
fn ratings(rated: &[Rated], papers: &[Listed]) -> Vec<Rating> {
    let mut together: HashMap<Timestamp, usize> = HashMap::new();
    rated.iter().for_each(|rated| *together.entry(rated.at).or_default() += 1);
    let day = |listed: &Listed| listed.paper.first_listed().or(listed.paper.published);
    let days: HashMap<&PaperId, Date> =
        papers.iter().filter_map(|listed| Some((&listed.paper.id, day(listed)?))).collect();
    let rating = |rated: &Rated| {
        let at = rated.at.to_zoned(TimeZone::UTC).datetime();
        let day = days.get(&rated.id).filter(|_| together[&rated.at] >= TOGETHER);
        Rating {
            user: READER.to_owned(),
            id: rated.id.clone(),
            liked: rated.rating == Said::Like,
            at: day.map_or(at, |day| at.min(day.to_datetime(Time::midnight()))),
        }
    };
    rated.iter().map(rating).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::paper::{Announced, Listing, Paper};

    #[test]
    fn likes_that_came_in_together_are_of_their_papers_days() {
        let day = |n: i8| jiff::civil::date(2025, 1, n);
        let listed = |n: i8| {
            let id = PaperId::own(&format!("p{n}")).unwrap();
            let mut paper = Paper::new(id, "A coral");
            paper.listings.push(Listing { day: day(n), source: "file".into(), announced: Announced::New });
            Listed { day: day(n), paper }
        };
        let papers: Vec<Listed> = (1..=6).map(listed).collect();
        let at: Timestamp = "2025-01-05T12:00:00Z".parse().unwrap();
        let rated = |n: usize| -> Vec<Rating> {
            let like = |listed: &Listed| Rated {
                id: listed.paper.id.clone(),
                row: None,
                title: None,
                rating: Said::Like,
                at,
            };
            ratings(&papers[..n].iter().map(like).collect::<Vec<_>>(), &papers)
        };
        let days = |n: usize| -> Vec<i8> { rated(n).iter().map(|rating| rating.at.day()).collect() };
        assert_eq!(days(6), [1, 2, 3, 4, 5, 5], "never later than they were rated");
        assert_eq!(days(4), [5; 4], "few are given one by one");
    }
}
