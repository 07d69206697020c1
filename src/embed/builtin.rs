//! The embedder that is always there: no file, no network.
//!
//! A stand-in of the right shape: every token has a pseudo-random direction, and a text is the
//! mean of its tokens' directions (a random projection of its bag of words).

use rayon::prelude::*;

use super::{Embedder, Embedding, ModelId, Progress, Role};
use crate::error::Result;

const DIMENSIONS: usize = 256;

/// The built-in embedder.
pub struct Builtin {
    model: ModelId,
}

impl Builtin {
    /// Loads it.
    pub fn new() -> Self {
        Self { model: ModelId::new("builtin-0") }
    }
}

impl Default for Builtin {
    fn default() -> Self {
        Self::new()
    }
}

impl Embedder for Builtin {
    fn model(&self) -> &ModelId {
        &self.model
    }

    fn dimensions(&self) -> usize {
        DIMENSIONS
    }

    fn embed(&self, _: Role, texts: &[&str], progress: &dyn Progress) -> Result<Vec<Embedding>> {
        texts
            .par_iter()
            .map(|text| {
                let mut sum = vec![0.0_f32; DIMENSIONS];
                for token in crate::terms::tokens(text) {
                    let mut state = crc32fast::hash(token.as_bytes()) | 1;
                    // Long words carry the content; a weight by length stands in for rarity.
                    let weight = token.chars().count().min(12) as f32;
                    for x in &mut sum {
                        state ^= state << 13;
                        state ^= state >> 17;
                        state ^= state << 5;
                        *x += if state & 1 == 0 { weight } else { -weight };
                    }
                }
                if sum.iter().all(|&x| x == 0.0) {
                    sum[0] = 1.0;
                }
                progress.advance(1);
                Embedding::normalized(sum)
            })
            .collect()
    }
}
