//! The library's own history, as a replay walks it.

use std::collections::HashMap;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Serialize;

use super::App;
use crate::embed::Embedding;
use crate::error::{Error, Result};
use crate::evaluate::log::{Listed, Log, Rating};
use crate::evaluate::metrics::Measures;
use crate::evaluate::rankers::Ranker;
use crate::evaluate::replay::{self, Replay, Setup};
use crate::evaluate::start::{self, Beginnings};
use crate::paper::{PaperId, Rating as Said, Row};
use crate::progress::Progress;

/// The name of a library's reader in its log.
const READER: &str = "reader";

/// How good the order of a reader's days was.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Quality {
    /// What a replay of the library's history found.
    #[serde(flatten)]
    pub replay: Replay,
    /// The learned order on each day with a like, the oldest first.
    pub days: Vec<DayQuality>,
}

/// How good the order of a day was.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct DayQuality {
    /// The day.
    pub day: Date,
    /// nDCG@10, 0 to 1.
    pub ndcg_10: f64,
}

impl App {
    /// Replays the reader's history: each day ranked by what was rated before it, by us and by
    /// votes and cosines, and measured by what was liked on it.
    ///
    /// # Errors
    /// [`Error::NothingListed`] if no day has a liked paper and another.
    pub fn quality(&self, seed: u64, progress: &dyn Progress) -> Result<Quality> {
        let (log, vectors) = self.history()?;
        let rankers = vec![Ranker::Learned, Ranker::MeanCosine, Ranker::Votes, Ranker::Random];
        let setup = Setup { rankers, from: None, options: self.options, seed };
        let ranked = replay::walk(&log, &vectors, &setup, progress)?;
        if ranked.is_empty() {
            let why = "no day has a liked paper and another; like papers of more days, and ask again";
            return Err(Error::NothingListed(why.into()));
        }
        let quality = |day: &replay::RankedDay| {
            let relevant: Vec<bool> = day.lists[0].iter().map(|place| place.relevant).collect();
            Some(DayQuality { day: day.day, ndcg_10: Measures::of(&relevant)?.ndcg_10 })
        };
        let days = ranked.iter().filter_map(quality).collect();
        Ok(Quality { replay: replay::measure(&log, &ranked, &setup), days })
    }

    /// Lets the reader begin anew, twenty times, with ten answers to questions that are chosen and to such
    /// that are drawn; see [`start::begin`].
    ///
    /// # Errors
    /// [`Error::NothingListed`] if too little was listed or liked.
    pub fn beginnings(&self, seed: u64, progress: &dyn Progress) -> Result<Beginnings> {
        let (log, vectors) = self.history()?;
        let setup = start::Setup { questions: 10, pool: 1_000, repetitions: 20, from: None, seed };
        let beginnings = start::begin(&log, &vectors, &setup, progress);
        if beginnings.users.is_empty() {
            let why = "no paper was liked that was listed before the middle of your ratings and one after it, or \
                       fewer than 1,000 papers were listed before it";
            return Err(Error::NothingListed(why.into()));
        }
        Ok(beginnings)
    }

    /// Every paper and every rating of the library, with the papers' vectors in their order. A
    /// paper that no source listed is from before all days.
    ///
    /// # Errors
    /// [`crate::Error::Sqlite`], or [`crate::Error::Model`] if vectors are missing and the model
    /// cannot run.
    pub fn history(&self) -> Result<(Log, Vec<Embedding>)> {
        let mut rows: Vec<Row> = Vec::new();
        self.store.each_paper(|stored| {
            rows.push(stored.row);
            Ok(())
        })?;
        let (mut papers, mut vectors) = (Vec::new(), HashMap::<PaperId, Embedding>::new());
        for (stored, vector) in self.with_vectors(&rows)? {
            vectors.insert(stored.paper.id.clone(), vector);
            let day = stored.paper.first_listed().unwrap_or(Date::MIN);
            papers.push(Listed { day, paper: stored.paper });
        }
        let ratings = self.store.ratings(self.reader)?.into_iter().map(|rated| Rating {
            user: READER.to_owned(),
            id: rated.id,
            liked: rated.rating == Said::Like,
            at: rated.at.to_zoned(TimeZone::UTC).datetime(),
        });
        let log = Log::new(papers, ratings.collect());
        let mut of = |listed: &Listed| vectors.remove(&listed.paper.id).ok_or(Error::NoDirection);
        let vectors = log.papers.iter().map(&mut of).collect::<Result<_>>()?;
        Ok((log, vectors))
    }
}
