//! How a profile is learned.

use serde::{Deserialize, Serialize};

/// How much each block may say: a scale of 2 costs a block a quarter of the penalty, 0 switches it
/// off.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Scales {
    /// The embedding.
    pub meaning: f64,
    /// Words and pairs of words.
    pub terms: f64,
    /// Who wrote it.
    pub authors: f64,
    /// Where it was filed.
    pub categories: f64,
    /// How many voted for it.
    pub votes: f64,
    /// The interest that it belongs to: an offset of its own for each, by how near it is.
    pub interests: f64,
}

/// Chosen on public histories only, and never on one: the best of a few settings by the mean
/// nDCG@10 of four. What matters most are authors (.05), then vectors that count less than words.
impl Default for Scales {
    fn default() -> Self {
        Self { meaning: 0.4, terms: 1.3, authors: 1.2, categories: 0.1, votes: 0.1, interests: 1.0 }
    }
}

/// How to learn.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Options {
    /// The inverse of the regularisation's strength (C in LIBLINEAR): what an error on a background
    /// paper costs, against ½‖w‖². The likes together cost as much as the background together.
    pub cost: f64,
    /// A dislike costs so many background papers at least: V / (1 − V) with V = 0.8 (arXiv 2504.08385).
    pub dislike: f64,
    /// The scale of each block.
    pub scales: Scales,
    /// What a paper's likeness to the mean of the likes counts for, beside what is fitted: both in their
    /// spreads over the background. A fit to a few likes loses what they have in common; of many there is
    /// more to say than their mean, so with eight likes it counts half as much. 0: not at all.
    pub centroid: f64,
    /// The share that its nearest papers have in the vector of a like that is the only one, 0 to 1: less with every
    /// like that there is besides. 0: none.
    pub neighbours: f64,
    /// After so many days a rating counts half; `None`: for ever the same.
    pub half_life_days: Option<f64>,
    /// How many papers the background was drawn from: what makes a score a probability. 0: the
    /// background is all there is.
    pub pool: usize,
    /// How many papers a day lists. As long as the likes are fewer than the days of the pool, the
    /// reader has not looked at all of it: one like a day is assumed.
    pub per_day: f64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            cost: 0.1,
            dislike: 4.0,
            scales: Scales::default(),
            centroid: 4.0,
            neighbours: 0.8,
            half_life_days: None,
            pool: 0,
            per_day: f64::INFINITY,
        }
    }
}
