//! Turns to work on the library: so many at once, half of them for one reader at most.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::paper::ReaderId;
use crate::store::Stop;

/// The turns of a server.
pub struct Turns {
    n: usize,
    free: Arc<Semaphore>,
    shares: Mutex<HashMap<ReaderId, Weak<Semaphore>>>,
    /// When a turn began or ended last.
    moved: Mutex<Instant>,
}

/// One turn; over when it is dropped.
pub struct Turn {
    turns: Arc<Turns>,
    /// Whether the reader had no other when it began.
    pub is_first: bool,
    _permits: [OwnedSemaphorePermit; 2],
}

impl Turns {
    /// So many, at least 1.
    pub fn new(n: usize) -> Self {
        let n = n.max(1);
        Self {
            n,
            free: Arc::new(Semaphore::new(n)),
            shares: Mutex::default(),
            moved: Mutex::new(Instant::now()),
        }
    }

    /// A reader's turn, when there is one: whoever asks for much waits for own turns, not others for theirs.
    pub async fn take(self: Arc<Self>, reader: ReaderId) -> Option<Turn> {
        // Closed only with the semaphores themselves.
        let share = self.share(reader);
        let own = share.clone().acquire_owned().await.ok()?;
        let is_first = share.available_permits() + 1 == self.n.div_ceil(2);
        let one = self.free.clone().acquire_owned().await.ok()?;
        *lock(&self.moved) = Instant::now();
        Some(Turn { turns: self, is_first, _permits: [own, one] })
    }

    fn share(&self, reader: ReaderId) -> Arc<Semaphore> {
        let mut shares = lock(&self.shares);
        if let Some(share) = shares.get(&reader).and_then(Weak::upgrade) {
            return share;
        }
        shares.retain(|_, share| share.strong_count() > 0);
        let share = Arc::new(Semaphore::new(self.n.div_ceil(2)));
        shares.insert(reader, Arc::downgrade(&share));
        share
    }

    /// How many there are, and how many of them are taken.
    pub fn taken(&self) -> (usize, usize) {
        (self.n, self.n - self.free.available_permits())
    }

    /// For how long all turns have been taken by the same work.
    pub fn stuck_for(&self, now: Instant) -> Option<Duration> {
        (self.free.available_permits() == 0).then(|| now.saturating_duration_since(*lock(&self.moved)))
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        *lock(&self.turns.moved) = Instant::now();
    }
}

/// Work, and whether somebody waits for what it comes to.
#[derive(Default)]
pub struct Waited(Mutex<State>);

#[derive(Default)]
struct State {
    is_given_up: bool,
    /// Ends the work that is under way.
    stop: Option<Stop>,
}

impl Waited {
    /// The work begins, unless nobody waits any more.
    pub fn begin(&self, stop: Stop) -> bool {
        let mut state = lock(&self.0);
        state.stop = Some(stop);
        !state.is_given_up
    }

    /// The work is over: what it was done on is others' from now on.
    pub fn end(&self) {
        lock(&self.0).stop = None;
    }
}

/// Who waits for some work; when this is dropped, the work ends.
pub struct Waiting(pub Arc<Waited>);

impl Drop for Waiting {
    fn drop(&mut self) {
        let mut state = lock(&self.0.0);
        state.is_given_up = true;
        // Under the lock, so that it ends no work but this.
        state.stop.iter().for_each(Stop::stop);
    }
}

/// Nothing behind these locks is left half done by a panic.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reader(n: i64) -> ReaderId {
        ReaderId::new(n)
    }

    #[tokio::test]
    async fn one_reader_holds_half_of_the_turns_and_others_have_the_rest() {
        let turns = Arc::new(Turns::new(4));
        let take = |n| tokio::time::timeout(Duration::ZERO, turns.clone().take(reader(n)));
        let held = [take(1).await.unwrap(), take(1).await.unwrap()];
        let is_first = |turn: &Option<Turn>| turn.as_ref().is_some_and(|turn| turn.is_first);
        assert!(is_first(&held[0]) && !is_first(&held[1]));
        assert!(take(1).await.is_err(), "a third turn");
        let other = take(2).await.unwrap();
        assert!(is_first(&other));
        assert_eq!(turns.taken(), (4, 3));
        drop(held);
        assert_eq!((turns.taken(), take(1).await.is_ok()), ((4, 1), true));
        drop(other);
        assert_eq!(turns.taken(), (4, 0));
    }

    #[tokio::test]
    async fn turns_are_stuck_when_none_was_free_for_long() {
        let turns = Arc::new(Turns::new(1));
        let later = Duration::from_secs(60);
        assert_eq!(turns.stuck_for(Instant::now() + later), None, "one is free");
        let turn = turns.clone().take(reader(1)).await.unwrap();
        assert!(turns.stuck_for(Instant::now()).unwrap() < later);
        assert!(turns.stuck_for(Instant::now() + later).unwrap() >= later - Duration::from_secs(30));
        drop(turn);
        assert_eq!(turns.stuck_for(Instant::now() + later), None);
    }
}
