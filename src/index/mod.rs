//! The nearest papers, from a day to all of arXiv.
//!
//! One trait, [`NearestPapers`]. Knows rows and vectors; knows nothing about papers, ranking or
//! terminals.

mod batch;
mod cache;
mod code;
pub mod exact;
mod file;
mod graph;
mod kernels;
mod mask;
mod refine;
mod scan;
mod shape;
mod source;
mod top;
mod walk;
mod write;

pub use cache::{Index, Size, Way};
pub use file::Stamp;
pub(crate) use kernels::dot;
pub use shape::Shape;
pub use source::{Changes, Sink, VectorSource};

use ndarray::ArrayView2;

use crate::error::Result;

/// A row of the store and how near it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Neighbour {
    /// The store's row.
    pub row: i64,
    /// The cosine with the query, -1 to 1.
    pub similarity: f32,
}

/// Which rows may be answered. It is known before the search, so a search never returns fewer than
/// `k` rows while `k` allowed rows exist.
#[derive(Debug, Clone, Copy, Default)]
pub enum Allowed<'a> {
    /// Every row.
    #[default]
    All,
    /// Only these rows, strictly ascending; rows that the index does not hold are passed over.
    Only(&'a [i64]),
    /// Every row but these, strictly ascending.
    Except(&'a [i64]),
}

impl Allowed<'_> {
    /// Whether a row may be answered.
    pub fn contains(&self, row: i64) -> bool {
        match self {
            Self::All => true,
            Self::Only(rows) => rows.binary_search(&row).is_ok(),
            Self::Except(rows) => rows.binary_search(&row).is_err(),
        }
    }
}

/// Finds the rows whose vectors are nearest to a vector.
pub trait NearestPapers: Send + Sync {
    /// How many rows there are.
    fn len(&self) -> usize;

    /// Whether there is no row.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The `k` nearest allowed rows, the nearest first, equal ones by row. Fewer than `k` only
    /// where fewer are allowed.
    ///
    /// # Errors
    /// [`Error::DimensionMismatch`](crate::Error::DimensionMismatch) for a query of another length, and
    /// [`Error::DamagedIndex`](crate::Error::DamagedIndex) where a file turns out to be damaged.
    fn nearest(&self, query: &[f32], k: usize, allowed: Allowed<'_>) -> Result<Vec<Neighbour>>;

    /// The `k` nearest allowed rows of each query (one a row of the matrix), all exactly, on all
    /// cores: for a dozen queries and more several times as fast as one after the other.
    ///
    /// # Errors
    /// As [`nearest`](Self::nearest).
    fn nearest_to_each(
        &self,
        queries: ArrayView2<'_, f32>,
        k: usize,
        allowed: Allowed<'_>,
    ) -> Result<Vec<Vec<Neighbour>>>;
}
