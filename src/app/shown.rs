//! One paper, one showing: `today` leaves out what its reader was shown on an earlier day.
//!
//! Only the plain question for the newest day is answered so. A question for a day or a stretch of
//! days is one about the past, and has the same answer for ever.

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::{App, Brief, Days, Ranking, Today};
use crate::error::{Error, Result};
use crate::paper::{PaperId, Rating, Row};

impl App {
    /// The papers of the newest day that a ranking chooses, without those that the reader was shown before the
    /// day `on`; they count as shown from now on. On one day the answer stays the same.
    ///
    /// # Errors
    /// [`Error::NothingListed`] if nothing was listed, or all of it was shown.
    pub fn today_unseen(&mut self, ranking: &Ranking, on: Date) -> Result<Today> {
        let (first, last) = self.resolve(Days::Newest)?;
        let rows = self.store.listed(first, last)?;
        let shown = self.store.shown(self.reader, &rows)?;
        let hidden: BTreeSet<Row> = shown.iter().filter(|(_, day)| **day < on).map(|(row, _)| *row).collect();
        if hidden.len() == rows.len() && !rows.is_empty() {
            let n = rows.len();
            return Err(Error::NothingListed(format!(
                "all {n} papers of {last}, the newest day, were shown before; `--again` shows them once more"
            )));
        }
        let today = self.today_without(Days::Newest, ranking, &hidden)?;
        let mut printed = Vec::with_capacity(today.picks.len());
        for pick in &today.picks {
            printed.push(self.store.paper(&PaperId::parse(&pick.paper.id)?.0)?.row);
        }
        self.store.note_shown(self.reader, &printed, on)?;
        Ok(today)
    }

    /// The papers that were replaced on these days and that the reader knows: liked, or shown
    /// before. In the order of identifiers.
    pub(super) fn updated(&self, first: Date, last: Date, listed: &[Row]) -> Result<Vec<Brief>> {
        let mut rows = self.store.replaced(first, last)?;
        rows.retain(|row| listed.binary_search(row).is_err());
        let shown = self.store.shown(self.reader, &rows)?;
        let ratings = self.store.ratings(self.reader)?;
        let liked: BTreeSet<Row> =
            ratings.iter().filter(|r| r.rating == Rating::Like).filter_map(|r| r.row).collect();
        rows.retain(|row| shown.contains_key(row) || liked.contains(row));
        let mut papers: Vec<Brief> = self.store.papers(&rows)?.iter().map(|p| Brief::of(&p.paper)).collect();
        papers.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(papers)
    }
}
