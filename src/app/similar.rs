//! Papers similar to one paper or to a text.

use std::collections::HashSet;

use serde::Serialize;

use super::{App, Brief};
use crate::embed::Role;
use crate::error::{Error, Result};
use crate::index::{Allowed, Neighbour as Nearest};
use crate::paper::{PaperId, Row, Within, is_hangul};
use crate::progress::Silent;
use crate::recommend::similar;

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
    /// The model whose vectors found the pool.
    pub model: String,
    /// The second model, if it compared the newest of them.
    pub second_model: Option<String>,
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
    /// The cosine of the vectors, -1 to 1; the second model's, on the scale of the first, where both
    /// papers have its vectors.
    pub similarity: f64,
    /// Whether that is the second model's.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub second: bool,
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
    /// [`Error::UnknownPaper`] for a paper that is not in the library; [`Error::NothingListed`] for a text of
    /// which no paper has any word: a vector of what nobody writes is near to anything.
    pub fn similar(&self, subject: &Subject, n: usize) -> Result<Similar> {
        self.similar_within(subject, n, &Within::default())
    }

    /// The same among some papers only: never fewer than `n` while there are so many of them.
    ///
    /// # Errors
    /// Those of [`similar`](Self::similar).
    pub fn similar_within(&self, subject: &Subject, n: usize, within: &Within) -> Result<Similar> {
        if let Subject::Text(text) = subject
            && !self.knows(text)?
        {
            return Err(Error::NothingListed("no paper here has any of these words".into()));
        }
        self.similar_among(subject, n, self.rows_meant(within)?)
    }

    /// Whether any paper has a word of a text. A text in Korean is known without: papers may be in English.
    pub(super) fn knows(&self, text: &str) -> Result<bool> {
        Ok(text.contains(is_hangul) || self.store.has_any(text)?)
    }

    /// The rows that are meant, ascending; `None` is all of them.
    pub(super) fn rows_meant(&self, within: &Within) -> Result<Option<Vec<Row>>> {
        let muted = if within.unmuted { self.muted_rows()? } else { HashSet::new() };
        if muted.is_empty() && (Within { unmuted: false, ..within.clone() }) == Within::default() {
            return Ok(None);
        }
        let mut rows = self.store.rows_within(within, self.reader)?;
        rows.retain(|row| !muted.contains(row));
        Ok(Some(rows))
    }

    /// The same among the rows that are meant.
    pub(super) fn similar_among(
        &self,
        subject: &Subject,
        n: usize,
        meant: Option<Vec<Row>>,
    ) -> Result<Similar> {
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
        let mut nearest = match meant {
            None => self.nearest(&vector, n.max(POOL), Allowed::Except(&own))?,
            Some(mut rows) => {
                rows.retain(|row| !own.contains(row));
                self.nearest(&vector, n.max(POOL), Allowed::Only(&rows))?
            }
        };
        let seconds = self.second_opinion(subject, &own, &mut nearest)?;
        let mut scored = self.with_words(&own_text, &nearest, &seconds)?;
        scored.truncate(n);
        let rows: Vec<Row> = scored.iter().map(|s| s.row).collect();
        let papers = self.store.papers(&rows)?;
        let neighbours = papers.iter().zip(&scored).enumerate().map(|(i, (paper, scored))| Neighbour {
            rank: i + 1,
            score: f64::from(scored.score),
            similarity: f64::from(scored.similarity),
            second: scored.second,
            words: scored.words.map(f64::from),
            paper: Brief::of(&paper.paper),
        });
        let neighbours = neighbours.collect();
        let model = self.embedder.model().to_string();
        let second = self.newest.as_ref().filter(|_| seconds.contains(&true));
        let second_model = second.map(|(embedder, _)| embedder.model().to_string());
        Ok(Similar { paper: brief, text, model, second_model, neighbours })
    }

    /// Lets the second model compare what it has read of the pool, if it knows the subject; for which
    /// papers it did.
    fn second_opinion(&self, subject: &Subject, own: &[Row], nearest: &mut [Nearest]) -> Result<Vec<bool>> {
        let mut seconds = vec![false; nearest.len()];
        let Some((embedder, _)) = &self.newest else { return Ok(seconds) };
        let vector = match subject {
            Subject::Paper(_) => self.store.vectors(embedder.model(), own)?.pop().flatten(),
            Subject::Text(text) => embedder.embed(Role::Query, &[text], &Silent)?.pop(),
        };
        let Some(vector) = vector else { return Ok(seconds) };
        let pool = &mut nearest[..seconds.len().min(POOL)];
        let rows: Vec<Row> = pool.iter().map(|n| n.row).collect();
        let theirs = self.store.vectors(embedder.model(), &rows)?;
        let second: Vec<Option<f32>> = theirs.iter().map(|v| Some(vector.cosine(v.as_ref()?))).collect();
        let first: Vec<f32> = pool.iter().map(|n| n.similarity).collect();
        let moved = similar::second_opinion(&first, &second);
        for (i, (near, similarity)) in pool.iter_mut().zip(moved).enumerate() {
            near.similarity = similarity;
            seconds[i] = second[i].is_some();
        }
        Ok(seconds)
    }

    /// The nearest rows in the order of their fused scores, ties by row.
    fn with_words(&self, text: &str, nearest: &[Nearest], seconds: &[bool]) -> Result<Vec<Scored>> {
        let pool = &nearest[..nearest.len().min(POOL)];
        let rows: Vec<Row> = pool.iter().map(|n| n.row).collect();
        let meaning: Vec<f32> = pool.iter().map(|n| n.similarity).collect();
        let words = similar::words(text, &self.store.texts(&rows)?);
        let scores = similar::fuse(&meaning, &words);
        let place = |i: usize, score, words| {
            let Nearest { row, similarity } = nearest[i];
            Scored { row, score, similarity, second: seconds[i], words }
        };
        let mut scored: Vec<Scored> = (0..pool.len()).map(|i| place(i, scores[i], Some(words[i]))).collect();
        scored.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.row.cmp(&b.row)));
        // Nothing behind the pool stands before anything in it.
        let last = scored.last().map_or(f32::INFINITY, |s| s.score);
        let rest = pool.len()..nearest.len();
        scored.extend(rest.map(|i| place(i, nearest[i].similarity.min(last), None)));
        Ok(scored)
    }
}

/// A row with its scores.
struct Scored {
    row: Row,
    score: f32,
    similarity: f32,
    second: bool,
    words: Option<f32>,
}
