//! Vectors in and out of the store, by model.

use jiff::civil::Date;

use crate::embed::Embedding;
use crate::error::Result;
use crate::paper::{ModelId, Row};

/// A model of which the store holds vectors.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
pub struct StoredModel {
    /// Its name.
    pub model: ModelId,
    /// The length of its vectors.
    pub dimensions: usize,
    /// How many papers have one.
    pub vectors: u64,
}

/// Papers that were published or listed from a day on, and those that are rated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recent {
    /// The day.
    pub since: Date,
}

/// Which papers a search for neighbours may answer; rows ascending.
#[derive(Debug, Clone, Copy)]
pub enum Meant<'a> {
    /// Every one.
    All,
    /// These.
    Only(&'a [Row]),
    /// Every one but these.
    Except(&'a [Row]),
}

/// The vectors of every model.
pub trait Vectors {
    /// The `n` nearest papers to a vector of a model, with their similarities, the nearest first and ties by row;
    /// `None` of a store that has no index of its own. Of few papers that are meant none is missed. `cosine` is asked
    /// of each candidate's vector: its last bit is that of whoever asks.
    ///
    /// # Errors
    /// [`Error::Database`](crate::Error::Database).
    fn nearest(
        &self,
        model: &ModelId,
        query: &Embedding,
        n: usize,
        meant: Meant<'_>,
        cosine: &dyn Fn(&[f32]) -> f32,
    ) -> Result<Option<Vec<(Row, f32)>>> {
        let _ = (model, query, n, meant, cosine);
        Ok(None)
    }

    /// Whether the store has an index of its own by which it finds neighbours; `None` where it never will.
    ///
    /// # Errors
    /// [`Error::Database`](crate::Error::Database).
    fn has_neighbours(&self, model: &ModelId) -> Result<Option<bool>> {
        let _ = model;
        Ok(None)
    }

    /// Builds that index, if it has none.
    ///
    /// # Errors
    /// [`Error::Database`](crate::Error::Database).
    fn index_neighbours(&self, model: &ModelId) -> Result<()> {
        let _ = model;
        Ok(())
    }

    /// The rows whose vector of this model is missing or was made of another text, of all papers or of
    /// recent ones; those first that were listed last, or published where they never were.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    fn without_vector(&self, model: &ModelId, recent: Option<&Recent>) -> Result<Vec<Row>>;

    /// How many rows, of all papers or of recent ones, have no vector of this model, or one of another
    /// text.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    fn n_without_vector(&self, model: &ModelId, recent: Option<&Recent>) -> Result<usize>;

    /// Stores vectors in one transaction, each with the [hash](super::Papers::text_hashes) of the text that it was made of; one
    /// whose paper has another text by now is not kept.
    ///
    /// # Errors
    /// [`crate::Error::DimensionMismatch`] if the model's vectors have another length; then none is stored.
    fn put_vectors(&mut self, model: &ModelId, vectors: &[(Row, i64, Embedding)]) -> Result<()>;

    /// The vectors of these rows, in the order of the rows given; `None` where there is none.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    fn vectors(&self, model: &ModelId, rows: &[Row]) -> Result<Vec<Option<Embedding>>>;

    /// Visits every vector of a model in the order of rows: the row and the unit vector.
    ///
    /// # Errors
    /// [`crate::Error::Database`], or the first error of `visit`.
    fn each_vector(&self, model: &ModelId, visit: &mut dyn FnMut(Row, &[f32]) -> Result<()>) -> Result<()>;

    /// The rows whose vector of this model was written after a generation, in order; `None` if
    /// there are more than `most`.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    fn vectors_since(&self, model: &ModelId, generation: u64, most: usize) -> Result<Option<Vec<Row>>>;

    /// The rows of papers that were removed after a generation, at most `most`; `None` if they are more.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    fn gone_since(&self, generation: u64, most: usize) -> Result<Option<Vec<Row>>>;

    /// The length of a model's vectors, if there are any.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    fn dimensions(&self, model: &ModelId) -> Result<Option<usize>>;

    /// The names of all models of which there are vectors.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    fn model_names(&self) -> Result<Vec<ModelId>>;

    /// Forgets the vectors of every model whose name begins with `prefix`, but for `kept`; returns how
    /// many.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    fn drop_vectors(&mut self, prefix: &str, kept: &ModelId) -> Result<usize>;

    /// Every model of which there are vectors, by name.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    fn models(&self) -> Result<Vec<StoredModel>>;
}

/// A vector as engines keep it: little-endian `f32`.
pub(super) fn to_blob(vector: &[f32]) -> Vec<u8> {
    vector.iter().flat_map(|x| x.to_le_bytes()).collect()
}

/// The vector that was kept so.
pub(super) fn from_blob(blob: &[u8]) -> Vec<f32> {
    let (values, _) = blob.as_chunks::<4>();
    values.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect()
}

/// The length of a vector is 1 up to rounding: a component of f32 is rounded by less than 1e-7 of itself.
const UNIT: f64 = 1e-5;

/// What is wrong with a vector as it is stored.
pub(super) fn fault(blob: &[u8], dimensions: usize) -> Option<&'static str> {
    if blob.len() != 4 * dimensions {
        return Some("not as long as its model's");
    }
    let values = from_blob(blob);
    if values.iter().any(|x| !x.is_finite()) {
        return Some("not finite");
    }
    let length = values.iter().map(|&x| f64::from(x) * f64::from(x)).sum::<f64>().sqrt();
    ((length - 1.0).abs() > UNIT).then_some("not of length 1")
}
