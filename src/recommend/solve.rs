//! L2-regularised logistic regression with weighted examples, by dual coordinate descent
//! (Yu, Huang, Lin 2011: "Dual coordinate descent methods for logistic regression and maximum
//! entropy models").
//!
//! One thread and a fixed order: the same problem has the same solution to the last bit.

use std::ops::Range;

use rayon::prelude::*;

use super::centre::Centre;
use super::corpus::Corpus;
use super::features::{Block, Part};
use super::interests::Member;
use super::weights::{Point, Squares, parts};
use crate::embed::dot;

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

/// The cases as the solver goes over them: of the sparse columns only those that stand in a case,
/// numbered anew, and every value times its block's scale. Vectors are counted from the centre; the sparse
/// parts, most of whose columns are zero, stay as they are, and the centre's share is taken off their sums.
pub(super) struct Problem<'a> {
    cases: &'a [Case],
    /// The vectors, one after the other.
    dense: Vec<f32>,
    dimensions: usize,
    constant: f64,
    /// 1 for each part that a case has, else 0...
    has: Vec<[f64; Part::ALL.len()]>,
    /// ...and what it has along the centre of each.
    along: Vec<[f64; Part::ALL.len()]>,
    /// The product of each part's centre with itself.
    centres: [f64; Part::ALL.len()],
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
    /// Of the rows as they are.
    sparse: Vec<f32>,
    /// How often the centre of each part is to be taken off that...
    taken: [f64; Part::ALL.len()],
    /// ...and what that adds to the logit of every case that has the part.
    offset: [f64; Part::ALL.len()],
    constant: f64,
    /// What an error on a like costs here, of what its case says.
    lift: f64,
}

impl<'a> Problem<'a> {
    pub fn new(corpus: &Corpus, centre: &Centre, cases: &'a [Case], squares: &Squares) -> Self {
        let mut numbers = vec![u32::MAX; corpus.lexicon().n_columns()];
        // The interests come first.
        let interests = cases.iter().filter_map(|case| case.point.member).map(|member| member.interest);
        let mut n_columns = interests.max().map_or(0, |most| most as u32 + 1);
        let interest_scale = squares.of(Block::Interest).sqrt() as f32;
        let meaning_scale = squares.of(Block::Meaning).sqrt() as f32;
        let mut problem = Self {
            cases,
            dense: vectors(corpus, centre, cases, meaning_scale),
            dimensions: corpus.dimensions(),
            constant: squares.constant,
            has: Vec::with_capacity(cases.len()),
            along: Vec::with_capacity(cases.len()),
            centres: Part::ALL.map(|part| squares.of(part.block()) * centre.square(part)),
            n_columns: 0,
            starts: vec![0],
            entries: Vec::new(),
            norms: Vec::with_capacity(cases.len()),
        };
        for (i, case) in cases.iter().enumerate() {
            let (row, from) = (case.point.row, problem.entries.len());
            let column = |member: Member| (member.interest as u32, interest_scale * member.degree);
            problem.entries.extend(case.point.member.map(column));
            let (mut has, mut along) = ([0.0; Part::ALL.len()], [0.0; Part::ALL.len()]);
            for (square, part, entries) in parts(corpus, row, squares) {
                has[part as usize] = 1.0;
                along[part as usize] = square * centre.along(entries);
                let scale = square.sqrt() as f32;
                for &(column, x) in entries {
                    let number = &mut numbers[column as usize];
                    if *number == u32::MAX {
                        *number = n_columns;
                        n_columns += 1;
                    }
                    problem.entries.push((*number, scale * x));
                }
            }
            let dense = problem.vector(i);
            let sparse = problem.entries[from..].iter().map(|e| f64::from(e.1 * e.1)).sum::<f64>();
            let of_centre =
                (0..Part::ALL.len()).map(|part| has[part] * problem.centres[part] - 2.0 * along[part]);
            let norm = squares.constant + f64::from(dot(dense, dense)) + sparse + of_centre.sum::<f64>();
            // What is counted from the centre may err below zero.
            problem.norms.push(norm.max(1e-6));
            problem.has.push(has);
            problem.along.push(along);
            problem.starts.push(problem.entries.len());
        }
        problem.n_columns = n_columns as usize;
        problem
    }

    /// Minimises ½‖w‖² + Σ costᵢ ln(1 + exp(−yᵢ w·xᵢ)) over all cases.
    pub fn solve(&self) -> Solution {
        let mut solution = Solution {
            t: vec![START; self.cases.len()],
            dense: vec![0.0; self.dimensions],
            sparse: vec![0.0; self.n_columns],
            taken: [0.0; Part::ALL.len()],
            offset: [0.0; Part::ALL.len()],
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

    /// Coordinate descent: settles the cases of `all` one by one, in turns that are mixed anew each time, until all
    /// are within the tolerance. Those that are well within it are passed over until the others are (shrinking,
    /// as in Hsieh et al. 2008). Wherever it begins, it ends near the one minimum.
    fn descend(&self, solution: &mut Solution, all: Vec<usize>, tolerance: f64) {
        // Costly cases move the others, so they are settled twice as often.
        let mean = all.iter().map(|&i| self.cases[i].cost).sum::<f64>() / all.len().max(1) as f64;
        let is_costly = |i: usize| self.cases[i].cost > 2.0 * mean;
        let mut order = all.clone();
        let mut random = 0x9e37_79b9_7f4a_7c15_u64;
        for epoch in 0..MOST_EPOCHS {
            for i in (1..order.len()).rev() {
                random =
                    random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                order.swap(i, ((random >> 33) as usize) % (i + 1));
            }
            let is_whole = order.len() == all.len();
            let mut worst = 0.0_f64;
            order.retain(|&i| {
                let error = self.settle(solution, i, tolerance);
                worst = worst.max(error);
                error >= 0.3 * tolerance
            });
            if worst < tolerance && is_whole {
                tracing::debug!(epoch, cases = all.len(), "the profile is learned");
                break;
            }
            if worst < tolerance {
                order.clone_from(&all);
                continue;
            }
            for &i in order.iter().filter(|&&i| is_costly(i)) {
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

    pub fn logit(&self, solution: &Solution, i: usize) -> f64 {
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
        let (has, along) = (&self.has[i], &self.along[i]);
        let centred = (0..Part::ALL.len())
            .map(|part| has[part] * solution.offset[part] - solution.taken[part] * along[part]);
        let dense = dot(&solution.dense, self.vector(i));
        solution.constant + f64::from(dense) + f64::from(sparse) + centred.sum::<f64>()
    }

    fn add(&self, solution: &mut Solution, i: usize, multiplier: f64) {
        solution.constant += multiplier * self.constant;
        let step = multiplier as f32;
        solution.dense.iter_mut().zip(self.vector(i)).for_each(|(w, &x)| *w += step * x);
        let (has, along) = (&self.has[i], &self.along[i]);
        for part in 0..Part::ALL.len() {
            solution.taken[part] += multiplier * has[part];
            solution.offset[part] += multiplier * (has[part] * self.centres[part] - along[part]);
        }
        self.entries(i).iter().for_each(|&(column, x)| solution.sparse[column as usize] += step * x);
    }

    fn vector(&self, i: usize) -> &[f32] {
        &self.dense[i * self.dimensions..][..self.dimensions]
    }

    fn entries(&self, i: usize) -> &[(u32, f32)] {
        &self.entries[self.starts[i]..self.starts[i + 1]]
    }
}

/// The vectors of cases, counted from the centre and scaled, one after the other.
fn vectors(corpus: &Corpus, centre: &Centre, cases: &[Case], scale: f32) -> Vec<f32> {
    let mut vectors = vec![0.0; cases.len() * corpus.dimensions()];
    vectors.par_chunks_mut(corpus.dimensions().max(1)).zip(cases).for_each(|(vector, case)| {
        let counted = centre.counted(corpus, case.point.row);
        vector.iter_mut().zip(counted).for_each(|(own, x)| *own = scale * x);
    });
    vectors
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
