//! The time that SQLite took on this thread, as it tells it itself.

use rusqlite::Connection;
use rusqlite::trace::{TraceEvent, TraceEventCodes};

use crate::store::spent;

/// Counts the statements of a connection from now on.
pub(super) fn count(db: &mut Connection) -> rusqlite::Result<()> {
    db.trace_v2(TraceEventCodes::SQLITE_TRACE_PROFILE, Some(note))
}

fn note(event: TraceEvent<'_>) {
    if let TraceEvent::Profile(_, took) = event {
        spent::add(took);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::store::in_database;

    #[test]
    fn the_time_of_a_statement_is_its_threads() {
        let mut db = Connection::open_in_memory().unwrap();
        count(&mut db).unwrap();
        let before = in_database();
        let sql = "WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 300000) SELECT max(x) FROM n";
        assert_eq!(db.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap(), 300_000);
        assert!(in_database() > before);
        assert_eq!(std::thread::spawn(in_database).join().unwrap(), Duration::ZERO);
    }
}
