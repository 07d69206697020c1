//! Our own ranker in a replay: the profile, learned anew for each day by the code that `today` runs.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use super::known::{Known, drawn};
use crate::recommend::diversify::{Candidate, Variety, choose};
use crate::recommend::floors::{Claim, floors};
use crate::recommend::{Learned, Pool, RatedRow, learn};

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

/// The probability of a like for each paper of a day.
pub fn probabilities(known: &Known<'_>, day: Range<usize>) -> Vec<f32> {
    let (learned, corpus) = (learned(known), known.features.corpus());
    day.map(|paper| learned.profile.probability(corpus, known.features.row(paper)) as f32).collect()
}

/// The same, and 1 more for what a list of [`SHOWN`] papers shows.
pub fn varied(known: &Known<'_>, day: Range<usize>) -> Vec<f32> {
    let (learned, corpus) = (learned(known), known.features.corpus());
    let judge = |paper: usize| learned.profile.judge(corpus, known.features.row(paper));
    let candidates: Vec<Candidate> = day.clone().map(|paper| Candidate::from(&judge(paper))).collect();
    let mut scores: Vec<f32> = candidates.iter().map(|candidate| candidate.probability as f32).collect();

    let rated: HashSet<usize> = known.likes.iter().chain(&known.dislikes).copied().collect();
    let mut open: Vec<usize> = (0..day.len()).filter(|place| !rated.contains(&(day.start + place))).collect();
    open.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]).then(a.cmp(&b)));
    let open_candidates: Vec<Candidate> = open.iter().map(|&place| candidates[place]).collect();
    let claims: Vec<Claim> = learned.interests.iter().map(|likes| Claim::live(likes.len())).collect();
    let floors = floors(&claims, SHOWN);
    let chosen =
        choose(&open_candidates, SHOWN, SHOWN, &floors, &Variety::default(), |a, b| corpus.cosine(a, b));
    for place in chosen.places {
        scores[open[place.candidate]] += 1.0;
    }
    scores
}

/// The background without the papers that are known by other rows.
fn others(known: &Known<'_>) -> Vec<usize> {
    let mut papers = background(known.n_papers, known.seed);
    papers.retain(|paper| !known.hidden.contains(paper));
    papers
}

/// What is learned of a reader by the beginning of a day.
fn learned(known: &Known<'_>) -> Learned {
    let background: Vec<usize> = others(known).into_iter().map(|paper| known.features.row(paper)).collect();
    let ages = ages(known);
    let rated = |liked| {
        let ages = &ages;
        move |&paper: &usize| RatedRow {
            row: known.features.row(paper),
            liked,
            age_days: ages.get(&paper).copied().unwrap_or(0.0),
            kept: None,
        }
    };
    let likes = known.likes.iter().map(rated(true));
    let rated: Vec<RatedRow> = likes.chain(known.dislikes.iter().map(rated(false))).collect();
    learn(known.features.corpus(), &background, &rated, pool(known), &known.options)
}

/// How many days before the day each paper was last rated.
fn ages(known: &Known<'_>) -> HashMap<usize, f64> {
    let before = known.log.users[known.user].ratings.iter().filter(|rated| rated.at.date() < known.day);
    // By time, so that the last rating of a paper is the one that stays.
    before
        .filter_map(|rated| {
            let age = known.day.since(rated.at.date()).ok()?;
            Some((rated.paper, f64::from(age.get_days())))
        })
        .collect()
}

/// The newest papers before the day, and on how many days they were listed.
fn pool(known: &Known<'_>) -> Pool {
    let n_papers = known.n_papers.min(N_RECENT);
    let recent = &known.log.papers[known.n_papers - n_papers..known.n_papers];
    Pool { n_papers, n_days: recent.chunk_by(|a, b| a.day == b.day).count() }
}
