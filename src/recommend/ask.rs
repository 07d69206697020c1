//! What to ask a reader of whom nothing is known.

use std::collections::HashSet;

use super::corpus::Corpus;
use super::interests::Interests;
use super::options::Options;
use super::profile::{Example, Profile};
use crate::embed::dot;

/// So many papers stand for all that may be asked about.
const SAMPLE: usize = 250;

/// The next row of `pool` to ask about, or `None` if all are answered.
///
/// Until something is liked, what spreads best: the row that brings most papers of the pool nearer
/// to a question (facility location; Nemhauser, Wolsey and Fisher 1978). That is the middle of the
/// largest group that was not asked about, and never an outlier, which few like and which says
/// nothing of others. With `about`, a unit vector of what the reader said of himself or herself,
/// only the quarter of the pool that is nearest to it has to be reached.
///
/// Then what is nearest to the boundary of the model learned so far, where an answer says most
/// (uncertainty sampling, Lewis and Gale 1994); since likes and all others weigh the same in that
/// model, and likes are rare, it is also where likes are found.
pub fn next_question(
    corpus: &Corpus,
    pool: &[usize],
    answered: &[Example],
    about: Option<&[f32]>,
    options: &Options,
) -> Option<usize> {
    let mut open = pool.to_vec();
    let answered_rows: HashSet<usize> = answered.iter().map(|example| example.row).collect();
    open.retain(|row| !answered_rows.contains(row));
    if answered.iter().any(|example| example.liked) {
        let profile = Profile::learn(corpus, answered, &open, Interests::default(), options);
        return best_of(&open, |row| -profile.logit(corpus, row).abs());
    }
    let reached = about.map_or_else(|| pool.to_vec(), |about| nearest_quarter(corpus, pool, about));
    let sample: Vec<Reached> = (reached.iter().step_by(reached.len().div_ceil(SAMPLE).max(1)))
        .map(|&row| Reached {
            row,
            nearness: answered.iter().map(|asked| corpus.cosine(row, asked.row)).fold(0.0, f32::max),
        })
        .collect();
    best_of(&open, |row| {
        sample.iter().map(|other| f64::from((corpus.cosine(row, other.row) - other.nearness).max(0.0))).sum()
    })
}

/// A paper that questions should come near to.
struct Reached {
    row: usize,
    /// The greatest cosine with a question that was asked, 0 at least.
    nearness: f32,
}

/// The row of the greatest value, of several the first.
fn best_of(rows: &[usize], value: impl Fn(usize) -> f64) -> Option<usize> {
    let valued = rows.iter().map(|&row| (row, value(row)));
    valued.max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0))).map(|best| best.0)
}

/// The quarter of some rows that is nearest to a unit vector.
fn nearest_quarter(corpus: &Corpus, rows: &[usize], about: &[f32]) -> Vec<usize> {
    let mut by_cosine: Vec<(f32, usize)> =
        rows.iter().map(|&row| (dot(corpus.dense(row), about), row)).collect();
    by_cosine.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    by_cosine.truncate(rows.len().div_ceil(4));
    by_cosine.into_iter().map(|(_, row)| row).collect()
}
