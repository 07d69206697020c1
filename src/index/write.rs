//! The content of an index file: vectors, their codes, rows, and the graph.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::code;
use super::file::{NOBODY, Stamp, TableKind, Writer};
use super::source::Sink;
use super::walk::GraphFacts;
use crate::error::{Error, Result};

/// Tombstone: marks a position whose row is gone. It keeps its vector and its links, so that walks still
/// pass through it.
pub const GONE: i64 = i64::MIN;

/// Metadata in the file's head beside its stamp.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FileFacts {
    /// How many vectors.
    pub n_positions: usize,
    /// How many of them have a row.
    pub n_rows: usize,
    /// The largest quantisation error of a vector, as a length: bounds the cosine by codes.
    pub code_error: f32,
    /// The graph, if there is one.
    pub graph: Option<GraphFacts>,
}

/// A graph to be written: its facts and its links.
pub type Links<'a> = (GraphFacts, &'a [u32]);

/// Writes a file from rows in the order of their positions.
///
/// # Errors
/// Those of `each`, [`Error::Io`], and [`Error::Invalid`] for a row that comes twice.
pub fn write(
    path: &Path,
    stamp: &Stamp,
    graph: Option<Links<'_>>,
    each: impl FnOnce(&mut Sink<'_>) -> Result<()>,
) -> Result<()> {
    let d = stamp.dimensions;
    let mut writer = Writer::create(path)?;
    let (mut rows, mut codes, mut scales) = (Vec::new(), Vec::new(), Vec::new());
    let mut code_error = 0.0_f32;
    each(&mut |row, vector| {
        if vector.len() != d {
            let (expected, received) = (d, vector.len());
            return Err(Error::DimensionMismatch { model: stamp.model.to_string(), expected, received });
        }
        let start = codes.len();
        codes.resize(start + d, 0);
        let scale = code::encode(vector, &mut codes[start..]);
        code_error = code_error.max(code::error(vector, &codes[start..], scale));
        scales.push(scale);
        rows.push(row);
        writer.write(TableKind::Vectors, vector)
    })?;
    writer.write(TableKind::Codes, &codes)?;
    writer.write(TableKind::Scales, &scales)?;
    let seen = Seen::of(d, &codes, &scales);
    seen.write_signs(&mut writer)?;
    let n_rows = write_rows(&mut writer, &rows)?;
    let graph = match graph {
        None => None,
        Some((facts, links)) => {
            writer.write(TableKind::Links, links)?;
            seen.write_shorts(&mut writer)?;
            Some(facts)
        }
    };
    writer.finish(stamp, &FileFacts { n_positions: rows.len(), n_rows, code_error, graph })
}

/// The step of a 4-bit code in standard deviations of its dimension: sixteen steps are then 5.3 standard
/// deviations wide, and what lies farther out is clamped. No figures of other steps are kept.
const STEP: f64 = 1.0 / 3.0;

/// The vectors dequantised from their 8-bit codes, so that they need not be read a second time.
struct Seen<'a> {
    codes: &'a [i8],
    scales: &'a [f32],
    mean: Vec<f32>,
    steps: Vec<f32>,
}

impl<'a> Seen<'a> {
    fn of(d: usize, codes: &'a [i8], scales: &'a [f32]) -> Self {
        let (mut sums, mut squares) = (vec![0.0_f64; d], vec![0.0_f64; d]);
        for (code, scale) in codes.chunks_exact(d).zip(scales) {
            for ((sum, square), c) in sums.iter_mut().zip(&mut squares).zip(code) {
                let x = f64::from(scale * f32::from(*c));
                *sum += x;
                *square += x * x;
            }
        }
        let n = scales.len().max(1) as f64;
        let mean: Vec<f64> = sums.iter().map(|sum| sum / n).collect();
        let deviation = |(square, mean): (&f64, &f64)| (square / n - mean * mean).max(0.0).sqrt();
        let step = |deviation: f64| ((deviation * STEP) as f32).max(f32::MIN_POSITIVE);
        let steps = squares.iter().zip(&mean).map(deviation).map(step).collect();
        Self { codes, scales, mean: mean.into_iter().map(|mean| mean as f32).collect(), steps }
    }

    fn vectors(&self) -> impl Iterator<Item = impl Iterator<Item = f32>> {
        let numbers = |(code, &scale): (&'a [i8], &'a f32)| code.iter().map(move |c| scale * f32::from(*c));
        self.codes.chunks_exact(self.mean.len()).zip(self.scales).map(numbers)
    }

    fn write_signs(&self, writer: &mut Writer) -> Result<()> {
        let mut signs = vec![0; self.mean.len().div_ceil(64)];
        for vector in self.vectors() {
            code::signs(vector, &self.mean, &mut signs);
            writer.write(TableKind::Signs, &signs)?;
        }
        writer.write(TableKind::Mean, &self.mean)
    }

    fn write_shorts(&self, writer: &mut Writer) -> Result<()> {
        let mut short = vec![0_u8; code::short_bytes(self.mean.len())];
        for vector in self.vectors() {
            code::shorten(vector, &self.mean, &self.steps, &mut short);
            writer.write(TableKind::Shorts, &short)?;
        }
        writer.write(TableKind::Steps, &self.steps)
    }
}

/// Writes which position has which row, both ways, and returns how many have one.
fn write_rows(writer: &mut Writer, rows: &[i64]) -> Result<usize> {
    if rows.len() >= NOBODY as usize {
        return Err(Error::Invalid("an index holds at most four billion rows".into()));
    }
    let mut positions: Vec<u32> = (0..rows.len() as u32).filter(|&p| rows[p as usize] != GONE).collect();
    positions.sort_unstable_by_key(|&position| rows[position as usize]);
    let mut ranks = vec![NOBODY; rows.len()];
    for (rank, &position) in positions.iter().enumerate() {
        ranks[position as usize] = rank as u32;
    }
    let ascending: Vec<i64> = positions.iter().map(|&position| rows[position as usize]).collect();
    if !ascending.is_sorted_by(|a, b| a < b) {
        return Err(Error::Invalid("an index takes each row once".into()));
    }
    writer.write(TableKind::Rows, &ascending)?;
    writer.write(TableKind::Positions, &positions)?;
    writer.write(TableKind::Ranks, &ranks)?;
    Ok(positions.len())
}
