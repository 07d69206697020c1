//! Large work, one after the other and after everything else: several at once would take a server's memory and
//! cores from everybody.

use std::sync::{Arc, Mutex, OnceLock, TryLockError};
use std::time::Duration;

use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::error::Result;

/// From so many papers on, grouping them is large work: 5,000 take 200 MB and seconds.
const LARGE: usize = 1_000;

/// How often whoever waits for the turn sees whether anybody still waits for the answer.
const LOOKS: Duration = Duration::from_millis(20);

/// The niceness of threads for large work, where the system has one for each thread: on a core that others use as well,
/// a tenth of the time is theirs.
#[cfg(target_os = "linux")]
const NICE: i32 = 10;

/// The turn for large work, shared by the connections to one library.
#[derive(Clone, Default)]
pub(crate) struct Large(Arc<Shared>);

#[derive(Default)]
struct Shared {
    turn: Mutex<()>,
    /// `None` where they cannot be had.
    threads: OnceLock<Option<ThreadPool>>,
}

impl Large {
    /// Groups so many papers: at once if they are few, or else when it is their turn.
    ///
    /// # Errors
    /// That of `still_wanted`, asked while others have the turn.
    pub fn group<T: Send>(
        &self,
        n_papers: usize,
        still_wanted: impl Fn() -> Result<()>,
        work: impl FnOnce() -> T + Send,
    ) -> Result<T> {
        if n_papers < LARGE {
            return Ok(work());
        }
        let _turn = loop {
            match self.0.turn.try_lock() {
                Ok(turn) => break turn,
                // Nothing is behind the lock that a panic could leave half done.
                Err(TryLockError::Poisoned(poisoned)) => break poisoned.into_inner(),
                Err(TryLockError::WouldBlock) => {}
            }
            still_wanted()?;
            std::thread::sleep(LOOKS);
        };
        Ok(match self.0.threads.get_or_init(threads) {
            Some(threads) => threads.install(work),
            None => work(),
        })
    }
}

/// As many as there are cores, up to four.
fn threads() -> Option<ThreadPool> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    patient_threads(cores.min(4))
}

/// So many threads whose work gives way to everything else's; `None` where they cannot be had.
pub(crate) fn patient_threads(n: usize) -> Option<ThreadPool> {
    let give_way = |_| {
        #[cfg(target_os = "linux")]
        // Of this thread alone. Where it is not allowed, the work is done as all other work is.
        let _ = rustix::process::setpriority_process(None, NICE);
    };
    ThreadPoolBuilder::new().num_threads(n).start_handler(give_way).build().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;

    #[test]
    fn large_work_is_done_one_at_a_time_and_few_papers_wait_for_nobody() {
        let large = Large::default();
        let given_up = || Err(Error::GivenUp);
        let within = large.group(LARGE, given_up, || {
            let second = large.clone().group(LARGE, given_up, || ());
            let day = large.clone().group(LARGE - 1, given_up, || 7);
            (matches!(second, Err(Error::GivenUp)), day.ok())
        });
        assert_eq!(within.ok(), Some((true, Some(7))), "nobody had the turn before");
        assert!(large.group(LARGE, given_up, || ()).is_ok(), "the turn is over");
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn large_work_gives_way_and_what_asked_for_it_does_not() {
        let nice = || rustix::process::getpriority_process(None).unwrap();
        let before = nice();
        let within = Large::default().group(LARGE, || Ok(()), nice).unwrap();
        assert_eq!((within, nice()), ((before + NICE).min(19), before));
    }
}
