//! A static table of token vectors, and its file.
//!
//! A text's vector is the weighted mean of its tokens' rows, scaled to length 1. A word that is no
//! token has, beside the rows of its pieces, a row of random signs that its hash decides: nothing is
//! stored for it, and two texts that share a rare name are nearer for it (a random projection, as
//! in Achlioptas 2003). The file, all numbers little-endian:
//!
//! | bytes | what |
//! |---|---|
//! | 8 | `pptable\0` |
//! | 4 | version of the format, 3 |
//! | 4 | CRC-32 of everything after this field |
//! | 4 each | number of tokens n, dimensions d, bytes of the keys k, bytes of the name m |
//! | 4 | length of the row of a word that is no token, `f32` |
//! | m | the model's name, UTF-8 |
//! | n | length of each key in bytes |
//! | k | the keys, sorted by bytes, without separators |
//! | 4·n | a step for each token, `f32` |
//! | n·⌈d/2⌉ | the rows in 4 bits: a number is (bits − 7.5) · step; byte i of a row has number i in its low half and number ⌈d/2⌉ + i in its high one |
//!
//! Nothing follows the rows. Loading checks all of it and copies no row.

use std::borrow::Cow;

use rayon::prelude::*;

use super::vocabulary::{Scratch, UNKNOWN, Vocabulary};
use super::{Embedding, Role};
use crate::error::{Error, Result};
use crate::files;
use crate::paper::ModelId;

const MAGIC: &[u8; 8] = b"pptable\0";
const VERSION: u32 = 3;
/// What is taken off the 4 bits of a number, so that they reach as far below zero as above.
const MIDDLE: f32 = 7.5;
/// Far above what is useful, and low enough that sizes never overflow.
const MOST_TOKENS: usize = 1 << 22;
const MOST_DIMENSIONS: usize = 1 << 12;

/// A table that is ready to embed.
pub struct Table {
    name: ModelId,
    vocabulary: Vocabulary,
    dimensions: usize,
    /// The length of an unknown word's row.
    unknown: f32,
    /// What each row is multiplied by.
    steps: Box<[f32]>,
    bytes: Cow<'static, [u8]>,
    /// Where in `bytes` the rows begin.
    rows: usize,
}

impl Table {
    /// Reads the bytes of a file.
    ///
    /// # Errors
    /// [`Error::Model`] that says what is wrong, for any bytes that [`Self::to_bytes`] did not
    /// make.
    pub fn from_bytes(bytes: impl Into<Cow<'static, [u8]>>) -> Result<Self> {
        let bytes = bytes.into();
        let mut reader = ByteReader { bytes: &bytes, at: 0 };
        if reader.take(8)? != MAGIC {
            return Err(broken("it does not begin with `pptable`"));
        }
        let version = reader.number()?;
        if version != VERSION as usize {
            return Err(broken(format!(
                "its format is version {version}, this program reads {VERSION}: make it again with `model train` or \
                 `model tune`"
            )));
        }
        let checksum = reader.number()?;
        if files::checksum(&bytes[reader.at..]) as usize != checksum {
            return Err(broken("its checksum is wrong: the file is damaged; copy it again"));
        }
        let (n, dimensions) = (reader.number()?, reader.number()?);
        let (n_key_bytes, n_name_bytes) = (reader.number()?, reader.number()?);
        let unknown = f32::from_bits(reader.number()? as u32);
        if !unknown.is_finite() || unknown < 0.0 {
            return Err(broken("the weight of unknown words is negative or not a number"));
        }
        if n == 0 || n > MOST_TOKENS || dimensions == 0 || dimensions > MOST_DIMENSIONS {
            return Err(broken(format!("{n} tokens of {dimensions} dimensions are out of range")));
        }
        let name =
            std::str::from_utf8(reader.take(n_name_bytes)?).map_err(|_| broken("its name is not UTF-8"))?;
        // Two tables of one name must not share their vectors.
        let name = ModelId::new(format!("{name}@{checksum:08x}"));
        let lengths = reader.take(n)?;
        let mut keys = reader.take(n_key_bytes)?;
        if lengths.iter().map(|&l| usize::from(l)).sum::<usize>() != n_key_bytes {
            return Err(broken("the lengths of its keys do not add up"));
        }
        let vocabulary = Vocabulary::new(lengths.iter().map(|&length| {
            let (key, rest) = keys.split_at(usize::from(length));
            keys = rest;
            key
        }))
        .ok_or_else(|| broken("its keys are not sorted"))?;
        let steps: Box<[f32]> =
            reader.take(n * 4)?.as_chunks().0.iter().map(|step| f32::from_le_bytes(*step)).collect();
        if steps.iter().any(|step| !step.is_finite() || *step < 0.0) {
            return Err(broken("a step is negative or not a number"));
        }
        let rows = reader.at;
        reader.take(n * dimensions.div_ceil(2))?;
        if reader.at != bytes.len() {
            return Err(broken(format!("{} bytes follow its end", bytes.len() - reader.at)));
        }
        Ok(Self { name, vocabulary, dimensions, unknown, steps, rows, bytes })
    }

    /// Quantises `rows`, one after the other in the order of the vocabulary, and writes the bytes
    /// of a file. `unknown` is the length of the row of a word that is no token.
    ///
    /// # Errors
    /// [`Error::Invalid`] if a key is too long, or the rows are not of one length.
    pub fn to_bytes(name: &str, vocabulary: &Vocabulary, rows: &[f32], unknown: f32) -> Result<Vec<u8>> {
        let n = vocabulary.len();
        if n == 0 || rows.is_empty() || !rows.len().is_multiple_of(n) {
            return Err(Error::Invalid(format!("{} numbers are no rows of {n} tokens", rows.len())));
        }
        let dimensions = rows.len() / n;
        let keys = || (0..n).map(|number| vocabulary.key(number));
        let mut body = Vec::with_capacity(rows.len() + n * 16);
        for number in [n, dimensions, keys().map(<[u8]>::len).sum(), name.len()] {
            body.extend((number as u32).to_le_bytes());
        }
        body.extend(unknown.to_le_bytes());
        body.extend(name.as_bytes());
        for key in keys() {
            let length = u8::try_from(key.len());
            body.push(
                length.map_err(|_| Error::Invalid(format!("a key of {} bytes is too long", key.len())))?,
            );
        }
        keys().for_each(|key| body.extend(key));
        let quantised: Vec<(f32, Vec<u8>)> = rows.par_chunks(dimensions).map(quantise).collect();
        quantised.iter().for_each(|(step, _)| body.extend(step.to_le_bytes()));
        quantised.iter().for_each(|(_, packed)| body.extend(packed));
        let mut bytes = Vec::with_capacity(body.len() + 16);
        bytes.extend(MAGIC);
        bytes.extend(VERSION.to_le_bytes());
        bytes.extend(files::checksum(&body).to_le_bytes());
        bytes.extend(body);
        Ok(bytes)
    }

    /// The name in the file, and its checksum.
    pub fn name(&self) -> &ModelId {
        &self.name
    }

    /// The length of a vector.
    pub fn dimensions(&self) -> usize {
        self.dimensions
    }

    /// The tokens.
    pub fn vocabulary(&self) -> &Vocabulary {
        &self.vocabulary
    }

    /// The bytes of the file.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The length of the row of a word that is no token.
    pub fn unknown(&self) -> f32 {
        self.unknown
    }

    /// A token's row.
    pub fn row(&self, number: usize) -> Vec<f32> {
        let mut row = vec![0.0; self.dimensions];
        self.add(&mut row, number, 1.0);
        row.iter_mut().for_each(|x| *x -= MIDDLE * self.steps[number]);
        row
    }

    /// Adds `count` times a token's row to a sum, each number too large by [`MIDDLE`] times what is returned.
    fn add(&self, sum: &mut [f32], number: usize, count: f32) -> f32 {
        let width = self.dimensions.div_ceil(2);
        let packed = &self.bytes[self.rows + number * width..][..width];
        let factor = self.steps[number] * count;
        let (low, high) = sum.split_at_mut(width);
        low.iter_mut().zip(packed).for_each(|(x, bits)| *x += f32::from(bits & 15) * factor);
        high.iter_mut().zip(packed).for_each(|(x, bits)| *x += f32::from(bits >> 4) * factor);
        factor
    }

    /// The vector of a text; of a document, the first of several lines is its title and counts [`TITLE`] times. A text without
    /// a known token points along the first axis.
    ///
    /// # Errors
    /// Never for a table that was loaded; [`Error::NoDirection`] is passed on.
    pub fn embed(
        &self,
        role: Role,
        text: &str,
        scratch: &mut Scratch,
        tokens: &mut Vec<u32>,
    ) -> Result<Embedding> {
        tokens.clear();
        let (title, body) = if role == Role::Document { titled(text) } else { (text, "") };
        self.vocabulary.tokens(title, scratch, tokens);
        if !body.is_empty() {
            let n = tokens.len();
            (1..TITLE).for_each(|_| tokens.extend_from_within(..n));
            self.vocabulary.tokens(body, scratch, tokens);
        }
        let mut sum = vec![0.0_f32; self.dimensions];
        let mut factors = 0.0;
        tokens.sort_unstable();
        for same in tokens.chunk_by(|a, b| a == b) {
            if same[0] & UNKNOWN != 0 {
                add_signs(&mut sum, same[0], self.unknown * saturation(same.len()));
                continue;
            }
            factors += self.add(&mut sum, same[0] as usize, saturation(same.len()));
        }
        sum.iter_mut().for_each(|x| *x -= MIDDLE * factors);
        Embedding::normalized(sum).or_else(|_| {
            let mut neutral = vec![0.0; self.dimensions];
            neutral[0] = 1.0;
            Embedding::normalized(neutral)
        })
    }
}

/// The step and the packed bits that come nearest to a row.
fn quantise(row: &[f32]) -> (f32, Vec<u8>) {
    let spread = (row.iter().map(|x| x * x).sum::<f32>() / row.len() as f32).sqrt();
    let codes = |step: f32| row.iter().map(move |x| (x / step + MIDDLE).round().clamp(0.0, 2.0 * MIDDLE));
    // What is lost, with the best factor for the codes of a step: x² - (x·c)² / c².
    let fit = |step: f32| {
        let (mut along, mut square) = (0.0_f32, 0.0_f32);
        for (x, code) in row.iter().zip(codes(step)) {
            along += x * (code - MIDDLE);
            square += (code - MIDDLE).powi(2);
        }
        (along * along / square, along / square)
    };
    // A third of the spread is best for what is normally distributed (Max 1960).
    let steps = (20..=60).map(|percent| spread * percent as f32 / 100.0);
    let best = steps.filter(|step| *step > 0.0).map(|step| (fit(step), step));
    let best = best.max_by(|a, b| a.0.0.total_cmp(&b.0.0));
    let width = row.len().div_ceil(2);
    let Some(((_, factor), step)) = best else { return (0.0, vec![0; width]) };
    let codes: Vec<u8> = codes(step).map(|code| code as u8).collect();
    let (low, high) = codes.split_at(width);
    let high = high.iter().copied().chain([0]);
    (factor, low.iter().zip(high).map(|(low, high)| low | high << 4).collect())
}

/// How often a title counts where an abstract follows it: authors choose its words with the most care. Of
/// 1, 2, 4, 6, 9 and 13 what ranked papers of one reading list highest. Another number wants another version of the format:
/// vectors that were made with this one are not comparable.
pub const TITLE: usize = 4;

/// The first line of a text, and what follows it.
pub fn titled(text: &str) -> (&str, &str) {
    text.split_once('\n').unwrap_or((text, ""))
}

/// What `n` uses of one token count for: the tenth `transformer` says less than the first, as in
/// a sublinear term frequency.
pub fn saturation(n: usize) -> f32 {
    (n as f32).sqrt()
}

/// Adds the row of an unknown word: `length` long, with signs that its number decides.
fn add_signs(sum: &mut [f32], number: u32, length: f32) {
    let step = length / (sum.len() as f32).sqrt();
    let mut state = u64::from(number);
    for block in sum.chunks_mut(64) {
        // SplitMix64 (Steele, Lea and Flood 2014).
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^= bits >> 31;
        for x in block {
            *x += if bits & 1 == 0 { step } else { -step };
            bits >>= 1;
        }
    }
}

struct ByteReader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> ByteReader<'a> {
    fn take(&mut self, n: usize) -> Result<&'a [u8]> {
        let taken = self.bytes.get(self.at..).and_then(|rest| rest.get(..n)).ok_or_else(|| {
            broken(format!("{n} bytes are expected at {}, but the file has {}", self.at, self.bytes.len()))
        })?;
        self.at += n;
        Ok(taken)
    }

    fn number(&mut self) -> Result<usize> {
        let mut bytes = [0; 4];
        bytes.copy_from_slice(self.take(4)?);
        Ok(u32::from_le_bytes(bytes) as usize)
    }
}

fn broken(reason: impl Into<String>) -> Error {
    Error::Model { model: "table".into(), reason: reason.into() }
}

#[cfg(test)]
mod tests;
