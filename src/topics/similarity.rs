//! How alike two papers of one day are: what their vectors say and what their words say, each
//! measured against what unrelated papers have in common.

use std::collections::HashMap;

use ndarray::{Array2, ArrayView1, s};
use rayon::prelude::*;

use super::Document;
use super::background::Background;
use super::words::terms;
use crate::embed::Embedding;

/// What the cosine of two unrelated papers is under a model: any cut is counted in these units,
/// so that one cut serves every model.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Calibration {
    /// The middle of the cosines of random pairs, -1 to 1.
    pub middle: f32,
    /// How far they spread below the middle, in units of one standard deviation; above 0.
    ///
    /// Only the lower side is measured: the upper one holds the related pairs.
    pub spread: f32,
}

impl Calibration {
    /// Measures a model on vectors of papers of many fields. A few hundred are enough; below two
    /// there is nothing to measure and the answer is a middle of 0 and a spread of 0.1.
    pub fn measure(sample: &[&Embedding]) -> Self {
        let mut cosines: Vec<f32> = (0..sample.len())
            .into_par_iter()
            .flat_map_iter(|i| sample[..i].iter().map(move |other| sample[i].cosine(other)))
            .collect();
        Self::of(&mut cosines)
    }

    fn of(similarities: &mut [f32]) -> Self {
        if similarities.is_empty() {
            return Self { middle: 0.0, spread: 0.1 };
        }
        similarities.sort_unstable_by(f32::total_cmp);
        let quantile = |q: f64| similarities[((similarities.len() - 1) as f64 * q) as usize];
        let middle = quantile(0.5);
        // A normal distribution has a tenth of its weight 1.2816 deviations below the middle.
        let spread = ((middle - quantile(0.1)) / 1.2816).max(1e-3);
        Self { middle, spread }
    }
}

/// Random pairs of papers' TF-IDF vectors, measured on listing days (median and lower spread).
const LEXICAL: Calibration = Calibration { middle: 0.05, spread: 0.02 };

/// How many pairs of the model's unrelated papers stand beside a paper's own pairs of the day
/// when its mean is taken. With none, the papers of a day of two would be told apart from nothing.
const PRIOR_PAIRS: f32 = 6.0;

/// The likeness of every two documents, in standard deviations above unrelated ones, as the
/// upper triangle row by row.
pub(super) fn likeness(documents: &[&Document<'_>], calibration: Calibration) -> Vec<f32> {
    let mut dense = dense_cosines(documents);
    let mut lexical = lexical_cosines(documents);
    stand_out(&mut dense, calibration);
    stand_out(&mut lexical, LEXICAL);
    let n = documents.len();
    let mut upper = Vec::with_capacity(n * n.saturating_sub(1) / 2);
    for i in 0..n {
        upper.extend((i + 1..n).map(|j| (dense[(i, j)] + lexical[(i, j)]) / 2.0));
    }
    upper
}

fn dense_cosines(documents: &[&Document<'_>]) -> Array2<f32> {
    let dimensions = documents.first().map_or(0, |d| d.embedding.as_slice().len());
    let mut vectors = Array2::zeros((documents.len(), dimensions));
    for (mut row, document) in vectors.rows_mut().into_iter().zip(documents) {
        row.assign(&ArrayView1::from(document.embedding.as_slice()));
    }
    vectors.dot(&vectors.t())
}

/// Cosines of TF-IDF vectors over postings: a row costs the postings of its own terms.
fn lexical_cosines(documents: &[&Document<'_>]) -> Array2<f32> {
    let vectors: Vec<Vec<(String, f32)>> = documents.par_iter().map(|d| term_vector(d)).collect();
    let mut postings: HashMap<&str, Vec<(usize, f32)>> = HashMap::new();
    for (i, vector) in vectors.iter().enumerate() {
        for (term, weight) in vector {
            postings.entry(term).or_default().push((i, *weight));
        }
    }
    let n = documents.len();
    let mut cosines = Array2::zeros((n, n));
    cosines.outer_iter_mut().into_par_iter().zip(&vectors).for_each(|(mut row, vector)| {
        for (term, weight) in vector {
            for &(j, other) in &postings[term.as_str()] {
                row[j] += weight * other;
            }
        }
    });
    cosines
}

/// The title counts twice: it is the authors' own choice of words.
fn term_vector(document: &Document<'_>) -> Vec<(String, f32)> {
    let background = Background::shared();
    let mut counts: HashMap<String, f32> = HashMap::new();
    let twice = terms(document.title).into_iter().map(|t| (t, 2.0));
    for (term, n) in twice.chain(terms(document.text).into_iter().map(|t| (t, 1.0))) {
        *counts.entry(term).or_default() += n;
    }
    let mut vector: Vec<(String, f32)> = counts
        .into_iter()
        .map(|(term, n)| {
            let weight = (1.0 + n.ln()) * background.rarity(&term);
            (term, weight)
        })
        .filter(|(_, weight)| *weight > 0.0)
        .collect();
    vector.sort_unstable_by(|a, b| a.0.cmp(&b.0));
    let length = vector.iter().map(|(_, w)| w * w).sum::<f32>().sqrt();
    vector.iter_mut().for_each(|(_, w)| *w /= length);
    vector
}

/// Takes from each pair what both papers have in common with everything that day, and counts the
/// rest in spreads of the model. On a day about images, two papers on images are not yet a topic.
fn stand_out(cosines: &mut Array2<f32>, calibration: Calibration) {
    let n = cosines.nrows();
    let mean = |i: usize| {
        let row = cosines.row(i);
        let others = row.slice(s![..i]).sum() + row.slice(s![i + 1..]).sum();
        (others + PRIOR_PAIRS * calibration.middle) / (n as f32 - 1.0 + PRIOR_PAIRS)
    };
    let means: Vec<f32> = (0..n).map(mean).collect();
    let overall = means.iter().sum::<f32>() / n.max(1) as f32;
    for ((i, j), x) in cosines.indexed_iter_mut() {
        *x = (*x - means[i] - means[j] + overall) / calibration.spread;
    }
}
