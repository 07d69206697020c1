//! What a member brings in, held against what one may bring in on a day.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Serialize;

use super::Context;
use crate::config::Quota;
use crate::error::{Error, Result};
use crate::library::Library;
use crate::source::Entry;

/// Papers and bytes so far; each one more is refused at the first that is too many, before anything is stored.
pub struct Brought {
    left: Option<Quota>,
    most: Quota,
    day: Date,
    so_far: Quota,
}

impl Brought {
    /// Nothing yet, by whoever asks.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub fn by(library: &Library, context: &Context<'_>) -> Result<Self> {
        let day = context.now().to_zoned(TimeZone::UTC).date();
        let most = context.quota.copied().unwrap_or_default();
        let before = library.store.brought(library.reader, day)?;
        let left = context.quota.map(|most| most.less(before));
        Ok(Self { left, most, day, so_far: Quota::NOTHING })
    }

    /// One entry of a file more, good or broken.
    ///
    /// # Errors
    /// [`Error::OverQuota`].
    pub fn entry(&mut self, entry: &Entry) -> Result<()> {
        match entry {
            Ok(paper) => self.add(1, paper),
            Err(problem) => self.add(1, problem),
        }
    }

    /// Some papers more, and the bytes that a value has as JSON.
    ///
    /// # Errors
    /// [`Error::OverQuota`].
    pub fn add(&mut self, papers: u64, value: &impl Serialize) -> Result<()> {
        let Some(left) = self.left else { return Ok(()) };
        let bytes = serde_json::to_vec(value).map_or(0, |json| json.len() as u64);
        self.so_far = Quota { papers: self.so_far.papers + papers, bytes: self.so_far.bytes + bytes };
        let over = |what, most, left| Err(Error::OverQuota { what, most, left });
        match self.so_far {
            now if now.papers > left.papers => over("papers", self.most.papers, left.papers),
            now if now.bytes > left.bytes => over("bytes", self.most.bytes, left.bytes),
            _ => Ok(()),
        }
    }

    /// Counts all of it for this day.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub fn note(&self, library: &mut Library) -> Result<()> {
        match self.left {
            Some(_) => library.store.note_brought(library.reader, self.day, self.so_far),
            None => Ok(()),
        }
    }
}
