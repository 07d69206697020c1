//! The calendar: which days each source announced, and which are missing.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Context, Verb, Whole};
use crate::error::{Error, Result};
use crate::library::Library;
use crate::paper::Right;
use crate::store::SourceDay;

/// Which days each source announced, and what is missing.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default)]
pub struct ShowCalendar {
    /// So many weeks up to the newest day.
    pub weeks: Weeks,
    /// Only this source, such as `arxiv:cs.CV` or `hf`.
    #[schemars(length(max = 300))]
    pub source: Option<String>,
}

impl Default for ShowCalendar {
    fn default() -> Self {
        Self { weeks: Weeks::known(5), source: None }
    }
}

/// A number of weeks, up to ten years.
pub type Weeks = Whole<1, 520>;

impl Verb for ShowCalendar {
    const NAME: &'static str = "days";
    const SHAPE: &'static str = "days/1";
    const RIGHT: Right = Right::Look;
    type Answer = Calendar;

    /// # Errors
    /// [`Error::NothingListed`] if nothing was ever brought in by `sync`.
    fn run(self, library: &mut Library, _: &Context<'_>) -> Result<Calendar> {
        calendar(library, self.source.as_deref(), self.weeks.get())
    }
}

/// The calendar of a stretch of days.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Calendar {
    /// The first day.
    pub first: Date,
    /// The last day: the newest that any source has.
    pub last: Date,
    /// What is known, in the order of sources and days; a day that is not there was never asked
    /// about.
    pub days: Vec<SourceDay>,
}

/// The calendar of so many weeks up to its newest day, from a Monday on; of one source or of
/// all.
///
/// # Errors
/// [`Error::NothingListed`] if nothing was ever brought in by `sync`.
pub fn calendar(library: &Library, source: Option<&str>, n_weeks: u32) -> Result<Calendar> {
    let (_, last) = library
        .store
        .calendar_span()?
        .ok_or_else(|| Error::NothingListed("the calendar is empty: `paperpick sync` fills it".into()))?;
    let back = i64::from(last.weekday().to_monday_zero_offset()) + 7 * (i64::from(n_weeks) - 1);
    let span = jiff::Span::new().try_days(back);
    let first = span.and_then(|span| last.checked_sub(span)).unwrap_or(Date::MIN);
    let days = library.store.calendar(source, first, last)?;
    Ok(Calendar { first, last, days })
}

/// The days from `first` to `last` on which something was listed, with how many papers.
///
/// # Errors
/// [`Error::Database`].
pub fn papers_by_day(library: &Library, first: Date, last: Date) -> Result<Vec<(Date, usize)>> {
    library.store.papers_by_day(first, last)
}

/// The listed days next to a day: the one before, and the one after.
///
/// # Errors
/// [`Error::Database`].
pub fn days_beside(library: &Library, day: Date) -> Result<(Option<Date>, Option<Date>)> {
    library.store.days_beside(day)
}
