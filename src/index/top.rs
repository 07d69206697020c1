//! The best few of many.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use super::Neighbour;

/// Orders the nearest first, equal ones by row.
pub fn nearest_first(a: &Neighbour, b: &Neighbour) -> Ordering {
    b.similarity.total_cmp(&a.similarity).then(a.row.cmp(&b.row))
}

/// The worst kept neighbour is on top of the heap.
struct Kept(Neighbour);

impl Ord for Kept {
    fn cmp(&self, other: &Self) -> Ordering {
        nearest_first(&self.0, &other.0)
    }
}

impl PartialOrd for Kept {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Kept {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Kept {}

/// Keeps the `k` nearest of all that are offered, whatever the order of the offers.
pub struct Top {
    k: usize,
    heap: BinaryHeap<Kept>,
}

impl Top {
    /// Keeps `k`.
    pub fn new(k: usize) -> Self {
        Self { k, heap: BinaryHeap::with_capacity(k.min(1 << 16)) }
    }

    /// The similarity below which an offer is in vain.
    pub fn floor(&self) -> f32 {
        match self.heap.peek() {
            _ if self.k == 0 => f32::INFINITY,
            Some(worst) if self.heap.len() == self.k => worst.0.similarity,
            _ => f32::NEG_INFINITY,
        }
    }

    /// Offers a neighbour.
    pub fn offer(&mut self, row: i64, similarity: f32) {
        if similarity < self.floor() {
            return;
        }
        let offer = Kept(Neighbour { row, similarity });
        if self.heap.len() < self.k {
            self.heap.push(offer);
        } else if let Some(mut worst) = self.heap.peek_mut()
            && offer < *worst
        {
            *worst = offer;
        }
    }

    /// The kept ones, the nearest first.
    pub fn into_sorted(self) -> Vec<Neighbour> {
        self.heap.into_sorted_vec().into_iter().map(|kept| kept.0).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_kept_are_the_head_of_a_sort(offers in prop::collection::vec((0_i64..50, 0_u8..4), 0..80), k in 0_usize..12) {
            // Few distinct similarities, so that ties come up.
            let mut top = Top::new(k);
            let mut all: Vec<_> =
                offers.iter().map(|&(row, s)| Neighbour { row, similarity: f32::from(s) }).collect();
            all.iter().for_each(|n| top.offer(n.row, n.similarity));
            all.sort_by(nearest_first);
            all.truncate(k);
            prop_assert_eq!(top.into_sorted(), all);
        }
    }
}
