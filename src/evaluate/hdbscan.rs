//! HDBSCAN (Campello et al., 2013) through petal-clustering, for comparison only.

use ndarray::Array2;
use petal_clustering::{Fit, HDbscan};

use crate::embed::Embedding;

/// A label for each vector, groups of at least three; what it calls noise stands alone.
pub fn labels(vectors: &[&Embedding]) -> Vec<usize> {
    let dimensions = vectors.first().map_or(0, |v| v.as_slice().len());
    let matrix = Array2::from_shape_fn((vectors.len(), dimensions), |(i, j)| vectors[i].as_slice()[j]);
    let mut labels = vec![usize::MAX; vectors.len()];
    let mut groups = 0;
    if vectors.len() > 3 {
        let mut method = HDbscan { min_cluster_size: 3, min_samples: 3, ..Default::default() };
        let (clusters, ..) = method.fit(&matrix, None);
        let mut sorted: Vec<Vec<usize>> = clusters.into_values().collect();
        sorted.sort();
        for cluster in sorted {
            cluster.into_iter().for_each(|i| labels[i] = groups);
            groups += 1;
        }
    }
    for label in labels.iter_mut().filter(|l| **l == usize::MAX) {
        *label = groups;
        groups += 1;
    }
    labels
}
