//! The graph of near papers: built by hnsw_rs, then frozen into flat arrays.
//!
//! hnsw_rs keeps an `Arc` for every link, 2.3 kB a vector, and follows them at a fifth of the speed
//! of flat arrays at the same recall (measured on 100,000 vectors: 431 against 77 µs at recall .995).
//! So it builds, its graph is walked once through its public interface, and it is dropped. Its own
//! dump and reload are not used: they end the process or panic on a damaged file.

use std::collections::VecDeque;

use hnsw_rs::anndists::dist::distances::Distance;
use hnsw_rs::hnsw::Hnsw;
use serde::{Deserialize, Serialize};

use super::code::{Codes, OwnCodes};
use super::file::NOBODY;
use super::kernels;
use super::refine::refine;
use crate::embed::Progress;

/// The only number of layers that hnsw_rs knows.
const LAYERS: usize = 16;

/// How rich a graph is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shape {
    /// Links of a paper in the upper layers; twice as many at the bottom. 8 to 48.
    pub links: usize,
    /// How many candidates are looked at for a new paper's links.
    pub candidates: usize,
    /// How many are looked at when all links are chosen anew, twice; with 0 they are not.
    pub second_look: usize,
    /// How many threads insert. With one, the same vectors make the same graph, byte by byte; with
    /// more, the order of insertion is left to chance, and so are some links: the recall is the
    /// same, the bytes and now and then a tenth neighbour are not.
    pub threads: usize,
}

impl Default for Shape {
    fn default() -> Self {
        Self { links: 16, candidates: 40, second_look: 100, threads: 1 }
    }
}

/// A graph in flat arrays. Its nodes are numbered so that neighbours are near each other in memory
/// and every layer is a head of the one below.
pub struct Frozen {
    /// The old position of each node.
    pub order: Vec<u32>,
    /// At the bottom, `2 · links` slots a node, the nearest first, [`NOBODY`] in the rest.
    pub bottom: Vec<u32>,
    /// How many nodes each upper layer has, the lowest first.
    pub layers: Vec<usize>,
    /// `links` slots a node for each upper layer, the lowest first.
    pub upper: Vec<u32>,
    /// Old positions that no repair could make reachable: to be scanned.
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

/// What is taken out of hnsw_rs.
struct Raw {
    /// Per node and layer it is in, the bottom first.
    links: Vec<Vec<Vec<u32>>>,
}

/// Builds the graph of all codes; `progress` hears of every one three times.
pub fn build(codes: &Codes<'_>, shape: Shape, progress: &dyn Progress) -> Frozen {
    let mut graph = freeze(raw(codes, shape, progress), shape.links);
    if shape.second_look > 0 {
        // The entry is far from nearly everybody.
        for others in [&[][..], &[0]] {
            graph = again(codes, &graph, shape, others, progress);
        }
    }
    graph
}

/// The same nodes with links that were chosen once more, by walks from each node and from `others`.
fn again(codes: &Codes<'_>, rough: &Frozen, shape: Shape, others: &[u32], progress: &dyn Progress) -> Frozen {
    let mut own = OwnCodes { dimensions: codes.dimensions, codes: Vec::new(), scales: Vec::new() };
    for &position in &rough.order {
        own.codes.extend_from_slice(codes.code(position as usize));
        own.scales.push(codes.scale(position as usize));
    }
    let bottom = refine(&own.view(), &rough.bottom, 2 * shape.links, shape.second_look, others, progress);
    let links = bottom.into_iter().enumerate().map(|(node, bottom)| {
        let mut layers = vec![bottom];
        let mut start = 0;
        for &n in rough.layers.iter().take_while(|&&n| node < n) {
            let links = &rough.upper[(start + node) * shape.links..][..shape.links];
            layers.push(links.iter().copied().filter(|&link| link != NOBODY).collect());
            start += n;
        }
        layers
    });
    let fine = freeze(Raw { links: links.collect() }, shape.links);
    let old = |nodes: Vec<u32>| nodes.into_iter().map(|node| rough.order[node as usize]);
    Frozen {
        order: old(fine.order).collect(),
        outside: old(fine.outside).chain(rough.outside.iter().copied()).collect(),
        ..fine
    }
}

fn raw(codes: &Codes<'_>, shape: Shape, progress: &dyn Progress) -> Raw {
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
    for level in 0..LAYERS {
        for point in points.get_layer_iterator(level) {
            let layers = point.get_neighborhood_id().into_iter().take(level + 1).enumerate();
            links[point.get_origin_id()] = layers
                .map(|(layer, neighbours)| {
                    // A new point also notes whom it met in layers above its own, and others may
                    // be noted there that are not in that layer.
                    let in_layer = neighbours.iter().filter(|n| usize::from(n.p_id.0) >= layer);
                    in_layer
                        .map(|n| n.d_id as u32)
                        .filter(|&id| id as usize != point.get_origin_id())
                        .collect()
                })
                .collect();
        }
    }
    Raw { links }
}

fn freeze(mut raw: Raw, n_links: usize) -> Frozen {
    let stride = 2 * n_links;
    let n = raw.links.len();
    for layers in &mut raw.links {
        for (layer, links) in layers.iter_mut().enumerate() {
            links.truncate(if layer == 0 { stride } else { n_links });
        }
    }
    let level = |node: u32| raw.links[node as usize].len();
    let Some(entry) = (0..n as u32).max_by_key(|&node| (level(node), std::cmp::Reverse(node))) else {
        return Frozen { order: vec![], bottom: vec![], layers: vec![], upper: vec![], outside: vec![] };
    };
    let (met, outside) = repair(&mut raw.links, entry, stride);
    let mut order = met;
    // Stable: within a layer, nodes stay in the order in which a walk meets them.
    order.sort_by_key(|&node| std::cmp::Reverse(raw.links[node as usize].len()));
    let mut number = vec![NOBODY; n];
    for (new, &old) in order.iter().enumerate() {
        number[old as usize] = new as u32;
    }
    let flat = |layer: usize, slots: usize| {
        let mut flat = Vec::new();
        let in_layer = order.iter().map(|&node| &raw.links[node as usize]);
        for layers in in_layer.take_while(|layers| layers.len() > layer) {
            let start = flat.len();
            flat.extend(layers[layer].iter().map(|&old| number[old as usize]).filter(|&new| new != NOBODY));
            flat.resize(start + slots, NOBODY);
        }
        flat
    };
    let bottom = flat(0, stride);
    let uppers: Vec<Vec<u32>> =
        (1..LAYERS).map(|layer| flat(layer, n_links)).take_while(|links| !links.is_empty()).collect();
    let layers = uppers.iter().map(|links| links.len() / n_links).collect();
    Frozen { order, bottom, layers, upper: uppers.concat(), outside }
}

/// Makes every node reachable from `entry` at the bottom, and returns the nodes in the order in
/// which a breadth-first walk meets them, and those that stayed out of reach.
///
/// hnsw_rs forgets the farthest reverse link of a full node, so a few nodes (5 of 100,000, 345 of a
/// million) have no link to them left. Such a node is linked from a node that it links to itself,
/// in the place of that one's last link if there is no free one.
fn repair(links: &mut [Vec<Vec<u32>>], entry: u32, stride: usize) -> (Vec<u32>, Vec<u32>) {
    // A link that gives way may cut off somebody else, who is mended in the next round.
    for _ in 0..8 {
        let (_, reached) = walk_all(links, entry);
        let lost: Vec<usize> = (0..links.len()).filter(|&node| !reached[node]).collect();
        if lost.is_empty() {
            break;
        }
        for node in lost {
            let near: Vec<u32> = links[node][0].clone();
            let free = near.iter().find(|&&n| reached[n as usize] && links[n as usize][0].len() < stride);
            let Some(&host) = free.or_else(|| near.iter().find(|&&n| reached[n as usize])) else { continue };
            let host = &mut links[host as usize][0];
            host.truncate(stride - 1);
            host.push(node as u32);
        }
    }
    let (met, reached) = walk_all(links, entry);
    let outside = (0..links.len() as u32).filter(|&node| !reached[node as usize]).collect();
    (met, outside)
}

/// Every node that can be reached at the bottom, in breadth-first order, and as marks.
fn walk_all(links: &[Vec<Vec<u32>>], entry: u32) -> (Vec<u32>, Vec<bool>) {
    let mut reached = vec![false; links.len()];
    let (mut met, mut queue) = (Vec::with_capacity(links.len()), VecDeque::from([entry]));
    reached[entry as usize] = true;
    while let Some(node) = queue.pop_front() {
        met.push(node);
        for &next in links[node as usize].first().into_iter().flatten() {
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
        let mut links = vec![vec![vec![1, 2]], vec![vec![0, 2]], vec![vec![1, 0]], vec![vec![0, 1]]];
        let (met, outside) = repair(&mut links, 0, 2);
        assert_eq!((met.len(), outside.len()), (4, 0));
        assert!(links.iter().all(|layers| layers[0].len() <= 2));
    }

    #[test]
    fn a_node_that_links_to_nobody_stays_outside() {
        let mut links = vec![vec![vec![1]], vec![vec![0]], vec![vec![]]];
        assert_eq!(repair(&mut links, 0, 2), (vec![0, 1], vec![2]));
    }
}
