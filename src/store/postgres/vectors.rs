//! The vectors of every model.

use crate::embed::Embedding;
use crate::paper::{ModelId, Row};

use super::{Postgres, unwritten};
use crate::error::Result;
use crate::store::{Recent, StoredModel, Vectors};

impl Vectors for Postgres {
    fn without_vector(&self, _model: &ModelId, _recent: Option<&Recent>) -> Result<Vec<Row>> {
        unwritten("without_vector")
    }

    fn n_without_vector(&self, _model: &ModelId, _recent: Option<&Recent>) -> Result<usize> {
        unwritten("n_without_vector")
    }

    fn put_vectors(&mut self, _model: &ModelId, _vectors: &[(Row, i64, Embedding)]) -> Result<()> {
        unwritten("put_vectors")
    }

    fn vectors(&self, _model: &ModelId, _rows: &[Row]) -> Result<Vec<Option<Embedding>>> {
        unwritten("vectors")
    }

    fn each_vector(&self, _model: &ModelId, _visit: &mut dyn FnMut(Row, &[f32]) -> Result<()>) -> Result<()> {
        unwritten("each_vector")
    }

    fn vectors_since(&self, _model: &ModelId, _generation: u64, _most: usize) -> Result<Option<Vec<Row>>> {
        unwritten("vectors_since")
    }

    fn gone_since(&self, _generation: u64, _most: usize) -> Result<Option<Vec<Row>>> {
        unwritten("gone_since")
    }

    fn dimensions(&self, _model: &ModelId) -> Result<Option<usize>> {
        unwritten("dimensions")
    }

    fn model_names(&self) -> Result<Vec<ModelId>> {
        unwritten("model_names")
    }

    fn drop_vectors(&mut self, _prefix: &str, _kept: &ModelId) -> Result<usize> {
        unwritten("drop_vectors")
    }

    fn models(&self) -> Result<Vec<StoredModel>> {
        unwritten("models")
    }
}
