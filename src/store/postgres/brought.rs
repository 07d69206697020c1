//! What members brought in, by the day: their quota is held against it.

use jiff::civil::Date;

use super::connection::Connection;
use crate::config::Quota;
use crate::error::Result;
use crate::paper::ReaderId;

/// What a reader brought in on a day.
pub(super) fn on(db: &Connection, reader: ReaderId, day: Date) -> Result<Quota> {
    let sql = "SELECT papers, bytes FROM brought WHERE reader = $1 AND day = $2";
    let Some(row) = db.find(sql, &[&reader.get(), &day.to_string()])? else { return Ok(Quota::NOTHING) };
    let (papers, bytes): (i64, i64) = (row.try_get(0)?, row.try_get(1)?);
    Ok(Quota { papers: papers as _, bytes: bytes as _ })
}

/// Counts more of it, and forgets the days before.
pub(super) fn note(db: &Connection, reader: ReaderId, day: Date, more: Quota) -> Result<()> {
    let day = day.to_string();
    db.run("DELETE FROM brought WHERE reader = $1 AND day < $2", &[&reader.get(), &day])?;
    let sql = "INSERT INTO brought AS b VALUES ($1, $2, $3, $4) ON CONFLICT (reader, day)
               DO UPDATE SET papers = b.papers + excluded.papers, bytes = b.bytes + excluded.bytes";
    db.run(sql, &[&reader.get(), &day, &(more.papers as i64), &(more.bytes as i64)]).map(drop)
}
