//! L2-regularised logistic regression with weighted examples, by dual coordinate descent
//! (Yu, Huang, Lin 2011: "Dual coordinate descent methods for logistic regression and maximum
//! entropy models").
//!
//! One thread and a fixed order: the same problem has the same solution to the last bit.

use std::ops::Range;

use rayon::prelude::*;

use super::dot::dot;
use super::features::{Block, Corpus};
use super::interests::Member;

/// Weights of all features, and the constant.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub(super) struct Weights {
    pub dense: Vec<f64>,
    /// By column. Most columns stand in no row that was learned from, so a file holds only the others.
    #[serde(with = "nonzero")]
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

/// A row, and what it has of an interest.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
pub(super) struct Point {
    pub row: usize,
    pub member: Option<Member>,
}

/// A row, whether it is liked, and how much an error on it costs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Case {
    pub point: Point,
    pub liked: bool,
    pub cost: f64,
}

/// The solver's tolerance: no margin is further than this from what its dual variable says, in logits.
pub(super) const EXACT: f64 = 1e-4;

/// The same for logits that are only looked at to scale others.
const ROUGH: f64 = 0.1;

/// The folds of the cross-validation that gives held-out logits.
const FOLDS: usize = 8;

/// So many other cases, those that pull most, follow when a part is taken out; what the rest would
/// answer cannot be seen in a probability.
const HARD: usize = 500;

/// Where every t begins, σ(−2.2) = .1 of a case's cost: likes and background, whose costs are equal in
/// sum, then keep the balance.
const START: f64 = -2.2;

/// Far more than any problem has needed.
const MOST_EPOCHS: usize = 300;

impl Case {
    fn sign(&self) -> f64 {
        if self.liked { 1.0 } else { -1.0 }
    }
}

impl Weights {
    /// No weight on anything.
    pub fn none(corpus: &Corpus, n_interests: usize) -> Self {
        Self {
            dense: vec![0.0; corpus.dimensions()],
            sparse: vec![0.0; corpus.lexicon().n_columns()],
            interests: vec![0.0; n_interests],
            constant: 0.0,
        }
    }

    /// With the sum of rows times their multipliers added, seen through the kernel.
    pub fn plus(mut self, corpus: &Corpus, squares: &Squares, multipliers: &[(Point, f64)]) -> Self {
        for &(point, multiplier) in multipliers {
            self.constant += multiplier * squares.constant;
            let step = multiplier * squares.of(Block::Meaning);
            let dense = corpus.dense(point.row);
            self.dense.iter_mut().zip(dense).for_each(|(w, &x)| *w += step * f64::from(x));
            for (square, part) in blocks(corpus, point.row, squares) {
                let step = multiplier * square;
                part.iter().for_each(|&(column, x)| self.sparse[column as usize] += step * f64::from(x));
            }
            if let Some(Member { interest, degree }) = point.member {
                self.interests[interest] += multiplier * squares.of(Block::Interest) * f64::from(degree);
            }
        }
        self
    }

    /// The logit of a row.
    pub fn dot(&self, corpus: &Corpus, point: Point) -> f64 {
        let sparse = corpus.sparse(point.row).iter();
        self.constant
            + self.meaning(corpus, point.row)
            + sparse.map(|&(column, x)| self.sparse[column as usize] * f64::from(x)).sum::<f64>()
            + self.interest(point)
    }

    fn interest(&self, point: Point) -> f64 {
        point.member.map_or(0.0, |member| self.interests[member.interest] * f64::from(member.degree))
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
                Block::Interest => self.interest(point),
                _ => sparse.next().unwrap_or(0.0),
            };
            (block, adds)
        })
    }
}

/// Writes a vector as its length and its entries that are not zero.
mod nonzero {
    use serde::de::{Deserialize, Deserializer, Error};
    use serde::ser::{Serialize, Serializer};

    pub fn serialize<S: Serializer>(values: &[f64], serializer: S) -> Result<S::Ok, S::Error> {
        let entries = (0_u32..).zip(values).filter(|(_, value)| **value != 0.0);
        let entries: Vec<(u32, f64)> = entries.map(|(column, value)| (column, *value)).collect();
        (values.len(), entries).serialize(serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<f64>, D::Error> {
        let (n, entries): (usize, Vec<(u32, f64)>) = Deserialize::deserialize(deserializer)?;
        let mut values = vec![0.0; n];
        for (column, value) in entries {
            let place = values.get_mut(column as usize);
            *place.ok_or_else(|| D::Error::custom(format!("column {column} of {n}")))? = value;
        }
        Ok(values)
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
    if let (Some(x), Some(y)) = (a.1.member, b.1.member)
        && x.interest == y.interest
    {
        sum += squares.of(Block::Interest) * f64::from(x.degree) * f64::from(y.degree);
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

/// A solution of a problem, or of a part of it: each case's dual variable (its multiplier), which is
/// cost · σ(t), by its logit t; and the primal weights, the sum of the rows times their dual variables.
/// In single precision, which halves the time and errs far less than [`EXACT`].
#[derive(Debug, Clone)]
pub(super) struct Solution {
    t: Vec<f64>,
    dense: Vec<f32>,
    sparse: Vec<f32>,
    constant: f64,
    /// What an error on a like costs here, of what its case says.
    lift: f64,
}

impl<'a> Problem<'a> {
    pub fn new(corpus: &'a Corpus, cases: &'a [Case], squares: &Squares) -> Self {
        let mut numbers = vec![u32::MAX; corpus.lexicon().n_columns()];
        // The interests come first.
        let interests = cases.iter().filter_map(|case| case.point.member).map(|member| member.interest);
        let mut n_columns = interests.max().map_or(0, |most| most as u32 + 1);
        let interest_scale = squares.of(Block::Interest).sqrt() as f32;
        let (mut starts, mut entries, mut norms) = (vec![0], Vec::new(), Vec::with_capacity(cases.len()));
        for case in cases {
            let from = entries.len();
            let column = |member: Member| (member.interest as u32, interest_scale * member.degree);
            entries.extend(case.point.member.map(column));
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
            lift: 1.0,
        };
        let all: Vec<usize> = (0..self.cases.len()).collect();
        for &i in &all {
            let multiplier = self.multiplier(&solution, i);
            self.add(&mut solution, i, multiplier);
        }
        self.descend(&mut solution, all, EXACT);
        solution
    }

    /// Held-out logits: each case's logit by a model that was not taught the case; `None` for a like
    /// that is the only one. Platt scaling is fitted to them, so they need not be exact.
    ///
    /// The first `n_rated` cases are cross-validated in [`FOLDS`] parts; the likes that are left then
    /// cost as much as all did. A background case only loses its own pull.
    pub fn unseen(&self, solution: &Solution, n_rated: usize) -> Vec<Option<f64>> {
        // Likes first, so that every fold has its share of them.
        let (mut rated, dislikes): (Vec<usize>, Vec<usize>) =
            (0..n_rated).partition(|&i| self.cases[i].liked);
        rated.extend(dislikes);
        let hard = self.hardest(solution, n_rated..self.cases.len());

        let folds: Vec<Vec<(usize, Option<f64>)>> = (0..FOLDS.min(rated.len()))
            .into_par_iter()
            .map(|fold| {
                let (out, others): (Vec<usize>, Vec<usize>) =
                    (0..rated.len()).partition(|place| place % FOLDS == fold);
                let of = |places: Vec<usize>| places.into_iter().map(|place| rated[place]).collect();
                let (out, others): (Vec<usize>, Vec<usize>) = (of(out), of(others));
                self.without(solution, &out, others, &hard)
            })
            .collect();

        let mut logits: Vec<Option<f64>> = vec![None; n_rated];
        for (i, logit) in folds.into_iter().flatten() {
            logits[i] = logit;
        }
        logits.extend(
            (n_rated..self.cases.len())
                .map(|i| Some(self.logit(solution, i) - self.multiplier(solution, i) * self.norms[i])),
        );
        logits
    }

    /// The [`HARD`] cases of a range with the greatest pull, in order; all, if there are no more.
    fn hardest(&self, solution: &Solution, range: Range<usize>) -> Vec<usize> {
        let mut hard: Vec<usize> = range.collect();
        if hard.len() > HARD {
            let by_pull = |a: &usize, b: &usize| solution.t[*b].total_cmp(&solution.t[*a]).then(a.cmp(b));
            hard.select_nth_unstable_by(HARD, by_pull);
            hard.truncate(HARD);
            hard.sort_unstable();
        }
        hard
    }

    /// The logits of the cases that are `out` when they are not learned from.
    fn without(
        &self,
        solution: &Solution,
        out: &[usize],
        mut others: Vec<usize>,
        hard: &[usize],
    ) -> Vec<(usize, Option<f64>)> {
        let likes =
            |of: &[usize]| of.iter().filter(|&&i| self.cases[i].liked).map(|&i| self.cases[i].cost).sum();
        let (gone, left): (f64, f64) = (likes(out), likes(&others));
        let mut part = solution.clone();
        out.iter().for_each(|&i| self.add(&mut part, i, -self.multiplier(solution, i)));
        if left > 0.0 {
            let more = gone / left;
            part.lift = 1.0 + more;
            let likes = others.iter().filter(|&&i| self.cases[i].liked);
            likes.for_each(|&i| self.add(&mut part, i, more * self.multiplier(solution, i)));
        }
        others.extend(hard);
        self.descend(&mut part, others, ROUGH);
        let logit = |&i: &usize| (i, (left > 0.0 || !self.cases[i].liked).then(|| self.logit(&part, i)));
        out.iter().map(logit).collect()
    }

    /// The dual variable of each case, signed, beside its row: the weights are the sum of the rows
    /// times these.
    pub fn multipliers(&self, solution: &Solution) -> Vec<(Point, f64)> {
        (0..self.cases.len()).map(|i| (self.cases[i].point, self.multiplier(solution, i))).collect()
    }

    fn multiplier(&self, solution: &Solution, i: usize) -> f64 {
        self.cases[i].sign() * self.cost(solution, i) * sigmoid(solution.t[i])
    }

    fn cost(&self, solution: &Solution, i: usize) -> f64 {
        self.cases[i].cost * if self.cases[i].liked { solution.lift } else { 1.0 }
    }

    /// Coordinate descent: settles the cases of `order` one by one, in turns that are mixed anew each time, until all
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
        let (sign, cost) = (self.cases[i].sign(), self.cost(solution, i));
        let margin = sign * self.logit(solution, i);
        let error = (margin + solution.t[i]).abs();
        if error >= 0.1 * tolerance {
            let before = cost * sigmoid(solution.t[i]);
            solution.t[i] = root(solution.t[i], margin - self.norms[i] * before, self.norms[i] * cost);
            let step = cost * sigmoid(solution.t[i]) - before;
            self.add(solution, i, sign * step);
        }
        error
    }

    fn logit(&self, solution: &Solution, i: usize) -> f64 {
        // Four sums side by side, so that none waits for the one before.
        let mut sums = [0.0_f32; 4];
        let (fours, rest) = self.entries(i).as_chunks::<4>();
        let product = |&(column, x): &(u32, f32)| solution.sparse[column as usize] * x;
        for four in fours {
            for (sum, entry) in sums.iter_mut().zip(four) {
                *sum += product(entry);
            }
        }
        let sparse = sums.iter().sum::<f32>() + rest.iter().map(product).sum::<f32>();
        let dense = dot(&solution.dense, self.corpus.dense(self.cases[i].point.row));
        solution.constant + f64::from(self.meaning * dense) + f64::from(sparse)
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
