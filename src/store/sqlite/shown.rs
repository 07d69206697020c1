//! What a reader was shown, and on which day first: one paper, one showing.

use std::collections::BTreeMap;

use jiff::civil::Date;
use rusqlite::params;

use super::Sqlite;
use crate::error::Result;
use crate::paper::{PaperId, ReaderId, Row};
use crate::store::Shown;

impl Shown for Sqlite {
    fn shown(&self, reader: ReaderId, rows: &[Row]) -> Result<BTreeMap<Row, Date>> {
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

    fn note_shown(&mut self, reader: ReaderId, rows: &[Row], day: Date) -> Result<()> {
        self.transaction(|db| {
            let mut note = db.prepare_cached("INSERT OR IGNORE INTO shown VALUES (?1, ?2, ?3)")?;
            for row in rows {
                note.execute(params![reader, row, day.to_string()])?;
            }
            Ok(())
        })
    }

    fn all_shown(&self, reader: ReaderId) -> Result<Vec<(PaperId, Date)>> {
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
