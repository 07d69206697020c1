//! What a reader likes, learned.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::calibrate::{Outcome, Scale};
use super::features::{Block, Corpus};
use super::solve::{Case, EXACT, Solution, Squares, Weights, kernel, solve};

/// A rated paper.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
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
}

/// Chosen on public histories only, and never on one: of 41 settings, those that were best on all
/// but one were used on that one, in turn, which came to a mean nDCG@10 of .767 on what was left
/// out; these lie on the same plateau. What matters most are authors (.05), then vectors that
/// count less than words.
impl Default for Scales {
    fn default() -> Self {
        Self { meaning: 0.4, terms: 1.5, authors: 1.2, categories: 0.1, votes: 0.1 }
    }
}

/// How to learn.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
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
    /// How many papers the background was drawn from: what makes a score a probability. 0: the
    /// background is all there is.
    pub pool: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { cost: 0.1, dislike: 4.0, scales: Scales::default(), half_life_days: None, pool: 0 }
    }
}

/// How many parts the cases are cut into for scores by a model that has not seen them.
const FOLDS: usize = 3;

/// What a reader likes: one convex model, so the same ratings always give the same profile,
/// whatever their order and however many threads there are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Profile {
    weights: Weights,
    squares: Squares,
    /// The rated rows and their multipliers.
    rated: Vec<(Example, f64)>,
    scale: Scale,
}

/// Why a row has its logit, told twice: the parts of each telling add up to it.
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation {
    /// The logit.
    pub logit: f64,
    /// What each rated row adds: the row, liked or not, and how much. By the representer theorem
    /// the weights are a weighted sum of the rows learned from.
    pub rated: Vec<(usize, bool, f64)>,
    /// What all background rows add together.
    pub background: f64,
    /// What each block adds.
    pub blocks: [(Block, f64); Block::ALL.len()],
    /// What every paper gets.
    pub constant: f64,
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
        let cost = |example: &Example| {
            options.cost * fading(example) * if example.liked { like } else { options.dislike }
        };
        let cases: Vec<Case> = (rated.iter())
            .map(|example| Case { row: example.row, liked: example.liked, cost: cost(example) })
            .chain(background.iter().map(|&row| Case { row, liked: false, cost: options.cost }))
            .collect();
        let squares = squares(&options.scales);
        let solution = solve(corpus, &cases, &squares, Solution::guess(&cases), EXACT);
        let weight = options.pool.max(background.len()) as f64 / background.len().max(1) as f64;
        let outcomes = outcomes(corpus, &cases, &squares, &solution);
        let outcomes: Vec<Outcome> = (outcomes.into_iter().enumerate())
            .map(|(i, (logit, liked))| Outcome {
                logit,
                liked,
                weight: if i < rated.len() { 1.0 } else { weight },
            })
            .collect();
        Self {
            weights: solution.weights(corpus, &cases, &squares),
            squares,
            rated: (rated.iter().enumerate()).map(|(i, &e)| (e, solution.multiplier(i, &cases[i]))).collect(),
            scale: Scale::fit(&outcomes),
        }
    }

    /// How much the reader will like a row; above 0 it is nearer to the likes than to the rest.
    pub fn logit(&self, corpus: &Corpus, row: usize) -> f64 {
        self.weights.dot(corpus, row)
    }

    /// The probability that the reader likes a row, 0 to 1: Platt's scaling of the logit, fitted to
    /// logits of rows that the model had not seen.
    pub fn probability(&self, corpus: &Corpus, row: usize) -> f64 {
        self.scale.probability(self.logit(corpus, row))
    }

    /// The probability that goes with a logit.
    pub fn scaled(&self, logit: f64) -> f64 {
        self.scale.probability(logit)
    }

    /// Why a row of `corpus` has its logit; `learned` holds the rated rows, and both have one
    /// lexicon.
    pub fn explain(&self, corpus: &Corpus, row: usize, learned: &Corpus) -> Explanation {
        let logit = self.logit(corpus, row);
        let adds = |(example, multiplier): &(Example, f64)| {
            let near = kernel((corpus, row), (learned, example.row), &self.squares);
            (example.row, example.liked, multiplier * near)
        };
        let rated: Vec<(usize, bool, f64)> = self.rated.iter().map(adds).collect();
        let blocks = self.weights.by_block(corpus, row);
        Explanation {
            logit,
            background: logit - rated.iter().map(|(.., adds)| adds).sum::<f64>(),
            rated,
            blocks: std::array::from_fn(|i| (Block::ALL[i], blocks[i])),
            constant: self.weights.constant,
        }
    }

    /// What each sparse feature of a row adds to its logit, by column.
    pub fn features(&self, corpus: &Corpus, row: usize) -> Vec<(u32, f64)> {
        let adds = |&(column, x): &(u32, f32)| (column, self.weights.sparse[column as usize] * f64::from(x));
        corpus.sparse(row).iter().map(adds).collect()
    }

    /// The same profile, its rated rows numbered from `first` on less.
    #[must_use]
    pub fn moved_down(mut self, first: usize) -> Self {
        self.rated.iter_mut().for_each(|(example, _)| example.row -= first);
        self
    }
}

/// The logit of each case by a model that was not told of it, and whether it is liked.
fn outcomes(corpus: &Corpus, cases: &[Case], squares: &Squares, solution: &Solution) -> Vec<(f64, bool)> {
    let fold = |f: usize| {
        let seen = |i: usize| i % FOLDS != f;
        let others: Vec<Case> = (0..cases.len()).filter(|&i| seen(i)).map(|i| cases[i]).collect();
        // Platt's two numbers need no more than the first digits of the logits.
        let solved = solve(corpus, &others, squares, solution.part(seen), 0.03);
        let weights = solved.weights(corpus, &others, squares);
        (0..cases.len())
            .filter(|&i| !seen(i))
            .map(|i| (i, weights.dot(corpus, cases[i].row)))
            .collect::<Vec<_>>()
    };
    let mut all: Vec<(usize, f64)> = (0..FOLDS).into_par_iter().flat_map_iter(fold).collect();
    all.sort_unstable_by_key(|outcome| outcome.0);
    all.into_iter().map(|(i, logit)| (logit, cases[i].liked)).collect()
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

impl Explanation {
    /// The likes without which the logit would be below 0, those that add most first; empty if it
    /// is below anyway, or still above without any like.
    pub fn carried_by(&self) -> Vec<usize> {
        let mut likes: Vec<(usize, f64)> =
            self.rated.iter().filter(|r| r.1 && r.2 > 0.0).map(|r| (r.0, r.2)).collect();
        likes.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        let (mut left, mut carried) = (self.logit, Vec::new());
        for (row, adds) in likes {
            if left < 0.0 {
                break;
            }
            left -= adds;
            carried.push(row);
        }
        if left < 0.0 { carried } else { Vec::new() }
    }
}
