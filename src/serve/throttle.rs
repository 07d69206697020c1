//! So many attempts, and then a wait: a bucket of tokens for each name and each address.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;

/// As many buckets as are kept; when there are more, those that are full again go.
const MOST_BUCKETS: usize = 10_000;

/// How often something may be tried.
#[derive(Debug, Clone, Copy)]
pub struct Rate {
    /// Attempts that may come at once.
    pub burst: f64,
    /// Seconds until one more may come.
    pub seconds_each: f64,
}

/// Attempts, counted by whoever makes them or is meant by them.
#[derive(Debug, Default)]
pub struct Throttle {
    buckets: Mutex<HashMap<String, Bucket>>,
    known: Mutex<HashSet<String>>,
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    left: f64,
    at: Timestamp,
    rate: Rate,
}

impl Bucket {
    fn at(self, now: Timestamp) -> Self {
        let seconds = now.duration_since(self.at).as_secs_f64().max(0.0);
        let left = (self.left + seconds / self.rate.seconds_each).min(self.rate.burst);
        Self { left, at: now, ..self }
    }
}

impl Throttle {
    /// Remembers who was right, as long as the server runs.
    pub fn remember(&self, who: String) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST_BUCKETS {
            known.clear();
        }
        known.insert(who);
    }

    /// Whether that one was right before.
    pub fn knows(&self, who: &str) -> bool {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).contains(who)
    }

    /// Counts an attempt.
    ///
    /// # Errors
    /// The seconds to wait, if there were too many.
    pub fn attempt(&self, who: &str, rate: Rate, now: Timestamp) -> Result<(), u64> {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= MOST_BUCKETS {
            buckets.retain(|_, bucket| bucket.at(now).left < bucket.rate.burst);
            // Ten thousand names under attack at once: everybody waits, and nothing grows.
            if buckets.len() >= MOST_BUCKETS && !buckets.contains_key(who) {
                return Err(rate.seconds_each.ceil() as u64);
            }
        }
        let fresh = Bucket { left: rate.burst, at: now, rate };
        let bucket = buckets.entry(who.to_owned()).or_insert(fresh);
        *bucket = bucket.at(now);
        if bucket.left < 1.0 {
            return Err(((1.0 - bucket.left) * rate.seconds_each).ceil() as u64);
        }
        bucket.left -= 1.0;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_a_burst_one_waits() {
        let throttle = Throttle::default();
        let rate = Rate { burst: 3.0, seconds_each: 10.0 };
        let at = |second| Timestamp::from_second(second).unwrap();
        let tried: Vec<_> = (0..5).map(|_| throttle.attempt("ada", rate, at(0))).collect();
        assert_eq!(tried, [Ok(()), Ok(()), Ok(()), Err(10), Err(10)]);
        assert_eq!(throttle.attempt("bob", rate, at(0)), Ok(()), "others do not wait");
        assert_eq!(throttle.attempt("ada", rate, at(4)), Err(6));
        assert_eq!(throttle.attempt("ada", rate, at(10)), Ok(()));
        assert_eq!(throttle.attempt("ada", rate, at(3)), Err(10), "a clock that goes back gives nothing");
    }

    #[test]
    fn a_flood_of_names_takes_bounded_room() {
        let throttle = Throttle::default();
        let rate = Rate { burst: 2.0, seconds_each: 10.0 };
        for i in 0..3 * MOST_BUCKETS {
            let _ = throttle.attempt(&i.to_string(), rate, Timestamp::UNIX_EPOCH);
        }
        assert_eq!(throttle.buckets.lock().unwrap().len(), MOST_BUCKETS);
        let later = Timestamp::from_second(100).unwrap();
        assert_eq!(throttle.attempt("ada", rate, later), Ok(()));
    }
}
