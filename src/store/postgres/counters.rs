//! Counters, whose rows those who count on wait for.

use super::connection::Connection;
use crate::error::Result;

/// Counts on; the counter's value then. Whoever else counts on waits until this is committed.
pub(super) fn count(db: &Connection, name: &str, more: i64) -> Result<i64> {
    let sql = "UPDATE counters SET value = value + $2 WHERE name = $1 RETURNING value";
    Ok(db.row(sql, &[&name, &more])?.try_get(0)?)
}
