//! What members brought in, by the day: their quota is held against it.

use jiff::civil::Date;
use rusqlite::{Connection, OptionalExtension, params};

use super::Sqlite;
use crate::config::Quota;
use crate::error::Result;
use crate::paper::ReaderId;

/// What a reader brought in on a day.
pub(super) fn on(db: &Connection, reader: ReaderId, day: Date) -> Result<Quota> {
    let sql = "SELECT papers, bytes FROM brought WHERE reader = ?1 AND day = ?2";
    let mut query = db.prepare_cached(sql)?;
    let found = query.query_row(params![reader, day.to_string()], |row| {
        Ok(Quota { papers: row.get(0)?, bytes: row.get(1)? })
    });
    Ok(found.optional()?.unwrap_or(Quota::NOTHING))
}

/// Counts more of it, and forgets the days before.
pub(super) fn note(store: &mut Sqlite, reader: ReaderId, day: Date, more: Quota) -> Result<()> {
    store.durably(|db| {
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
