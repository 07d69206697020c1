//! Scores that mean what they say.

use serde::{Deserialize, Serialize};

use super::solve::sigmoid;

/// A logit of a paper that the model had not seen, and what came of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Outcome {
    pub logit: f64,
    pub liked: bool,
    /// How many papers it stands for.
    pub weight: f64,
}

/// Platt's scaling: the probability is σ(slope · logit + offset).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) struct Scale {
    slope: f64,
    offset: f64,
}

/// How sure the slope is to be 1, before any outcome is seen: the inverse of a variance. Without it
/// three likes that do not look alike would make all scores the same; fifty likes outvote it.
const PRIOR: f64 = 20.0;

/// The slope never turns the order round.
const LEAST_SLOPE: f64 = 0.05;

impl Scale {
    /// The most likely scale, with targets drawn in from 0 and 1 (Platt 1999; Newton's method as in
    /// Lin, Lin and Weng 2007).
    pub fn fit(outcomes: &[Outcome]) -> Self {
        let total = |liked| outcomes.iter().filter(|o| o.liked == liked).map(|o| o.weight).sum::<f64>();
        let (likes, others) = (total(true), total(false));
        let (yes, no) = ((likes + 1.0) / (likes + 2.0), 1.0 / (others + 2.0));
        let mut scale = Self { slope: 1.0, offset: ((likes + 1.0) / (others + 1.0)).ln() };
        let loss = |scale: &Self| -> f64 {
            let one = |o: &Outcome| {
                let (x, target) = (scale.slope * o.logit + scale.offset, if o.liked { yes } else { no });
                // ln(1 + eˣ) − target · x, without overflow.
                o.weight * (x.max(0.0) + (-x.abs()).exp().ln_1p() - target * x)
            };
            outcomes.iter().map(one).sum::<f64>() + 0.5 * PRIOR * (scale.slope - 1.0).powi(2)
        };
        for _ in 0..50 {
            let (mut g, mut h) = ([PRIOR * (scale.slope - 1.0), 0.0], [PRIOR, 0.0, 1e-9]);
            for o in outcomes {
                let p = scale.probability(o.logit);
                let d = o.weight * (p - if o.liked { yes } else { no });
                let c = o.weight * p * (1.0 - p);
                g = [g[0] + d * o.logit, g[1] + d];
                h = [h[0] + c * o.logit * o.logit, h[1] + c * o.logit, h[2] + c];
            }
            let det = (h[0] * h[2] - h[1] * h[1]).max(1e-12);
            let step = [(h[2] * g[0] - h[1] * g[1]) / det, (h[0] * g[1] - h[1] * g[0]) / det];
            let before = loss(&scale);
            let moved = |by: f64| Self {
                slope: (scale.slope - by * step[0]).max(LEAST_SLOPE),
                offset: scale.offset - by * step[1],
            };
            let sizes = (0..30).map(|halvings| 0.5_f64.powi(halvings));
            let Some(next) = sizes.map(moved).find(|next| loss(next) < before - 1e-10) else { break };
            scale = next;
        }
        scale
    }

    pub fn probability(&self, logit: f64) -> f64 {
        sigmoid(self.slope * logit + self.offset)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Logits spread over -6 to 6 whose outcomes follow σ(1.5 x − 1) exactly, by weight.
    fn outcomes() -> Vec<Outcome> {
        let both = |i: i32| {
            let logit = f64::from(i) / 10.0;
            let p = sigmoid(1.5 * logit - 1.0);
            [
                Outcome { logit, liked: true, weight: 1e3 * p },
                Outcome { logit, liked: false, weight: 1e3 * (1.0 - p) },
            ]
        };
        (-60..=60).flat_map(both).collect()
    }

    #[test]
    fn the_scale_that_made_the_outcomes_is_found() {
        let scale = Scale::fit(&outcomes());
        assert!((scale.slope - 1.5).abs() < 0.01 && (scale.offset + 1.0).abs() < 0.01, "{scale:?}");
    }

    #[test]
    fn the_order_is_never_turned_round() {
        let turned: Vec<Outcome> = outcomes().into_iter().map(|o| Outcome { logit: -o.logit, ..o }).collect();
        assert!(Scale::fit(&turned).slope >= LEAST_SLOPE);
        let few = Scale::fit(&[
            Outcome { logit: -1.0, liked: true, weight: 1.0 },
            Outcome { logit: 1.0, liked: false, weight: 9.0 },
        ]);
        assert!(few.slope > 0.8, "{few:?}");
        assert_eq!(Scale::fit(&[]).probability(0.0), 0.5);
    }
}
