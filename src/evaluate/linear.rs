//! Linear models of other tools, solved to the minimum: no answer depends on a step size or an
//! order of examples.

use ndarray::ArrayView2;

/// Rows of features to learn from.
pub trait Rows {
    /// How many features a row has.
    fn n_features(&self) -> usize;
    /// The product of a row with weights.
    fn dot(&self, row: usize, weights: &[f64]) -> f64;
    /// Adds a multiple of a row.
    fn add(&self, row: usize, times: f64, to: &mut [f64]);
}

impl Rows for ArrayView2<'_, f32> {
    fn n_features(&self) -> usize {
        self.ncols()
    }

    fn dot(&self, row: usize, weights: &[f64]) -> f64 {
        self.row(row).iter().zip(weights).map(|(x, w)| f64::from(*x) * w).sum()
    }

    fn add(&self, row: usize, times: f64, to: &mut [f64]) {
        self.row(row).iter().zip(to).for_each(|(x, to)| *to += f64::from(*x) * times);
    }
}

/// A row to learn from: yes or no, and what an error on it costs.
#[derive(Debug, Clone, Copy)]
pub struct Example {
    /// The row.
    pub row: usize,
    /// Whether it is one of what is looked for.
    pub yes: bool,
    /// What its loss is multiplied by.
    pub weight: f64,
}

/// What an error costs, of the margin z.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loss {
    /// max(0, 1 − z)², and the offset is penalised as a weight: liblinear's and scikit-learn's
    /// LinearSVC (Fan et al. 2008).
    SquaredHinge,
    /// ln(1 + e⁻ᶻ), and the offset is free: scikit-learn's LogisticRegression.
    Logistic,
}

impl Loss {
    /// The loss and its first two derivatives.
    fn at(self, z: f64) -> (f64, f64, f64) {
        match self {
            Self::SquaredHinge if z < 1.0 => ((1.0 - z).powi(2), -2.0 * (1.0 - z), 2.0),
            Self::SquaredHinge => (0.0, 0.0, 0.0),
            Self::Logistic => {
                let wrong = 1.0 / (1.0 + z.exp());
                let loss = if z > 0.0 { (-z).exp().ln_1p() } else { z.exp().ln_1p() - z };
                (loss, -wrong, wrong * (1.0 - wrong))
            }
        }
    }
}

/// A direction and an offset.
#[derive(Debug, Clone, PartialEq)]
pub struct Linear {
    weights: Vec<f64>,
    offset: f64,
}

impl Linear {
    /// Minimises ½|w|² + Σ weight · loss by Newton's method with conjugate gradients, until the
    /// gradient is a ten-millionth of the first one.
    pub fn fit(rows: &impl Rows, examples: &[Example], loss: Loss) -> Self {
        Problem { rows, examples, loss }.minimum()
    }

    /// The value of a row; above 0 means yes.
    pub fn value(&self, rows: &impl Rows, row: usize) -> f64 {
        rows.dot(row, &self.weights) + self.offset
    }
}

struct Problem<'a, R> {
    rows: &'a R,
    examples: &'a [Example],
    loss: Loss,
}

impl<R: Rows> Problem<'_, R> {
    fn minimum(&self) -> Linear {
        let n = self.rows.n_features();
        // The last number is the offset.
        let mut w = vec![0.0; n + 1];
        let mut margins = vec![0.0; self.examples.len()];
        let mut first = None;
        for _ in 0..100 {
            let gradient = self.gradient(&w, &margins);
            let length = norm(&gradient);
            if length <= 1e-7 * *first.get_or_insert(length) {
                break;
            }
            let direction = self.direction(&gradient, &margins, length);
            let slopes = self.products(&direction);
            let slope = dot(&gradient, &direction);
            let before = self.value(&w, &margins);
            let mut step = 1.0;
            let moved = |step: f64, from: &[f64], by: &[f64]| -> Vec<f64> {
                from.iter().zip(by).map(|(x, d)| x + step * d).collect()
            };
            // Armijo's rule; a step that no longer changes anything ends it.
            let (next, next_margins) = loop {
                let next = (moved(step, &w, &direction), moved(step, &margins, &slopes));
                if step < 1e-10 || self.value(&next.0, &next.1) <= before + 1e-4 * step * slope {
                    break next;
                }
                step /= 2.0;
            };
            (w, margins) = (next, next_margins);
            if step < 1e-10 {
                break;
            }
        }
        let offset = w.pop().unwrap_or_default();
        Linear { weights: w, offset }
    }

    /// How much the offset is penalised.
    fn ridge(&self) -> f64 {
        f64::from(u8::from(self.loss == Loss::SquaredHinge))
    }

    fn penalised(&self, w: &[f64]) -> Vec<f64> {
        let mut out = w.to_vec();
        out.last_mut().into_iter().for_each(|offset| *offset *= self.ridge());
        out
    }

    fn value(&self, w: &[f64], margins: &[f64]) -> f64 {
        let losses = self.examples.iter().zip(margins).map(|(e, &z)| e.weight * self.loss.at(z).0);
        0.5 * dot(w, &self.penalised(w)) + losses.sum::<f64>()
    }

    fn gradient(&self, w: &[f64], margins: &[f64]) -> Vec<f64> {
        let mut out = self.penalised(w);
        for (e, &z) in self.examples.iter().zip(margins) {
            self.add(e, e.weight * self.loss.at(z).1 * sign(e), &mut out);
        }
        out
    }

    /// Newton's direction: conjugate gradients on the Hessian, as exactly as it pays.
    fn direction(&self, gradient: &[f64], margins: &[f64], length: f64) -> Vec<f64> {
        let curved: Vec<(&Example, f64)> = (self.examples.iter().zip(margins))
            .map(|(e, &z)| (e, e.weight * self.loss.at(z).2))
            .filter(|(_, curvature)| *curvature > 0.0)
            .collect();
        let mut out = vec![0.0; gradient.len()];
        let mut rest: Vec<f64> = gradient.iter().map(|g| -g).collect();
        let mut search = rest.clone();
        let mut squared = dot(&rest, &rest);
        for _ in 0..200 {
            let mut image = self.penalised(&search);
            for &(e, curvature) in &curved {
                self.add(e, curvature * self.product(e, &search), &mut image);
            }
            let step = squared / dot(&search, &image).max(f64::MIN_POSITIVE);
            for i in 0..out.len() {
                out[i] += step * search[i];
                rest[i] -= step * image[i];
            }
            let next = dot(&rest, &rest);
            if next.sqrt() <= 0.05 * length {
                break;
            }
            search.iter_mut().zip(&rest).for_each(|(s, r)| *s = r + next / squared * *s);
            squared = next;
        }
        out
    }

    fn product(&self, e: &Example, w: &[f64]) -> f64 {
        self.rows.dot(e.row, w) + w[w.len() - 1]
    }

    fn add(&self, e: &Example, times: f64, to: &mut [f64]) {
        if times != 0.0 {
            self.rows.add(e.row, times, to);
            to.last_mut().into_iter().for_each(|offset| *offset += times);
        }
    }

    /// What each margin changes by when the weights change by `w`.
    fn products(&self, w: &[f64]) -> Vec<f64> {
        self.examples.iter().map(|e| sign(e) * self.product(e, w)).collect()
    }
}

fn sign(e: &Example) -> f64 {
    if e.yes { 1.0 } else { -1.0 }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn norm(a: &[f64]) -> f64 {
    dot(a, a).sqrt()
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;

    use super::*;

    fn data(weight: fn(usize) -> f64) -> (Array2<f32>, Vec<Example>) {
        let x = Array2::from_shape_fn((20, 4), |(i, j)| ((3 * i + 7 * j) as f64).sin() as f32);
        let examples = (0..20).map(|row| Example { row, yes: row % 3 == 0, weight: weight(row) });
        (x, examples.collect())
    }

    fn close(model: &Linear, weights: [f64; 4], offset: f64) {
        for (mine, theirs) in model.weights.iter().zip(weights).chain([(&model.offset, offset)]) {
            assert!((mine - theirs).abs() < 1e-6, "{model:?}");
        }
    }

    #[test]
    fn the_svm_is_that_of_scikit_learn() {
        // LinearSVC(C=0.01, class_weight='balanced', dual=False, tol=1e-12) of scikit-learn 1.9.1.
        let (x, examples) = data(|row| 0.01 * 20.0 / (2.0 * if row % 3 == 0 { 7.0 } else { 13.0 }));
        let model = Linear::fit(&x.view(), &examples, Loss::SquaredHinge);
        close(&model, [-0.00485266, -0.01014864, -0.01044949, -0.00560716], 0.0002535);
    }

    #[test]
    fn the_regression_is_that_of_scikit_learn() {
        // LogisticRegression(C=0.1, tol=1e-12) with sample weights, of scikit-learn 1.9.1.
        let (x, examples) = data(|row| 0.1 * if row % 2 == 1 { 0.5 } else { 2.0 });
        let model = Linear::fit(&x.view(), &examples, Loss::Logistic);
        close(&model, [0.02058135, 0.00283664, -0.01630424, -0.02742026], -0.47027168);
    }

    #[test]
    fn no_other_weights_are_better_where_errors_cost_much() {
        let (x, examples) = data(|_| 50.0);
        let view = x.view();
        for loss in [Loss::SquaredHinge, Loss::Logistic] {
            let problem = Problem { rows: &view, examples: &examples, loss };
            let model = problem.minimum();
            let mut w = model.weights.clone();
            w.push(model.offset);
            let value = |w: &[f64]| {
                let margins = problem.products(w);
                problem.value(w, &margins)
            };
            for i in 0..w.len() {
                for by in [-1e-3, 1e-3] {
                    let mut other = w.clone();
                    other[i] += by;
                    assert!(value(&other) > value(&w), "{loss:?} {i} {by}");
                }
            }
        }
    }
}
