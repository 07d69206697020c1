//! The calendar of the sources: which days were announced, seen and missed; and the feeds that were added.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;

use crate::config::FeedSource;
use crate::error::Result;
use crate::paper::PaperId;

/// What is known of a day of a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DayState {
    /// It announced papers, and all of them are here.
    Announced,
    /// It announced nothing: a weekend, a holiday.
    Nothing,
    /// It has not announced anything yet.
    NotYet,
    /// Asking failed.
    Failed,
    /// Some of its papers are here, or all of them and no one could confirm it.
    Partly,
}

const STATES: [(DayState, &str); 5] = [
    (DayState::Announced, "announced"),
    (DayState::Nothing, "nothing"),
    (DayState::NotYet, "not-yet"),
    (DayState::Failed, "failed"),
    (DayState::Partly, "partly"),
];

impl DayState {
    /// Whether nothing is left to be done.
    pub fn is_settled(self) -> bool {
        matches!(self, Self::Announced | Self::Nothing)
    }

    /// Whether something is missing.
    pub fn is_gap(self) -> bool {
        matches!(self, Self::Failed | Self::Partly)
    }

    pub(super) fn word(self) -> &'static str {
        STATES.iter().find(|(state, _)| *state == self).map_or("failed", |(_, word)| word)
    }

    pub(super) fn parse(word: &str) -> Self {
        STATES.iter().find(|(_, w)| *w == word).map_or(Self::Failed, |(state, _)| *state)
    }
}

/// A day of a source.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
pub struct SourceDay {
    /// The source: `arxiv:cs.CV`, `hf`, `feed:NAME`, `digests:FOLDER`.
    pub source: String,
    /// The day, in the source's own calendar.
    pub day: Date,
    /// What is known of it.
    pub state: DayState,
    /// How many papers it announced, where that is known.
    pub announced: Option<usize>,
    /// How many of them are in the library.
    pub seen: usize,
    /// Why, or how that is known.
    pub note: String,
    /// When that was found.
    pub at: Timestamp,
}

/// What is known of the days of each source, and the feeds that were added.
pub trait Calendar {
    /// Notes what was found of a day. What is settled is not unsettled by a failure, what was seen in part is not
    /// by one that saw nothing, and of two that are settled the newer one stays.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    fn mark(&self, day: &SourceDay) -> Result<()>;

    /// What is known of the days from `first` to `last`, of one source or of all, in the order of
    /// sources and days.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    fn calendar(&self, source: Option<&str>, first: Date, last: Date) -> Result<Vec<SourceDay>>;

    /// The first and last day that the calendar knows.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    fn calendar_span(&self) -> Result<Option<(Date, Date)>>;

    /// The days on which a source announced each of these papers as new or cross-listed; papers
    /// that are not in the library are left out, and those that are have at least an empty entry.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    fn listed_days(&self, source: &str, ids: &[PaperId]) -> Result<BTreeMap<PaperId, BTreeSet<Date>>>;

    /// Forgets what stands on a day of arXiv under a source of the calendar, such as `arxiv:cs.CV`:
    /// it was expected there, and what was announced is known now.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    fn take_back(&self, source: &str, day: Date) -> Result<()>;

    /// The feeds that were added, besides those of the settings, in the order of names.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    fn feeds(&self) -> Result<Vec<FeedSource>>;

    /// Adds feeds, each address once; returns how many were new.
    ///
    /// # Errors
    /// [`crate::Error::Database`]; then none is added.
    fn add_feeds(&mut self, feeds: &[FeedSource]) -> Result<usize>;
}
