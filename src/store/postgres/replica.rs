//! A replica that reads are asked of, so that the primary server has less to do.
//!
//! Nobody is told less than what was written before the question: work is begun on the replica only if that has
//! replayed all that the primary had written by then, and once the work has written something it reads from the primary.
//! A replica that is behind, away or in the way of a question is left out; nothing depends on it.

use std::cell::{Cell, RefCell};
use std::time::{Duration, Instant};

use super::address::Address;
use super::errors::is_conflict;
use crate::error::{Error, Result};

/// A replica that does not answer is not asked again for so long.
const AWAY: Duration = Duration::from_secs(30);

/// How often, and how long apart, a replica is asked whether it has caught up: most are behind by less.
const LOOKS: usize = 3;
const LOOK: Duration = Duration::from_millis(5);

/// A connection to a replica.
pub(super) trait Replaying: Sized {
    /// Connects; nobody waits for a server that there is another for.
    fn connect(address: &Address) -> Result<Self>;

    /// Whether it has replayed all up to a position in the log, and takes no writes of its own.
    fn has_replayed(&self, position: &str) -> Result<bool>;

    /// The server's process that answers here.
    fn process(&self) -> i32;
}

/// A replica, connected to when it is first asked.
pub(super) struct Replica<C> {
    address: Address,
    connection: RefCell<Option<Box<C>>>,
    /// Whether the work that was begun reads here.
    is_asked: Cell<bool>,
    away_since: Cell<Option<Instant>>,
}

impl<C: Replaying> Replica<C> {
    pub fn at(address: Address) -> Self {
        Self {
            address,
            connection: RefCell::default(),
            is_asked: Cell::new(false),
            away_since: Cell::new(None),
        }
    }

    /// Begins work: what it reads is read here if all is here that was written up to `position`.
    pub fn begin(&self, position: impl FnOnce() -> Result<String>) {
        self.is_asked.set(false);
        if self.away_since.get().is_some_and(|since| since.elapsed() < AWAY) {
            return;
        }
        match position().and_then(|position| self.has_replayed(&position)) {
            Ok(has_replayed) => self.is_asked.set(has_replayed),
            Err(error) => self.leave(&error),
        }
    }

    fn has_replayed(&self, position: &str) -> Result<bool> {
        if self.connection.borrow().is_none() {
            *self.connection.borrow_mut() = Some(Box::new(C::connect(&self.address)?));
        }
        let connection = self.connection.borrow();
        let Some(connection) = connection.as_deref() else { return Ok(false) };
        for look in 0..LOOKS {
            if look > 0 {
                std::thread::sleep(LOOK);
            }
            if connection.has_replayed(position)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// From now on the work reads from the primary.
    pub fn end(&self) {
        self.is_asked.set(false);
    }

    /// Asks here, if the work reads here; nothing if it does not, or if this is no answer.
    pub fn ask<T>(&self, ask: impl FnOnce(&C) -> Result<T>) -> Option<Result<T>> {
        if !self.is_asked.get() {
            return None;
        }
        let connection = self.connection.borrow();
        match ask(connection.as_deref()?) {
            Err(error @ Error::NoServer { .. }) => {
                self.leave(&error);
                None
            }
            // A query that replay could not wait for, or one that writes after all.
            Err(error) if is_conflict(&error) || matches!(error, Error::ReadOnly) => {
                self.end();
                None
            }
            done => Some(done),
        }
    }

    /// The process that answers here, if the work reads here.
    pub fn process(&self) -> Option<(Address, i32)> {
        let connection = self.connection.borrow();
        let process = connection.as_deref().filter(|_| self.is_asked.get())?.process();
        Some((self.address.clone(), process))
    }

    fn leave(&self, error: &Error) {
        tracing::warn!("the replica {} is not asked: {error}", self.address.shown);
        self.end();
        self.away_since.set(Some(Instant::now()));
    }
}
