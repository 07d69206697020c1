//! Batches in which papers have near ones to be told from.
//!
//! Among papers drawn at random most are of another field, and a title is told from them by its
//! field alone. So papers are grouped by what the table has learned so far, as in a tree of random
//! projections (Dasgupta and Freund 2008), and a batch is made of whole groups.

use ndarray::Array2;

use crate::random::Random;

/// The numbers of all rows, so that each run of `size` of them holds rows that are near each other;
/// another grouping with another `random`.
pub fn grouped(vectors: &Array2<f32>, size: usize, random: &mut Random) -> Vec<u32> {
    let mut order: Vec<u32> = (0..vectors.nrows() as u32).collect();
    let mut open = vec![(0, order.len())];
    while let Some((start, end)) = open.pop() {
        if end - start <= size.max(1) {
            continue;
        }
        let rows = &mut order[start..end];
        let mut draw = || vectors.row(rows[random.below(rows.len())] as usize);
        let direction = &draw() - &draw();
        let mut placed: Vec<(f32, u32)> =
            rows.iter().map(|&row| (vectors.row(row as usize).dot(&direction), row)).collect();
        // Whole groups on the left, so that only the last group is a smaller one.
        let middle = rows.len().div_ceil(size).div_ceil(2) * size;
        placed.select_nth_unstable_by(middle - 1, |a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        rows.iter_mut().zip(&placed).for_each(|(row, (_, placed))| *row = *placed);
        open.extend([(start + middle, end), (start, start + middle)]);
    }
    order
}

/// Whole groups of `size` in a random order.
pub fn shuffled(order: &[u32], size: usize, random: &mut Random) -> Vec<u32> {
    let mut groups: Vec<&[u32]> = order.chunks(size.max(1)).collect();
    random.shuffle(&mut groups);
    groups.concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_holds_what_is_near() {
        // Four heaps around the axes of a plane, dealt out in turn.
        let vectors = Array2::from_shape_fn((64, 2), |(row, axis)| {
            let (heap, place) = (row % 4, row / 4);
            let at = [[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0], [0.0, -1.0]][heap][axis];
            at + place as f32 * 1e-3
        });
        let mut order = grouped(&vectors, 16, &mut Random::spread(3));
        let spread = |order: &[u32]| -> f32 {
            let apart =
                |a: u32, b: u32| (&vectors.row(a as usize) - &vectors.row(b as usize)).mapv(|x| x * x).sum();
            order.chunks(16).flat_map(|g| g.iter().map(|&row| apart(g[0], row))).sum()
        };
        assert!(spread(&order) < 0.5 * spread(&(0..64).collect::<Vec<_>>()), "{order:?}");
        order = shuffled(&order, 16, &mut Random::spread(1));
        order.sort_unstable();
        assert_eq!(order, (0..64).collect::<Vec<_>>(), "each once");
    }
}
