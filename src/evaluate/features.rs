//! The papers of a log as rows of the profile's corpus.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};

use super::log::{Listed, Log};
use crate::embed::Embedding;
use crate::paper::{Paper, Votes};
use crate::recommend::{Corpus, Lexicon};

/// A paper without the votes that were counted after the day that listed it.
fn as_listed(listed: &Listed) -> Cow<'_, Paper> {
    let early = |votes: &Votes| votes.at.is_none_or(|at| at <= listed.day);
    if listed.paper.votes.iter().all(early) {
        return Cow::Borrowed(&listed.paper);
    }
    let mut paper = listed.paper.clone();
    paper.votes.retain(early);
    Cow::Owned(paper)
}

/// Papers as rows of the profile's corpus.
pub struct Features {
    corpus: Corpus,
    rows: HashMap<usize, usize>,
}

impl Features {
    /// Rows for the papers that are wanted, by the document frequencies of others.
    pub fn new(log: &Log, vectors: &[Embedding], counted: &[usize], wanted: BTreeSet<usize>) -> Self {
        let lexicon = Lexicon::count(counted.iter().map(|&paper| &log.papers[paper].paper));
        let mut corpus = Corpus::new(lexicon, vectors.first().map_or(0, |v| v.as_slice().len()));
        let papers: Vec<Cow<Paper>> = wanted.iter().map(|&paper| as_listed(&log.papers[paper])).collect();
        let vectors = wanted.iter().map(|&paper| &vectors[paper]);
        corpus.extend(&papers.iter().map(Cow::as_ref).zip(vectors).collect::<Vec<_>>());
        Self { corpus, rows: wanted.into_iter().zip(0..).collect() }
    }

    /// The rows.
    pub fn corpus(&self) -> &Corpus {
        &self.corpus
    }

    /// The row of a paper that was wanted.
    pub fn row(&self, paper: usize) -> usize {
        self.rows[&paper]
    }
}
