//! What a batch is judged by, with its gradients with respect to the unit vectors.

use ndarray::{Array1, Array2, Axis, Zip};

/// How well each left vector finds its right one among all of the batch, and the other way
/// round: the mean of the two cross entropies of softmax(scale · cosine). Returns the loss and
/// its gradients.
pub fn contrast(left: &Array2<f32>, right: &Array2<f32>, scale: f32) -> (f32, Array2<f32>, Array2<f32>) {
    let n = left.nrows();
    // Cosines are at most 1, so exp(scale · (cosine - 1)) needs no further care.
    let mut weights = left.dot(&right.t());
    let right_of: f32 = weights.diag().iter().map(|c| scale * (c - 1.0)).sum();
    weights.par_mapv_inplace(|c| (scale * (c - 1.0)).exp());
    let row_sums: Array1<f32> = weights.sum_axis(Axis(1));
    let column_sums: Array1<f32> = weights.sum_axis(Axis(0));
    let logs: f32 = row_sums.iter().chain(&column_sums).map(|s| s.ln()).sum();
    let loss = (0.5 * logs - right_of) / n as f32;
    let factor = 0.5 * scale / n as f32;
    Zip::from(weights.rows_mut()).and(&row_sums).par_for_each(|mut row, &sum| {
        row.zip_mut_with(&column_sums, |w, column| *w *= factor * (sum.recip() + column.recip()));
    });
    weights.diag_mut().mapv_inplace(|w| w - 2.0 * factor);
    let to_left = weights.dot(right);
    let to_right = weights.t().dot(left);
    (loss, to_left, to_right)
}

/// Cross entropy of telling each vector's labels among all labels; gradients to the vectors and
/// to the labels' own directions. A vector with several labels is to share itself among them;
/// one with none is not judged.
pub fn classify(
    vectors: &Array2<f32>,
    directions: &Array2<f32>,
    labels: &[Vec<u32>],
    scale: f32,
) -> (Array2<f32>, Array2<f32>) {
    let mut weights = vectors.dot(&directions.t());
    let factor = scale / vectors.nrows() as f32;
    for (mut row, labels) in weights.outer_iter_mut().zip(labels) {
        if labels.is_empty() {
            row.fill(0.0);
            continue;
        }
        let most = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        row.mapv_inplace(|c| (scale * (c - most)).exp());
        let sum = row.sum();
        row.mapv_inplace(|w| factor * w / sum);
        for &label in labels {
            row[label as usize] -= factor / labels.len() as f32;
        }
    }
    (weights.dot(directions), weights.t().dot(vectors))
}

/// How far each vector's softmax over the others of the batch is from the teacher's: the mean
/// Kullback-Leibler divergence, and its gradient.
pub fn imitate(vectors: &Array2<f32>, teacher: &Array2<f32>, scale: f32) -> (f32, Array2<f32>) {
    let n = vectors.nrows();
    let softmax = |vectors: &Array2<f32>| {
        let mut weights = vectors.dot(&vectors.t());
        Zip::indexed(weights.rows_mut()).par_for_each(|i, mut row| {
            row.mapv_inplace(|c| (scale * (c - 1.0)).exp());
            // Itself is no news.
            row[i] = 0.0;
            let sum = row.sum().max(f32::MIN_POSITIVE);
            row.mapv_inplace(|w| w / sum);
        });
        weights
    };
    let (mut ours, theirs) = (softmax(vectors), softmax(teacher));
    let mut loss = 0.0;
    Zip::from(&ours).and(&theirs).for_each(|&p, &q| {
        if q > 0.0 {
            loss += q * (q / p.max(f32::MIN_POSITIVE)).ln();
        }
    });
    ours -= &theirs;
    ours *= scale / n as f32;
    let gradient = ours.dot(vectors) + ours.t().dot(vectors);
    (loss / n as f32, gradient)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    /// Compares a gradient with the slope that small changes of each number show.
    fn check(at: &Array2<f32>, gradient: &Array2<f32>, loss: impl Fn(&Array2<f32>) -> f32) {
        for ((i, j), &expected) in gradient.indexed_iter() {
            let (mut up, mut down) = (at.clone(), at.clone());
            up[[i, j]] += 1e-2;
            down[[i, j]] -= 1e-2;
            let slope = (loss(&up) - loss(&down)) / 2e-2;
            assert!((slope - expected).abs() < 2e-2, "[{i}, {j}]: {slope} is not {expected}");
        }
    }

    fn some() -> (Array2<f32>, Array2<f32>) {
        (array![[0.8, 0.6], [0.0, 1.0], [-0.6, 0.8]], array![[0.6, 0.8], [-1.0, 0.0], [0.0, 1.0]])
    }

    #[test]
    fn gradients_are_the_slopes_of_the_losses() {
        let (a, b) = some();
        let (_, to_a, to_b) = contrast(&a, &b, 2.0);
        check(&a, &to_a, |a| contrast(a, &b, 2.0).0);
        check(&b, &to_b, |b| contrast(&a, b, 2.0).0);
        let (_, to_a) = imitate(&a, &b, 2.0);
        check(&a, &to_a, |a| imitate(a, &b, 2.0).0);
        let labels = [vec![0], vec![], vec![1, 2]];
        let entropy = |a: &Array2<f32>| {
            let cosines = a.dot(&b.t());
            let mut sum = 0.0;
            for (row, labels) in cosines.outer_iter().zip(&labels) {
                let log = row.iter().map(|c| (2.0 * c).exp()).sum::<f32>().ln();
                sum +=
                    labels.iter().map(|&l| (log - 2.0 * row[l as usize]) / labels.len() as f32).sum::<f32>();
            }
            sum / 3.0
        };
        check(&a, &classify(&a, &b, &labels, 2.0).0, entropy);
    }
}
