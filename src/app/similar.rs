//! Papers similar to one paper or to a text.

use serde::Serialize;

use super::{App, Brief};
use crate::embed::{Role, Silent};
use crate::error::{Error, Result};
use crate::index::Allowed;
use crate::paper::PaperId;
use crate::store::Row;

/// What to look around.
#[derive(Debug, Clone, PartialEq)]
pub enum Subject {
    /// A paper of the library.
    Paper(PaperId),
    /// A text in words.
    Text(String),
}

/// The papers similar to a subject.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Similar {
    /// The paper that was asked about, if it was a paper.
    pub paper: Option<Brief>,
    /// The text that was asked about, if it was a text.
    pub text: Option<String>,
    /// The model whose vectors were compared.
    pub model: String,
    /// The nearest papers, the nearest first.
    pub neighbours: Vec<Neighbour>,
}

/// A paper and how similar it is.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Neighbour {
    /// The place, from 1.
    pub rank: usize,
    /// The cosine of the vectors, -1 to 1.
    pub similarity: f64,
    /// The paper.
    #[serde(flatten)]
    pub paper: Brief,
}

impl App {
    /// The `n` papers nearest to a subject; a paper is not its own neighbour.
    ///
    /// # Errors
    /// [`Error::UnknownPaper`] for a paper that is not in the library.
    pub fn similar(&self, subject: &Subject, n: usize) -> Result<Similar> {
        let (brief, text, own, vector) = match subject {
            Subject::Paper(id) => {
                let row = self.store.paper(id)?.row;
                let (paper, vector) = self.with_vectors(&[row])?.pop().ok_or(Error::NoDirection)?;
                (Some(Brief::of(&paper.paper)), None, Some(row), vector)
            }
            Subject::Text(text) => {
                let vector =
                    self.embedder.embed(Role::Query, &[text], &Silent)?.pop().ok_or(Error::NoDirection)?;
                (None, Some(text.clone()), None, vector)
            }
        };
        let own: Vec<Row> = own.into_iter().collect();
        let nearest = self.nearest(&vector, n, Allowed::Except(&own))?;
        let rows: Vec<Row> = nearest.iter().map(|n| n.row).collect();
        let papers = self.store.papers(&rows)?;
        let neighbours = papers.iter().zip(&nearest).enumerate().map(|(i, (paper, nearest))| Neighbour {
            rank: i + 1,
            similarity: f64::from(nearest.similarity),
            paper: Brief::of(&paper.paper),
        });
        let model = self.embedder.model().to_string();
        Ok(Similar { paper: brief, text, model, neighbours: neighbours.collect() })
    }
}
