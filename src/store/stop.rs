//! Ends work that nobody waits for: a statement that runs, and the next step of what is computed of many.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::{Error, Result};

/// Ends the work on one connection, from another thread.
pub struct Stop {
    wanted: Wanted,
    interrupt: Box<dyn Fn() + Send + Sync>,
}

impl Stop {
    /// Ends it: what is asked of the connection fails with [`Error::GivenUp`] until the next work.
    pub fn stop(&self) {
        self.wanted.is_given_up.store(true, Ordering::Relaxed);
        (self.interrupt)();
    }
}

/// Whether somebody still waits for what is done on a connection.
#[derive(Clone, Default)]
pub(super) struct Wanted {
    is_given_up: Arc<AtomicBool>,
}

impl Wanted {
    /// What ends the work that is to begin; `interrupt` ends the statement that runs.
    pub(super) fn begin(&self, interrupt: impl Fn() + Send + Sync + 'static) -> Stop {
        self.is_given_up.store(false, Ordering::Relaxed);
        Stop { wanted: self.clone(), interrupt: Box::new(interrupt) }
    }

    /// Sees that somebody still waits.
    ///
    /// # Errors
    /// [`Error::GivenUp`].
    pub(super) fn check(&self) -> Result<()> {
        match self.is_given_up.load(Ordering::Relaxed) {
            true => Err(Error::GivenUp),
            false => Ok(()),
        }
    }
}
