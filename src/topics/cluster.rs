//! Papers into groups by average linkage.

use kodama::{Method, linkage};
use rayon::prelude::*;

/// Groups of documents: the largest sets in the tree of average linkage whose two halves are, on
/// average, at least `cut` alike. `likeness` is the upper triangle of `n` documents, row by
/// row, and is used up. Each group is in ascending order, the groups by their first document.
pub(super) fn groups(n: usize, likeness: Vec<f32>, cut: f32) -> Vec<Vec<usize>> {
    select(n, likeness, |alike, _| alike >= cut)
}

/// So many groups of the same tree: the last merges undone.
pub(super) fn n_groups(n: usize, likeness: Vec<f32>, n_groups: usize) -> Vec<Vec<usize>> {
    select(n, likeness, |_, left| left >= n_groups)
}

/// The largest sets that `is_group` accepts; it hears how alike a set's halves are, and how many sets
/// there were after its merge.
fn select(n: usize, mut likeness: Vec<f32>, is_group: impl Fn(f32, usize) -> bool) -> Vec<Vec<usize>> {
    debug_assert_eq!(likeness.len(), n * n.saturating_sub(1) / 2);
    if n < 2 {
        return (0..n).map(|i| vec![i]).collect();
    }
    // kodama wants distances, none below 0.
    let most = likeness.par_iter().copied().reduce(|| 0.0, f32::max);
    likeness.par_iter_mut().for_each(|x| *x = most - *x);
    let tree = linkage(&mut likeness, n, Method::Average);
    let steps = tree.steps();
    let mut groups = Vec::new();
    // From the root down; a set is a step, or a single document.
    let mut open = vec![(2 * n - 2, false)];
    while let Some((set, inside)) = open.pop() {
        let accepted = |step: usize| is_group(most - steps[step].dissimilarity, n - 1 - step);
        let inside = match set.checked_sub(n) {
            Some(step) => {
                let starts = !inside && accepted(step);
                if starts {
                    groups.push(Vec::new());
                }
                // The second half is pushed first: a group is whole before the next begins.
                open.push((steps[step].cluster2, inside || starts));
                open.push((steps[step].cluster1, inside || starts));
                continue;
            }
            None => inside,
        };
        match groups.last_mut() {
            Some(group) if inside => group.push(set),
            _ => groups.push(vec![set]),
        }
    }
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
            prop_assert_eq!(groups(n, likeness.to_vec(), cut), slow(n, likeness, cut));
        }
    }
}
