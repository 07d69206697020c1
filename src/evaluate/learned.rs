//! Our own ranker in a replay: the profile, learned anew for each day as the program does.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::ops::Range;

use super::log::Log;
use super::rankers::{Known, drawn};
use crate::embed::Embedding;
use crate::recommend::{Corpus, Example, Lexicon, Options, Profile};

/// How many papers stand for all that was not rated.
pub const N_BACKGROUND: usize = 5_000;

/// Half of the background is spread evenly over so many of the newest papers; the rest is drawn
/// from all.
const N_RECENT: usize = 20_000;

/// The background of `today`: rated papers may be among it, the profile leaves them out.
pub fn background(n_papers: usize, seed: u64) -> Vec<usize> {
    let recent = n_papers.saturating_sub(N_RECENT)..n_papers;
    let step = (recent.len() / (N_BACKGROUND / 2)).max(1);
    let mut papers: Vec<usize> = recent.rev().step_by(step).take(N_BACKGROUND / 2).collect();
    papers.extend(drawn(n_papers, N_BACKGROUND - papers.len(), seed, &HashSet::new()));
    papers.sort_unstable();
    papers.dedup();
    papers
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
        let papers: Vec<_> =
            wanted.iter().map(|&paper| (&log.papers[paper].paper, &vectors[paper])).collect();
        corpus.extend(&papers);
        Self { corpus, rows: wanted.into_iter().zip(0..).collect() }
    }

    /// The probability of a like for each paper of a day.
    pub fn probabilities(&self, known: &Known<'_>, day: Range<usize>) -> Vec<f32> {
        let age_days = |paper: usize| {
            let rated = known.log.users[known.user].ratings.iter().rev();
            let at =
                rated.filter(|r| r.at.date() < known.day).find(|r| r.paper == paper).map(|r| r.at.date());
            at.and_then(|at| known.day.since(at).ok()).map_or(0.0, |span| f64::from(span.get_days()))
        };
        let example = |liked| {
            move |&paper: &usize| Example { row: self.rows[&paper], liked, age_days: age_days(paper) }
        };
        let likes = known.likes.iter().map(example(true));
        let examples: Vec<Example> = likes.chain(known.dislikes.iter().map(example(false))).collect();
        let background = background(known.n_papers, known.seed);
        let background: Vec<usize> = background.iter().map(|paper| self.rows[paper]).collect();
        let options = Options { pool: known.n_papers.min(N_RECENT), ..Options::default() };
        let profile = Profile::learn(&self.corpus, &examples, &background, &options);
        day.map(|paper| profile.probability(&self.corpus, self.rows[&paper]) as f32).collect()
    }
}
