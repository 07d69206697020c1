//! How many connections one address may hold, so that those of others find a place.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

/// Connections, counted by the address at their other end.
#[derive(Clone)]
pub struct Places {
    most: usize,
    /// Whose connections are those of many.
    unbounded: Option<IpAddr>,
    taken: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

/// The place of a connection, free again when it is dropped.
pub struct Place {
    of: IpAddr,
    places: Places,
}

impl Places {
    /// At most so many for each address but one.
    pub fn new(most: usize, unbounded: Option<IpAddr>) -> Self {
        Self { most, unbounded, taken: Arc::default() }
    }

    /// A place for one more connection of an address, if it may have one.
    pub fn of(&self, address: IpAddr) -> Option<Place> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let n = taken.entry(address).or_default();
        if *n >= self.most && self.unbounded != Some(address) {
            return None;
        }
        *n += 1;
        Some(Place { of: address, places: self.clone() })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(n) = taken.get_mut(&self.of) {
            *n -= 1;
            if *n == 0 {
                taken.remove(&self.of);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_takes_only_its_share_and_gives_it_back() {
        let [one, other, proxy] = ["203.0.113.1", "203.0.113.2", "127.0.0.1"].map(|ip| ip.parse().unwrap());
        let places = Places::new(2, Some(proxy));
        let held: Vec<Place> = (0..5).filter_map(|_| places.of(one)).collect();
        assert_eq!(held.len(), 2);
        assert!(places.of(other).is_some(), "others find a place");
        let many: Vec<Place> = (0..5).filter_map(|_| places.of(proxy)).collect();
        assert_eq!(many.len(), 5, "behind it are many");
        drop(held);
        assert!(places.of(one).is_some());
        drop(many);
        assert_eq!(places.taken.lock().unwrap().len(), 0, "who is gone is forgotten");
    }
}
