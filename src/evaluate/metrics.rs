//! What a ranking is worth, and how sure that is.

use serde::Serialize;

use crate::random::Random;
use crate::recommend::Band;

/// How good one ranked list is. Relevance is yes or no, and the list is complete.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Measures {
    /// Normalised discounted cumulative gain of the first ten, gain 1 and discount log2(place + 1)
    /// (Järvelin and Kekäläinen 2002); trec_eval's `ndcg_cut_10`.
    pub ndcg_10: f64,
    /// The share of the relevant that is among the first twenty; `recall_20`.
    pub recall_20: f64,
    /// One over the place of the first relevant; `recip_rank`.
    pub mrr: f64,
    /// The share of pairs of a relevant and another paper that are in the right order.
    pub auc: f64,
}

impl Measures {
    /// Measures a list, the first first. `None` unless it holds a relevant paper and another.
    pub fn of(relevant: &[bool]) -> Option<Self> {
        let places: Vec<usize> = (0..relevant.len()).filter(|&i| relevant[i]).collect();
        let (n_relevant, n_others) = (places.len(), relevant.len() - places.len());
        if n_relevant == 0 || n_others == 0 {
            return None;
        }
        let gain = |place: usize| 1.0 / ((place + 2) as f64).log2();
        let ideal: f64 = (0..n_relevant.min(10)).map(gain).sum();
        let found = places.iter().filter(|&&place| place < 10).fold(0.0, |sum, &place| sum + gain(place));
        // Before the i-th relevant stand place - i others.
        let n_wrong: usize = places.iter().enumerate().map(|(i, place)| place - i).sum();
        Some(Self {
            ndcg_10: found / ideal,
            recall_20: places.iter().filter(|&&place| place < 20).count() as f64 / n_relevant as f64,
            mrr: 1.0 / (places[0] + 1) as f64,
            auc: 1.0 - n_wrong as f64 / (n_relevant * n_others) as f64,
        })
    }
}

/// How often each tenth of the predictions came true.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Reliability([Tenth; 10]);

/// Predictions from one tenth of 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
struct Tenth {
    n: f64,
    predicted: f64,
    came_true: f64,
}

impl Reliability {
    /// Counts a prediction, 0 to 1, and whether it came true.
    pub fn count(&mut self, predicted: f64, came_true: bool) {
        let tenth = &mut self.0[((predicted * 10.0) as usize).min(9)];
        tenth.n += 1.0;
        tenth.predicted += predicted;
        tenth.came_true += f64::from(u8::from(came_true));
    }

    /// The expected calibration error (Naeini et al. 2015): the mean distance between what was
    /// predicted and what came true, over ten tenths weighted by the number of predictions.
    pub fn error<'a>(all: impl IntoIterator<Item = &'a Self>) -> f64 {
        let mut sum = [Tenth::default(); 10];
        for reliability in all {
            for (sum, tenth) in sum.iter_mut().zip(&reliability.0) {
                sum.n += tenth.n;
                sum.predicted += tenth.predicted;
                sum.came_true += tenth.came_true;
            }
        }
        let n: f64 = sum.iter().map(|tenth| tenth.n).sum();
        sum.iter().map(|tenth| (tenth.predicted - tenth.came_true).abs()).sum::<f64>() / n.max(1.0)
    }
}

/// How much of a band is liked.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, schemars::JsonSchema)]
pub struct BandShare {
    /// The band.
    pub band: Band,
    /// How many papers it held, on all days.
    pub papers: usize,
    /// How many of them are liked.
    pub liked: usize,
    /// Their share, 0 to 1, with Wilson's interval (1927).
    pub share: Estimate,
}

impl BandShare {
    /// The bands of some predictions, each with whether it came true.
    pub fn all(predictions: impl Iterator<Item = (f64, bool)>) -> Vec<Self> {
        let mut counts = Band::ALL.map(|band| (band, 0_usize, 0_usize));
        for (probability, liked) in predictions {
            let own = Band::of(probability);
            for (_, papers, n_liked) in counts.iter_mut().filter(|(band, _, _)| *band == own) {
                *papers += 1;
                *n_liked += usize::from(liked);
            }
        }
        let share = |(band, papers, liked)| Self { band, papers, liked, share: wilson(liked, papers) };
        counts.map(share).to_vec()
    }
}

/// The share of `n` and its 95 % interval; 0 to 1 if there are none.
fn wilson(liked: usize, n: usize) -> Estimate {
    const Z: f64 = 1.96;
    if n == 0 {
        return Estimate { mean: 0.0, low: 0.0, high: 1.0 };
    }
    let (share, n) = (liked as f64 / n as f64, n as f64);
    let middle = (share + Z * Z / (2.0 * n)) / (1.0 + Z * Z / n);
    let half = Z / (1.0 + Z * Z / n) * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt();
    Estimate { mean: share, low: (middle - half).max(0.0), high: (middle + half).min(1.0) }
}

/// A mean and where it would lie in 95 of 100 repetitions.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, schemars::JsonSchema)]
pub struct Estimate {
    /// The figure.
    pub mean: f64,
    /// The lower end of its 95 % interval.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// Days drawn anew with replacement, for the bootstrap: users first, then days of each user drawn.
/// The same for every ranker, so that differences between rankers are paired.
#[derive(Debug, Clone)]
pub struct Resamples(Vec<Vec<(usize, Vec<usize>)>>);

impl Resamples {
    /// `n` resamples of users with so many days each.
    pub fn new(n_days: &[usize], n: usize, seed: u64) -> Self {
        let mut random = Random::new(seed);
        let mut draw = || {
            let user = random.below(n_days.len());
            (user, (0..n_days[user]).map(|_| random.below(n_days[user])).collect())
        };
        Self((0..n).map(|_| (0..n_days.len()).map(|_| draw()).collect()).collect())
    }

    /// The mean over users of what `figure` makes of each user's days, and its percentile interval
    /// (Efron and Tibshirani 1993, chapter 13).
    pub fn estimate(&self, n_days: &[usize], figure: impl Fn(usize, &[usize]) -> f64) -> Estimate {
        let as_it_is: Vec<(usize, Vec<usize>)> =
            n_days.iter().enumerate().map(|(user, &n)| (user, (0..n).collect())).collect();
        let mean = |users: &[(usize, Vec<usize>)]| {
            users.iter().map(|(user, days)| figure(*user, days)).sum::<f64>() / users.len().max(1) as f64
        };
        let mut means: Vec<f64> = self.0.iter().map(|users| mean(users)).collect();
        means.sort_by(f64::total_cmp);
        let all = mean(&as_it_is);
        let at = |share: f64| means.get((share * means.len() as f64) as usize).copied().unwrap_or(all);
        Estimate { mean: all, low: at(0.025), high: at(0.975) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_ranking_measured_by_hand() {
        let measures = Measures::of(&[false, true, false, false, true]).unwrap();
        let gain = 1.0 / 3.0_f64.log2() + 1.0 / 6.0_f64.log2();
        assert!((measures.ndcg_10 - gain / (1.0 + 1.0 / 3.0_f64.log2())).abs() < 1e-12);
        assert_eq!((measures.recall_20, measures.mrr), (1.0, 0.5));
        assert!((measures.auc - 1.0 / 3.0).abs() < 1e-12);
        assert_eq!(Measures::of(&[true]), None);
        assert_eq!(Measures::of(&[false]), None);
        let mut late = [false; 30];
        (late[3], late[25]) = (true, true);
        assert_eq!(Measures::of(&late).unwrap().recall_20, 0.5);
    }

    proptest! {
        #[test]
        fn auc_counts_pairs_and_a_better_swap_never_hurts(relevant in prop::collection::vec(any::<bool>(), 2..40)) {
            let Some(measures) = Measures::of(&relevant) else { return Ok(()) };
            let (mut right, mut pairs) = (0.0, 0.0);
            for (i, a) in relevant.iter().enumerate() {
                for (j, b) in relevant.iter().enumerate() {
                    if *a && !*b {
                        pairs += 1.0;
                        right += f64::from(u8::from(i < j));
                    }
                }
            }
            prop_assert!((measures.auc - right / pairs).abs() < 1e-12);
            if let Some(place) = (1..relevant.len()).find(|&i| relevant[i] && !relevant[i - 1]) {
                let mut better = relevant.clone();
                better.swap(place, place - 1);
                let better = Measures::of(&better).unwrap();
                prop_assert!(better.auc > measures.auc && better.ndcg_10 >= measures.ndcg_10);
                prop_assert!(better.mrr >= measures.mrr && better.recall_20 >= measures.recall_20);
            }
        }
    }

    #[test]
    fn calibration_error_by_hand() {
        let mut one = Reliability::default();
        for (predicted, came_true) in [(0.9, true), (0.9, false), (0.0, false), (1.0, true)] {
            one.count(predicted, came_true);
        }
        // The last tenth has 0.9, 0.9 and 1.0, of which two came true.
        assert!((Reliability::error([&one]) - (2.8 - 2.0) / 4.0).abs() < 1e-12);
        let mut other = Reliability::default();
        other.count(0.95, true);
        assert!((Reliability::error([&one, &other]) - (3.75 - 3.0) / 5.0).abs() < 1e-12);
        assert_eq!(Reliability::error([]), 0.0);
    }

    #[test]
    fn an_interval_narrows_with_days_and_repeats_with_its_seed() {
        let width = |n: usize, seed| {
            let days = [n];
            let estimate = Resamples::new(&days, 500, seed)
                .estimate(&days, |_, days| days.iter().map(|d| (d % 2) as f64).sum::<f64>() / n as f64);
            assert!(estimate.low <= estimate.mean && estimate.mean <= estimate.high);
            estimate.high - estimate.low
        };
        assert_eq!(width(100, 1), width(100, 1));
        // The standard error of a coin is 0.5 / √n, and 95 % lie within 1.96 of them.
        assert!((width(100, 1) - 2.0 * 1.96 * 0.05).abs() < 0.03, "{}", width(100, 1));
        assert!(width(10_000, 1) < width(100, 1) / 5.0);
    }
}
