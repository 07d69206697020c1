//! Platt scaling: turns logits into probabilities.

use serde::{Deserialize, Serialize};

use super::solve::sigmoid;

/// The probability is σ(slope · z + offset), where z is by how many standard deviations of other
/// papers' logits a logit is above their mean. A logit's unit depends on how much was learned from; a
/// number of standard deviations says nearly the same for every reader.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) struct Scale {
    centre: f64,
    spread: f64,
    slope: f64,
    offset: f64,
}

/// The mean of the slope's prior: of .6, .8, 1.0 and 1.2 the likeliest on the public histories. On
/// their days with fewer than ten likes before them the first ten papers are given .099 on average,
/// and .087 of them are liked.
const SLOPE: f64 = 1.2;

/// The precision of that prior, the inverse of its variance: fifty likes outvote it.
const PRIOR: f64 = 20.0;

/// The slope never turns the order round.
const LEAST_SLOPE: f64 = 0.05;

impl Scale {
    /// The most likely scale, with targets drawn in from 0 and 1 (Platt 1999; Newton's method as in
    /// Lin, Lin and Weng 2007).
    ///
    /// `rated` and `others` are logits by models that had not seen the papers, and whether each is
    /// liked; the others stand for `chosen_from` papers.
    pub fn fit(rated: &[(f64, bool)], others: &[(f64, bool)], chosen_from: f64) -> Self {
        let n_others = others.len().max(1) as f64;
        let centre = others.iter().map(|other| other.0).sum::<f64>() / n_others;
        let variance = others.iter().map(|other| (other.0 - centre).powi(2)).sum::<f64>() / n_others;
        let spread = if variance.sqrt() > 1e-9 { variance.sqrt() } else { 1.0 };

        let weighted = rated.iter().map(|one| (one, 1.0));
        let weighted = weighted.chain(others.iter().map(|one| (one, chosen_from / n_others)));
        let outcomes: Vec<Outcome> = weighted
            .map(|(&(logit, liked), weight)| Outcome { z: (logit - centre) / spread, liked, weight })
            .collect();
        let line = Fit::new(&outcomes).most_likely();
        Self { centre, spread, slope: line.slope, offset: line.offset }
    }

    pub fn probability(&self, logit: f64) -> f64 {
        sigmoid(self.log_odds(logit))
    }

    /// The logarithm of the odds of a like.
    pub fn log_odds(&self, logit: f64) -> f64 {
        self.slope * (logit - self.centre) / self.spread + self.offset
    }

    /// By how much a logit must be greater for so much more log-odds.
    pub fn as_logit(&self, log_odds: f64) -> f64 {
        log_odds * self.spread / self.slope
    }
}

/// A paper that stands for `weight` papers.
struct Outcome {
    z: f64,
    liked: bool,
    weight: f64,
}

/// The log-odds of a like at z are slope · z + offset.
#[derive(Debug, Clone, Copy)]
struct Line {
    slope: f64,
    offset: f64,
}

/// Outcomes, and what a line should give to the liked and to the others.
struct Fit<'a> {
    outcomes: &'a [Outcome],
    target_liked: f64,
    target_other: f64,
    start: Line,
}

impl<'a> Fit<'a> {
    fn new(outcomes: &'a [Outcome]) -> Self {
        let (mut likes, mut rest) = (0.0, 0.0);
        for outcome in outcomes {
            *if outcome.liked { &mut likes } else { &mut rest } += outcome.weight;
        }
        Self {
            outcomes,
            target_liked: (likes + 1.0) / (likes + 2.0),
            target_other: 1.0 / (rest + 2.0),
            start: Line { slope: SLOPE, offset: ((likes + 1.0) / (rest + 1.0)).ln() },
        }
    }

    fn target(&self, outcome: &Outcome) -> f64 {
        if outcome.liked { self.target_liked } else { self.target_other }
    }

    /// The negative log-likelihood with that of the slope's prior.
    fn loss(&self, line: Line) -> f64 {
        let of_one = |outcome: &Outcome| {
            let x = line.slope * outcome.z + line.offset;
            // ln(1 + eˣ) − target · x, without overflow.
            outcome.weight * (x.max(0.0) + (-x.abs()).exp().ln_1p() - self.target(outcome) * x)
        };
        self.outcomes.iter().map(of_one).sum::<f64>() + 0.5 * PRIOR * (line.slope - SLOPE).powi(2)
    }

    /// Newton's step: the inverse Hessian times the gradient of the loss.
    fn newton_step(&self, line: Line) -> Line {
        let mut gradient = [PRIOR * (line.slope - SLOPE), 0.0];
        let mut hessian = [PRIOR, 0.0, 1e-9];
        for outcome in self.outcomes {
            let (z, weight) = (outcome.z, outcome.weight);
            let p = sigmoid(line.slope * z + line.offset);
            let first = weight * (p - self.target(outcome));
            let second = weight * p * (1.0 - p);
            gradient = [gradient[0] + first * z, gradient[1] + first];
            hessian = [hessian[0] + second * z * z, hessian[1] + second * z, hessian[2] + second];
        }
        let [slope, offset] = inverse_times(hessian, gradient);
        Line { slope, offset }
    }

    /// Newton's method with a line search: each step is halved until the loss falls.
    fn most_likely(&self) -> Line {
        let mut line = self.start;
        let mut loss = self.loss(line);
        for _ in 0..50 {
            let step = self.newton_step(line);
            let lower = (0..30).find_map(|halvings| {
                let by = 0.5_f64.powi(halvings);
                let next = Line {
                    slope: (line.slope - by * step.slope).max(LEAST_SLOPE),
                    offset: line.offset - by * step.offset,
                };
                let value = self.loss(next);
                (value < loss - 1e-10).then_some((next, value))
            });
            let Some(lower) = lower else { break };
            (line, loss) = lower;
        }
        line
    }
}

/// The inverse of a symmetric matrix (its first diagonal element, the other one, the second diagonal element)
/// times a vector.
pub(super) fn inverse_times(matrix: [f64; 3], vector: [f64; 2]) -> [f64; 2] {
    let determinant = (matrix[0] * matrix[2] - matrix[1] * matrix[1]).max(1e-12);
    [
        (matrix[2] * vector[0] - matrix[1] * vector[1]) / determinant,
        (matrix[0] * vector[1] - matrix[1] * vector[0]) / determinant,
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Likes and others by σ(2 z − 5), drawn in a fixed order over z of -3 to 3.
    fn outcomes(sign: f64) -> [Vec<(f64, bool)>; 2] {
        let (mut likes, mut others) = (Vec::new(), Vec::new());
        for i in -30_000..=30_000 {
            let z = f64::from(i) / 10_000.0;
            let n = (f64::from((i * 7919_i32).rem_euclid(9973)) + 0.5) / 9973.0;
            let liked = n < sigmoid(2.0 * z - 5.0);
            if liked { likes.push((sign * z, true)) } else { others.push((sign * z, false)) }
        }
        [likes, others]
    }

    #[test]
    fn the_scale_that_made_the_outcomes_is_found() {
        let [likes, others] = outcomes(1.0);
        let scale = Scale::fit(&likes, &others, others.len() as f64);
        for (logit, expected) in [(0.0, sigmoid(-5.0)), (2.0, sigmoid(-1.0)), (3.0, sigmoid(1.0))] {
            let got = scale.probability(logit);
            assert!((got - expected).abs() < 0.03, "{logit}: {got}, not {expected}; {scale:?}");
        }
    }

    #[test]
    fn the_order_is_never_turned_round() {
        let [likes, others] = outcomes(-1.0);
        assert!(Scale::fit(&likes, &others, 1e4).slope >= LEAST_SLOPE);
        let few = Scale::fit(&[(-1.0, true)], &[(1.0, false), (0.0, false)], 9.0);
        assert!(few.slope > 0.8 * SLOPE, "{few:?}");
        assert_eq!(Scale::fit(&[], &[], 0.0).probability(0.0), 0.5);
    }

    /// Five likes say little of the slope, and the unit of the logits says nothing.
    #[test]
    fn few_likes_still_tell_papers_apart() {
        let others: Vec<(f64, bool)> = (0..400).map(|i| (f64::from(i % 21 - 10) / 6.0, false)).collect();
        let scale = Scale::fit(&[(3.0, true); 5], &others, 1_000.0);
        assert!(scale.probability(4.0) > 20.0 * scale.probability(0.0), "{scale:?}");
        let tenth = |all: &[(f64, bool)]| all.iter().map(|o| (o.0 / 10.0, o.1)).collect::<Vec<_>>();
        let small = Scale::fit(&tenth(&[(3.0, true); 5]), &tenth(&others), 1_000.0);
        assert!((small.probability(0.4) - scale.probability(4.0)).abs() < 1e-6);
    }
}
