//! Top-k selection.

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

    /// The similarity that an offer must reach to be kept.
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

/// Top-k under a bounded error: keeps every position whose true similarity may be among the `k` largest.
pub struct Hopeful {
    slack: f32,
    best: Top,
    seen: Vec<(u32, f32)>,
}

impl Hopeful {
    /// Every similarity will be off by less than half of `slack`.
    pub fn new(k: usize, slack: f32) -> Self {
        Self { slack, best: Top::new(k), seen: Vec::new() }
    }

    /// Looks at a position.
    #[inline(always)]
    pub fn look(&mut self, position: usize, similarity: f32) {
        // Whoever is below the floor now is below it at the end: it only rises.
        let floor = self.best.floor();
        if similarity >= floor - self.slack {
            self.seen.push((position as u32, similarity));
            if similarity >= floor {
                self.best.offer(position as i64, similarity);
            }
        }
    }

    /// Both together, which must have looked at different positions.
    pub fn and(mut self, other: Self) -> Self {
        other.seen.into_iter().for_each(|(position, similarity)| self.look(position as usize, similarity));
        self
    }

    /// Those that still have hope.
    pub fn into_positions(self) -> impl Iterator<Item = u32> {
        let floor = self.best.floor() - self.slack;
        self.seen
            .into_iter()
            .filter(move |&(_, similarity)| similarity >= floor)
            .map(|(position, _)| position)
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

        #[test]
        fn nobody_of_the_nearest_loses_hope(
            offers in prop::collection::vec((-9_i8..9, -1.0_f32..1.0), 0..80),
            k in 1_usize..12,
            split in 0_usize..80,
        ) {
            // Known to within 1, which is half of 2.
            let mut parts = [Hopeful::new(k, 2.0), Hopeful::new(k, 2.0)];
            for (i, &(truth, error)) in offers.iter().enumerate() {
                parts[usize::from(i < split)].look(i, f32::from(truth) + error);
            }
            let [first, second] = parts;
            let hopeful: Vec<u32> = first.and(second).into_positions().collect();
            let mut truth: Vec<_> = offers.iter().map(|&(truth, _)| truth).collect();
            truth.sort_unstable();
            let worst = truth.iter().rev().nth(k - 1).or(truth.first()).copied().unwrap_or_default();
            for (i, &(truth, _)) in offers.iter().enumerate() {
                prop_assert!(truth < worst || hopeful.contains(&(i as u32)));
            }
        }
    }
}
