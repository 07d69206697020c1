//! What a reader was shown, and on which day first: one paper, one showing.

use std::collections::BTreeMap;

use jiff::civil::Date;
use rusqlite::params;

use super::Store;
use crate::error::Result;
use crate::paper::PaperId;
use crate::paper::{ReaderId, Row};

impl Store {
    /// The day on which the reader was first shown each of these papers; others are left out.
    ///
    /// # Errors
    /// [`crate::Error::Sqlite`].
    pub fn shown(&self, reader: ReaderId, rows: &[Row]) -> Result<BTreeMap<Row, Date>> {
        let mut query = self.db.prepare_cached("SELECT day FROM shown WHERE reader = ?1 AND paper = ?2")?;
        let mut days = BTreeMap::new();
        for row in rows {
            let mut found = query.query(params![reader, row])?;
            if let Some(found) = found.next()?
                && let Ok(day) = found.get::<_, String>(0)?.parse()
            {
                days.insert(*row, day);
            }
        }
        Ok(days)
    }

    /// Notes that the reader was shown these papers; the first day stays.
    ///
    /// # Errors
    /// [`crate::Error::Sqlite`].
    pub fn note_shown(&mut self, reader: ReaderId, rows: &[Row], day: Date) -> Result<()> {
        self.transaction(|db| {
            let mut note = db.prepare_cached("INSERT OR IGNORE INTO shown VALUES (?1, ?2, ?3)")?;
            for row in rows {
                note.execute(params![reader, row, day.to_string()])?;
            }
            Ok(())
        })
    }

    /// The rows of the papers that were replaced from `first` to `last`, in the order of rows.
    ///
    /// # Errors
    /// [`crate::Error::Sqlite`].
    pub fn replaced(&self, first: Date, last: Date) -> Result<Vec<Row>> {
        let sql = "SELECT DISTINCT paper FROM listings
                   WHERE day BETWEEN ?1 AND ?2 AND announced IN ('replace', 'replace-cross') ORDER BY paper";
        let mut query = self.db.prepare_cached(sql)?;
        let rows = query.query_map(params![first.to_string(), last.to_string()], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Every paper that the reader was shown, and the first day, in the order of days and papers.
    ///
    /// # Errors
    /// [`crate::Error::Sqlite`].
    pub fn all_shown(&self, reader: ReaderId) -> Result<Vec<(PaperId, Date)>> {
        let sql = "SELECT p.id, s.day FROM shown s JOIN papers p ON p.row = s.paper
                   WHERE s.reader = ?1 ORDER BY s.day, p.id";
        let mut query = self.db.prepare(sql)?;
        let mut rows = query.query([reader])?;
        let mut shown = Vec::new();
        while let Some(row) = rows.next()? {
            let (id, day): (String, String) = (row.get(0)?, row.get(1)?);
            if let Ok(day) = day.parse() {
                shown.push((PaperId::parse(&id)?.0, day));
            }
        }
        Ok(shown)
    }
}
