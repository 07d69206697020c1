//! What the lists of many readers have in common, in memory while they are made one after the other: reading it takes
//! longer than all that is a reader's own.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::background::Background;
use super::{Library, Read, borrowed};
use crate::error::Result;
use crate::paper::{ModelId, Row};
use crate::recommend::Corpus;

/// What all lists of a day need.
pub(crate) struct Held {
    /// The model whose vectors these are.
    model: ModelId,
    background: Arc<Background>,
    papers: BTreeMap<Row, Read>,
    /// The same papers as rows, in their order.
    rows: Corpus,
}

impl Held {
    /// Papers as rows of a corpus that begins empty, if all of them are held and its terms are the same.
    pub fn rows(&self, lexicon: u64, papers: &[Read], mut empty: Corpus) -> Option<Corpus> {
        if self.background.lexicon != lexicon {
            return None;
        }
        let place_of: BTreeMap<Row, usize> = self.papers.keys().copied().zip(0..).collect();
        for (stored, _) in papers {
            empty.push(&self.rows, *place_of.get(&stored.row)?);
        }
        Some(empty)
    }
}

impl Library {
    /// Keeps what ranking these papers needs until [`release`](Self::release), or until the library has changed.
    pub(crate) fn hold(&mut self, rows: &[Row]) -> Result<()> {
        self.held = None;
        let embedder = self.profile_model(rows)?;
        let background = self.background(embedder)?;
        let papers = self.with_vectors_of(embedder, rows)?;
        let mut corpus = background.corpus.beside();
        corpus.extend(&borrowed(&papers));
        let papers = papers.into_iter().map(|read| (read.0.row, read)).collect();
        let model = embedder.model().clone();
        self.held = Some(Arc::new(Held { model, background, papers, rows: corpus }));
        Ok(())
    }

    /// Forgets what is held.
    pub(crate) fn release(&mut self) {
        self.held = None;
    }

    /// What is held, for other threads.
    pub(crate) fn held(&self) -> Option<Arc<Held>> {
        self.held.clone()
    }

    /// The background that is held, if it is the one of this key.
    pub(super) fn held_background(&self, key: u64) -> Option<Arc<Background>> {
        self.held.as_ref().map(|held| &held.background).filter(|held| held.is_of(key)).cloned()
    }

    /// Papers with their vectors of a model, if all of them are held.
    pub(super) fn held_papers(&self, model: &ModelId, rows: &[Row]) -> Option<Vec<Read>> {
        let held = self.held.as_ref().filter(|held| held.model == *model)?;
        rows.iter().map(|row| held.papers.get(row).cloned()).collect()
    }
}
