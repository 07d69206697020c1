//! The calendar: which days each source announced, and which are missing.

use jiff::civil::Date;
use serde::Serialize;

use super::App;
use crate::error::{Error, Result};
use crate::store::SourceDay;

/// The calendar of a stretch of days.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Calendar {
    /// The first day.
    pub first: Date,
    /// The last day: the newest that any source has.
    pub last: Date,
    /// What is known, in the order of sources and days; a day that is not there was never asked
    /// about.
    pub days: Vec<SourceDay>,
}

impl App {
    /// The calendar of so many weeks up to its newest day, from a Monday on; of one source or of
    /// all.
    ///
    /// # Errors
    /// [`Error::NothingListed`] if nothing was ever brought in by `sync`.
    pub fn calendar(&self, source: Option<&str>, n_weeks: u32) -> Result<Calendar> {
        let (_, last) = self
            .store
            .calendar_span()?
            .ok_or_else(|| Error::NothingListed("the calendar is empty: `paperpick sync` fills it".into()))?;
        let back =
            i64::from(last.weekday().to_monday_zero_offset()) + 7 * (i64::from(n_weeks.clamp(1, 520)) - 1);
        let span = jiff::Span::new().try_days(back);
        let first = span.and_then(|span| last.checked_sub(span)).unwrap_or(Date::MIN);
        let days = self.store.calendar(source, first, last)?;
        Ok(Calendar { first, last, days })
    }
}
