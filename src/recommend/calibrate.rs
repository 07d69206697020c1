//! Scores that mean what they say.

use serde::{Deserialize, Serialize};

use super::solve::sigmoid;

/// Platt's scaling: the probability is σ(slope · z + offset), where z is how many spreads of other
/// papers a logit is above their mean. What a logit says depends on how much was learned from; so
/// many spreads say nearly the same for every reader.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) struct Scale {
    centre: f64,
    spread: f64,
    slope: f64,
    offset: f64,
}

/// What the slope is before any like is seen: of .6 to 1.2 the likeliest on the public histories. On
/// their days with fewer than ten likes before them the first ten papers are given .099 on average,
/// and .087 of them are liked.
const SLOPE: f64 = 1.2;

/// How sure that is: the inverse of a variance. Fifty likes outvote it.
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
        let n = others.len().max(1) as f64;
        let centre = others.iter().map(|other| other.0).sum::<f64>() / n;
        let spread = (others.iter().map(|other| (other.0 - centre).powi(2)).sum::<f64>() / n).sqrt();
        let spread = if spread > 1e-9 { spread } else { 1.0 };
        let weighted =
            |weight: f64| move |&(logit, liked): &(f64, bool)| ((logit - centre) / spread, liked, weight);
        let outcomes: Vec<(f64, bool, f64)> =
            rated.iter().map(weighted(1.0)).chain(others.iter().map(weighted(chosen_from / n))).collect();
        let total = |liked| outcomes.iter().filter(|o| o.1 == liked).map(|o| o.2).sum::<f64>();
        let (likes, rest) = (total(true), total(false));
        let (yes, no) = ((likes + 1.0) / (likes + 2.0), 1.0 / (rest + 2.0));
        let target = |liked| if liked { yes } else { no };
        let start = ((likes + 1.0) / (rest + 1.0)).ln();
        let loss = |slope: f64, offset: f64| -> f64 {
            let one = |&(z, liked, weight): &(f64, bool, f64)| {
                let x = slope * z + offset;
                // ln(1 + eˣ) − target · x, without overflow.
                weight * (x.max(0.0) + (-x.abs()).exp().ln_1p() - target(liked) * x)
            };
            outcomes.iter().map(one).sum::<f64>() + 0.5 * PRIOR * (slope - SLOPE).powi(2)
        };
        let (mut slope, mut offset) = (SLOPE, start);
        let mut before = loss(slope, offset);
        for _ in 0..50 {
            let (mut g, mut h) = ([PRIOR * (slope - SLOPE), 0.0], [PRIOR, 0.0, 1e-9]);
            for &(z, liked, weight) in &outcomes {
                let p = sigmoid(slope * z + offset);
                let d = weight * (p - target(liked));
                let c = weight * p * (1.0 - p);
                g = [g[0] + d * z, g[1] + d];
                h = [h[0] + c * z * z, h[1] + c * z, h[2] + c];
            }
            let det = (h[0] * h[2] - h[1] * h[1]).max(1e-12);
            let step = [(h[2] * g[0] - h[1] * g[1]) / det, (h[0] * g[1] - h[1] * g[0]) / det];
            let moved = |by: f64| ((slope - by * step[0]).max(LEAST_SLOPE), offset - by * step[1]);
            let mut tries = (0..30).map(|halvings| moved(0.5_f64.powi(halvings)));
            let Some((next, value)) = tries.find_map(|next| {
                let value = loss(next.0, next.1);
                (value < before - 1e-10).then_some((next, value))
            }) else {
                break;
            };
            ((slope, offset), before) = (next, value);
        }
        Self { centre, spread, slope, offset }
    }

    pub fn probability(&self, logit: f64) -> f64 {
        sigmoid(self.slope * (logit - self.centre) / self.spread + self.offset)
    }
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
