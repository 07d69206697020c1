//! What a reader app subscribes to: the picks of the last days.

use std::collections::HashSet;

use jiff::civil::Date;
use serde::Serialize;

use super::{App, Days, Entry};
use crate::error::{Error, Result};

/// A feed's entries, the newest day first and the best of each day first.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Feed {
    /// A name that never changes, such as `picks`.
    pub name: String,
    /// The title to show.
    pub title: String,
    /// The newest day of an entry.
    pub updated: Date,
    /// The entries; each paper once, on the first day on which it was an entry.
    pub entries: Vec<Dated>,
}

/// An entry and its day.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Dated {
    /// The day on which it was listed.
    pub day: Date,
    /// The entry.
    #[serde(flatten)]
    pub entry: Entry,
}

impl App {
    /// The first `n` picks of each of the last `n_days` days on which something was listed.
    ///
    /// # Errors
    /// [`Error::NothingListed`] in a library without days.
    pub fn picks_feed(&self, n_days: usize, n: usize) -> Result<Feed> {
        let mut entries = Vec::new();
        let mut seen = HashSet::new();
        let days = self.store.last_days(n_days)?;
        for &day in days.iter().rev() {
            let picks = self.today(Days::One(day), n)?.picks;
            let first = entries.len();
            for pick in picks {
                if seen.insert(pick.paper.id.clone()) {
                    entries.push(Dated { day, entry: self.entry(pick)? });
                }
            }
            entries[first..].reverse();
        }
        entries.reverse();
        let updated =
            days.first().copied().ok_or_else(|| Error::NothingListed("no day is listed yet".into()))?;
        Ok(Feed { name: "picks".into(), title: "paperpick: picks".into(), updated, entries })
    }
}
