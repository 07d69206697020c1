//! Which days are meant.

use jiff::Span;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::Deserialize;

use super::Library;
use crate::error::{Error, Result};

/// The longest stretch of days that can be asked about: ten years.
pub const LONGEST_SPAN: u32 = 3_660;

/// Which days to look at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(try_from = "Typed")]
pub enum Days {
    /// The newest day in the library.
    #[default]
    Newest,
    /// One day.
    One(Date),
    /// So many calendar days up to the newest one, 1 to [`LONGEST_SPAN`].
    Last(u32),
}

/// Days as a request names them; the newest day where it names none.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct Typed {
    /// One day.
    date: Option<Date>,
    /// So many days up to the newest one.
    #[schemars(range(min = 1, max = 3660))]
    days: Option<u32>,
}

impl TryFrom<Typed> for Days {
    type Error = Error;

    fn try_from(typed: Typed) -> Result<Self> {
        match (typed.date, typed.days) {
            (Some(_), Some(_)) => Err(Error::Invalid("give either date or days, not both".into())),
            (Some(day), None) => Ok(Self::One(day)),
            (None, Some(n)) => Self::last(n),
            (None, None) => Ok(Self::Newest),
        }
    }
}

impl JsonSchema for Days {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Days".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        Typed::json_schema(generator)
    }
}

impl Days {
    /// So many days up to the newest one.
    ///
    /// # Errors
    /// [`Error::Invalid`] for none, or more than [`LONGEST_SPAN`].
    pub fn last(n: u32) -> Result<Self> {
        match n {
            1..=LONGEST_SPAN => Ok(Self::Last(n)),
            _ => Err(Error::Invalid(format!("days is {n}, but it is 1 to {LONGEST_SPAN}"))),
        }
    }
}

impl Library {
    /// The first and last day of the days asked for; both have papers, or lie between such days.
    pub(crate) fn resolve(&self, days: Days) -> Result<(Date, Date)> {
        let newest = self.store.newest_day()?.ok_or_else(|| self.without_days())?;
        match days {
            Days::Newest => Ok((newest, newest)),
            Days::Last(n) => Ok((back(newest, n)?, newest)),
            Days::One(day) if self.store.listed(day, day)?.is_empty() => {
                let nearest = self.store.nearest_day(day)?.unwrap_or(newest);
                Err(Error::NothingListed(format!(
                    "nothing was listed on {day}; the nearest day with papers is {nearest}"
                )))
            }
            Days::One(day) => Ok((day, day)),
        }
    }

    fn without_days(&self) -> Error {
        let n = self.store.size().map_or(0, |size| size.papers);
        Error::NothingListed(match n {
            0 => "the library is empty: begin with `paperpick import FILE`".into(),
            _ => format!(
                "none of the library's {n} papers was listed on a day: give one with `paperpick import FILE --day YYYY-MM-DD`"
            ),
        })
    }
}

/// The first of `n` days up to `last`.
pub(crate) fn back(last: Date, n: u32) -> Result<Date> {
    let first = Span::new().try_days(i64::from(n.max(1)) - 1).and_then(|span| last.checked_sub(span));
    first.map_err(|_| Error::Invalid(format!("{n} days reach back before the calendar")))
}
