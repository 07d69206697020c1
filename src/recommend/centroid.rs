//! The mean of the likes (Rocchio 1971): what a few likes have in common, which a fit to them loses.

use super::centre::Centre;
use super::corpus::Corpus;
use crate::embed::dot;

/// What likeness to the mean of the likes adds to logits.
pub(super) struct Centroid {
    /// To those of the rated rows, by models that had not seen them: a like is not like itself.
    pub of_rated: Vec<f64>,
    /// To those of the background rows.
    pub of_background: Vec<f64>,
    /// What a row's product with each rated row counts for.
    pub multipliers: Vec<f64>,
}

impl Centroid {
    /// `rated` are rows and their shares of the mean, whose sum is 1. The spread of what is added to the
    /// background's `logits` is so many `times` theirs.
    pub fn new(
        corpus: &Corpus,
        centre: &Centre,
        rated: &[(usize, f64)],
        background: &[usize],
        logits: &[f64],
        times: f64,
    ) -> Self {
        let counted = |row: usize| -> Vec<f32> { centre.counted(corpus, row).collect() };
        let liked = |row: usize| -> Vec<f32> { centre.liked(corpus, row).collect() };
        let mut mean = vec![0.0_f32; corpus.dimensions()];
        for &(row, share) in rated.iter().filter(|like| like.1 > 0.0) {
            mean.iter_mut().zip(liked(row)).for_each(|(sum, x)| *sum += share as f32 * x);
        }
        let near: Vec<f64> = background.iter().map(|&row| f64::from(dot(&mean, &counted(row)))).collect();
        let counts = if spread(&near) > 1e-9 { times * spread(logits) / spread(&near) } else { 0.0 };
        let without_itself = |&(row, share): &(usize, f64)| {
            let vector = counted(row);
            let (all, own) = (f64::from(dot(&mean, &vector)), f64::from(dot(&liked(row), &vector)));
            // Where nearly all of the mean is this one like, what is left is rounding.
            if share < 0.999 { counts * (all - share * own) / (1.0 - share) } else { 0.0 }
        };
        Self {
            of_rated: rated.iter().map(without_itself).collect(),
            of_background: near.iter().map(|near| counts * near).collect(),
            multipliers: rated.iter().map(|(_, share)| counts * share).collect(),
        }
    }
}

/// The standard deviation of some values.
fn spread(values: &[f64]) -> f64 {
    let n = values.len().max(1) as f64;
    let mean = values.iter().sum::<f64>() / n;
    (values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / n).sqrt()
}
