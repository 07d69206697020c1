//! The papers of a log as rows of the profile's corpus.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};

use jiff::civil::Date;

use super::log::{Listed, Log};
use crate::embed::Embedding;
use crate::paper::{Listing, Paper, Votes};
use crate::recommend::{Corpus, Lexicon};

/// A paper without the votes that were counted after the day that listed it, and without the pages that picked
/// it after that and after the day.
fn as_listed(listed: &Listed, day: Date) -> Cow<'_, Paper> {
    let early = |votes: &Votes| votes.at.is_none_or(|at| at <= listed.day);
    let known = |listing: &Listing| listing.day <= known_until(listed, day);
    if listed.paper.votes.iter().all(early) && listed.paper.listings.iter().all(known) {
        return Cow::Borrowed(&listed.paper);
    }
    let mut paper = listed.paper.clone();
    paper.votes.retain(early);
    paper.listings.retain(known);
    Cow::Owned(paper)
}

/// The last day whose listings of a paper are known on a day: its own, if it is listed later.
fn known_until(listed: &Listed, day: Date) -> Date {
    listed.day.max(day)
}

/// Papers as rows of the profile's corpus.
pub struct Features {
    corpus: Corpus,
    rows: HashMap<usize, usize>,
}

impl Features {
    /// Rows for the papers that are wanted, as they are known on a day, by the document frequencies of others.
    pub fn new(
        log: &Log,
        vectors: &[Embedding],
        day: Date,
        counted: &[usize],
        wanted: BTreeSet<usize>,
    ) -> Self {
        let lexicon = Lexicon::count(counted.iter().map(|&paper| &log.papers[paper].paper));
        let papers: Vec<Cow<Paper>> =
            wanted.iter().map(|&paper| as_listed(&log.papers[paper], day)).collect();
        let known_pick =
            |listed: &Listed| listed.paper.picked().filter(|picked| *picked <= known_until(listed, day));
        let pick_days: BTreeSet<Date> = log.papers.iter().filter_map(known_pick).collect();
        let n_dimensions = vectors.first().map_or(0, |v| v.as_slice().len());
        let mut corpus = Corpus::new(lexicon, n_dimensions).with_pick_days(pick_days.into_iter().collect());
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
