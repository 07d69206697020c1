//! Scalar quantisation to 8 and 4 bits, binary quantisation, and the error of it.
//!
//! `v ≈ scale · code`. The cosine of two vectors is then an integer dot product and one
//! multiplication, on a quarter of the memory; and because the length of what rounding took away
//! is known, so is the interval that the true cosine lies in.

/// The largest number of a code; -128 is left out so that a code can be negated.
const LARGEST: f32 = 127.0;

/// Writes the code of `vector` and returns its scale.
pub fn encode(vector: &[f32], code: &mut [i8]) -> f32 {
    let largest = vector.iter().fold(0.0_f32, |m, x| m.max(x.abs()));
    if largest == 0.0 {
        code.fill(0);
        return 0.0;
    }
    let inverse = LARGEST / largest;
    for (c, x) in code.iter_mut().zip(vector) {
        *c = (x * inverse).round() as i8;
    }
    largest / LARGEST
}

/// The quantisation error ‖vector − scale · code‖.
pub fn error(vector: &[f32], code: &[i8], scale: f32) -> f32 {
    let squares: f64 =
        vector.iter().zip(code).map(|(&x, &c)| f64::from(x - scale * f32::from(c)).powi(2)).sum();
    // Rounded up, and by more than the sums and products of `f32` can be off.
    (squares.sqrt() + 1e-6) as f32
}

/// Codes by position.
#[derive(Clone, Copy)]
pub struct Codes<'a> {
    /// The length of a code.
    pub dimensions: usize,
    /// One code after the other.
    pub codes: &'a [i8],
    /// Their scales.
    pub scales: &'a [f32],
}

impl<'a> Codes<'a> {
    /// How many.
    pub fn len(&self) -> usize {
        self.scales.len()
    }

    /// One code.
    pub fn code(&self, position: usize) -> &'a [i8] {
        &self.codes[position * self.dimensions..][..self.dimensions]
    }

    /// Its scale.
    pub fn scale(&self, position: usize) -> f32 {
        self.scales[position]
    }
}

/// Owned codes.
pub struct OwnCodes {
    /// The length of a code.
    pub dimensions: usize,
    /// One code after the other.
    pub codes: Vec<i8>,
    /// Their scales.
    pub scales: Vec<f32>,
}

impl OwnCodes {
    /// As codes.
    pub fn view(&self) -> Codes<'_> {
        Codes { dimensions: self.dimensions, codes: &self.codes, scales: &self.scales }
    }
}

/// Binary quantisation: the signs of a vector around `mean`, 64 a word.
pub fn signs(vector: impl Iterator<Item = f32>, mean: &[f32], signs: &mut [u64]) {
    signs.fill(0);
    for (i, (x, m)) in vector.zip(mean).enumerate() {
        signs[i / 64] |= u64::from(x > *m) << (i % 64);
    }
}

/// In how many numbers a block of a short code is: the first half in the low four bits of its bytes,
/// the second in the high ones.
pub const SHORT_BLOCK: usize = 64;

/// The bytes of a short code.
pub fn short_bytes(dimensions: usize) -> usize {
    dimensions.div_ceil(SHORT_BLOCK) * SHORT_BLOCK / 2
}

/// Quantises to 4 bits: sixteen steps around the mean of each dimension. Enough to find the
/// way by: the nearest ten are among the nearest forty of 100,000 papers by short codes, and their
/// distances need half the memory of 8 bits and no scale.
pub fn shorten(vector: impl Iterator<Item = f32>, mean: &[f32], steps: &[f32], short: &mut [u8]) {
    short.fill(0);
    for (i, ((x, mean), step)) in vector.zip(mean).zip(steps).enumerate() {
        let (block, place) = (i / SHORT_BLOCK, i % SHORT_BLOCK);
        let half = SHORT_BLOCK / 2;
        let four_bits = ((x - mean) / step + 8.0).floor().clamp(0.0, 15.0) as u8;
        short[block * half + place % half] |= if place < half { four_bits } else { four_bits << 4 };
    }
}

/// A query as short codes are compared with it ([`super::kernels::dot_shorts`]): the larger, the nearer.
/// With v ≈ mean + step · (short − 7.5), all that depends on v in q·v is the sum of q · step · short.
pub fn aim(query: &[f32], steps: &[f32]) -> Vec<i8> {
    let stepped: Vec<f32> = query.iter().zip(steps).map(|(x, step)| x * step).collect();
    let mut aim = vec![0; stepped.len()];
    encode(&stepped, &mut aim);
    aim.resize(stepped.len().next_multiple_of(SHORT_BLOCK), 0);
    aim
}

/// A query in both forms.
pub struct Query<'a> {
    /// As it came.
    pub vector: &'a [f32],
    /// Its code.
    pub code: Vec<i8>,
    /// The scale of the code.
    pub scale: f32,
}

impl<'a> Query<'a> {
    /// Encodes a query.
    pub fn new(vector: &'a [f32]) -> Self {
        let mut code = vec![0; vector.len()];
        let scale = encode(vector, &mut code);
        Self { vector, code, scale }
    }

    /// The cosine with a code, nearly.
    #[inline(always)]
    pub fn cosine(&self, code: &[i8], scale: f32) -> f32 {
        super::kernels::dot_codes(&self.code, code) as f32 * (self.scale * scale)
    }

    /// How far a cosine computed from codes can be from the true one, where no stored unit vector
    /// lost more than `stored_error`.
    ///
    /// With q = t·p + f and v = s·c + e: q·v = t·s·(p·c) + f·(s·c) + q·e, and by Cauchy and Schwarz
    /// the last two are at most ‖f‖·(1 + ‖e‖) + ‖q‖·‖e‖.
    pub fn error(&self, stored_error: f32) -> f32 {
        let length = super::kernels::dot(self.vector, self.vector).sqrt();
        error(self.vector, &self.code, self.scale) * (1.0 + stored_error) + length * stored_error
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::embed::Embedding;

    proptest! {
        #[test]
        fn short_codes_order_as_vectors_do(
            query in prop::collection::vec(-1.0_f32..1.0, 70),
            vectors in prop::collection::vec(prop::collection::vec(-1.0_f32..1.0, 70), 2),
        ) {
            // Of numbers between -1 and 1, each is off by at most half a step of an eighth.
            let (mean, steps) = ([0.0; 70], [0.125; 70]);
            let aim = aim(&query, &steps);
            let short = |vector: &Vec<f32>| {
                let mut short = vec![0; short_bytes(70)];
                shorten(vector.iter().copied(), &mean, &steps, &mut short);
                let (shorts, mut found) = ([Ok::<_, ()>(((), &short[..]))], 0);
                super::super::kernels::dot_shorts(&aim, shorts.into_iter(), |(), dot| found = dot).unwrap();
                found as f32
            };
            let true_dot = |vector: &Vec<f32>| super::super::kernels::dot(&query, vector);
            let (a, b) = (&vectors[0], &vectors[1]);
            let largest = query.iter().fold(0.0_f32, |m, x| m.max(x.abs()));
            // The query is rounded to 127 steps of its largest number, the short codes are at most 15.
            let told = (short(a) - short(b)) * 0.125 * largest / 127.0;
            let off = 70.0 * (0.125 * largest + 2.0 * largest / 254.0);
            prop_assert!((told - (true_dot(a) - true_dot(b))).abs() <= off);
        }

        #[test]
        fn the_true_cosine_is_within_the_stated_error(
            a in prop::collection::vec(-1.0_f32..1.0, 40),
            b in prop::collection::vec(prop_oneof![9 => -0.1_f32..0.1, 1 => -9.0_f32..9.0], 40),
        ) {
            let (Ok(a), Ok(b)) = (Embedding::normalized(a), Embedding::normalized(b)) else { return Ok(()) };
            let (a, b) = (a.as_slice(), b.as_slice());
            let query = Query::new(a);
            let mut code = vec![0; b.len()];
            let scale = encode(b, &mut code);
            let coded = query.cosine(&code, scale);
            let true_cosine = super::super::kernels::dot(a, b);
            prop_assert!((coded - true_cosine).abs() <= query.error(error(b, &code, scale)));
        }
    }
}
