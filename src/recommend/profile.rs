//! What a reader likes, learned.

use super::features::{Block, Corpus};
use super::solve::{Case, Squares, Weights, sigmoid, solve};

/// A rated paper.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Example {
    /// Its row in the corpus.
    pub row: usize,
    /// Liked, or else disliked.
    pub liked: bool,
    /// How long ago it was rated, in days; only a half-life asks.
    pub age_days: f64,
}

/// How much each block may say: a scale of 2 costs a block a quarter of the penalty, 0 switches it
/// off.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
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
}

impl Default for Scales {
    fn default() -> Self {
        Self { meaning: 1.0, terms: 1.5, authors: 0.3, categories: 0.2, votes: 0.1 }
    }
}

/// How to learn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Options {
    /// What an error on a background paper costs, against ½‖w‖²; the likes together cost as much
    /// as the background together.
    pub cost: f64,
    /// A dislike costs so many background papers: V / (1 − V) with V = 0.8 (arXiv 2504.08385).
    pub dislike: f64,
    /// The scale of each block.
    pub scales: Scales,
    /// After so many days a rating counts half; `None`: for ever the same.
    pub half_life_days: Option<f64>,
}

impl Default for Options {
    fn default() -> Self {
        Self { cost: 0.1, dislike: 4.0, scales: Scales::default(), half_life_days: None }
    }
}

/// What a reader likes: one convex model, so the same ratings always give the same profile,
/// whatever their order and however many threads there are.
#[derive(Debug, Clone, PartialEq)]
pub struct Profile {
    weights: Weights,
}

impl Profile {
    /// Learns from rated rows and background rows (papers that the reader has not rated: most are
    /// of no interest). Order and doubles change nothing; of two ratings of one row the newer one
    /// counts; a rated row is no background.
    ///
    /// # Panics
    /// If a row is not in the corpus.
    pub fn learn(corpus: &Corpus, examples: &[Example], background: &[usize], options: &Options) -> Self {
        let mut rated = examples.to_vec();
        rated.sort_by(|a, b| {
            a.row.cmp(&b.row).then(a.age_days.total_cmp(&b.age_days)).then(b.liked.cmp(&a.liked))
        });
        rated.dedup_by_key(|example| example.row);
        let mut background = background.to_vec();
        background.sort_unstable();
        background.dedup();
        background.retain(|row| rated.binary_search_by_key(row, |example| example.row).is_err());

        let n_likes = rated.iter().filter(|example| example.liked).count().max(1);
        let like = background.len().max(1) as f64 / n_likes as f64;
        let fading = |example: &Example| match options.half_life_days {
            Some(half) => 0.5_f64.powf(example.age_days.max(0.0) / half),
            None => 1.0,
        };
        let rated = rated.iter().map(|example| Case {
            row: example.row,
            liked: example.liked,
            cost: options.cost * if example.liked { like } else { options.dislike } * fading(example),
        });
        let background = background.iter().map(|&row| Case { row, liked: false, cost: options.cost });
        let cases: Vec<Case> = rated.chain(background).collect();
        let squares = squares(&options.scales);
        let multipliers = solve(corpus, &cases, &squares);
        let mut weights = Weights::zero(corpus);
        for (case, multiplier) in cases.iter().zip(multipliers) {
            weights.add(corpus, case.row, multiplier, &squares);
        }
        Self { weights }
    }

    /// How much the reader will like a row: the logit of [`Profile::probability`], unbounded.
    pub fn logit(&self, corpus: &Corpus, row: usize) -> f64 {
        self.weights.dot(corpus, row)
    }

    /// The model's own probability of a like among its examples, 0 to 1; not calibrated.
    pub fn probability(&self, corpus: &Corpus, row: usize) -> f64 {
        sigmoid(self.logit(corpus, row))
    }
}

fn squares(scales: &Scales) -> Squares {
    let scale = |block| match block {
        Block::Meaning => scales.meaning,
        Block::Terms => scales.terms,
        Block::Authors => scales.authors,
        Block::Categories => scales.categories,
        Block::Votes => scales.votes,
    };
    Squares { blocks: Block::ALL.map(|block| scale(block).powi(2)), constant: 1.0 }
}
