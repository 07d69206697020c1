//! What to ask a reader of whom nothing is known.

use super::features::Corpus;
use super::profile::{Example, Options, Profile};

/// The next row of `pool` to ask about, or `None` if all are answered.
///
/// First what spreads over the pool: the row that is furthest from all that was asked, weighed
/// towards `about` (a unit vector of what the reader said of himself or herself). Once something is
/// liked and something is not, what is nearest to the boundary of the model learned so far, where
/// an answer says most (uncertainty sampling, Lewis and Gale 1994).
pub fn next_question(
    corpus: &Corpus,
    pool: &[usize],
    answered: &[Example],
    about: Option<&[f32]>,
    options: &Options,
) -> Option<usize> {
    let open: Vec<usize> =
        pool.iter().copied().filter(|row| answered.iter().all(|example| example.row != *row)).collect();
    let any = |liked| answered.iter().any(|example| example.liked == liked);
    let value: Box<dyn Fn(usize) -> f64> = if any(true) && any(false) {
        let profile = Profile::learn(corpus, answered, &open, options);
        Box::new(move |row| -profile.logit(corpus, row).abs())
    } else {
        let near = |row: usize| {
            let cosines = answered.iter().map(|example| corpus.cosine(row, example.row));
            f64::from(cosines.fold(0.0, f32::max))
        };
        let asked = move |row: usize| {
            about.map_or(0.0, |about| {
                f64::from(corpus.dense(row).iter().zip(about).map(|(x, y)| x * y).sum::<f32>())
            })
        };
        // The middle of the pool is the first question where nothing else is known.
        let middle = move |row: usize| {
            let some = pool.iter().step_by(pool.len() / 200 + 1);
            let n = some.clone().count().max(1) as f64;
            some.map(|&other| f64::from(corpus.cosine(row, other))).sum::<f64>() / n
        };
        let first = answered.is_empty() && about.is_none();
        Box::new(move |row| if first { middle(row) } else { 2.0 * asked(row) - near(row) })
    };
    let mut valued: Vec<(usize, f64)> = open.into_iter().map(|row| (row, value(row))).collect();
    valued.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    valued.first().map(|best| best.0)
}
