//! The time that the database took on this thread, as its engine tells it.

use std::cell::Cell;
use std::time::Duration;

thread_local! {
    static SPENT: Cell<Duration> = const { Cell::new(Duration::ZERO) };
}

/// Counts more of it.
pub(super) fn add(took: Duration) {
    SPENT.set(SPENT.get() + took);
}

/// What the database took on this thread so far, from the first to the last row of each statement.
pub fn in_database() -> Duration {
    SPENT.get()
}
