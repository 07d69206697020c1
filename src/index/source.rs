//! Where an index gets its vectors from.

use super::file::Stamp;
use crate::error::Result;

/// Takes one row after the other.
pub type Sink<'a> = dyn FnMut(i64, &[f32]) -> Result<()> + 'a;

/// Where the vectors truly are.
pub trait VectorSource {
    /// The model, the length and the generation of what [`each`](Self::each) will give.
    fn stamp(&self) -> Result<Stamp>;

    /// Gives every row and its unit vector to `sink`, rows ascending.
    fn each(&self, sink: &mut Sink<'_>) -> Result<()>;

    /// What happened since a generation, or `None` where that is not known any more or is more than
    /// `most` rows.
    fn changes_since(&self, generation: u64, most: usize) -> Result<Option<Changes>>;
}

/// Rows that came, changed and went.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Changes {
    /// Rows that are new or have a new vector, ascending.
    pub rows: Vec<i64>,
    /// Their unit vectors, one after the other.
    pub matrix: Vec<f32>,
    /// Rows that are gone, in any order.
    pub gone: Vec<i64>,
}
