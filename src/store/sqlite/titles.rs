//! Keeps papers by their titles, however those are spelled.

use rusqlite::Connection;

use crate::error::Result;
use crate::paper::Row;
use crate::store::identity::title_hash;

/// Keeps by which title a paper is found.
pub(super) fn note_title(db: &Connection, row: Row, before: Option<&str>, title: &str) -> Result<()> {
    let (before, hash) = (before.map(title_hash), title_hash(title));
    if before == Some(hash) {
        return Ok(());
    }
    if let Some(before) = before {
        db.prepare_cached("DELETE FROM titles WHERE hash = ?1 AND paper = ?2")?.execute([before, row])?;
    }
    db.prepare_cached("INSERT OR IGNORE INTO titles VALUES (?1, ?2)")?.execute([hash, row])?;
    Ok(())
}

/// Keeps the titles of all papers anew: of a library of an earlier version, or of one that was damaged.
pub(super) fn note_all(db: &Connection) -> Result<()> {
    db.execute("DELETE FROM titles", [])?;
    let mut query = db.prepare("SELECT row, title FROM papers")?;
    let mut rows = query.query([])?;
    while let Some(row) = rows.next()? {
        note_title(db, row.get(0)?, None, &row.get::<_, String>(1)?)?;
    }
    Ok(())
}
