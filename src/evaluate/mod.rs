//! Proof: history replayed in time order, and judged lists, against the rankers of today.

pub mod embedding;
pub mod groups;
#[cfg(feature = "hdbscan")]
pub mod hdbscan;
mod learned;
mod linear;
pub mod log;
pub mod metrics;
pub mod models;
mod ngrams;
pub mod rankers;
pub mod replay;
pub mod start;
pub mod trec;

/// SplitMix64 (Steele, Lea and Flood 2014): small, seeded, the same everywhere.
#[derive(Debug, Clone)]
struct Random(u64);

impl Random {
    fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Below `n`, which is not zero.
    fn below(&mut self, n: usize) -> usize {
        let drawn = mix(self.0);
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        ((u128::from(drawn) * n as u128) >> 64) as usize
    }
}

/// Its finaliser: well spread.
fn mix(x: u64) -> u64 {
    let x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}
