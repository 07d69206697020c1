//! Makes one table of several.
//!
//! Two trainings that differ in their draws alone agree in what the papers say, and differ in the rest. The
//! vectors of all of them side by side are better than any of them, and as good when they are cut to the
//! axes on which documents differ most (principal components, uncentred: a table's vectors have no mean that
//! could be taken off).

use ndarray::{Array2, s};

use super::Model;
use super::pairs::Bag;

/// So many documents say on which axes they differ.
const LOOKED_AT: usize = 60_000;

/// The rows of one model, of `wanted` numbers each, at most as many as all have together.
pub fn join(mut models: Vec<Model>, documents: &[Bag], wanted: usize) -> Vec<f32> {
    let (n, d) = (models.len(), models[0].dimensions);
    let documents: Vec<Bag> =
        documents.iter().step_by(documents.len().div_ceil(LOOKED_AT).max(1)).cloned().collect();
    let mut side_by_side = Array2::zeros((documents.len(), n * d));
    let mut means = Vec::with_capacity(n);
    for (number, model) in models.iter().enumerate() {
        let (vectors, lengths) = model.forward(&documents);
        side_by_side.slice_mut(s![.., number * d..(number + 1) * d]).assign(&vectors);
        means.push(lengths.iter().sum::<f32>() / lengths.len().max(1) as f32);
    }
    // No table counts more than another. A joined row is longer than its parts, √n times where they agree in
    // nothing.
    for (model, mean) in models.iter_mut().zip(&means) {
        model.rows.iter_mut().for_each(|x| *x *= means[0] / mean);
    }
    let axes = axes(side_by_side.t().dot(&side_by_side), wanted);
    let n_tokens = models[0].rows.len() / d;
    let mut rows = vec![0.0_f32; n_tokens * wanted];
    for (number, model) in models.iter().enumerate() {
        let turned = axes.slice(s![.., number * d..(number + 1) * d]);
        let own = ndarray::ArrayView2::from_shape((n_tokens, d), &model.rows).expect("a row for each token");
        rows.iter_mut().zip(own.dot(&turned.t())).for_each(|(x, y)| *x += y);
    }
    rows
}

/// The `n` orthonormal axes, one a row, along which a symmetric matrix without negative eigenvalues is
/// greatest: its rows are turned, two at a time, until all are at right angles (one-sided Jacobi, Hestenes 1958).
fn axes(mut matrix: Array2<f32>, n: usize) -> Array2<f32> {
    const SWEEPS: usize = 30;
    /// The cosine of two rows that are at right angles.
    const RIGHT: f32 = 1e-4;
    let size = matrix.nrows();
    for _ in 0..SWEEPS {
        let mut is_done = true;
        for a in 0..size {
            for b in a + 1..size {
                let (mut x, mut y) = matrix.multi_slice_mut((s![a, ..], s![b, ..]));
                let (xx, yy, xy) = (x.dot(&x), y.dot(&y), x.dot(&y));
                if xy.abs() <= RIGHT * (xx * yy).sqrt() {
                    continue;
                }
                is_done = false;
                let skew = (yy - xx) / (2.0 * xy);
                let tangent = skew.signum() / (skew.abs() + (1.0 + skew * skew).sqrt());
                let cosine = 1.0 / (1.0 + tangent * tangent).sqrt();
                let sine = cosine * tangent;
                for (x, y) in x.iter_mut().zip(&mut y) {
                    (*x, *y) = (cosine * *x - sine * *y, sine * *x + cosine * *y);
                }
            }
        }
        if is_done {
            break;
        }
    }
    let lengths: Vec<f32> = matrix.outer_iter().map(|row| row.dot(&row).sqrt()).collect();
    let mut order: Vec<usize> = (0..size).collect();
    order.sort_by(|&a, &b| lengths[b].total_cmp(&lengths[a]).then(a.cmp(&b)));
    order.truncate(n);
    let mut axes = Array2::zeros((n, size));
    for (mut axis, &row) in axes.outer_iter_mut().zip(&order) {
        axis.assign(&(&matrix.row(row) / lengths[row].max(f32::MIN_POSITIVE)));
    }
    axes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_axes_are_the_eigenvectors_of_the_greatest_eigenvalues() {
        // Axes (1, 2, 2)/3, (2, 1, -2)/3 and (2, -2, 1)/3 with eigenvalues 9, 4 and 1.
        let all = [([1.0, 2.0, 2.0], 9.0), ([2.0, 1.0, -2.0], 4.0), ([2.0, -2.0, 1.0], 1.0_f32)];
        let matrix = Array2::from_shape_fn((3, 3), |(i, j)| {
            all.iter().map(|(axis, value)| value * axis[i] * axis[j] / 9.0).sum::<f32>()
        });
        let found = axes(matrix, 2);
        for (found, (axis, _)) in found.outer_iter().zip(&all) {
            let along: f32 = found.iter().zip(axis).map(|(x, y)| x * y / 3.0).sum();
            assert!((along.abs() - 1.0).abs() < 1e-4, "{found}");
        }
    }
}
