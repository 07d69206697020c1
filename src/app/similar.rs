//! Papers similar to one paper or to a text.

use serde::Serialize;

use super::{App, Brief};
use crate::embed::{Role, Silent};
use crate::error::{Error, Result};
use crate::index::{Allowed, Neighbour as Nearest};
use crate::paper::PaperId;
use crate::similar;
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
    /// The most similar papers, the best first.
    pub neighbours: Vec<Neighbour>,
}

/// A paper and how similar it is.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Neighbour {
    /// The place, from 1.
    pub rank: usize,
    /// What the order goes by: the similarity, and what words add to it or take from it.
    pub score: f64,
    /// The cosine of the vectors, -1 to 1.
    pub similarity: f64,
    /// The cosine of the words, 0 to 1; absent beyond the pool in which words are compared.
    pub words: Option<f64>,
    /// The paper.
    #[serde(flatten)]
    pub paper: Brief,
}

/// In how many of the nearest vectors words decide too; papers beyond these follow by their vectors
/// alone. So many are read and compared in about 10 ms.
const POOL: usize = 200;

impl App {
    /// The `n` papers most similar to a subject by meaning and words, as [`similar`] fuses them; a
    /// paper is not its own neighbour.
    ///
    /// # Errors
    /// [`Error::UnknownPaper`] for a paper that is not in the library.
    pub fn similar(&self, subject: &Subject, n: usize) -> Result<Similar> {
        let (brief, text, own, vector) = match subject {
            Subject::Paper(id) => {
                let row = self.store.paper(id)?.row;
                let (paper, vector) = self.with_vectors(&[row])?.pop().ok_or(Error::NoDirection)?;
                (Some(Brief::of(&paper.paper)), None, vec![row], vector)
            }
            Subject::Text(text) => {
                let vector =
                    self.embedder.embed(Role::Query, &[text], &Silent)?.pop().ok_or(Error::NoDirection)?;
                (None, Some(text.clone()), Vec::new(), vector)
            }
        };
        let own_text = match &text {
            Some(text) => text.clone(),
            None => self.store.texts(&own)?.concat(),
        };
        let nearest = self.nearest(&vector, n.max(POOL), Allowed::Except(&own))?;
        let mut scored = self.with_words(&own_text, &nearest)?;
        scored.truncate(n);
        let rows: Vec<Row> = scored.iter().map(|s| s.row).collect();
        let papers = self.store.papers(&rows)?;
        let neighbours = papers.iter().zip(&scored).enumerate().map(|(i, (paper, scored))| Neighbour {
            rank: i + 1,
            score: f64::from(scored.score),
            similarity: f64::from(scored.similarity),
            words: scored.words.map(f64::from),
            paper: Brief::of(&paper.paper),
        });
        let model = self.embedder.model().to_string();
        Ok(Similar { paper: brief, text, model, neighbours: neighbours.collect() })
    }

    /// The nearest rows in the order of their fused scores, ties by row.
    fn with_words(&self, text: &str, nearest: &[Nearest]) -> Result<Vec<Scored>> {
        let (pool, rest) = nearest.split_at(nearest.len().min(POOL));
        let rows: Vec<Row> = pool.iter().map(|n| n.row).collect();
        let meaning: Vec<f32> = pool.iter().map(|n| n.similarity).collect();
        let words = similar::words(text, &self.store.texts(&rows)?);
        let scores = similar::fuse(&meaning, &words);
        let mut scored: Vec<Scored> = pool
            .iter()
            .zip(words.iter().zip(scores))
            .map(|(n, (&words, score))| Scored {
                row: n.row,
                score,
                similarity: n.similarity,
                words: Some(words),
            })
            .collect();
        scored.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.row.cmp(&b.row)));
        // Nothing behind the pool stands before anything in it.
        let last = scored.last().map_or(f32::INFINITY, |s| s.score);
        scored.extend(rest.iter().map(|n| Scored {
            row: n.row,
            score: n.similarity.min(last),
            similarity: n.similarity,
            words: None,
        }));
        Ok(scored)
    }
}

/// A row with its scores.
struct Scored {
    row: Row,
    score: f32,
    similarity: f32,
    words: Option<f32>,
}
