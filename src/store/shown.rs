//! What a reader was shown, and on which day first: one paper, one showing.

use std::collections::BTreeMap;

use jiff::civil::Date;

use crate::error::Result;
use crate::paper::{PaperId, ReaderId, Row};

/// What readers were shown.
pub trait Shown {
    /// The day on which the reader was first shown each of these papers; others are left out.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    fn shown(&self, reader: ReaderId, rows: &[Row]) -> Result<BTreeMap<Row, Date>>;

    /// Notes that the reader was shown these papers; the first day stays.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    fn note_shown(&mut self, reader: ReaderId, rows: &[Row], day: Date) -> Result<()>;

    /// Every paper that the reader was shown, and the first day, in the order of days and papers.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    fn all_shown(&self, reader: ReaderId) -> Result<Vec<(PaperId, Date)>>;
}
