//! A second look at every link of a graph that was built in a hurry.
//!
//! hnsw_rs takes a millisecond a paper for a good graph and a fifth of that for a rough one, and it
//! drops the farthest of a full node's reverse links, whatever they were good for. So it builds a
//! rough one, and then each node looks around itself once more by our own walk, which is several
//! times as fast, and all its links are chosen again from both directions: the rule of choice is
//! that of HNSW (Malkov and Yashunin 2016, algorithm 4), the second pass that of Vamana
//! (Subramanya and others 2019). Every node reads the rough graph only, so threads change nothing.

use rayon::prelude::*;

use super::code::Codes;
use super::file::Damaged;
use super::kernels;
use super::walk::{Net, Scratch};
use crate::embed::Progress;

/// A link to c is needless if a chosen link leads to a node that is nearer to c than the node
/// itself, by this factor of the distance.
const SPREAD: f32 = 1.0;

/// The rough graph, seen from one node.
struct Around<'a> {
    codes: &'a Codes<'a>,
    bottom: &'a [u32],
    stride: usize,
    node: u32,
}

impl Net for Around<'_> {
    fn links(&self, node: u32) -> Result<&[u32], Damaged> {
        Ok(&self.bottom[node as usize * self.stride..][..self.stride])
    }

    fn cosine(&self, node: u32) -> Result<f32, Damaged> {
        Ok(cosine(self.codes, self.node, node))
    }

    fn prefetch(&self, node: u32) {
        kernels::prefetch(self.codes.code(node as usize));
    }

    fn prefetch_links(&self, node: u32) {
        kernels::prefetch(&self.bottom[node as usize * self.stride..][..self.stride]);
    }
}

fn cosine(codes: &Codes<'_>, a: u32, b: u32) -> f32 {
    let (a, b) = (a as usize, b as usize);
    kernels::dot_codes(codes.code(a), codes.code(b)) as f32 * (codes.scale(a) * codes.scale(b))
}

/// New links of every node, the nearest first, at most `stride` of them, from `bottom` with
/// `stride` slots a node; a walk around a node keeps `width` others.
pub fn refine(
    codes: &Codes<'_>,
    bottom: &[u32],
    stride: usize,
    width: usize,
    progress: &dyn Progress,
) -> Vec<Vec<u32>> {
    let n = bottom.len() / stride;
    let look = |scratch: &mut Scratch, node: u32| {
        progress.advance(1);
        // The rough graph is in memory and whole: nothing of it can be damaged.
        let _ = scratch.spread(&Around { codes, bottom, stride, node }, node, width + 1);
        let met = scratch.pool().iter().map(|c| (c.cosine, c.node)).filter(|c| c.1 != node);
        choose(codes, met, stride)
    };
    let forward: Vec<Vec<u32>> = (0..n as u32).into_par_iter().map_init(|| Scratch::new(n), look).collect();
    let mut back = vec![Vec::new(); n];
    for (node, links) in forward.iter().enumerate() {
        links.iter().for_each(|&link| back[link as usize].push(node as u32));
    }
    let both = |(node, (mut links, back)): (usize, (Vec<u32>, Vec<u32>))| {
        let new: Vec<u32> = back.into_iter().filter(|b| !links.contains(b)).collect();
        links.extend(new);
        let mut links: Vec<(f32, u32)> =
            links.into_iter().map(|link| (cosine(codes, node as u32, link), link)).collect();
        links.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        if links.len() > stride {
            return choose(codes, links.into_iter(), stride);
        }
        links.into_iter().map(|link| link.1).collect()
    };
    forward.into_par_iter().zip(back).enumerate().map(both).collect()
}

/// The links to keep of `near`, the nearest first: none to where a kept one leads anyway.
fn choose(codes: &Codes<'_>, near: impl Iterator<Item = (f32, u32)>, most: usize) -> Vec<u32> {
    let mut chosen: Vec<u32> = Vec::with_capacity(most);
    for (own, candidate) in near {
        let needless = |&kept: &u32| SPREAD * (1.0 - cosine(codes, kept, candidate)) < 1.0 - own;
        if !chosen.iter().any(needless) {
            chosen.push(candidate);
            if chosen.len() == most {
                break;
            }
        }
    }
    chosen
}
