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
    /// One for each interest.
    pub interests: Vec<f64>,
    pub constant: f64,
}

/// The square of each block's scale, and of the constant's: the kernel of two rows is the sum of
/// their products by block, each times its square.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
pub(super) struct Squares {
    pub blocks: [f64; Block::ALL.len()],
    pub constant: f64,
}

/// A row, and the interest that it belongs to.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
pub(super) struct Point {
    pub row: usize,
    pub interest: Option<usize>,
}

/// A row, whether it is liked, and how much an error on it costs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Case {
    pub point: Point,
    pub liked: bool,
    pub cost: f64,
}

/// How near a solution is: no margin is further than this from what its multiplier says, in logits.
pub(super) const EXACT: f64 = 1e-4;

/// The same for logits that are only looked at to scale others.
const ROUGH: f64 = 0.1;

/// Where every t begins: likes and background, whose costs are equal in sum, then keep the balance.
const START: f64 = -2.2;

/// Far more than any problem has needed.
const MOST_EPOCHS: usize = 300;

impl Case {
    fn sign(&self) -> f64 {
        if self.liked { 1.0 } else { -1.0 }
    }
}

impl Weights {
    /// The sum of rows times their multipliers, seen through the kernel.
    pub fn sum(
        corpus: &Corpus,
        squares: &Squares,
        n_interests: usize,
        multipliers: impl IntoIterator<Item = (Point, f64)>,
    ) -> Self {
        let mut weights = Self {
            dense: vec![0.0; corpus.dimensions()],
            sparse: vec![0.0; corpus.lexicon().n_columns()],
            interests: vec![0.0; n_interests],
            constant: 0.0,
        };
        for (point, multiplier) in multipliers {
            weights.constant += multiplier * squares.constant;
            let step = multiplier * squares.of(Block::Meaning);
            let dense = corpus.dense(point.row);
            weights.dense.iter_mut().zip(dense).for_each(|(w, &x)| *w += step * f64::from(x));
            for (square, part) in blocks(corpus, point.row, squares) {
                let step = multiplier * square;
                part.iter().for_each(|&(column, x)| weights.sparse[column as usize] += step * f64::from(x));
            }
            if let Some(interest) = point.interest {
                weights.interests[interest] += multiplier * squares.of(Block::Interest);
            }
        }
        weights
    }

    /// The logit of a row.
    pub fn dot(&self, corpus: &Corpus, point: Point) -> f64 {
        let sparse = corpus.sparse(point.row).iter();
        self.constant
            + self.meaning(corpus, point.row)
            + sparse.map(|&(column, x)| self.sparse[column as usize] * f64::from(x)).sum::<f64>()
            + point.interest.map_or(0.0, |interest| self.interests[interest])
    }

    fn meaning(&self, corpus: &Corpus, row: usize) -> f64 {
        self.dense.iter().zip(corpus.dense(row)).map(|(w, &x)| w * f64::from(x)).sum()
    }

    /// What each block adds to the logit of a row.
    pub fn by_block(&self, corpus: &Corpus, point: Point) -> [(Block, f64); Block::ALL.len()] {
        let mut sparse = split(corpus, point.row).map(|(_, part)| {
            part.iter().map(|&(column, x)| self.sparse[column as usize] * f64::from(x)).sum::<f64>()
        });
        Block::ALL.map(|block| {
            let adds = match block {
                Block::Meaning => self.meaning(corpus, point.row),
                Block::Interest => point.interest.map_or(0.0, |interest| self.interests[interest]),
                _ => sparse.next().unwrap_or(0.0),
            };
            (block, adds)
        })
    }
}

impl Squares {
    fn of(&self, block: Block) -> f64 {
        self.blocks[block as usize]
    }
}

/// The sparse blocks of a row.
fn split(corpus: &Corpus, row: usize) -> impl Iterator<Item = (Block, &[(u32, f32)])> {
    let mut rest = corpus.sparse(row);
    Block::SPARSE.into_iter().map(move |block| {
        let end = corpus.lexicon().columns(block).end;
        let (part, after) = rest.split_at(rest.partition_point(|entry| entry.0 < end));
        rest = after;
        (block, part)
    })
}

/// The sparse blocks of a row that are switched on, each with its square.
fn blocks<'a>(
    corpus: &'a Corpus,
    row: usize,
    squares: &Squares,
) -> impl Iterator<Item = (f64, &'a [(u32, f32)])> {
    split(corpus, row).map(|(block, part)| (squares.of(block), part)).filter(|(square, _)| *square > 0.0)
}

/// The kernel of two rows, which may stand in two corpora of one lexicon.
pub(super) fn kernel(a: (&Corpus, Point), b: (&Corpus, Point), squares: &Squares) -> f64 {
    let dense = a.0.dense(a.1.row).iter().zip(b.0.dense(b.1.row));
    let dense = dense.map(|(&x, &y)| f64::from(x) * f64::from(y)).sum::<f64>();
    let mut sum = squares.constant + squares.of(Block::Meaning) * dense;
    if a.1.interest.is_some() && a.1.interest == b.1.interest {
        sum += squares.of(Block::Interest);
    }
    for ((square, x), (_, y)) in blocks(a.0, a.1.row, squares).zip(blocks(b.0, b.1.row, squares)) {
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

/// The cases as the solver goes over them: of the sparse columns only those that stand in a case,
/// numbered anew, and every value times its block's scale.
pub(super) struct Problem<'a> {
    corpus: &'a Corpus,
    cases: &'a [Case],
    meaning: f32,
    constant: f64,
    n_columns: usize,
    starts: Vec<usize>,
    entries: Vec<(u32, f32)>,
    /// The kernel of each case with itself.
    norms: Vec<f64>,
}

/// A solution of a problem, or of a part of it: the logit t of each case's multiplier, which is
/// cost · σ(t), and the sum of the rows times their multipliers. In single precision, which halves
/// the time and is far from [`EXACT`].
#[derive(Debug, Clone)]
pub(super) struct Solution {
    t: Vec<f64>,
    dense: Vec<f32>,
    sparse: Vec<f32>,
    constant: f64,
}

impl<'a> Problem<'a> {
    pub fn new(corpus: &'a Corpus, cases: &'a [Case], squares: &Squares) -> Self {
        let mut numbers = vec![u32::MAX; corpus.lexicon().n_columns()];
        // The interests come first.
        let mut n_columns =
            cases.iter().filter_map(|case| case.point.interest).max().map_or(0, |most| most as u32 + 1);
        let interest_scale = squares.of(Block::Interest).sqrt() as f32;
        let (mut starts, mut entries, mut norms) = (vec![0], Vec::new(), Vec::with_capacity(cases.len()));
        for case in cases {
            let from = entries.len();
            entries.extend(case.point.interest.map(|interest| (interest as u32, interest_scale)));
            for (square, part) in blocks(corpus, case.point.row, squares) {
                let scale = square.sqrt() as f32;
                for &(column, x) in part {
                    let number = &mut numbers[column as usize];
                    if *number == u32::MAX {
                        *number = n_columns;
                        n_columns += 1;
                    }
                    entries.push((*number, scale * x));
                }
            }
            let dense = corpus.dense(case.point.row);
            let sparse = entries[from..].iter().map(|e| f64::from(e.1 * e.1)).sum::<f64>();
            norms.push(squares.constant + squares.of(Block::Meaning) * f64::from(dot(dense, dense)) + sparse);
            starts.push(entries.len());
        }
        let (meaning, constant) = (squares.of(Block::Meaning).sqrt() as f32, squares.constant);
        Self { corpus, cases, meaning, constant, n_columns: n_columns as usize, starts, entries, norms }
    }

    /// Minimises ½‖w‖² + Σ costᵢ ln(1 + exp(−yᵢ w·xᵢ)) over all cases.
    pub fn solve(&self) -> Solution {
        let mut solution = Solution {
            t: vec![START; self.cases.len()],
            dense: vec![0.0; self.corpus.dimensions()],
            sparse: vec![0.0; self.n_columns],
            constant: 0.0,
        };
        let all: Vec<usize> = (0..self.cases.len()).collect();
        for &i in &all {
            let multiplier = self.multiplier(&solution, i);
            self.add(&mut solution, i, multiplier);
        }
        self.descend(&mut solution, all, EXACT);
        solution
    }

    /// The logits of the cases in every `n`-th place from `first` on, by what the others teach.
    /// Their scale is fitted to them, so they need not be exact.
    pub fn unseen(&self, solution: &Solution, first: usize, n: usize) -> Vec<f64> {
        let mut part = solution.clone();
        let out: Vec<usize> = (first..self.cases.len()).step_by(n).collect();
        out.iter().for_each(|&i| self.add(&mut part, i, -self.multiplier(solution, i)));
        let others = (0..self.cases.len()).filter(|i| i % n != first).collect();
        self.descend(&mut part, others, ROUGH);
        out.into_iter().map(|i| self.logit(&part, i)).collect()
    }

    pub fn multiplier(&self, solution: &Solution, i: usize) -> f64 {
        let case = &self.cases[i];
        case.sign() * case.cost * sigmoid(solution.t[i])
    }

    /// Settles the cases of `order` one by one, in turns that are mixed anew each time, until all
    /// are within the tolerance. Wherever it begins, it ends near the one minimum.
    fn descend(&self, solution: &mut Solution, mut order: Vec<usize>, tolerance: f64) {
        // Costly cases move the others, so they are settled twice as often.
        let mean = order.iter().map(|&i| self.cases[i].cost).sum::<f64>() / order.len().max(1) as f64;
        let mut costly = order.clone();
        costly.retain(|&i| self.cases[i].cost > 2.0 * mean);
        let mut random = 0x9e37_79b9_7f4a_7c15_u64;
        for epoch in 0..MOST_EPOCHS {
            for i in (1..order.len()).rev() {
                random =
                    random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                order.swap(i, ((random >> 33) as usize) % (i + 1));
            }
            let worst = order.iter().map(|&i| self.settle(solution, i, tolerance)).fold(0.0, f64::max);
            if worst < tolerance {
                tracing::debug!(epoch, cases = order.len(), "the profile is learned");
                break;
            }
            for &i in &costly {
                self.settle(solution, i, tolerance);
            }
        }
    }

    /// Gives a case the multiplier that its margin asks for; by how much it was off, in logits.
    fn settle(&self, solution: &mut Solution, i: usize, tolerance: f64) -> f64 {
        let case = &self.cases[i];
        let margin = case.sign() * self.logit(solution, i);
        let error = (margin + solution.t[i]).abs();
        if error >= 0.1 * tolerance {
            let before = case.cost * sigmoid(solution.t[i]);
            solution.t[i] = root(solution.t[i], margin - self.norms[i] * before, self.norms[i] * case.cost);
            let step = case.cost * sigmoid(solution.t[i]) - before;
            self.add(solution, i, case.sign() * step);
        }
        error
    }

    fn logit(&self, solution: &Solution, i: usize) -> f64 {
        let sparse = self.entries(i).iter().map(|&(column, x)| solution.sparse[column as usize] * x);
        let dense = dot(&solution.dense, self.corpus.dense(self.cases[i].point.row));
        solution.constant + f64::from(self.meaning * dense) + f64::from(sparse.sum::<f32>())
    }

    fn add(&self, solution: &mut Solution, i: usize, multiplier: f64) {
        solution.constant += multiplier * self.constant;
        let step = multiplier as f32 * self.meaning;
        let row = self.corpus.dense(self.cases[i].point.row);
        solution.dense.iter_mut().zip(row).for_each(|(w, &x)| *w += step * x);
        let step = multiplier as f32;
        self.entries(i).iter().for_each(|&(column, x)| solution.sparse[column as usize] += step * x);
    }

    fn entries(&self, i: usize) -> &[(u32, f32)] {
        &self.entries[self.starts[i]..self.starts[i + 1]]
    }
}

/// The product of two vectors, with sixteen sums side by side, which the compiler turns into vector instructions.
pub(super) fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0_f32; 16];
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<16>(), b.as_chunks::<16>());
    for (a, b) in a.iter().zip(b) {
        for i in 0..16 {
            sums[i] += a[i] * b[i];
        }
    }
    sums.iter().sum::<f32>() + a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum::<f32>()
}

/// The root of t + a + q·σ(t), which rises with t: Newton's steps, kept between bounds.
fn root(start: f64, a: f64, q: f64) -> f64 {
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
