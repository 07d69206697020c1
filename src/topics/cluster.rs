//! Papers into groups by average linkage.

use kodama::{Method, linkage};

/// Groups of documents such that the mean likeness between any two merged groups was at least
/// `cut`. `likeness` is the upper triangle of `n` documents, row by row. Each group is in
/// ascending order, the groups by their first document.
pub(super) fn groups(n: usize, likeness: &[f32], cut: f32) -> Vec<Vec<usize>> {
    debug_assert_eq!(likeness.len(), n * n.saturating_sub(1) / 2);
    if n < 2 {
        return (0..n).map(|i| vec![i]).collect();
    }
    let most = likeness.iter().copied().fold(cut, f32::max);
    let mut distances: Vec<f32> = likeness.iter().map(|x| most - x).collect();
    let tree = linkage(&mut distances, n, Method::Average);
    let mut members: Vec<Vec<usize>> = (0..n).map(|i| vec![i]).collect();
    for step in tree.steps() {
        // Merges below the cut still get their number, as kodama counts every step.
        let joined = if step.dissimilarity <= most - cut {
            let mut all = std::mem::take(&mut members[step.cluster1]);
            all.append(&mut members[step.cluster2]);
            all
        } else {
            Vec::new()
        };
        members.push(joined);
    }
    let mut groups: Vec<Vec<usize>> = members.into_iter().filter(|m| !m.is_empty()).collect();
    groups.iter_mut().for_each(|g| g.sort_unstable());
    groups.sort_unstable();
    groups
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The definition itself: merge the two most alike groups until none are alike enough.
    fn slow(n: usize, likeness: &[f32], cut: f32) -> Vec<Vec<usize>> {
        let at = |i: usize, j: usize| {
            let (i, j) = (i.min(j), i.max(j));
            likeness[i * (2 * n - i - 1) / 2 + (j - i - 1)]
        };
        let mut groups: Vec<Vec<usize>> = (0..n).map(|i| vec![i]).collect();
        loop {
            let mut best = (cut, None);
            for a in 0..groups.len() {
                for b in a + 1..groups.len() {
                    let sum: f32 =
                        groups[a].iter().flat_map(|&i| groups[b].iter().map(move |&j| at(i, j))).sum();
                    let mean = sum / (groups[a].len() * groups[b].len()) as f32;
                    if mean >= best.0 {
                        best = (mean, Some((a, b)));
                    }
                }
            }
            let Some((a, b)) = best.1 else { break };
            let gone = groups.remove(b);
            groups[a].extend(gone);
        }
        groups.iter_mut().for_each(|g| g.sort_unstable());
        groups.sort_unstable();
        groups
    }

    proptest! {
        #[test]
        fn as_the_definition_says(n in 1_usize..9, seed in prop::collection::vec(0.0_f32..1.0, 36), cut in 0.0_f32..1.0) {
            let likeness = &seed[..n * (n - 1) / 2];
            prop_assert_eq!(groups(n, likeness, cut), slow(n, likeness, cut));
        }
    }
}
