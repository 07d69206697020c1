//! What a request spent its time on; told in the log where that was long.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// From here on a request is slow: a page is to be there in a quarter of it.
pub const SLOW: Duration = Duration::from_secs(1);

/// What a request spent its time on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Spent {
    /// Until it had its turn.
    pub waiting: Duration,
    /// In SQLite.
    pub sqlite: Duration,
    /// Working, SQLite aside.
    pub computing: Duration,
}

/// What the work of one request adds to.
pub type Account = Arc<Mutex<Spent>>;

tokio::task_local! {
    static PRESENT: Account;
}

/// Runs a request whose work is counted.
pub async fn counted<T>(account: Account, request: impl Future<Output = T>) -> T {
    PRESENT.scope(account, request).await
}

/// The account of the request that is answered by this task, if it is.
pub fn present() -> Option<Account> {
    PRESENT.try_with(Account::clone).ok()
}

/// Adds to an account.
pub fn add(account: &Account, more: Spent) {
    let mut spent = account.lock().unwrap_or_else(PoisonError::into_inner);
    spent.waiting += more.waiting;
    spent.sqlite += more.sqlite;
    spent.computing += more.computing;
}

/// Says in the log what a request spent its time on, if that was long; `bytes` are its answer's, where they are known.
pub fn tell(account: &Account, took: Duration, route: &str, status: u16, bytes: Option<u64>) {
    let Spent { waiting, sqlite, computing } = *account.lock().unwrap_or_else(PoisonError::into_inner);
    if took >= SLOW {
        tracing::warn!(
            route,
            status,
            took_ms = took.as_millis(),
            waited_ms = waiting.as_millis(),
            sqlite_ms = sqlite.as_millis(),
            computing_ms = computing.as_millis(),
            bytes,
            "a slow request"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_work_of_a_request_is_put_to_its_own_account() {
        let (mine, others) = (Account::default(), Account::default());
        let waiting = Duration::from_millis(7);
        let work = async {
            let account = present().unwrap();
            // On another thread, as all work on the library is.
            tokio::task::spawn_blocking(move || add(&account, Spent { waiting, ..Spent::default() }))
                .await
                .unwrap();
        };
        counted(mine.clone(), async { tokio::join!(work, counted(others.clone(), async {})) }).await;
        assert_eq!((mine.lock().unwrap().waiting, others.lock().unwrap().waiting), (waiting, Duration::ZERO));
        assert!(present().is_none());
    }

    /// Where a test's log goes.
    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<u8>>>);

    impl std::io::Write for Log {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_slow_request_is_told_with_what_it_spent_its_time_on() {
        let (log, account) = (Log::default(), Account::default());
        let second = Duration::from_secs(1);
        add(&account, Spent { waiting: second * 2, sqlite: second / 2, computing: second / 4 });
        let writer = log.clone();
        let subscriber =
            tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
        tracing::subscriber::with_default(subscriber, || {
            tell(&account, second / 2, "/quick", 200, None);
            tell(&account, second * 3, "/topics", 200, Some(7));
        });
        let told = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
        for part in ["WARN", "/topics", "took_ms=3000 waited_ms=2000 sqlite_ms=500 computing_ms=250 bytes=7"]
        {
            assert!(told.contains(part), "{part}: {told}");
        }
        assert!(!told.contains("/quick"), "{told}");
    }
}
