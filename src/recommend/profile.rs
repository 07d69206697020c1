//! The profile: L2-regularised logistic regression on what a reader rated, with Platt scaling.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::calibrate::Scale;
use super::centre::Centre;
use super::centroid::Centroid;
use super::corpus::Corpus;
use super::drawn::{drawn_to_neighbours, shift};
use super::features::Block;
use super::interests::Interests;
use super::options::{Options, Scales};
use super::page::{Page, Seen};
use super::solve::{Case, Problem};
use super::weights::{Point, Squares, Weights, kernel, product};
use crate::embed::Embedding;

/// A rated paper.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Example {
    /// Its row in the corpus.
    pub row: usize,
    /// Liked, or else disliked.
    pub liked: bool,
    /// How long ago it was rated, in days; only a half-life asks.
    pub age_days: f64,
    /// The interest that a like was found to be of.
    pub interest: Option<usize>,
}

/// Of so many likes the mean counts half as much as of one. Chosen with what it counts for on the public
/// histories: with 1 to 10 likes on first likes, with more on the replays.
const FEW: f64 = 8.0;

/// No reader is taken to like more than one in ten of the papers that are listed, unless the likes say
/// so. It only matters where a day lists fewer than ten, such as a reader's own few feeds; an assumption, not
/// a measurement.
const LEAST_PER_LIKE: f64 = 10.0;

/// A dislike costs so much of what a like does: with few ratings a like costs as much as hundreds of background
/// papers, and a no that costs a handful is not heard. Chosen from 0 to 1 on sections of public reading lists, one
/// liked and one disliked (`data/evaluation.md`).
const DISLIKE: f64 = 0.25;

/// No rating is ever quite forgotten: likes weigh by their part of the sum of all likes' weights, which
/// must not vanish.
const LEAST_LEFT: f64 = 1e-6;

/// What a reader likes: one convex model, so the same ratings always give the same profile,
/// whatever their order and however many threads there are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Profile {
    weights: Weights,
    /// The part of the weights that the background makes.
    background: Weights,
    squares: Squares,
    centre: Centre,
    interests: Interests,
    page: Page,
    /// The rated rows and their multipliers.
    rated: Vec<Rated>,
    scale: Scale,
    /// The logits of papers that were not rated, one in a hundred of them, ascending.
    hundredths: Vec<f64>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Rated {
    point: Point,
    liked: bool,
    multiplier: f64,
    /// What the likeness of vectors counts for besides.
    centroid: f64,
    /// By how much its vector was drawn towards its neighbours; empty if it was not.
    shift: Vec<f32>,
}

/// A row as the profile judges it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Judged {
    /// The row.
    pub row: usize,
    /// How much the reader will like it.
    pub logit: f64,
    /// The probability of a like, 0 to 1.
    pub probability: f64,
    /// The interest that it belongs to.
    pub interest: Option<usize>,
}

/// Why a row has its logit, told twice: `rated`, `background`, `page` and `constant` add up to it, and so do `blocks`
/// and `constant`. A rated row would also add its part of the constant, whatever it is compared with; that says
/// nothing of the paper, and is left to the constant.
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation {
    /// The logit.
    pub logit: f64,
    /// What each rated row adds. By the representer theorem the weights are a weighted sum of the
    /// rows learned from.
    pub rated: Vec<RatedPart>,
    /// What all background rows add together.
    pub background: f64,
    /// What it adds that a page picked the paper; 0 if none did.
    pub page: f64,
    /// What each block adds.
    pub blocks: [(Block, f64); Block::ALL.len()],
    /// What every paper gets.
    pub constant: f64,
}

/// What a rated row adds to a logit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RatedPart {
    /// The row.
    pub row: usize,
    /// Liked, or else disliked.
    pub liked: bool,
    /// How much: a like of a similar paper adds, a dislike of one takes away.
    pub adds: f64,
}

impl Profile {
    /// Learns from rated rows and background rows (papers that the reader has not rated: most are
    /// of no interest). Order and doubles change nothing; of two ratings of one row the newer one
    /// counts; a rated row is no background. Each of `interests` has an offset of its own.
    ///
    /// # Panics
    /// If a row is not in the corpus.
    pub fn learn(
        corpus: &Corpus,
        examples: &[Example],
        background: &[usize],
        interests: Interests,
        options: &Options,
    ) -> Self {
        let rated = newest_of_each_row(examples);
        let background = without_rated(background, &rated);
        let known = corpus;
        let ratings: Vec<(usize, bool)> = rated.iter().map(|example| (example.row, example.liked)).collect();
        let corpus = drawn_to_neighbours(known, &ratings, &background, options.neighbours);
        let corpus = corpus.as_ref();
        let of_all: Vec<usize> = rated.iter().map(|example| example.row).collect();
        let cases = cases(corpus, &rated, &background, &interests, options);
        let squares = squares(&options.scales);
        let centre = Centre::of(corpus, if background.is_empty() { &of_all } else { &background });
        let problem = Problem::new(corpus, &centre, &cases, &squares);
        let solution = problem.solve();
        let multipliers = problem.multipliers(&solution);
        let (of_rated, of_background) = multipliers.split_at(rated.len());
        let seen: Vec<f64> = (rated.len()..cases.len()).map(|i| problem.logit(&solution, i)).collect();
        let (shares, times) = (shares(&rated, options), times(&rated, options));
        let centroid = Centroid::new(corpus, &centre, &shares, &background, &seen, times);
        let none = Weights::none(corpus, interests.len());
        let ((page, scale, hundredths), background_weights) = rayon::join(
            || {
                let added = centroid.of_rated.iter().chain(&centroid.of_background);
                let logits = problem.unseen(&solution, rated.len()).into_iter().zip(added).zip(&cases);
                let outcome = |((logit, adds), case): ((Option<f64>, &f64), &Case)| Outcome {
                    logit: logit.map(|logit| logit + adds),
                    liked: case.liked,
                    is_on: corpus.is_picked(case.point.row),
                };
                calibrated(logits.map(outcome).collect(), &rated, options)
            },
            || none.plus(corpus, &centre, &squares, of_background),
        );
        let mut weights = background_weights.clone().plus(corpus, &centre, &squares, of_rated);
        let learned = rated.iter().zip(of_rated).zip(&centroid.multipliers);
        let rated: Vec<Rated> = learned
            .map(|((example, &(point, multiplier)), &centroid)| {
                let shift = shift(known, corpus, example.row);
                Rated { point, liked: example.liked, multiplier, centroid, shift }
            })
            .collect();
        rated.iter().for_each(|r| weights.add_vector(centre.liked(corpus, r.point.row), r.centroid));
        Self {
            weights,
            background: background_weights,
            squares,
            centre,
            page,
            rated,
            interests,
            scale,
            hundredths,
        }
    }

    /// How much the reader will like a row; above 0 it is nearer to the likes than to the rest.
    pub fn logit(&self, corpus: &Corpus, row: usize) -> f64 {
        self.weights.dot(corpus, &self.centre, self.point(corpus, row)) + self.page_adds(corpus, row)
    }

    fn page_adds(&self, corpus: &Corpus, row: usize) -> f64 {
        self.page.adds(corpus.is_picked(row))
    }

    /// The direction in which vectors are liked; `None` if they are not told apart.
    pub fn direction(&self) -> Option<Embedding> {
        Embedding::normalized(self.weights.dense.iter().map(|&weight| weight as f32).collect()).ok()
    }

    /// What is known of a row before a list is made.
    pub fn judge(&self, corpus: &Corpus, row: usize) -> Judged {
        let logit = self.logit(corpus, row);
        Judged { row, logit, probability: self.scaled(logit), interest: self.interest(corpus, row) }
    }

    /// The interest that a row belongs to, if it is near enough to one.
    pub fn interest(&self, corpus: &Corpus, row: usize) -> Option<usize> {
        self.interest_of(corpus.dense(row))
    }

    /// The interest that a unit vector belongs to.
    pub fn interest_of(&self, vector: &[f32]) -> Option<usize> {
        self.interests.of(vector).map(|member| member.interest)
    }

    fn point(&self, corpus: &Corpus, row: usize) -> Point {
        Point { row, member: self.interests.of(corpus.dense(row)) }
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

    /// Of 100 papers that the reader did not rate, so many have a smaller held-out logit: 0 to 99; `None` if
    /// there were none.
    pub fn above(&self, logit: f64) -> Option<u8> {
        let n = self.hundredths.partition_point(|other| *other < logit).min(99) as u8;
        (!self.hundredths.is_empty()).then_some(n)
    }

    /// Why a row of `corpus` has its logit; `learned` holds the rated rows, and both have one
    /// lexicon.
    pub fn explain(&self, corpus: &Corpus, row: usize, learned: &Corpus) -> Explanation {
        let point = self.point(corpus, row);
        let counted = || self.centre.counted(corpus, row);
        let part = |rated: &Rated| {
            let near = kernel(&self.centre, (corpus, point), (learned, rated.point), &self.squares)
                - self.squares.constant;
            let likeness = product(counted(), self.centre.liked(learned, rated.point.row));
            let shifted = product(counted(), rated.shift.iter().copied());
            let adds = rated.multiplier * (near + self.squares.of(Block::Meaning) * shifted)
                + rated.centroid * (likeness + shifted);
            RatedPart { row: rated.point.row, liked: rated.liked, adds }
        };
        let page = self.page_adds(corpus, row);
        let mut blocks = self.weights.by_block(corpus, &self.centre, point);
        blocks[Block::Page as usize].1 = page;
        Explanation {
            logit: self.weights.dot(corpus, &self.centre, point) + page,
            page,
            background: self.background.dot(corpus, &self.centre, point) - self.background.constant,
            rated: self.rated.iter().map(part).collect(),
            blocks,
            constant: self.weights.constant,
        }
    }

    /// What each sparse feature of a row adds to its logit, by column.
    pub fn features(&self, corpus: &Corpus, row: usize) -> Vec<(u32, f64)> {
        let centred = |column: u32, x: f32| f64::from(x - self.centre.sparse()[column as usize]);
        let adds =
            |&(column, x): &(u32, f32)| (column, self.weights.sparse[column as usize] * centred(column, x));
        corpus.sparse(row).iter().map(adds).collect()
    }

    /// The same profile with its rated rows under other numbers, for a corpus of the rated rows
    /// alone.
    #[must_use]
    pub fn renumbered(mut self, number: impl Fn(usize) -> usize) -> Self {
        self.rated.iter_mut().for_each(|rated| rated.point.row = number(rated.point.row));
        self
    }
}

/// A paper by a model that had not seen it; no logit for a like that is the only one.
struct Outcome {
    logit: Option<f64>,
    liked: bool,
    is_on: Option<bool>,
}

/// What a page says, what makes a logit a probability, and one in a hundred of the logits of papers that were
/// not rated. The outcomes are those of the rated papers, and then of the others.
fn calibrated(mut outcomes: Vec<Outcome>, rated: &[Example], options: &Options) -> (Page, Scale, Vec<f64>) {
    let n_others = outcomes.len() - rated.len();
    let chosen_from = chosen_from(rated, n_others, options);
    let scale = |outcomes: &[Outcome]| {
        let known = |outcomes: &[Outcome]| -> Vec<(f64, bool)> {
            outcomes.iter().filter_map(|one| Some((one.logit?, one.liked))).collect()
        };
        let (of_rated, of_others) = outcomes.split_at(rated.len());
        Scale::fit(&known(of_rated), &known(of_others), chosen_from)
    };
    let seen = outcomes.iter().enumerate().filter_map(|(i, one)| {
        let weight = if i < rated.len() { 1.0 } else { chosen_from / n_others as f64 };
        Some(Seen { logit: one.logit?, liked: one.liked, is_on: one.is_on?, weight })
    });
    let page = Page::fit(&seen.collect::<Vec<_>>(), &scale(&outcomes));
    for one in &mut outcomes {
        one.logit = one.logit.map(|logit| logit + page.adds(one.is_on));
    }
    let scale = scale(&outcomes);
    let mut logits: Vec<f64> = outcomes[rated.len()..].iter().filter_map(|one| one.logit).collect();
    logits.sort_unstable_by(f64::total_cmp);
    let hundredths = (1..100).filter_map(|i| logits.get(i * logits.len() / 100)).copied();
    (page, scale, hundredths.collect())
}

/// The examples by row; of two with one row the newer, and of two of one time the like.
fn newest_of_each_row(examples: &[Example]) -> Vec<Example> {
    let mut rated = examples.to_vec();
    rated.sort_by(|a, b| {
        a.row.cmp(&b.row).then(a.age_days.total_cmp(&b.age_days)).then(b.liked.cmp(&a.liked))
    });
    rated.dedup_by_key(|example| example.row);
    rated
}

/// The background rows in order, each once, without those of `rated`, which is sorted by row.
fn without_rated(background: &[usize], rated: &[Example]) -> Vec<usize> {
    let mut background = background.to_vec();
    background.sort_unstable();
    background.dedup();
    background.retain(|row| rated.binary_search_by_key(row, |example| example.row).is_err());
    background
}

/// The rated rows and then the background rows as the solver takes them, each with what an error on
/// it costs. The likes together cost as much as the background together, the dislikes at most a part of that or so
/// many background rows each.
fn cases(
    corpus: &Corpus,
    rated: &[Example],
    background: &[usize],
    interests: &Interests,
    options: &Options,
) -> Vec<Case> {
    let left =
        |liked: bool| -> f64 { rated.iter().filter(|e| e.liked == liked).map(|e| left_of(e, options)).sum() };
    let share = |left: f64| if left > 0.0 { background.len().max(1) as f64 / left } else { 0.0 };
    let (likes, dislikes) = (left(true), left(false));
    let (like, dislike) = (share(likes), options.dislike.max(DISLIKE * share(likes.max(dislikes))));
    let rated_case = |example: &Example| {
        let vector = corpus.dense(example.row);
        let member = match example.interest {
            Some(own) if example.liked => interests.of_like(vector, own),
            _ => interests.of(vector),
        };
        let weight = if example.liked { like } else { dislike };
        Case {
            point: Point { row: example.row, member },
            liked: example.liked,
            cost: options.cost * left_of(example, options) * weight,
        }
    };
    let background_case = |&row: &usize| Case {
        point: Point { row, member: interests.of(corpus.dense(row)) },
        liked: false,
        cost: options.cost,
    };
    // In parallel: with 10,000 likes a reader may have hundreds of interests to compare with.
    let mut cases: Vec<Case> = rated.par_iter().map(rated_case).collect();
    cases.par_extend(background.par_iter().map(background_case));
    cases
}

/// The rows, and each like's share of what is left of all, whose sum is 1; a dislike has none.
fn shares(rated: &[Example], options: &Options) -> Vec<(usize, f64)> {
    let left = |example: &Example| if example.liked { left_of(example, options) } else { 0.0 };
    let all = rated.iter().map(left).sum::<f64>().max(f64::MIN_POSITIVE);
    rated.iter().map(|example| (example.row, left(example) / all)).collect()
}

/// What the mean of the likes counts for, by how many they are.
fn times(rated: &[Example], options: &Options) -> f64 {
    let n_likes = rated.iter().filter(|example| example.liked).count() as f64;
    let is_on = options.scales.meaning > 0.0;
    if is_on { options.centroid / (1.0 + (n_likes / FEW).powi(2)) } else { 0.0 }
}

/// What is left of a rating's weight at its age: exponential decay by the half-life.
fn left_of(example: &Example, options: &Options) -> f64 {
    match options.half_life_days {
        Some(half) => 0.5_f64.powf(example.age_days.max(0.0) / half).max(LEAST_LEFT),
        None => 1.0,
    }
}

/// How many papers the likes were chosen from, which sets how rare a like is: the pool, or, as long
/// as the likes are fewer than the pool's days, a day's papers for each like.
fn chosen_from(rated: &[Example], n_background: usize, options: &Options) -> f64 {
    let n_likes = rated.iter().filter(|example| example.liked).count().max(1);
    let pool = if options.pool == 0 { n_background } else { options.pool } as f64;
    pool.min(n_likes as f64 * options.per_day.max(LEAST_PER_LIKE))
}

fn squares(scales: &Scales) -> Squares {
    let scale = |block| match block {
        Block::Meaning => scales.meaning,
        Block::Terms => scales.terms,
        Block::Authors => scales.authors,
        Block::Categories => scales.categories,
        Block::Votes => scales.votes,
        Block::Interest => scales.interests,
        Block::Page => 0.0, // nothing is fitted to it
    };
    Squares { blocks: Block::ALL.map(|block| scale(block).powi(2)), constant: 1.0 }
}

impl Explanation {
    /// The likes without which the logit would be below 0, those that add most first; empty if it
    /// is below anyway, or still above without any like.
    pub fn carried_by(&self) -> Vec<usize> {
        let mut likes: Vec<RatedPart> =
            self.rated.iter().copied().filter(|part| part.liked && part.adds > 0.0).collect();
        likes.sort_by(|a, b| b.adds.total_cmp(&a.adds).then(a.row.cmp(&b.row)));
        let (mut left, mut carried) = (self.logit, Vec::new());
        for part in likes {
            if left < 0.0 {
                break;
            }
            left -= part.adds;
            carried.push(part.row);
        }
        if left < 0.0 { carried } else { Vec::new() }
    }
}
