//! A page that picks papers of the day (Hugging Face's, a digest) as evidence of a like.
//!
//! Papers of the reader's fields stand on such a page more often than others do, so how much more often likes
//! do than all papers says too much. What counts is how much likelier a paper on it is than its logit says:
//! one number, fitted to logits by models that had not seen the papers, as those are made probabilities.

use serde::{Deserialize, Serialize};

use super::calibrate::{Scale, inverse_times};
use super::solve::sigmoid;

/// The precision of the number's prior, whose mean is nothing, in log-odds. Chosen on the public histories
/// together (`data/evaluation.md`).
const PRIOR: f64 = 4.0;

/// Newton's steps; the loss is convex and two numbers wide, so few are needed.
const STEPS: usize = 25;

/// A paper that is known to stand on the page or not.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Seen {
    /// Its logit by a model that had not seen it.
    pub logit: f64,
    pub liked: bool,
    pub is_on: bool,
    /// For how many papers it stands.
    pub weight: f64,
}

/// What standing on the page adds to a logit.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) struct Page {
    adds: f64,
}

impl Page {
    /// The likeliest number, beside an offset that goes with it; `scale` makes a logit a probability without it.
    pub fn fit(seen: &[Seen], scale: &Scale) -> Self {
        let known: Vec<f64> = seen.iter().map(|one| scale.log_odds(one.logit)).collect();
        let (mut on, mut offset) = (0.0_f64, 0.0_f64);
        for _ in 0..STEPS {
            let mut gradient = [PRIOR * on, 0.0];
            let mut hessian = [PRIOR, 0.0, 1e-6];
            for (one, known) in seen.iter().zip(&known) {
                let x = f64::from(u8::from(one.is_on));
                let p = sigmoid(known + on * x + offset);
                let first = one.weight * (p - f64::from(u8::from(one.liked)));
                let second = one.weight * p * (1.0 - p);
                gradient = [gradient[0] + first * x, gradient[1] + first];
                hessian = [hessian[0] + second * x, hessian[1] + second * x, hessian[2] + second];
            }
            let step = inverse_times(hessian, gradient);
            on -= step[0].clamp(-1.0, 1.0);
            offset -= step[1].clamp(-1.0, 1.0);
        }
        Self { adds: scale.as_logit(on) }
    }

    /// What it adds to a paper's logit; nothing while it is not known.
    pub fn adds(self, is_on: Option<bool>) -> f64 {
        if is_on == Some(true) { self.adds } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Twenty likes and a thousand others; a paper on the page is as likely as its logit says, but for the
    /// factor by which likes are on it more often.
    fn seen(likes_on: usize, others_on: usize) -> Vec<Seen> {
        let one = |i: usize, n_on: usize, liked: bool| Seen {
            logit: if liked { 2.0 } else { i as f64 / 500.0 - 1.0 },
            liked,
            is_on: i < n_on,
            weight: 1.0,
        };
        let likes = (0..20).map(|i| one(i, likes_on, true));
        // Every so many-th, so that logits of both kinds are alike.
        let others =
            (0..1_000).map(|i| Seen { is_on: i % 1_000 < others_on, ..one(i * 617 % 1_000, 0, false) });
        likes.chain(others).collect()
    }

    fn fitted(likes_on: usize, others_on: usize) -> f64 {
        let seen = seen(likes_on, others_on);
        let of = |liked: bool| -> Vec<(f64, bool)> {
            seen.iter().filter(|one| one.liked == liked).map(|one| (one.logit, liked)).collect()
        };
        Page::fit(&seen, &Scale::fit(&of(true), &of(false), 1_000.0)).adds(Some(true))
    }

    #[test]
    fn a_page_says_as_much_as_likes_stand_on_it_more_often_than_others() {
        let (most, some, as_others) = (fitted(16, 50), fitted(4, 50), fitted(1, 50));
        assert!(most > some && some > as_others, "{most} {some} {as_others}");
        assert!(most > 0.2 && as_others.abs() < 0.2, "{most} {as_others}");
        assert!(fitted(0, 500) < -0.05, "and the less often, the more against it");
        assert!(fitted(20, 1_000).abs() < 1e-6, "nothing where all papers are on it");
    }

    #[test]
    fn what_is_not_known_says_nothing() {
        let page = Page { adds: 1.0 };
        assert_eq!([None, Some(false), Some(true)].map(|is_on| page.adds(is_on)), [0.0, 0.0, 1.0]);
        let scale = Scale::fit(&[(1.0, true)], &[(0.0, false), (0.2, false)], 2.0);
        assert_eq!(Page::fit(&[], &scale).adds(Some(true)), 0.0);
    }
}
