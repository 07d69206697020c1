//! Brute force over vectors in memory: the ground truth for everything else.

use std::ops::Range;

use ndarray::ArrayView2;

use super::batch::Block;
use super::file::Damaged;
use super::top::Top;
use super::{Allowed, NearestPapers, Neighbour, kernels};
use crate::error::{Error, Result};
use crate::paper::ModelId;

/// A matrix of unit vectors in memory, scanned whole.
///
/// At 384 dimensions 35 ns a row: fine for a day, a profile or the newest few thousand papers.
pub struct Exact {
    model: ModelId,
    dimensions: usize,
    rows: Vec<i64>,
    matrix: Vec<f32>,
}

impl Exact {
    /// `matrix` holds one vector of length 1 for each of `rows` (strictly ascending), one after
    /// the other.
    ///
    /// # Errors
    /// [`Error::Invalid`] if rows are out of order or their number does not fit the matrix.
    pub fn new(model: ModelId, dimensions: usize, rows: Vec<i64>, matrix: Vec<f32>) -> Result<Self> {
        if dimensions == 0 || matrix.len() != rows.len() * dimensions {
            return Err(Error::Invalid(format!(
                "{} rows of {dimensions} dimensions need as many numbers, but there are {}",
                rows.len(),
                matrix.len()
            )));
        }
        if !rows.is_sorted_by(|a, b| a < b) {
            return Err(Error::Invalid("an index takes each row once, in ascending order".into()));
        }
        Ok(Self { model, dimensions, rows, matrix })
    }

    /// Forgets the rows of `gone` (ascending), then takes more rows in.
    ///
    /// # Errors
    /// As [`new`](Self::new); a row that is already there must be in `gone`.
    pub fn replace(&mut self, gone: &[i64], rows: Vec<i64>, matrix: Vec<f32>) -> Result<()> {
        let more = Self::new(self.model.clone(), self.dimensions, rows, matrix)?;
        let kept = self.entries().filter(|(row, _)| gone.binary_search(row).is_err());
        let mut entries: Vec<(i64, &[f32])> = kept.chain(more.entries()).collect();
        entries.sort_unstable_by_key(|&(row, _)| row);
        let (rows, vectors): (Vec<_>, Vec<_>) = entries.into_iter().unzip();
        *self = Self::new(self.model.clone(), self.dimensions, rows, vectors.concat())?;
        Ok(())
    }

    /// The rows and their vectors, rows ascending.
    pub fn entries(&self) -> impl Iterator<Item = (i64, &[f32])> {
        self.rows.iter().copied().zip(self.matrix.chunks_exact(self.dimensions))
    }

    /// The vector of a row.
    pub fn stored(&self, row: i64) -> Option<&[f32]> {
        self.rows.binary_search(&row).ok().map(|position| self.vector(position))
    }

    fn vector(&self, position: usize) -> &[f32] {
        &self.matrix[position * self.dimensions..][..self.dimensions]
    }
}

impl NearestPapers for Exact {
    fn len(&self) -> usize {
        self.rows.len()
    }

    fn nearest(&self, query: &[f32], k: usize, allowed: Allowed<'_>) -> Result<Vec<Neighbour>> {
        check_dimensions(&self.model, self.dimensions, query.len())?;
        let mut top = Top::new(k);
        let mut offer = |position: usize| {
            top.offer(self.rows[position], kernels::dot(query, self.vector(position)));
        };
        match allowed {
            Allowed::Only(rows) => {
                rows.iter().filter_map(|row| self.rows.binary_search(row).ok()).for_each(&mut offer);
            }
            _ => (0..self.rows.len())
                .filter(|&position| allowed.contains(self.rows[position]))
                .for_each(&mut offer),
        }
        Ok(top.into_sorted())
    }

    fn nearest_to_each(
        &self,
        queries: ArrayView2<'_, f32>,
        k: usize,
        allowed: Allowed<'_>,
    ) -> Result<Vec<Vec<Neighbour>>> {
        check_dimensions(&self.model, self.dimensions, queries.ncols())?;
        let d = self.dimensions;
        let block = Block {
            n: self.rows.len(),
            vectors: |positions: Range<usize>| {
                let values = &self.matrix[positions.start * d..positions.end * d];
                ArrayView2::from_shape((positions.len(), d), values).map_err(|_| Damaged)
            },
            wanted: |position: usize| allowed.contains(self.rows[position]),
            row: |position: usize| Ok(self.rows[position]),
        };
        let tops = block.nearest(queries, k).map_err(|_| Error::Invalid("a vector is incomplete".into()))?;
        Ok(tops.into_iter().map(Top::into_sorted).collect())
    }
}

/// Refuses a query that is not of this model.
pub(super) fn check_dimensions(model: &ModelId, expected: usize, received: usize) -> Result<()> {
    if received == expected {
        Ok(())
    } else {
        Err(Error::DimensionMismatch { model: model.to_string(), expected, received })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn three() -> Exact {
        let matrix = vec![1.0, 0.0, 0.0, 1.0, 1.0, 0.0];
        Exact::new(ModelId::new("test"), 2, vec![3, 5, 9], matrix).unwrap()
    }

    fn rows(found: Vec<Neighbour>) -> Vec<i64> {
        found.into_iter().map(|n| n.row).collect()
    }

    #[test]
    fn equal_rows_come_by_row() {
        assert_eq!(rows(three().nearest(&[1.0, 0.0], 2, Allowed::All).unwrap()), [3, 9]);
    }

    #[test]
    fn a_filter_never_hides_an_allowed_row() {
        let index = three();
        assert_eq!(rows(index.nearest(&[1.0, 0.0], 9, Allowed::Only(&[4, 5, 9])).unwrap()), [9, 5]);
        assert_eq!(rows(index.nearest(&[1.0, 0.0], 9, Allowed::Except(&[3, 4])).unwrap()), [9, 5]);
        assert_eq!(rows(index.nearest(&[1.0, 0.0], 0, Allowed::All).unwrap()), [0; 0]);
    }

    #[test]
    fn a_query_of_another_model_is_refused() {
        let refused = three().nearest(&[1.0], 1, Allowed::All);
        assert!(matches!(refused, Err(Error::DimensionMismatch { expected: 2, received: 1, .. })));
    }

    #[test]
    fn rows_out_of_order_are_refused() {
        assert!(Exact::new(ModelId::new("test"), 1, vec![2, 1], vec![1.0, 1.0]).is_err());
        assert!(Exact::new(ModelId::new("test"), 2, vec![2], vec![1.0]).is_err());
    }
}
