//! What the user has chosen for this library, by name.

use rusqlite::{Connection, OptionalExtension, params};

use super::Sqlite;
use super::vectors::n_lacking;
use crate::error::Result;
use crate::paper::ModelId;

/// The value under a name.
pub(super) fn choice(db: &Connection, name: &str) -> Result<Option<String>> {
    let mut query = db.prepare_cached("SELECT value FROM choices WHERE name = ?1")?;
    Ok(query.query_row([name], |row| row.get(0)).optional()?)
}

/// Changes the value under a name in the transaction that reads it.
pub(super) fn rechoose(
    store: &mut Sqlite,
    name: &str,
    ready: Option<&ModelId>,
    change: &mut dyn FnMut(Option<String>) -> Option<String>,
) -> Result<bool> {
    store.durably(|db| {
        if let Some(model) = ready
            && n_lacking(db, model, None)? > 0
        {
            return Ok(false);
        }
        let sql = "SELECT value FROM choices WHERE name = ?1";
        let Some(value) = change(db.query_row(sql, [name], |row| row.get(0)).optional()?) else {
            return Ok(false);
        };
        db.execute("INSERT OR REPLACE INTO choices VALUES (?1, ?2)", params![name, value])?;
        Ok(true)
    })
}
