//! A model that is loaded when it is first asked: a transformer takes a second to load, and what is
//! stored needs no model.

use std::sync::OnceLock;

use super::{Embedder, Embedding, Role};
use crate::error::{Error, Result};
use crate::paper::ModelId;
use crate::progress::Progress;

type Load = Box<dyn Fn() -> Result<Box<dyn Embedder>> + Send + Sync>;

/// A model of which only the name and the length of its vectors are known yet.
pub struct Lazy {
    model: ModelId,
    dimensions: usize,
    load: Load,
    loaded: OnceLock<Box<dyn Embedder>>,
}

impl Lazy {
    /// A model that `load` loads.
    pub fn new(model: ModelId, dimensions: usize, load: Load) -> Self {
        Self { model, dimensions, load, loaded: OnceLock::new() }
    }

    fn get(&self) -> Result<&dyn Embedder> {
        if let Some(loaded) = self.loaded.get() {
            return Ok(loaded.as_ref());
        }
        let loaded = (self.load)()?;
        if *loaded.model() != self.model {
            let reason = format!(
                "its files are now those of {}: choose it again with `paperpick model use`",
                loaded.model()
            );
            return Err(Error::Model { model: self.model.to_string(), reason });
        }
        Ok(self.loaded.get_or_init(|| loaded).as_ref())
    }
}

impl Embedder for Lazy {
    fn model(&self) -> &ModelId {
        &self.model
    }

    fn dimensions(&self) -> usize {
        self.dimensions
    }

    fn embed(&self, role: Role, texts: &[&str], progress: &dyn Progress) -> Result<Vec<Embedding>> {
        if texts.is_empty() { Ok(Vec::new()) } else { self.get()?.embed(role, texts, progress) }
    }

    fn is_quick(&self) -> bool {
        self.get().is_ok_and(Embedder::is_quick)
    }
}
