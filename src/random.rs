//! SplitMix64 (Steele, Lea and Flood 2014): small, seeded, and the same on every machine.

const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// Numbers drawn from a seed.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// Draws by a seed: the same seed draws the same numbers.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The same with seeds spread out, so that neighbouring seeds share no numbers for long.
    pub fn spread(seed: u64) -> Self {
        Self(seed.wrapping_mul(STEP))
    }

    /// 64 random bits.
    pub fn bits(&mut self) -> u64 {
        let drawn = mix(self.0);
        self.0 = self.0.wrapping_add(STEP);
        drawn
    }

    /// Below `n`, which is not zero.
    pub fn below(&mut self, n: usize) -> usize {
        ((u128::from(self.bits()) * n as u128) >> 64) as usize
    }

    /// Mean 0, variance 1: twelve uniform numbers less six.
    pub fn normal(&mut self) -> f32 {
        (0..12).map(|_| (self.bits() >> 40) as f32 / (1_u64 << 24) as f32).sum::<f32>() - 6.0
    }

    /// Fisher–Yates: every order is equally likely.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            items.swap(i, self.below(i + 1));
        }
    }
}

/// One step and the finaliser: spreads numbers that are near each other.
pub fn mix(x: u64) -> u64 {
    let x = x.wrapping_add(STEP);
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}
