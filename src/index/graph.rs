//! The graph of near papers: built by hnsw_rs, then frozen into flat arrays.
//!
//! hnsw_rs keeps an `Arc` for every link, 2.3 kB a vector, and follows them at a fifth of the speed
//! of flat arrays at the same recall (measured on 100,000 vectors: 431 against 77 µs at recall .995).
//! So it builds, its graph is walked once through its public interface, and it is dropped. Its own
//! dump and reload are not used: they end the process or panic on a damaged file.

use std::collections::VecDeque;

use hnsw_rs::anndists::dist::distances::Distance;
use hnsw_rs::hnsw::Hnsw;

use super::code::{Codes, OwnCodes};
use super::file::NOBODY;
use super::kernels;
use super::refine::refine;
use super::shape::Shape;
use crate::progress::Progress;

/// The only number of layers that hnsw_rs knows.
const LAYERS: usize = 16;

/// A graph in flat arrays. Its nodes are numbered so that neighbours are near each other in memory.
pub struct Frozen {
    /// The old position of each node.
    pub order: Vec<u32>,
    /// `2 · links` slots a node, the nearest first, [`NOBODY`] in the rest.
    pub links: Vec<u32>,
    /// The first so many nodes are the entry points, spread all over the graph.
    pub n_entries: usize,
    /// Old positions that no repair could make reachable; searches scan them.
    pub outside: Vec<u32>,
}

/// hnsw_rs copies each point as one slice of one type: the code, then its scale in four bytes.
#[derive(Clone, Copy, Default)]
struct CodeDistance;

impl CodeDistance {
    fn point(code: &[i8], scale: f32) -> Vec<i8> {
        code.iter().copied().chain(scale.to_ne_bytes().map(u8::cast_signed)).collect()
    }

    fn split(point: &[i8]) -> (&[i8], f32) {
        match point.split_last_chunk::<4>() {
            Some((code, scale)) => (code, f32::from_ne_bytes(scale.map(i8::cast_unsigned))),
            None => (point, 0.0),
        }
    }
}

impl Distance<i8> for CodeDistance {
    /// hnsw_rs ends the process for a negative distance or one that is not a number.
    fn eval(&self, a: &[i8], b: &[i8]) -> f32 {
        let ((a, a_scale), (b, b_scale)) = (Self::split(a), Self::split(b));
        (1.0 - kernels::dot_codes(a, b) as f32 * (a_scale * b_scale)).max(0.0)
    }
}

/// Builds the graph of all codes; `progress` hears of every one three times.
pub fn build(codes: &Codes<'_>, shape: Shape, progress: &dyn Progress) -> Frozen {
    let mut graph = freeze(rough(codes, shape, progress), 2 * shape.links);
    if shape.second_look > 0 {
        for from_afar in [false, true] {
            graph = again(codes, &graph, shape, from_afar, progress);
        }
    }
    graph
}

/// The same nodes with links that were chosen once more, by walks from each node and `from_afar`.
fn again(
    codes: &Codes<'_>,
    rough: &Frozen,
    shape: Shape,
    from_afar: bool,
    progress: &dyn Progress,
) -> Frozen {
    let mut own = OwnCodes { dimensions: codes.dimensions, codes: Vec::new(), scales: Vec::new() };
    for &position in &rough.order {
        own.codes.extend_from_slice(codes.code(position as usize));
        own.scales.push(codes.scale(position as usize));
    }
    let n_entries = if from_afar { rough.n_entries } else { 0 };
    let slots = 2 * shape.links;
    let fine =
        freeze(refine(&own.view(), &rough.links, slots, shape.second_look, n_entries, progress), slots);
    let old = |nodes: Vec<u32>| nodes.into_iter().map(|node| rough.order[node as usize]);
    Frozen {
        order: old(fine.order).collect(),
        outside: old(fine.outside).chain(rough.outside.iter().copied()).collect(),
        ..fine
    }
}

/// The links of the bottom layer of hnsw_rs's graph.
fn rough(codes: &Codes<'_>, shape: Shape, progress: &dyn Progress) -> Vec<Vec<u32>> {
    let n = codes.len();
    // Its level generator has a fixed seed, so one thread always builds the same graph.
    let graph = Hnsw::<i8, CodeDistance>::new(shape.links, n.max(1), LAYERS, shape.candidates, CodeDistance);
    let insert = |position: usize| {
        graph.insert_slice((&CodeDistance::point(codes.code(position), codes.scale(position)), position));
        progress.advance(1);
    };
    // The first few go in order in any case: threads that find an empty graph make islands.
    let n_alone = if shape.threads <= 1 { n } else { n.min(1000) };
    (0..n_alone).for_each(insert);
    let next = std::sync::atomic::AtomicUsize::new(n_alone);
    std::thread::scope(|scope| {
        for _ in 0..shape.threads.min(n - n_alone) {
            scope.spawn(|| {
                loop {
                    let position = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                    if position >= n {
                        break;
                    }
                    insert(position);
                }
            });
        }
    });
    let mut links = vec![Vec::new(); n];
    let points = graph.get_point_indexation();
    for point in (0..LAYERS).flat_map(|layer| points.get_layer_iterator(layer)) {
        let node = point.get_origin_id();
        let bottom = point.get_neighborhood_id().into_iter().next().unwrap_or_default();
        links[node] = bottom.iter().map(|n| n.d_id as u32).filter(|&id| id as usize != node).collect();
    }
    links
}

/// Renumbers the nodes by breadth-first order, flattens `slots` links each, and chooses the entry points.
///
/// The upper layers of an HNSW lead a walk to one node, and where that one is in a wrong region, the walk
/// may not get out of it: of 1,000 queries in a million papers, two found none of their ten nearest. The
/// eight nearest of √n entries, which lie in one piece of memory, are found as fast, and not one failed.
fn freeze(mut links: Vec<Vec<u32>>, slots: usize) -> Frozen {
    let n = links.len();
    links.iter_mut().for_each(|links| links.truncate(slots));
    let mut n_to = vec![0_u32; n];
    links.iter().flatten().for_each(|&link| n_to[link as usize] += 1);
    let Some(hub) = (0..n as u32).max_by_key(|&node| (n_to[node as usize], std::cmp::Reverse(node))) else {
        return Frozen { order: vec![], links: vec![], n_entries: 0, outside: vec![] };
    };
    let (met, outside) = repair(&mut links, hub, slots);
    // In the order in which a walk meets the nodes, the evenly spaced ones are all over the graph.
    let n_entries = met.len().isqrt();
    let is_entry = |place: usize| place * n_entries % met.len() < n_entries;
    let (entries, others): (Vec<_>, Vec<_>) = met.iter().enumerate().partition(|(place, _)| is_entry(*place));
    let order: Vec<u32> = entries.into_iter().chain(others).map(|(_, &node)| node).collect();
    let mut number = vec![NOBODY; n];
    for (new, &old) in order.iter().enumerate() {
        number[old as usize] = new as u32;
    }
    let mut flat = Vec::with_capacity(order.len() * slots);
    for &old in &order {
        let end = flat.len() + slots;
        let links = links[old as usize].iter().map(|&link| number[link as usize]);
        flat.extend(links.filter(|&link| link != NOBODY));
        flat.resize(end, NOBODY);
    }
    Frozen { order, links: flat, n_entries, outside }
}

/// Makes every node reachable from `hub`, and returns the nodes in the order in which a breadth-first walk
/// meets them, and those that stayed out of reach.
///
/// hnsw_rs forgets the farthest reverse link of a full node, so a few nodes (5 of 100,000, 345 of a
/// million) have no link to them left. Such a node is linked from a node that it links to itself,
/// in the place of that one's last link if there is no free one.
fn repair(links: &mut [Vec<u32>], hub: u32, slots: usize) -> (Vec<u32>, Vec<u32>) {
    // A link that gives way may cut off somebody else, who is mended in the next round.
    for _ in 0..8 {
        let (_, reached) = walk_all(links, hub);
        let lost: Vec<usize> = (0..links.len()).filter(|&node| !reached[node]).collect();
        if lost.is_empty() {
            break;
        }
        for node in lost {
            let near: Vec<u32> = links[node].clone();
            let free = near.iter().find(|&&n| reached[n as usize] && links[n as usize].len() < slots);
            let Some(&host) = free.or_else(|| near.iter().find(|&&n| reached[n as usize])) else { continue };
            let host = &mut links[host as usize];
            host.truncate(slots - 1);
            host.push(node as u32);
        }
    }
    let (met, reached) = walk_all(links, hub);
    let outside = (0..links.len() as u32).filter(|&node| !reached[node as usize]).collect();
    (met, outside)
}

/// Every node that can be reached, in breadth-first order, and as marks.
fn walk_all(links: &[Vec<u32>], hub: u32) -> (Vec<u32>, Vec<bool>) {
    let mut reached = vec![false; links.len()];
    let (mut met, mut queue) = (Vec::with_capacity(links.len()), VecDeque::from([hub]));
    reached[hub as usize] = true;
    while let Some(node) = queue.pop_front() {
        met.push(node);
        for &next in &links[node as usize] {
            if !std::mem::replace(&mut reached[next as usize], true) {
                queue.push_back(next);
            }
        }
    }
    (met, reached)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_without_a_link_to_it_is_found_again() {
        // 3 links to 0 but nobody links to 3; 0 has no free slot.
        let mut links = vec![vec![1, 2], vec![0, 2], vec![1, 0], vec![0, 1]];
        let (met, outside) = repair(&mut links, 0, 2);
        assert_eq!((met.len(), outside.len()), (4, 0));
        assert!(links.iter().all(|links| links.len() <= 2));
    }

    #[test]
    fn a_node_that_links_to_nobody_stays_outside() {
        let mut links = vec![vec![1], vec![0], vec![]];
        assert_eq!(repair(&mut links, 0, 2), (vec![0, 1], vec![2]));
    }
}
