//! L2-regularised logistic regression with weighted examples, by dual coordinate descent
//! (Yu, Huang, Lin 2011: "Dual coordinate descent methods for logistic regression and maximum
//! entropy models").
//!
//! One thread and a fixed order: the same problem has the same solution to the last bit.

use super::features::{Block, Corpus};

/// Weights of all features, and the constant.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub(super) struct Weights {
    pub dense: Vec<f64>,
    pub sparse: Vec<f64>,
    pub constant: f64,
}

/// The square of each block's scale, and of the constant's: the kernel of two rows is the sum of
/// their products by block, each times its square.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
pub(super) struct Squares {
    pub blocks: [f64; Block::ALL.len()],
    pub constant: f64,
}

/// A row, whether it is liked, and how much an error on it costs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Case {
    pub row: usize,
    pub liked: bool,
    pub cost: f64,
}

/// How near a solution is: no margin is further than this from what its multiplier says, in logits.
pub(super) const EXACT: f64 = 1e-4;

/// Far more than any problem has needed.
const MOST_EPOCHS: usize = 300;

impl Weights {
    pub fn zero(corpus: &Corpus) -> Self {
        Self {
            dense: vec![0.0; corpus.dimensions()],
            sparse: vec![0.0; corpus.lexicon().n_columns()],
            constant: 0.0,
        }
    }

    /// The logit of a row.
    pub fn dot(&self, corpus: &Corpus, row: usize) -> f64 {
        let sparse = corpus.sparse(row).iter();
        self.constant
            + dense_dot(&self.dense, corpus.dense(row))
            + sparse.map(|&(column, x)| self.sparse[column as usize] * f64::from(x)).sum::<f64>()
    }

    /// What each block adds to the logit of a row.
    pub fn by_block(&self, corpus: &Corpus, row: usize) -> [f64; Block::ALL.len()] {
        let all = Squares { blocks: [1.0; Block::ALL.len()], constant: 1.0 };
        let mut sums = [dense_dot(&self.dense, corpus.dense(row)), 0.0, 0.0, 0.0, 0.0];
        for (sum, (_, part)) in sums[1..].iter_mut().zip(blocks(corpus, row, &all)) {
            *sum = part.iter().map(|&(column, x)| self.sparse[column as usize] * f64::from(x)).sum();
        }
        sums
    }

    /// Adds `alpha` times a row, seen through the kernel.
    pub fn add(&mut self, corpus: &Corpus, row: usize, alpha: f64, squares: &Squares) {
        self.constant += alpha * squares.constant;
        let [meaning, ..] = squares.blocks;
        if meaning > 0.0 {
            let step = alpha * meaning;
            self.dense.iter_mut().zip(corpus.dense(row)).for_each(|(w, &x)| *w += step * f64::from(x));
        }
        for (square, part) in blocks(corpus, row, squares) {
            let step = alpha * square;
            part.iter().for_each(|&(column, x)| self.sparse[column as usize] += step * f64::from(x));
        }
    }
}

/// The sparse blocks of a row that are switched on, each with its square.
fn blocks<'a>(
    corpus: &'a Corpus,
    row: usize,
    squares: &Squares,
) -> impl Iterator<Item = (f64, &'a [(u32, f32)])> {
    let mut rest = corpus.sparse(row);
    let squares = squares.blocks;
    Block::ALL.into_iter().zip(squares).skip(1).filter_map(move |(block, square)| {
        let end = corpus.lexicon().columns(block).end;
        let (part, after) = rest.split_at(rest.partition_point(|entry| entry.0 < end));
        rest = after;
        (square > 0.0).then_some((square, part))
    })
}

/// The kernel of two rows, which may stand in two corpora of one lexicon.
pub(super) fn kernel(a: (&Corpus, usize), b: (&Corpus, usize), squares: &Squares) -> f64 {
    let dense = a.0.dense(a.1).iter().zip(b.0.dense(b.1));
    let mut sum =
        squares.constant + squares.blocks[0] * dense.map(|(&x, &y)| f64::from(x) * f64::from(y)).sum::<f64>();
    for ((square, x), (_, y)) in blocks(a.0, a.1, squares).zip(blocks(b.0, b.1, squares)) {
        let mut y = y.iter().peekable();
        for &(column, value) in x {
            while y.next_if(|other| other.0 < column).is_some() {}
            if let Some(other) = y.next_if(|other| other.0 == column) {
                sum += square * f64::from(value) * f64::from(other.1);
            }
        }
    }
    sum
}

/// The kernel of a row with itself.
fn square_norm(corpus: &Corpus, row: usize, squares: &Squares) -> f64 {
    let dense = corpus.dense(row).iter().map(|&x| f64::from(x) * f64::from(x)).sum::<f64>();
    let sparse = blocks(corpus, row, squares)
        .map(|(square, part)| square * part.iter().map(|e| f64::from(e.1) * f64::from(e.1)).sum::<f64>());
    squares.constant + squares.blocks[0] * dense + sparse.sum::<f64>()
}

fn dense_dot(weights: &[f64], values: &[f32]) -> f64 {
    // Eight sums side by side, which the compiler turns into vector instructions.
    let mut sums = [0.0_f64; 8];
    let (w, w_rest) = weights.as_chunks::<8>();
    let (x, x_rest) = values.as_chunks::<8>();
    for (w, x) in w.iter().zip(x) {
        for i in 0..8 {
            sums[i] += w[i] * f64::from(x[i]);
        }
    }
    let rest: f64 = w_rest.iter().zip(x_rest).map(|(w, &x)| w * f64::from(x)).sum();
    sums.iter().sum::<f64>() + rest
}

/// A solution: the logit t of each case's multiplier, which is cost · σ(t), below 0 for cases that
/// are not liked. The weights are the sum of the rows times their multipliers, seen through the
/// kernel.
#[derive(Debug, Clone)]
pub(super) struct Solution(Vec<f64>);

impl Solution {
    /// Where to begin: most cases are background, which ends far from the boundary; liked ones end
    /// near it.
    pub fn guess(cases: &[Case]) -> Self {
        Self(cases.iter().map(|case| if case.liked { 0.0 } else { -4.0 }).collect())
    }

    /// The solution of some of the cases, as a place to begin.
    pub fn part(&self, kept: impl Fn(usize) -> bool) -> Self {
        Self((0..self.0.len()).filter(|&i| kept(i)).map(|i| self.0[i]).collect())
    }

    pub fn multiplier(&self, i: usize, case: &Case) -> f64 {
        sign(case) * case.cost * sigmoid(self.0[i])
    }

    pub fn weights(&self, corpus: &Corpus, cases: &[Case], squares: &Squares) -> Weights {
        let mut weights = Weights::zero(corpus);
        for (i, case) in cases.iter().enumerate() {
            weights.add(corpus, case.row, self.multiplier(i, case), squares);
        }
        weights
    }
}

fn sign(case: &Case) -> f64 {
    if case.liked { 1.0 } else { -1.0 }
}

/// Minimises ½‖w‖² + Σ costᵢ ln(1 + exp(−yᵢ w·xᵢ)). Wherever it begins, it ends within the
/// tolerance of the one minimum.
pub(super) fn solve(
    corpus: &Corpus,
    cases: &[Case],
    squares: &Squares,
    start: Solution,
    tolerance: f64,
) -> Solution {
    let norms: Vec<f64> = cases.iter().map(|case| square_norm(corpus, case.row, squares)).collect();
    let mut weights = start.weights(corpus, cases, squares);
    let mut t = start.0;
    let mut order: Vec<usize> = (0..cases.len()).collect();
    // Costly cases move the others, so they are settled again while the cheap ones wait.
    let mean = cases.iter().map(|case| case.cost).sum::<f64>() / cases.len().max(1) as f64;
    let costly: Vec<usize> = (0..cases.len()).filter(|&i| cases[i].cost > 2.0 * mean).collect();
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    for epoch in 0..MOST_EPOCHS {
        for i in (1..order.len()).rev() {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            order.swap(i, ((random >> 33) as usize) % (i + 1));
        }
        let mut worst = 0.0_f64;
        let again = costly.iter().cycle().take(costly.len() * 3);
        for (place, &i) in order.iter().chain(again).enumerate() {
            let case = &cases[i];
            let margin = sign(case) * weights.dot(corpus, case.row);
            let error = (margin + t[i]).abs();
            if place < order.len() {
                worst = worst.max(error);
            }
            if error < 0.1 * tolerance {
                continue;
            }
            let before = case.cost * sigmoid(t[i]);
            t[i] = settle(t[i], margin - norms[i] * before, norms[i] * case.cost);
            let step = case.cost * sigmoid(t[i]) - before;
            weights.add(corpus, case.row, sign(case) * step, squares);
        }
        if worst < tolerance {
            tracing::debug!(epoch, cases = cases.len(), "the profile is learned");
            break;
        }
    }
    Solution(t)
}

/// The root of t + a + q·σ(t), which rises with t: Newton's steps, kept between bounds.
fn settle(start: f64, a: f64, q: f64) -> f64 {
    let (mut low, mut high) = (-a - q, -a);
    let mut t = start.clamp(low, high);
    for _ in 0..60 {
        let s = sigmoid(t);
        let value = t + a + q * s;
        if value > 0.0 {
            high = t;
        } else {
            low = t;
        }
        if value.abs() < 1e-7 || high - low < 1e-9 {
            break;
        }
        let next = t - value / (1.0 + q * s * (1.0 - s));
        t = if next > low && next < high { next } else { 0.5 * (low + high) };
    }
    t
}

/// 1 / (1 + exp(−x)).
pub(super) fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}
