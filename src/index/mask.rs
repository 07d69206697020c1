//! A bitset of positions.

/// A set of the positions `0..len`.
#[derive(Clone)]
pub struct Mask {
    words: Vec<u64>,
    len: usize,
    n_set: usize,
}

impl Mask {
    /// No position of `0..len`.
    pub fn none(len: usize) -> Self {
        Self { words: vec![0; len.div_ceil(64)], len, n_set: 0 }
    }

    /// Every position of `0..len`.
    pub fn all(len: usize) -> Self {
        let mut words = vec![u64::MAX; len.div_ceil(64)];
        if let Some(last) = words.last_mut()
            && !len.is_multiple_of(64)
        {
            *last = (1 << (len % 64)) - 1;
        }
        Self { words, len, n_set: len }
    }

    /// How many positions are in it.
    pub fn n_set(&self) -> usize {
        self.n_set
    }

    /// Whether a position is in it.
    pub fn contains(&self, position: usize) -> bool {
        self.words.get(position / 64).is_some_and(|word| word >> (position % 64) & 1 == 1)
    }

    /// Adds a position.
    pub fn insert(&mut self, position: usize) {
        debug_assert!(position < self.len);
        let bit = 1 << (position % 64);
        self.n_set += usize::from(self.words[position / 64] & bit == 0);
        self.words[position / 64] |= bit;
    }

    /// Takes a position out.
    pub fn remove(&mut self, position: usize) {
        let bit = 1 << (position % 64);
        self.n_set -= usize::from(self.words[position / 64] & bit != 0);
        self.words[position / 64] &= !bit;
    }

    /// The positions in ascending order, from `from` on.
    pub fn iter_from(&self, from: usize) -> impl Iterator<Item = usize> {
        let first = from / 64;
        self.words.iter().enumerate().skip(first).flat_map(move |(i, &word)| {
            let mut rest = if i == first { word & (u64::MAX << (from % 64)) } else { word };
            std::iter::from_fn(move || {
                (rest != 0).then(|| {
                    let bit = rest.trailing_zeros() as usize;
                    rest &= rest - 1;
                    i * 64 + bit
                })
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_is_a_set(len in 1_usize..200, full: bool, steps in prop::collection::vec((any::<bool>(), 0_usize..200), 0..60), from in 0_usize..200) {
            let mut mask = if full { Mask::all(len) } else { Mask::none(len) };
            let mut set: BTreeSet<usize> = if full { (0..len).collect() } else { BTreeSet::new() };
            for (add, position) in steps {
                let position = position % len;
                if add {
                    mask.insert(position);
                    set.insert(position);
                } else {
                    mask.remove(position);
                    set.remove(&position);
                }
            }
            prop_assert_eq!(mask.n_set(), set.len());
            prop_assert!((0..len).all(|p| mask.contains(p) == set.contains(&p)));
            let from = from % len;
            prop_assert!(mask.iter_from(from).eq(set.range(from..).copied()));
        }
    }
}
