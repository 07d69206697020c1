//! A day's papers, the best first.

use std::collections::BTreeSet;

use jiff::civil::Date;
use serde::Serialize;

use super::{App, Brief, Ratings};
use crate::embed::{Embedder, Embedding};
use crate::error::{Error, Result};
use crate::store::{Rated, Rating, Row, StoredPaper};

/// Which days to rank.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
    /// The picks, the best first.
    pub picks: Vec<Pick>,
    /// Papers that the reader knows and that were replaced by a new version.
    pub updated: Vec<Brief>,
}

/// What an order rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// The votes of others: nothing has been rated yet.
    Votes,
    /// The reader's own ratings.
    Ratings,
}

/// A paper in its place.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Pick {
    /// The place, from 1.
    pub rank: usize,
    /// The score, 0 to 1; absent where the order rests on votes.
    pub score: Option<f64>,
    /// Why it stands here, in one line.
    pub reason: String,
    /// The paper.
    #[serde(flatten)]
    pub paper: Brief,
}

impl App {
    /// The first `n` papers of the days asked for.
    ///
    /// # Errors
    /// [`Error::NothingListed`] with the nearest day that has papers.
    pub fn today(&self, days: Days, n: usize) -> Result<Today> {
        self.today_without(days, n, &BTreeSet::new())
    }

    /// The same without papers that are not to be shown.
    pub(super) fn today_without(&self, days: Days, n: usize, hidden: &BTreeSet<Row>) -> Result<Today> {
        let (first, last) = self.resolve(days)?;
        let mut rows = self.store.listed(first, last)?;
        let n_listed = rows.len();
        let updated = self.updated(first, last, &rows)?;
        rows.retain(|row| !hidden.contains(row));
        let ratings = self.store.ratings(self.reader)?;
        let involved: Vec<Row> = rows.iter().copied().chain(ratings.iter().filter_map(|r| r.row)).collect();
        let embedder = self.reader_of(&involved)?;
        let listed = self.with_vectors_of(embedder, &rows)?;
        let rated = self.rated(embedder)?;
        let (basis, mut scored) = if rated.is_empty() {
            (Basis::Votes, by_votes(&listed))
        } else {
            (Basis::Ratings, by_ratings(&listed, &rated))
        };
        let order = |s: &Scored<'_>| (s.score, s.paper.paper.top_votes());
        scored.sort_by(|a, b| {
            let (x, y) = (order(a), order(b));
            y.0.unwrap_or(0.0)
                .total_cmp(&x.0.unwrap_or(0.0))
                .then(y.1.cmp(&x.1))
                .then_with(|| a.paper.paper.id.cmp(&b.paper.paper.id))
        });
        let picks = scored.into_iter().take(n).enumerate();
        let picks = picks.map(|(i, s)| Pick {
            rank: i + 1,
            score: s.score,
            reason: s.reason,
            paper: Brief::of(&s.paper.paper),
        });
        let count = |rating| rated.iter().filter(|(r, ..)| r.rating == rating).count();
        let ratings = Ratings { likes: count(Rating::Like), dislikes: count(Rating::Dislike) };
        let model = embedder.model().to_string();
        let n_hidden = n_listed - rows.len();
        Ok(Today { first, last, n_listed, n_hidden, model, basis, ratings, picks: picks.collect(), updated })
    }

    /// The first and last day of the days asked for; both have papers, or lie between such days.
    pub(super) fn resolve(&self, days: Days) -> Result<(Date, Date)> {
        let newest = self.store.newest_day()?.ok_or_else(|| {
            Error::NothingListed(
                "the library has no listed papers yet: begin with `paperpick import FILE`".into(),
            )
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

    /// The ratings of papers that are in the library, with the papers and their vectors.
    fn rated(&self, embedder: &dyn Embedder) -> Result<Vec<(Rated, StoredPaper, Embedding)>> {
        let ratings: Vec<Rated> =
            self.store.ratings(self.reader)?.into_iter().filter(|r| r.row.is_some()).collect();
        let rows: Vec<Row> = ratings.iter().filter_map(|r| r.row).collect();
        let papers = self.with_vectors_of(embedder, &rows)?;
        Ok(ratings.into_iter().zip(papers).map(|(rated, (paper, vector))| (rated, paper, vector)).collect())
    }
}

struct Scored<'a> {
    paper: &'a StoredPaper,
    score: Option<f64>,
    reason: String,
}

fn by_votes(listed: &[(StoredPaper, Embedding)]) -> Vec<Scored<'_>> {
    let reason = |paper: &StoredPaper| match paper.paper.top_votes() {
        Some(1) => "1 vote".to_owned(),
        Some(n) => format!("{n} votes"),
        None => "votes unknown".to_owned(),
    };
    listed.iter().map(|(paper, _)| Scored { paper, score: None, reason: reason(paper) }).collect()
}

/// Nearest like, less half of the nearest dislike.
fn by_ratings<'a>(
    listed: &'a [(StoredPaper, Embedding)],
    rated: &[(Rated, StoredPaper, Embedding)],
) -> Vec<Scored<'a>> {
    let nearest = |vector: &Embedding, rating| {
        rated
            .iter()
            .filter(|(r, ..)| r.rating == rating)
            .map(|(_, paper, other)| (vector.cosine(other), &paper.paper.title))
            .max_by(|a, b| a.0.total_cmp(&b.0))
    };
    let score = |(paper, vector): &'a (StoredPaper, Embedding)| {
        let like = nearest(vector, Rating::Like);
        let dislike = nearest(vector, Rating::Dislike);
        let value = like.map_or(0.0, |l| l.0) - 0.5 * dislike.map_or(0.0, |d| d.0);
        let reason = match (like, dislike) {
            (Some(like), Some(dislike)) if dislike.0 > like.0 => format!("near your dislike: {}", dislike.1),
            (Some(like), _) => format!("near your like: {}", like.1),
            (None, Some(dislike)) => format!("near your dislike: {}", dislike.1),
            (None, None) => String::new(),
        };
        Scored { paper, score: Some(f64::from(value.clamp(0.0, 1.0))), reason }
    };
    listed.iter().map(score).collect()
}
