//! Papers by their titles, however those are spelled.

use rusqlite::Connection;

use crate::error::Result;
use crate::hash::fnv1a;
use crate::paper::{PaperId, Row, title_key};

/// The papers whose titles have this key, and seldom others; by identifier.
pub(super) fn with_title(db: &Connection, key: &str) -> Result<Vec<PaperId>> {
    let sql =
        "SELECT p.id FROM titles t JOIN papers p ON p.row = t.paper WHERE t.hash = ?1 ORDER BY p.id LIMIT 9";
    let mut query = db.prepare_cached(sql)?;
    let ids = query.query_map([hash(key)], |row| row.get::<_, String>(0))?;
    ids.map(|id| Ok(PaperId::parse(&id?)?.0)).collect()
}

/// Keeps by which title a paper is found.
pub(super) fn note_title(db: &Connection, row: Row, before: Option<&str>, title: &str) -> Result<()> {
    let hash_of = |title: &str| hash(&title_key(title));
    let (before, hash) = (before.map(hash_of), hash_of(title));
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

/// The hash of a title's key, signed as SQLite keeps numbers.
fn hash(key: &str) -> i64 {
    fnv1a(key.bytes()).cast_signed()
}
