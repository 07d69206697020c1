//! Text into vectors, through one narrow trait.
//!
//! Knows nothing about files of papers, the store, or ranking.

pub mod builtin;
mod dot;
mod lazy;
#[cfg(feature = "onnx")]
pub mod onnx;
pub mod table;
pub mod train;
mod vocabulary;
mod words;

pub(crate) use dot::dot;
pub use lazy::Lazy;

use std::sync::Arc;

use crate::error::{Error, Result};
use crate::paper::{ModelId, Paper};
use crate::progress::{Progress, Silent};

/// A direction in a model's space: finite and of length 1, so that a dot product is a cosine.
#[derive(Debug, Clone, PartialEq)]
pub struct Embedding(Box<[f32]>);

impl Embedding {
    /// Scales `values` to length 1.
    ///
    /// # Errors
    /// [`Error::NoDirection`] for the zero vector and for values that are not finite.
    pub fn normalized(values: Vec<f32>) -> Result<Self> {
        let length = values.iter().map(|&x| f64::from(x) * f64::from(x)).sum::<f64>().sqrt();
        if !length.is_finite() || length < f64::from(f32::MIN_POSITIVE) {
            return Err(Error::NoDirection);
        }
        Ok(Self(values.into_iter().map(|x| (f64::from(x) / length) as f32).collect()))
    }

    /// The unit vector.
    pub fn as_slice(&self) -> &[f32] {
        &self.0
    }

    /// The cosine with another vector of the same model, -1 to 1.
    pub fn cosine(&self, other: &Self) -> f32 {
        debug_assert_eq!(self.0.len(), other.0.len());
        dot(&self.0, &other.0)
    }
}

/// What a text is for: some models want to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// A paper's own text, stored.
    Document,
    /// A user's words, looked up once.
    Query,
}

/// One model for several who use it.
impl<E: Embedder + ?Sized> Embedder for Arc<E> {
    fn model(&self) -> &ModelId {
        self.as_ref().model()
    }

    fn dimensions(&self) -> usize {
        self.as_ref().dimensions()
    }

    fn embed(&self, role: Role, texts: &[&str], progress: &dyn Progress) -> Result<Vec<Embedding>> {
        self.as_ref().embed(role, texts, progress)
    }

    fn is_quick(&self) -> bool {
        self.as_ref().is_quick()
    }
}

/// Makes vectors of texts. Same model, same role, same text: same vector, whatever the batch it
/// came in; the store trusts this and never embeds twice.
pub trait Embedder: Send + Sync {
    /// The name under which the vectors are stored.
    fn model(&self) -> &ModelId;

    /// The length of every vector.
    fn dimensions(&self) -> usize;

    /// One vector a text, in order. A text without a single known token gets the model's own
    /// neutral direction, never an error.
    ///
    /// # Errors
    /// [`Error::Model`] if the model cannot run.
    fn embed(&self, role: Role, texts: &[&str], progress: &dyn Progress) -> Result<Vec<Embedding>>;

    /// Whether it reads thousands of texts a second, so that all of them can be read again to compare.
    fn is_quick(&self) -> bool {
        false
    }
}

/// One vector a paper, in order: the normalised mean of the vectors of its texts
/// ([`Paper::texts`]), so a paper known in two languages lies between both, with equal weights.
///
/// # Errors
/// [`Error::Model`] if the model cannot run.
pub fn embed_papers(
    embedder: &dyn Embedder,
    papers: &[&Paper],
    progress: &dyn Progress,
) -> Result<Vec<Embedding>> {
    let texts: Vec<Vec<String>> = papers.iter().map(|paper| paper.texts()).collect();
    let flat: Vec<&str> = texts.iter().flatten().map(String::as_str).collect();
    let mut parts = embedder.embed(Role::Document, &flat, &Silent)?.into_iter();
    let vectors = texts.iter().map(|texts| {
        let mut parts = parts.by_ref().take(texts.len());
        let first = parts.next().ok_or(Error::NoDirection)?;
        let mut sum = first.as_slice().to_vec();
        for part in parts {
            sum.iter_mut().zip(part.as_slice()).for_each(|(s, x)| *s += x);
        }
        progress.advance(1);
        // Two opposite parts have no middle; the first one then stands for both.
        Ok(Embedding::normalized(sum).unwrap_or(first))
    });
    vectors.collect()
}
