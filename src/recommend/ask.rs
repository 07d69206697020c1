//! What to ask a reader of whom nothing is known.

use super::dot::dot;
use super::features::Corpus;
use super::interests::Interests;
use super::profile::{Example, Options, Profile};

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
    let open = pool.iter().copied().filter(|row| answered.iter().all(|example| example.row != *row));
    let open: Vec<usize> = open.collect();
    let best = |value: &dyn Fn(usize) -> f64| {
        let valued = open.iter().map(|&row| (row, value(row)));
        valued.max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0))).map(|best| best.0)
    };
    if answered.iter().any(|example| example.liked) {
        let profile = Profile::learn(corpus, answered, &open, Interests::default(), options);
        return best(&|row| -profile.logit(corpus, row).abs());
    }
    let mut reached = pool.to_vec();
    if let Some(about) = about {
        reached.sort_by(|&a, &b| {
            let near = |row| dot(corpus.dense(row), about);
            near(b).total_cmp(&near(a)).then(a.cmp(&b))
        });
        reached.truncate(pool.len().div_ceil(4));
    }
    let sample: Vec<(usize, f32)> = (reached.iter().step_by(reached.len().div_ceil(SAMPLE).max(1)))
        .map(|&row| (row, answered.iter().map(|asked| corpus.cosine(row, asked.row)).fold(0.0, f32::max)))
        .collect();
    best(&|row| {
        sample.iter().map(|&(other, near)| f64::from((corpus.cosine(row, other) - near).max(0.0))).sum()
    })
}
