//! Linear scans: by 8-bit codes (scalar quantisation), with exact results, or by signs (binary
//! quantisation), without.

use super::code::{self, Query};
use super::file::{Damaged, Numbers, Tables};
use super::kernels;
use super::mask::Mask;
use super::top::Hopeful;
use super::walk::CodeTable;

/// Hands the positions to `offer` whose true cosine may be among the `k` nearest: all positions
/// whose cosine by codes is within twice the error of [`Query::error`] of the `k`-th best.
pub fn by_codes<F>(
    table: &CodeTable<'_, F>,
    query: &Query<'_>,
    k: usize,
    code_error: f32,
    positions: Positions<'_>,
    mut offer: impl FnMut(usize) -> Result<(), Damaged>,
) -> Result<(), Damaged> {
    let d = table.dimensions;
    let mut hopeful = Hopeful::new(k, 2.0 * query.error(code_error));
    match positions {
        Positions::From(first, end) => {
            let codes = table.tables.get(table.codes, first * d..end * d)?;
            let scales = table.tables.get(table.scales, first..end)?;
            for (i, (code, scale)) in codes.chunks_exact(d).zip(scales).enumerate() {
                hopeful.look(first + i, query.cosine(code, *scale));
            }
        }
        Positions::Set(mask, first) => {
            for position in mask.iter_from(first) {
                hopeful.look(position, table.cosine(query, position)?);
            }
        }
    }
    hopeful.into_positions().try_for_each(|position| offer(position as usize))
}

/// Which positions a scan looks at.
#[derive(Clone, Copy)]
pub enum Positions<'a> {
    /// All from the first to before the second.
    From(usize, usize),
    /// Those of a set, from a first one on.
    Set(&'a Mask, usize),
}

/// Signs by position.
pub struct SignTable<'a, F> {
    /// The file.
    pub tables: &'a Tables<F>,
    /// Signs around the mean, whole words a position.
    pub signs: Numbers<u64>,
    /// That mean.
    pub mean: Numbers<f32>,
    /// How many positions.
    pub len: usize,
}

/// Hands about `n` positions to `offer` whose signs differ from the query's in the fewest places:
/// the cosine of two directions shows in the share of planes through the mean that part them.
pub fn by_signs<F>(
    table: &SignTable<'_, F>,
    query: &[f32],
    n: usize,
    wanted: Option<&Mask>,
    mut offer: impl FnMut(usize) -> Result<(), Damaged>,
) -> Result<(), Damaged> {
    let words = query.len().div_ceil(64);
    let mean = table.tables.get(table.mean, 0..query.len())?;
    let mut of_query = vec![0; words];
    code::signs(query.iter().copied(), mean, &mut of_query);
    let signs = table.tables.get(table.signs, 0..table.len * words)?;
    let mut distances = vec![0_u16; table.len];
    kernels::hamming_all(&of_query, signs, &mut distances);
    // Distances are small integers: counting them is cheaper than keeping a heap.
    let mut counts = vec![0_usize; words * 64 + 1];
    let counted = |position: usize| wanted.is_none_or(|mask| mask.contains(position));
    for (position, &distance) in distances.iter().enumerate() {
        counts[usize::from(distance)] += usize::from(counted(position));
    }
    let mut sum = 0;
    let limit = counts.iter().position(|&count| {
        sum += count;
        sum >= n
    });
    let limit = limit.unwrap_or(words * 64);
    (0..table.len)
        .filter(|&position| usize::from(distances[position]) <= limit && counted(position))
        .try_for_each(&mut offer)
}
