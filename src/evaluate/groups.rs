//! How good a grouping is: by itself, against another one, and under the loss of a paper.
//!
//! A grouping is a label for each paper; a paper alone in its label stands alone.

use std::collections::BTreeMap;

use ndarray::Array2;
use rayon::prelude::*;

use crate::embed::Embedding;

/// The label of each of `n` papers, numbered by the first paper of each group.
pub fn labels(n: usize, groups: &[Vec<usize>]) -> Vec<usize> {
    let mut labels = vec![usize::MAX; n];
    for (label, group) in groups.iter().enumerate() {
        group.iter().for_each(|&i| labels[i] = label);
    }
    labels
}

/// The share of papers that are alone in their group, 0 to 1.
pub fn share_alone(labels: &[usize]) -> f64 {
    let mut sizes: BTreeMap<usize, usize> = BTreeMap::new();
    labels.iter().for_each(|&l| *sizes.entry(l).or_default() += 1);
    sizes.values().filter(|&&n| n == 1).count() as f64 / labels.len().max(1) as f64
}

/// Cosines of every two vectors.
pub fn cosines(vectors: &[&Embedding]) -> Array2<f32> {
    let dimensions = vectors.first().map_or(0, |v| v.as_slice().len());
    let matrix = Array2::from_shape_fn((vectors.len(), dimensions), |(i, j)| vectors[i].as_slice()[j]);
    matrix.dot(&matrix.t())
}

/// The mean silhouette over papers, -1 to 1, with the cosine distance (Rousseeuw, 1987). A paper
/// alone counts 0, as does a grouping with one group only.
pub fn silhouette(cosines: &Array2<f32>, labels: &[usize]) -> f64 {
    let n_groups = labels.iter().max().map_or(0, |m| m + 1);
    let mut sizes = vec![0_usize; n_groups];
    labels.iter().for_each(|&l| sizes[l] += 1);
    if sizes.iter().filter(|&&n| n > 0).count() < 2 {
        return 0.0;
    }
    let of = |i: usize| {
        if sizes[labels[i]] < 2 {
            return 0.0;
        }
        let mut sums = vec![0.0_f64; n_groups];
        for (j, &cosine) in cosines.row(i).iter().enumerate().filter(|(j, _)| *j != i) {
            sums[labels[j]] += 1.0 - f64::from(cosine);
        }
        let own = sums[labels[i]] / (sizes[labels[i]] - 1) as f64;
        let others = (0..n_groups).filter(|&g| g != labels[i] && sizes[g] > 0);
        let nearest = others.map(|g| sums[g] / sizes[g] as f64).fold(f64::INFINITY, f64::min);
        (nearest - own) / nearest.max(own).max(1e-12)
    };
    let each: Vec<f64> = (0..labels.len()).into_par_iter().map(of).collect();
    each.iter().sum::<f64>() / labels.len().max(1) as f64
}

/// How often each pair of labels meets, with the sums of both sides.
fn contingency(a: &[usize], b: &[usize]) -> [BTreeMap<(usize, usize), f64>; 3] {
    debug_assert_eq!(a.len(), b.len());
    let mut tables: [BTreeMap<(usize, usize), f64>; 3] = Default::default();
    for (&x, &y) in a.iter().zip(b) {
        for (table, key) in tables.iter_mut().zip([(x, y), (x, 0), (y, 0)]) {
            *table.entry(key).or_default() += 1.0;
        }
    }
    tables
}

/// The adjusted Rand index of two groupings, 1 for equal ones, 0 by chance (Hubert & Arabie, 1985).
pub fn adjusted_rand(a: &[usize], b: &[usize]) -> f64 {
    let [both, left, right] = contingency(a, b);
    let pairs =
        |table: &BTreeMap<(usize, usize), f64>| table.values().map(|n| n * (n - 1.0) / 2.0).sum::<f64>();
    let (both, left, right) = (pairs(&both), pairs(&left), pairs(&right));
    let n = a.len() as f64;
    let chance = left * right / (n * (n - 1.0) / 2.0).max(1.0);
    let most = (left + right) / 2.0;
    if most - chance == 0.0 { 1.0 } else { (both - chance) / (most - chance) }
}

/// The harmonic mean of homogeneity and completeness, 0 to 1 (Rosenberg & Hirschberg, 2007).
pub fn v_measure(gold: &[usize], found: &[usize]) -> f64 {
    let [both, left, right] = contingency(gold, found);
    let n = gold.len().max(1) as f64;
    let entropy =
        |table: &BTreeMap<(usize, usize), f64>| -table.values().map(|x| x / n * (x / n).ln()).sum::<f64>();
    let (joint, gold, found) = (entropy(&both), entropy(&left), entropy(&right));
    let share = |conditional: f64, whole: f64| if whole <= 0.0 { 1.0 } else { 1.0 - conditional / whole };
    let (homogeneity, completeness) = (share(joint - found, gold), share(joint - gold, found));
    if homogeneity + completeness <= 0.0 {
        return 0.0;
    }
    2.0 * homogeneity * completeness / (homogeneity + completeness)
}

/// Agreement of the whole day's grouping with the groupings of the day without one paper: the mean
/// adjusted Rand index over at most `n_draws` papers, spread evenly over the day.
pub fn leave_one_out(n: usize, n_draws: usize, group: impl Fn(&[usize]) -> Vec<usize>) -> f64 {
    if n < 3 {
        return 1.0;
    }
    let everyone: Vec<usize> = (0..n).collect();
    let whole = group(&everyone);
    let n_draws = n_draws.min(n);
    let agreement = |draw: usize| {
        let left_out = draw * n / n_draws;
        let rest: Vec<usize> = everyone.iter().copied().filter(|&i| i != left_out).collect();
        let before: Vec<usize> = rest.iter().map(|&i| whole[i]).collect();
        adjusted_rand(&before, &group(&rest))
    };
    (0..n_draws).map(agreement).sum::<f64>() / n_draws.max(1) as f64
}

/// Spherical k-means with a fixed seeding: each next centre is the vector least like those before,
/// from the one most like all others on. Returns a label for each vector.
pub fn k_means(vectors: &[&Embedding], k: usize) -> Vec<usize> {
    let n = vectors.len();
    let dimensions = vectors.first().map_or(0, |v| v.as_slice().len());
    let matrix = Array2::from_shape_fn((n, dimensions), |(i, j)| vectors[i].as_slice()[j]);
    let total = matrix.sum_axis(ndarray::Axis(0));
    let typical = matrix.dot(&total);
    let first = (0..n).max_by(|&a, &b| typical[a].total_cmp(&typical[b]).then(b.cmp(&a))).unwrap_or(0);
    let mut chosen = vec![first];
    let mut nearest = matrix.dot(&matrix.row(first));
    while chosen.len() < k.min(n) {
        let next = (0..n).min_by(|&a, &b| nearest[a].total_cmp(&nearest[b]).then(a.cmp(&b))).unwrap_or(0);
        nearest.zip_mut_with(&matrix.dot(&matrix.row(next)), |a, &b| *a = a.max(b));
        chosen.push(next);
    }
    let mut centres = matrix.select(ndarray::Axis(0), &chosen);
    let mut labels = vec![0; n];
    for _ in 0..50 {
        let likeness = matrix.dot(&centres.t());
        let best = |row: ndarray::ArrayView1<'_, f32>| {
            (0..row.len()).max_by(|&a, &b| row[a].total_cmp(&row[b]).then(b.cmp(&a))).unwrap_or(0)
        };
        let next: Vec<usize> = likeness.outer_iter().map(best).collect();
        if next == labels {
            break;
        }
        labels = next;
        centres.fill(0.0);
        for (i, &label) in labels.iter().enumerate() {
            let mut centre = centres.row_mut(label);
            centre += &matrix.row(i);
        }
        for mut centre in centres.outer_iter_mut() {
            let length = centre.dot(&centre).sqrt().max(1e-12);
            centre /= length;
        }
    }
    labels
}

/// k-means with the number of groups, out of a geometric row, that has the best silhouette.
pub fn best_k_means(vectors: &[&Embedding]) -> Vec<usize> {
    let cosines = cosines(vectors);
    let mut best: (f64, Vec<usize>) = (f64::NEG_INFINITY, vec![0; vectors.len()]);
    let mut k = 2;
    while k <= (vectors.len() / 2).min(128) {
        let labels = k_means(vectors, k);
        let score = silhouette(&cosines, &labels);
        if score > best.0 {
            best = (score, labels);
        }
        k = (k * 7 / 5).max(k + 1);
    }
    best.1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(degrees: f32) -> Embedding {
        let (y, x) = degrees.to_radians().sin_cos();
        Embedding::normalized(vec![x, y]).expect("a direction")
    }

    /// Counts agreeing pairs one by one.
    fn slow_rand(a: &[usize], b: &[usize]) -> f64 {
        let n = a.len();
        let (mut both, mut left, mut right, mut all) = (0.0, 0.0, 0.0, 0.0);
        for i in 0..n {
            for j in i + 1..n {
                let (x, y) = (f64::from(u8::from(a[i] == a[j])), f64::from(u8::from(b[i] == b[j])));
                both += x * y;
                left += x;
                right += y;
                all += 1.0;
            }
        }
        (both - left * right / all) / ((left + right) / 2.0 - left * right / all)
    }

    #[test]
    fn the_rand_index_counts_pairs() {
        let (a, b) = ([0, 0, 1, 1, 2, 2, 2], [5, 5, 5, 1, 1, 2, 2]);
        assert!((adjusted_rand(&a, &b) - slow_rand(&a, &b)).abs() < 1e-12);
        assert_eq!(adjusted_rand(&a, &[3, 3, 4, 4, 9, 9, 9]), 1.0);
        assert_eq!(adjusted_rand(&[0, 1, 2], &[4, 5, 6]), 1.0);
    }

    #[test]
    fn v_measure_by_hand() {
        assert!((v_measure(&[0, 0, 1, 1], &[1, 1, 0, 0]) - 1.0).abs() < 1e-12);
        assert!((v_measure(&[0, 0, 1, 1], &[0, 1, 2, 3]) - 2.0 / 3.0).abs() < 1e-12);
        assert_eq!(v_measure(&[0, 0, 1, 1], &[0, 0, 0, 0]), 0.0);
    }

    #[test]
    fn two_bundles_are_found_and_stand_out() {
        let vectors = [0.0, 5.0, 90.0, 95.0, 2.0].map(unit);
        let vectors: Vec<&Embedding> = vectors.iter().collect();
        let labels = best_k_means(&vectors);
        assert_eq!(adjusted_rand(&labels, &[0, 0, 1, 1, 0]), 1.0);
        assert!(silhouette(&cosines(&vectors), &labels) > 0.98);
        assert_eq!(silhouette(&cosines(&vectors), &[0; 5]), 0.0);
        assert_eq!(share_alone(&[0, 1, 1, 2]), 0.5);
    }

    #[test]
    fn a_grouping_that_ignores_the_day_agrees_with_itself() {
        let parity = |papers: &[usize]| papers.iter().map(|i| i % 2).collect();
        assert_eq!(leave_one_out(9, 50, parity), 1.0);
        let by_place = |papers: &[usize]| (0..papers.len()).map(|i| i % 2).collect();
        assert!(leave_one_out(9, 50, by_place) < 0.5);
    }
}
