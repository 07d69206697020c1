//! What members brought in, by the day: their quota is held against it.

use jiff::civil::Date;
use rusqlite::{OptionalExtension, params};

use super::Store;
use crate::config::Quota;
use crate::error::Result;
use crate::paper::ReaderId;

impl Store {
    /// What a reader brought in on a day.
    ///
    /// # Errors
    /// [`crate::Error::Sqlite`].
    pub fn brought(&self, reader: ReaderId, day: Date) -> Result<Quota> {
        let sql = "SELECT papers, bytes FROM brought WHERE reader = ?1 AND day = ?2";
        let mut query = self.db.prepare_cached(sql)?;
        let found = query.query_row(params![reader, day.to_string()], |row| {
            Ok(Quota { papers: row.get(0)?, bytes: row.get(1)? })
        });
        Ok(found.optional()?.unwrap_or(Quota::NOTHING))
    }

    /// Counts more of it, and forgets the days before.
    ///
    /// # Errors
    /// [`crate::Error::Sqlite`].
    pub fn note_brought(&mut self, reader: ReaderId, day: Date, more: Quota) -> Result<()> {
        self.durably(|db| {
            let day = day.to_string();
            db.execute("DELETE FROM brought WHERE reader = ?1 AND day < ?2", params![reader, day])?;
            db.execute(
                "INSERT INTO brought VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT DO UPDATE SET papers = papers + excluded.papers, bytes = bytes + excluded.bytes",
                params![reader, day, more.papers, more.bytes],
            )?;
            Ok(())
        })
    }
}
