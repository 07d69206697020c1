//! Ends work that nobody waits for: a statement that runs, and the next step of what is computed of many.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rusqlite::InterruptHandle;

use super::Store;
use crate::error::{Error, Result};

/// Ends the work on one connection, from another thread.
pub struct Stop {
    is_given_up: Arc<AtomicBool>,
    statement: InterruptHandle,
}

impl Stop {
    /// Ends it: what is asked of the connection fails with [`Error::GivenUp`] until the next work.
    pub fn stop(&self) {
        self.is_given_up.store(true, Ordering::Relaxed);
        self.statement.interrupt();
    }
}

impl Store {
    /// What ends the work that is to begin on this connection.
    pub fn stop(&self) -> Stop {
        self.is_given_up.store(false, Ordering::Relaxed);
        Stop { is_given_up: self.is_given_up.clone(), statement: self.db.get_interrupt_handle() }
    }

    /// Sees that somebody still waits: asked between the steps of long work.
    ///
    /// # Errors
    /// [`Error::GivenUp`].
    pub fn still_wanted(&self) -> Result<()> {
        match self.is_given_up.load(Ordering::Relaxed) {
            true => Err(Error::GivenUp),
            false => Ok(()),
        }
    }
}
