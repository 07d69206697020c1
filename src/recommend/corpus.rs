//! Papers as rows: a dense unit vector each, and sparse blocks.

use std::sync::Arc;

use jiff::civil::Date;
use rayon::prelude::*;

use super::features::{Lexicon, Part, is_korean};
use crate::embed::Embedding;
use crate::embed::dot;
use crate::paper::Paper;

/// Quantile of random-pair cosines that two likes must exceed to share an interest.
const RELATED: f64 = 0.9;

/// Papers as rows: a dense unit vector each, and sparse blocks.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct Corpus {
    /// Shared by every corpus of a library, and kept in a file of its own.
    #[serde(skip)]
    lexicon: Arc<Lexicon>,
    dimensions: usize,
    dense: Vec<f32>,
    /// Whether each row's paper is known in Korean alone.
    korean: Vec<bool>,
    listed: Vec<Listed>,
    /// The days of which the picks are known, in order.
    pick_days: Vec<Date>,
    starts: Vec<usize>,
    sparse: Vec<(u32, f32)>,
}

impl Corpus {
    /// No rows yet; embeddings of `dimensions` numbers.
    pub fn new(lexicon: impl Into<Arc<Lexicon>>, dimensions: usize) -> Self {
        Self {
            lexicon: lexicon.into(),
            dimensions,
            dense: Vec::new(),
            korean: Vec::new(),
            listed: Vec::new(),
            pick_days: Vec::new(),
            starts: vec![0],
            sparse: Vec::new(),
        }
    }

    /// The same, where the picks of some days, in order, are known: what else was listed on them was not picked.
    #[must_use]
    pub fn with_pick_days(self, pick_days: Vec<Date>) -> Self {
        Self { pick_days, ..self }
    }

    /// Another corpus of the same lexicon, dimensions and days of picks, without rows.
    #[must_use]
    pub fn beside(&self) -> Self {
        Self::new(self.shared_lexicon(), self.dimensions).with_pick_days(self.pick_days.clone())
    }

    /// Appends a row for each paper with its embedding, in order; the number of the first.
    ///
    /// # Panics
    /// If an embedding has another length than [`Corpus::new`] was told.
    pub fn extend(&mut self, papers: &[(&Paper, &Embedding)]) -> usize {
        let first = self.len();
        let rows: Vec<Vec<(u32, f32)>> =
            papers.par_iter().map(|(paper, _)| self.lexicon.sparse(paper)).collect();
        self.korean.extend(papers.iter().map(|(paper, _)| is_korean(paper)));
        self.listed.extend(papers.iter().map(|(paper, _)| Listed::of(paper)));
        for ((_, embedding), row) in papers.iter().zip(rows) {
            assert_eq!(embedding.as_slice().len(), self.dimensions, "embeddings of one length");
            self.dense.extend_from_slice(embedding.as_slice());
            self.sparse.extend(row);
            self.starts.push(self.sparse.len());
        }
        first
    }

    /// Appends a row of another corpus of the same lexicon and dimensions.
    pub fn push(&mut self, other: &Self, row: usize) {
        self.dense.extend_from_slice(other.dense(row));
        self.korean.push(other.korean[row]);
        self.listed.push(other.listed[row]);
        self.sparse.extend_from_slice(other.sparse(row));
        self.starts.push(self.sparse.len());
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.starts.len() - 1
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The numbering of the sparse columns.
    pub fn lexicon(&self) -> &Lexicon {
        &self.lexicon
    }

    /// The same, to be shared with another corpus.
    pub fn shared_lexicon(&self) -> Arc<Lexicon> {
        Arc::clone(&self.lexicon)
    }

    /// Gives a corpus that was read from a file, where no lexicon is written, the one that its rows
    /// were made by.
    pub fn set_lexicon(&mut self, lexicon: Arc<Lexicon>) {
        self.lexicon = lexicon;
    }

    /// The length of a dense row.
    pub fn dimensions(&self) -> usize {
        self.dimensions
    }

    /// A row's embedding.
    pub fn dense(&self, row: usize) -> &[f32] {
        &self.dense[row * self.dimensions..][..self.dimensions]
    }

    /// Whether a row's paper is known in Korean alone.
    pub(super) fn is_korean(&self, row: usize) -> bool {
        self.korean[row]
    }

    /// Whether a row's paper was picked; `None` if the picks of the day that listed it are not known.
    pub(super) fn is_picked(&self, row: usize) -> Option<bool> {
        let Listed { is_picked, first } = self.listed[row];
        let is_known = |day: &Date| self.pick_days.binary_search(day).is_ok();
        (is_picked || first.as_ref().is_some_and(is_known)).then_some(is_picked)
    }

    /// A row's sparse features: column and value, by column.
    pub fn sparse(&self, row: usize) -> &[(u32, f32)] {
        &self.sparse[self.starts[row]..self.starts[row + 1]]
    }

    /// A row's sparse features by part; the parts that it lacks are empty.
    pub(super) fn parts(&self, row: usize) -> impl Iterator<Item = (Part, &[(u32, f32)])> {
        let mut rest = self.sparse(row);
        Part::ALL.into_iter().map(move |part| {
            let end = self.lexicon.columns(part).end;
            let (own, after) = rest.split_at(rest.partition_point(|entry| entry.0 < end));
            rest = after;
            (part, own)
        })
    }

    /// The cosine of two rows' embeddings, -1 to 1.
    pub fn cosine(&self, a: usize, b: usize) -> f32 {
        dot(self.dense(a), self.dense(b))
    }

    /// The cosine of an embedding and a row's, -1 to 1.
    pub fn cosine_to(&self, embedding: &Embedding, row: usize) -> f32 {
        dot(embedding.as_slice(), self.dense(row))
    }

    /// The least cosine of two papers of one interest, 0 to 1: the 0.9 quantile over pairs of these
    /// rows, since what is near differs from model to model. At most 400 rows are looked at, which make
    /// 80,000 pairs; 0.3 where there is no pair.
    pub fn related(&self, rows: &[usize]) -> f32 {
        let step = (rows.len() / 400).max(1);
        let rows: &Vec<usize> = &rows.iter().copied().step_by(step).take(400).collect();
        let pairs = |i: usize| rows[..i].iter().map(move |&b| self.cosine(rows[i], b));
        let mut cosines: Vec<f32> = (0..rows.len()).into_par_iter().flat_map_iter(pairs).collect();
        cosines.par_sort_unstable_by(f32::total_cmp);
        cosines.get((RELATED * cosines.len() as f64) as usize).copied().unwrap_or(0.3)
    }
}

/// When a paper was listed, and whether it was picked.
#[derive(Debug, Clone, Copy, serde::Serialize, serde::Deserialize)]
struct Listed {
    is_picked: bool,
    first: Option<Date>,
}

impl Listed {
    fn of(paper: &Paper) -> Self {
        Self { is_picked: paper.picked().is_some(), first: paper.first_listed() }
    }
}
