//! A day's papers, the best first.

use std::collections::BTreeSet;

use jiff::civil::Date;
use serde::Serialize;

use super::pick::{Basis, Pick, Ranking};
use super::{App, Brief, Ratings};
use crate::error::{Error, Result};
use crate::paper::Row;

/// Which days to rank.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Days {
    /// The newest day in the library.
    Newest,
    /// One day.
    One(Date),
    /// So many calendar days up to the newest one.
    Last(u32),
}

/// A day's picks.
#[derive(Debug, Clone, PartialEq, Serialize)]
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
    pub ratings: Ratings,
    /// How many of them are left out because they were shown on an earlier day.
    pub n_hidden: usize,
    /// The least probability of a like that was asked for, 0 to 1.
    pub min_score: f64,
    /// The part of the sum of scores that variety cost, 0 to 1.
    pub variety_cost: f64,
    /// The picks, the best first.
    pub picks: Vec<Pick>,
    /// Papers that the reader knows and that were replaced by a new version.
    pub updated: Vec<Brief>,
}

impl App {
    /// The first `n` papers of the days asked for.
    ///
    /// # Errors
    /// [`Error::NothingListed`] with the nearest day that has papers.
    pub fn today(&self, days: Days, n: usize) -> Result<Today> {
        self.ranked(days, &Ranking::first(n))
    }

    /// The papers of the days asked for that a ranking chooses.
    ///
    /// # Errors
    /// [`Error::NothingListed`] with the nearest day that has papers.
    pub fn ranked(&self, days: Days, ranking: &Ranking) -> Result<Today> {
        self.today_without(days, ranking, &BTreeSet::new())
    }

    /// The same without papers that are not to be shown.
    pub(super) fn today_without(
        &self,
        days: Days,
        ranking: &Ranking,
        hidden: &BTreeSet<Row>,
    ) -> Result<Today> {
        let (first, last) = self.resolve(days)?;
        let mut rows = self.store.listed(first, last)?;
        let n_listed = rows.len();
        let updated = self.updated(first, last, &rows)?;
        rows.retain(|row| !hidden.contains(row));
        let embedder = self.profile_model(&rows)?;
        let listed = self.with_vectors_of(embedder, &rows)?;
        let learned = self.learned(embedder)?;
        let count = |liked| learned.iter().flat_map(|l| &l.rated).filter(|r| r.liked == liked).count();
        let ratings = Ratings { likes: count(true), dislikes: count(false) };
        let (basis, (picks, variety_cost)) = match learned {
            Some(learned) => (Basis::Ratings, self.picks(&listed, learned, ranking)),
            None => (Basis::Votes, (self.picks_by_votes(&listed, last, ranking), 0.0)),
        };
        Ok(Today {
            first,
            last,
            n_listed,
            n_hidden: n_listed - rows.len(),
            model: embedder.model().to_string(),
            basis,
            ratings,
            min_score: ranking.min_score,
            variety_cost,
            picks,
            updated,
        })
    }

    /// The first and last day of the days asked for; both have papers, or lie between such days.
    pub(super) fn resolve(&self, days: Days) -> Result<(Date, Date)> {
        let newest = self.store.newest_day()?.ok_or_else(|| {
            let n = self.store.size().map_or(0, |size| size.papers);
            Error::NothingListed(match n {
                0 => "the library is empty: begin with `paperpick import FILE`".into(),
                _ => format!(
                    "none of the library's {n} papers was listed on a day: give one with `paperpick import FILE --day YYYY-MM-DD`"
                ),
            })
        })?;
        match days {
            Days::Newest => Ok((newest, newest)),
            Days::Last(n) => {
                let back = jiff::Span::new().try_days(i64::from(n.max(1)) - 1);
                let first = back.and_then(|back| newest.checked_sub(back));
                Ok((
                    first.map_err(|_| Error::Invalid(format!("{n} days reach back before the calendar")))?,
                    newest,
                ))
            }
            Days::One(day) if self.store.listed(day, day)?.is_empty() => {
                let nearest = self.store.nearest_day(day)?.unwrap_or(newest);
                Err(Error::NothingListed(format!(
                    "nothing was listed on {day}; the nearest day with papers is {nearest}"
                )))
            }
            Days::One(day) => Ok((day, day)),
        }
    }
}
