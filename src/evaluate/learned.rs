//! Our own ranker in a replay: the profile, learned anew for each day as the program does.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::ops::Range;

use super::log::{Listed, Log};
use super::rankers::{Known, drawn};
use crate::embed::Embedding;
use crate::paper::{Paper, Votes};
use crate::recommend::diversify::{Candidate, Claim, Variety, choose, floors};
use crate::recommend::interests::{Interests, group};
use crate::recommend::{Corpus, Example, Lexicon, Options, Profile};

/// How many papers stand for all that was not rated.
const N_BACKGROUND: usize = 5_000;

/// Over how many papers words are counted.
pub const N_COUNTED: usize = 20_000;

/// How many papers a list shows that is varied.
const SHOWN: usize = 10;

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

    /// The probability of a like for each paper of a day.
    pub fn probabilities(&self, known: &Known<'_>, day: Range<usize>) -> Vec<f32> {
        let (profile, _) = self.profile(known);
        day.map(|paper| profile.probability(&self.corpus, self.rows[&paper]) as f32).collect()
    }

    /// The same, and 1 more for what a list of [`SHOWN`] papers shows.
    pub fn varied(&self, known: &Known<'_>, day: Range<usize>) -> Vec<f32> {
        let (profile, claims) = self.profile(known);
        let candidate = |paper: usize| {
            let row = self.rows[&paper];
            let probability = profile.probability(&self.corpus, row);
            Candidate { row, probability, interest: profile.interest(&self.corpus, row) }
        };
        let mut scores: Vec<f32> = day.clone().map(|paper| candidate(paper).probability as f32).collect();
        let rated: HashSet<usize> = known.likes.iter().chain(&known.dislikes).copied().collect();
        let mut open: Vec<usize> = day.clone().filter(|paper| !rated.contains(paper)).collect();
        open.sort_by(|&a, &b| scores[b - day.start].total_cmp(&scores[a - day.start]).then(a.cmp(&b)));
        let candidates: Vec<Candidate> = open.iter().map(|&paper| candidate(paper)).collect();
        let near = |a: usize, b: usize| self.corpus.cosine(a, b);
        let chosen = choose(&candidates, SHOWN, &floors(&claims, SHOWN), &Variety::default(), near);
        chosen.places.iter().for_each(|place| scores[open[place.candidate] - day.start] += 1.0);
        scores
    }

    /// What is learned of a reader by the beginning of a day, and what the interests claim.
    fn profile(&self, known: &Known<'_>) -> (Profile, Vec<Claim>) {
        let age_days = |paper: usize| {
            let rated = known.log.users[known.user].ratings.iter().rev();
            let at =
                rated.filter(|r| r.at.date() < known.day).find(|r| r.paper == paper).map(|r| r.at.date());
            at.and_then(|at| known.day.since(at).ok()).map_or(0.0, |span| f64::from(span.get_days()))
        };
        let vectors: Vec<&[f32]> =
            known.likes.iter().map(|paper| self.corpus.dense(self.rows[paper])).collect();
        let background = background(known.n_papers, known.seed);
        let background: Vec<usize> = background.iter().map(|paper| self.rows[paper]).collect();
        let related = self.corpus.related(&background);
        let groups = group(&vectors, &[], related);
        let example = |(interest, liked), paper: &usize| Example {
            row: self.rows[paper],
            liked,
            age_days: age_days(*paper),
            interest,
        };
        let of = |i: usize| groups.iter().position(|group| group.contains(&i));
        let likes = known.likes.iter().enumerate().map(|(i, paper)| example((of(i), true), paper));
        let dislikes = known.dislikes.iter().map(|paper| example((None, false), paper));
        let examples: Vec<Example> = likes.chain(dislikes).collect();
        let interests = Interests::new(&vectors, &groups, related);
        let pool = known.n_papers.min(N_RECENT);
        let recent = &known.log.papers[known.n_papers - pool..known.n_papers];
        let days = recent.chunk_by(|a, b| a.day == b.day).count().max(1);
        let options = Options { pool, per_day: pool as f64 / days as f64, ..known.options };
        let profile = Profile::learn(&self.corpus, &examples, &background, interests, &options);
        (profile, groups.iter().map(|group| Claim::live(group.len())).collect())
    }
}
