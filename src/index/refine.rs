//! Refinement: all links of a quickly built graph are chosen again.
//!
//! hnsw_rs takes a millisecond a paper for a good graph and a fifth of that for a rough one, and it
//! drops the farthest of a full node's reverse links, whatever they were good for. So it builds a
//! rough one, and then each node looks around itself once more by our own walk, which is several
//! times as fast, and all its links are chosen again from both directions: the rule of choice is
//! that of HNSW (Malkov and Yashunin 2016, algorithm 4), the second pass that of Vamana
//! (Subramanya and others 2019). Every node reads the graph of before only, so threads change nothing.
//!
//! A walk that begins at a node stays where the node is already linked to. So it looks twice, and the
//! second time also from the nearest entries, which finds near ones that it had no way to.

use rayon::prelude::*;

use super::code::Codes;
use super::file::Damaged;
use super::kernels;
use super::walk::{Candidate, Net, WalkScratch, nearest_entries};
use crate::progress::Progress;

/// The rough graph, searched with one of its nodes as the query.
struct Around<'a> {
    codes: &'a Codes<'a>,
    links: &'a [u32],
    slots: usize,
    node: u32,
}

impl Net for Around<'_> {
    fn links(&self, node: u32) -> Result<&[u32], Damaged> {
        Ok(&self.links[node as usize * self.slots..][..self.slots])
    }

    fn look(&self, nodes: impl Iterator<Item = u32>, each: impl FnMut(Candidate)) -> Result<(), Damaged> {
        nodes.map(|node| Candidate::new(cosine(self.codes, self.node, node), node)).for_each(each);
        Ok(())
    }

    fn prefetch(&self, node: u32) {
        kernels::prefetch(self.codes.code(node as usize));
    }

    fn prefetch_links(&self, node: u32) {
        kernels::prefetch(&self.links[node as usize * self.slots..][..self.slots]);
    }
}

fn cosine(codes: &Codes<'_>, a: u32, b: u32) -> f32 {
    let (a, b) = (a as usize, b as usize);
    kernels::dot_codes(codes.code(a), codes.code(b)) as f32 * (codes.scale(a) * codes.scale(b))
}

/// New links of every node, the nearest first, at most `slots` of them, from `links` with as many slots a
/// node. A walk to a node begins at the node itself, and then, if there are any, at the nearest of the
/// first `n_entries` nodes; each keeps `width` nodes.
pub fn refine(
    codes: &Codes<'_>,
    links: &[u32],
    slots: usize,
    width: usize,
    n_entries: usize,
    progress: &dyn Progress,
) -> Vec<Vec<u32>> {
    let n = links.len() / slots;
    let rough = Rough { codes, links, slots };
    let choose_links = |scratch: &mut WalkScratch, node: u32| {
        progress.advance(1);
        let near = nearest_first(codes, node, rough.neighbourhood(scratch, node, width, n_entries));
        choose(codes, near, slots)
    };
    let forward: Vec<Vec<u32>> =
        (0..n as u32).into_par_iter().map_init(|| WalkScratch::new(n), choose_links).collect();
    let back = reversed(&forward);
    let both = forward.into_par_iter().zip(back).enumerate();
    both.map(|(node, (links, back))| merge(codes, node as u32, links, back, slots)).collect()
}

/// The graph as it was before.
struct Rough<'a> {
    codes: &'a Codes<'a>,
    links: &'a [u32],
    slots: usize,
}

impl Rough<'_> {
    /// Nodes near a node, some of them twice: what a walk from the node keeps, and one from the entries.
    fn neighbourhood(
        &self,
        scratch: &mut WalkScratch,
        node: u32,
        width: usize,
        n_entries: usize,
    ) -> Vec<u32> {
        let around = Around { codes: self.codes, links: self.links, slots: self.slots, node };
        let mut met: Vec<u32> = Vec::with_capacity(2 * (width + 1));
        // The graph is in memory and whole: nothing of it can be damaged.
        let _ = scratch.spread(&around, &[node], width + 1);
        met.extend(scratch.pool().iter().map(|c| c.node()));
        if let Ok(entries) = nearest_entries(&around, n_entries) {
            let _ = scratch.spread(&around, &entries, width + 1);
            met.extend(scratch.pool().iter().map(|c| c.node()));
        }
        met.retain(|&met| met != node);
        met
    }
}

/// The nodes that link to each node, ascending.
fn reversed(links: &[Vec<u32>]) -> Vec<Vec<u32>> {
    let mut back = vec![Vec::new(); links.len()];
    for (node, links) in links.iter().enumerate() {
        links.iter().for_each(|&link| back[link as usize].push(node as u32));
    }
    back
}

/// A node's links in both directions, chosen once more where there are too many.
fn merge(codes: &Codes<'_>, node: u32, mut links: Vec<u32>, back: Vec<u32>, slots: usize) -> Vec<u32> {
    links.extend(back);
    let near = nearest_first(codes, node, links);
    match near.len() > slots {
        true => choose(codes, near, slots),
        false => near.into_iter().map(|link| link.1).collect(),
    }
}

/// Other nodes with their cosines to one, each once, the nearest first.
fn nearest_first(codes: &Codes<'_>, node: u32, others: Vec<u32>) -> Vec<(f32, u32)> {
    let mut near: Vec<(f32, u32)> =
        others.into_iter().map(|other| (cosine(codes, node, other), other)).collect();
    near.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    near.dedup_by_key(|near| near.1);
    near
}

/// HNSW's neighbour selection heuristic (algorithm 4): of `near`, the nearest first, keeps those that are
/// nearer to the node than to any kept one.
fn choose(codes: &Codes<'_>, near: Vec<(f32, u32)>, most: usize) -> Vec<u32> {
    let mut chosen: Vec<u32> = Vec::with_capacity(most);
    for (own, candidate) in near {
        let needless = |&kept: &u32| cosine(codes, kept, candidate) > own;
        if !chosen.iter().any(needless) {
            chosen.push(candidate);
            if chosen.len() == most {
                break;
            }
        }
    }
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::code::{OwnCodes, encode};
    use crate::progress::Silent;

    /// Points on a circle, each linked at first to two that are anywhere.
    fn circle(n: usize) -> (OwnCodes, Vec<u32>) {
        let mut circle = OwnCodes { dimensions: 2, codes: vec![0; 2 * n], scales: Vec::new() };
        for i in 0..n {
            let (sin, cos) = (i as f32 / n as f32 * std::f32::consts::TAU).sin_cos();
            circle.scales.push(encode(&[cos, sin], &mut circle.codes[2 * i..2 * i + 2]));
        }
        let links = (0..n).flat_map(|i| [(i * 7 + 1) % n, (i + 11) % n]).map(|i| i as u32);
        (circle, links.collect())
    }

    #[test]
    fn a_node_links_to_its_nearest_and_threads_change_nothing() {
        let (circle, rough) = circle(60);
        let refined = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| refine(&circle.view(), &rough, 2, 60, 7, &Silent))
        };
        let links = refined(1);
        assert_eq!(links, refined(3));
        for (node, links) in links.iter().enumerate() {
            let apart = |link: &u32| (*link as usize).abs_diff(node);
            let nearest = links.iter().map(apart).map(|apart| apart.min(60 - apart)).min().unwrap();
            assert!(nearest == 1 && links.len() <= 2 && !links.contains(&(node as u32)), "{node}: {links:?}");
        }
    }
}
