//! What goes into a file.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::cache::Sink;
use super::code;
use super::file::{NOBODY, Stamp, Table, Writer};
use super::walk::GraphFacts;
use crate::error::{Error, Result};

/// Stands for the row of a position whose paper is gone; a walk still passes through it.
pub const GONE: i64 = i64::MIN;

/// What the file says of itself beside its stamp.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Facts {
    /// How many vectors.
    pub n_positions: usize,
    /// How many of them have a row.
    pub n_rows: usize,
    /// The longest of what rounding to 8 bits took away from a vector.
    pub code_error: f32,
    /// The graph, if there is one.
    pub graph: Option<GraphFacts>,
}

/// A graph to be written: its facts, and the links of the bottom and of the layers above.
pub type Links<'a> = (GraphFacts, &'a [u32], &'a [u32]);

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
        writer.write(Table::Vectors, vector)
    })?;
    writer.write(Table::Codes, &codes)?;
    writer.write(Table::Scales, &scales)?;
    write_signs(&mut writer, d, &codes, &scales)?;
    let n_rows = write_rows(&mut writer, &rows)?;
    let graph = match graph {
        None => None,
        Some((facts, bottom, upper)) => {
            writer.write(Table::Links, bottom)?;
            writer.write(Table::UpperLinks, upper)?;
            Some(facts)
        }
    };
    writer.finish(stamp, &Facts { n_positions: rows.len(), n_rows, code_error, graph })
}

/// Signs are taken from the codes, so that the vectors need not be read a second time.
fn write_signs(writer: &mut Writer, d: usize, codes: &[i8], scales: &[f32]) -> Result<()> {
    let vectors = || codes.chunks_exact(d).zip(scales);
    let mut sums = vec![0.0_f64; d];
    for (code, scale) in vectors() {
        for (sum, c) in sums.iter_mut().zip(code) {
            *sum += f64::from(scale * f32::from(*c));
        }
    }
    let mean: Vec<f32> = sums.iter().map(|sum| (sum / scales.len().max(1) as f64) as f32).collect();
    let mut signs = vec![0; d.div_ceil(64)];
    for (code, scale) in vectors() {
        code::signs(code.iter().map(|c| scale * f32::from(*c)), &mean, &mut signs);
        writer.write(Table::Signs, &signs)?;
    }
    writer.write(Table::Mean, &mean)
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
    writer.write(Table::Rows, &ascending)?;
    writer.write(Table::Positions, &positions)?;
    writer.write(Table::Ranks, &ranks)?;
    Ok(positions.len())
}
