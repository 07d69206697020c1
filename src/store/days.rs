//! Days and the papers that were listed on them: announced as new or cross-listed.
//!
//! A replacement (a new version of a known paper) is no listing here: a day that has nothing else is not
//! a day with papers. A day that one of the questions below names is never empty for another.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

use jiff::civil::Date;

use crate::error::Result;
use crate::paper::Row;

/// What was listed, and when.
pub trait Days {
    /// The rows of the papers that were listed from `first` to `last`, without doubles, in the order of
    /// rows.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    fn listed(&self, first: Date, last: Date) -> Result<Vec<Row>>;

    /// At most `n` of these rows (ascending): those with the most votes, and of equal ones the first.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    fn most_voted(&self, rows: &[Row], n: usize) -> Result<Vec<Row>>;

    /// The rows of the papers of the last `n` listings, the newest day first, each paper once.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    fn recently_listed(&self, n: usize) -> Result<Vec<Row>>;

    /// The days on which at least `n` papers were listed, the oldest first.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    fn days_of(&self, n: usize) -> Result<Vec<Date>> {
        let counted = self.papers_by_day(Date::ZERO, Date::MAX)?.into_iter();
        Ok(counted.filter(|(_, n_papers)| *n_papers >= n).map(|(day, _)| day).collect())
    }

    /// Up to `n` days on which papers were listed, the newest first.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    fn last_days(&self, n: usize) -> Result<Vec<Date>>;

    /// The days of which it is known what was picked (see [`crate::paper::PICKS`]), in order.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    fn pick_days(&self) -> Result<Vec<Date>>;

    /// The newest day on which papers were listed.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    fn newest_day(&self) -> Result<Option<Date>> {
        Ok(self.last_days(1)?.pop())
    }

    /// The day with papers that is nearest to `day`, the earlier one if two are as near.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    fn nearest_day(&self, day: Date) -> Result<Option<Date>> {
        if !self.listed(day, day)?.is_empty() {
            return Ok(Some(day));
        }
        let (before, after) = self.days_beside(day)?;
        let distance = |other: &Date| day.duration_until(*other).abs();
        // The first of two as near is the one that is kept.
        Ok(before.into_iter().chain(after).min_by_key(distance))
    }

    /// The days from `first` to `last` on which papers were listed, with how many.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    fn papers_by_day(&self, first: Date, last: Date) -> Result<Vec<(Date, usize)>>;

    /// The days with papers next to a day: the one before, and the one after.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    fn days_beside(&self, day: Date) -> Result<(Option<Date>, Option<Date>)>;

    /// The rows of the papers that were replaced from `first` to `last`, in the order of rows.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    fn replaced(&self, first: Date, last: Date) -> Result<Vec<Row>>;
}

/// At most `n` of some rows (ascending): those with the most votes, and of equal ones the first.
pub(super) fn with_most_votes(rows: &[Row], n: usize, votes: &HashMap<Row, i64>) -> Vec<Row> {
    let mut rows = rows.to_vec();
    rows.sort_by_key(|row| Reverse(votes.get(row).copied().unwrap_or(0)));
    rows.truncate(n);
    rows.sort_unstable();
    rows
}

/// Rows in their order, without doubles.
pub(super) fn each_once(mut rows: Vec<Row>) -> Vec<Row> {
    let mut seen = HashSet::new();
    rows.retain(|row| seen.insert(*row));
    rows
}
