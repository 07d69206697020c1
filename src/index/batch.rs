//! Batched queries as a blocked matrix product on all cores.
//!
//! One vector against a library is bound by memory: each row is read for one product. A block of
//! rows that stays in the cache meets all queries for one reading. A tenth of the time a query.

use std::ops::Range;

use ndarray::{ArrayView1, ArrayView2, s};
use rayon::prelude::*;

use super::file::Damaged;
use super::kernels;
use super::top::{Hopeful, Top};

/// Rows and queries that are multiplied at a time; their products fill half a megabyte.
const ROWS: usize = 512;
const QUERIES: usize = 256;
/// More than two products of unit vectors in `f32` differ for the order of summation alone, at up
/// to 2,000 dimensions.
const ROUNDING: f32 = 1e-4;

/// What a batch reads of an index: vectors, filter and rows by position.
pub struct Block<V, W, R> {
    /// How many positions.
    pub n: usize,
    /// The vectors of a range of them.
    pub vectors: V,
    /// Whether a position counts.
    pub wanted: W,
    /// The row of a position.
    pub row: R,
}

impl<'a, V, W, R> Block<V, W, R>
where
    V: Fn(Range<usize>) -> Result<ArrayView2<'a, f32>, Damaged> + Sync,
    W: Fn(usize) -> bool + Sync,
    R: Fn(usize) -> Result<i64, Damaged> + Sync,
{
    /// The `k` nearest of the positions that count, for each query.
    pub fn nearest(&self, queries: ArrayView2<'_, f32>, k: usize) -> Result<Vec<Top>, Damaged> {
        let finish = |(query, hopeful): (ArrayView1<'_, f32>, Hopeful)| {
            let query = query.to_vec();
            let mut top = Top::new(k);
            for position in hopeful.into_positions().map(|position| position as usize) {
                let vector = (self.vectors)(position..position + 1)?;
                let similarity = kernels::dot(&query, vector.as_slice().ok_or(Damaged)?);
                top.offer((self.row)(position)?, similarity);
            }
            Ok(top)
        };
        let hopeful = self.hopeful(queries, k)?;
        queries.outer_iter().into_par_iter().zip(hopeful).map(finish).collect()
    }

    /// For each query the positions that may be among its nearest by the matrix product, which
    /// sums in another order than the kernel that answers.
    fn hopeful(&self, queries: ArrayView2<'_, f32>, k: usize) -> Result<Vec<Hopeful>, Damaged> {
        let nobody = || (0..queries.nrows()).map(|_| Hopeful::new(k, ROUNDING)).collect::<Vec<_>>();
        let look = |mut found: Vec<Hopeful>, first: usize| {
            let end = (first + ROWS).min(self.n);
            let block = (self.vectors)(first..end)?;
            let counts: Vec<usize> = (0..end - first).filter(|i| (self.wanted)(first + i)).collect();
            for start in (0..queries.nrows()).step_by(QUERIES) {
                let some = queries.slice(s![start..(start + QUERIES).min(queries.nrows()), ..]);
                let cosines = some.dot(&block.t());
                for (found, cosines) in found[start..].iter_mut().zip(cosines.outer_iter()) {
                    counts.iter().for_each(|&i| found.look(first + i, cosines[i]));
                }
            }
            Ok(found)
        };
        let firsts: Vec<usize> = (0..self.n).step_by(ROWS).collect();
        let merge =
            |a: Vec<Hopeful>, b: Vec<Hopeful>| Ok(a.into_iter().zip(b).map(|(a, b)| a.and(b)).collect());
        firsts.into_par_iter().try_fold(nobody, look).try_reduce(nobody, merge)
    }
}
