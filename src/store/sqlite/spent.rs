//! The time that SQLite took on this thread, as it tells it itself.

use std::cell::Cell;
use std::time::Duration;

use rusqlite::Connection;
use rusqlite::trace::{TraceEvent, TraceEventCodes};

thread_local! {
    static SPENT: Cell<Duration> = const { Cell::new(Duration::ZERO) };
}

/// Counts the statements of a connection from now on.
pub(super) fn count(db: &mut Connection) -> rusqlite::Result<()> {
    db.trace_v2(TraceEventCodes::SQLITE_TRACE_PROFILE, Some(note))
}

fn note(event: TraceEvent<'_>) {
    if let TraceEvent::Profile(_, took) = event {
        SPENT.set(SPENT.get() + took);
    }
}

/// What SQLite took on this thread so far, from the first to the last row of each statement.
pub fn in_sqlite() -> Duration {
    SPENT.get()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_of_a_statement_is_its_threads() {
        let mut db = Connection::open_in_memory().unwrap();
        count(&mut db).unwrap();
        let before = in_sqlite();
        let sql = "WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 300000) SELECT max(x) FROM n";
        assert_eq!(db.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap(), 300_000);
        assert!(in_sqlite() > before);
        assert_eq!(std::thread::spawn(in_sqlite).join().unwrap(), Duration::ZERO);
    }
}
