//! Best-first search in the graph, HNSW's search of one layer (algorithm 2).

use std::ops::Range;
use std::sync::Mutex;

use serde::{Deserialize, Serialize};

use super::code::{self, Query};
use super::file::{Damaged, NOBODY, Numbers, TableKind, Tables};
use super::kernels;
use super::shape::Shape;
use crate::error::Result;

/// What the head of a file says of its graph.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GraphFacts {
    /// How it was built.
    pub shape: Shape,
    /// The first so many positions are its nodes.
    pub n_nodes: usize,
    /// The first so many of those are where walks begin.
    pub n_entries: usize,
}

/// The graph in an open file.
pub struct Graph {
    facts: GraphFacts,
    links: Numbers<u32>,
    shorts: Numbers<u8>,
    steps: Numbers<f32>,
    /// Buffers of walks that have ended; concurrent walks take one each.
    scratches: Mutex<Vec<WalkScratch>>,
}

/// A graph as one walk sees it: links, and how near nodes are to the query.
pub trait Net {
    /// The links of a node; [`NOBODY`] ends them.
    fn links(&self, node: u32) -> Result<&[u32], Damaged>;
    /// Computes how near each of some nodes is, and hands it to `each`.
    fn look(&self, nodes: impl Iterator<Item = u32>, each: impl FnMut(Candidate)) -> Result<(), Damaged>;
    /// Prefetches what [`look`](Self::look) will read for this node.
    fn prefetch(&self, node: u32);
    /// Prefetches a node's links.
    fn prefetch_links(&self, node: u32);
}

/// Buffers of one walk: the visited set and the candidates.
pub struct WalkScratch {
    /// Visited set, one bit a node.
    seen: Vec<u64>,
    met: Vec<u32>,
    pool: Vec<Candidate>,
}

/// A node and how near it is, packed into one number: the nearest is the smallest, ties by node; the last
/// bit says whether the node was expanded.
#[derive(Clone, Copy)]
pub struct Candidate(u64);

impl Candidate {
    /// The larger the nearness, the nearer.
    pub fn new(nearness: f32, node: u32) -> Self {
        let bits = nearness.to_bits();
        let ascending = if nearness.is_sign_negative() { !bits } else { bits | 1 << 31 };
        Self(u64::from(!ascending) << 32 | u64::from(node << 1))
    }

    /// The node, which is also its position.
    pub fn node(self) -> u32 {
        self.0 as u32 >> 1
    }

    fn is_expanded(self) -> bool {
        self.0 & 1 == 1
    }
}

/// Inserts a candidate into a sorted pool of at most `most`; its place, if it is kept.
#[inline(always)]
fn keep(pool: &mut Vec<Candidate>, most: usize, new: Candidate) -> Option<usize> {
    if pool.len() == most {
        if pool.last().is_none_or(|last| new.0 >= last.0) {
            return None;
        }
        pool.pop();
    }
    let place = pool.partition_point(|c| c.0 < new.0);
    pool.insert(place, new);
    Some(place)
}

/// The 8-bit codes of an open file.
pub struct CodeTable<'a, F> {
    /// The file.
    pub tables: &'a Tables<F>,
    /// Codes by position.
    pub codes: Numbers<i8>,
    /// Scales by position.
    pub scales: Numbers<f32>,
    /// The length of a code.
    pub dimensions: usize,
}

impl<F> CodeTable<'_, F> {
    /// The cosine of a query and a position, within the quantisation error.
    #[inline(always)]
    pub fn cosine(&self, query: &Query<'_>, position: usize) -> Result<f32, Damaged> {
        let d = self.dimensions;
        let code = self.tables.get(self.codes, position * d..(position + 1) * d)?;
        let scale = self.tables.get(self.scales, position..position + 1)?[0];
        Ok(query.cosine(code, scale))
    }
}

impl Graph {
    /// The graph of a file of so many positions whose head speaks of one.
    ///
    /// # Errors
    /// [`crate::Error::DamagedIndex`] if its tables do not fit.
    pub fn open<F>(tables: &Tables<F>, facts: GraphFacts, n_positions: usize) -> Result<Self> {
        let dimensions = tables.stamp().dimensions;
        let n_links = facts.n_nodes.saturating_mul(2).saturating_mul(facts.shape.links);
        let links = tables.numbers(TableKind::Links, n_links)?;
        let shorts =
            tables.numbers(TableKind::Shorts, n_positions.saturating_mul(code::short_bytes(dimensions)))?;
        let steps = tables.numbers(TableKind::Steps, dimensions)?;
        Ok(Self { facts, links, shorts, steps, scratches: Mutex::default() })
    }

    /// What the head says of it.
    pub fn facts(&self) -> &GraphFacts {
        &self.facts
    }

    /// The table of links.
    pub fn links(&self) -> Numbers<u32> {
        self.links
    }

    /// Walks towards `query` and hands the `width` nearest nodes that it met to `found`, the
    /// nearest first.
    pub fn walk<F, T>(
        &self,
        tables: &Tables<F>,
        query: &[f32],
        width: usize,
        found: impl FnOnce(&[Candidate]) -> T,
    ) -> Result<T, Damaged> {
        let free = self.scratches.lock().ok().and_then(|mut free| free.pop());
        let mut scratch = free.unwrap_or_else(|| WalkScratch::new(self.facts.n_nodes));
        let net = Towards {
            tables,
            shorts: self.shorts,
            aim: code::aim(query, tables.get(self.steps, 0..self.steps.len())?),
            links: self.links,
            slots: 2 * self.facts.shape.links,
        };
        let entries = nearest_entries(&net, self.facts.n_entries);
        let walked = entries.and_then(|entries| scratch.spread(&net, &entries, width));
        let answer = walked.map(|()| found(&scratch.pool));
        if let Ok(mut free) = self.scratches.lock() {
            free.push(scratch);
        }
        answer
    }
}

/// How many entry points a walk begins at; see `freeze` for what fewer miss.
const N_STARTS: usize = 8;
/// How many nodes are expanded together: a walk waits for memory most of the time, so it has the cache
/// misses of several nodes under way at once. No figures of other numbers are kept.
const TOGETHER: usize = 3;

/// The entry points of a walk: the nearest of the first `n_entries` nodes, the nearest first.
pub fn nearest_entries(net: &impl Net, n_entries: usize) -> Result<Vec<u32>, Damaged> {
    let mut nearest: Vec<Candidate> = Vec::with_capacity(N_STARTS);
    net.look(0..n_entries as u32, |candidate| {
        keep(&mut nearest, N_STARTS, candidate);
    })?;
    Ok(nearest.into_iter().map(Candidate::node).collect())
}

/// The links of a file's graph and a query.
struct Towards<'a, F> {
    tables: &'a Tables<F>,
    shorts: Numbers<u8>,
    /// The query as short codes are compared with it.
    aim: Vec<i8>,
    links: Numbers<u32>,
    slots: usize,
}

impl<F> Towards<'_, F> {
    #[inline(always)]
    fn links_of(&self, node: u32) -> Range<usize> {
        node as usize * self.slots..(node as usize + 1) * self.slots
    }

    #[inline(always)]
    fn short_of(&self, node: u32) -> Range<usize> {
        let bytes = self.aim.len() / 2;
        node as usize * bytes..(node as usize + 1) * bytes
    }
}

impl<F> Net for Towards<'_, F> {
    #[inline(always)]
    fn links(&self, node: u32) -> Result<&[u32], Damaged> {
        self.tables.get(self.links, self.links_of(node))
    }

    #[inline(always)]
    fn look(&self, nodes: impl Iterator<Item = u32>, mut each: impl FnMut(Candidate)) -> Result<(), Damaged> {
        let shorts = nodes.map(|node| Ok((node, self.tables.get(self.shorts, self.short_of(node))?)));
        // Below 2^24 for all lengths to 8,800: exact.
        kernels::dot_shorts(&self.aim, shorts, |node, dot| each(Candidate::new(dot as f32, node)))
    }

    #[inline(always)]
    fn prefetch(&self, node: u32) {
        self.tables.prefetch(self.shorts, self.short_of(node));
    }

    #[inline(always)]
    fn prefetch_links(&self, node: u32) {
        self.tables.prefetch(self.links, self.links_of(node));
    }
}

impl WalkScratch {
    /// For walks among `n` nodes.
    pub fn new(n: usize) -> Self {
        Self { seen: vec![0; n.div_ceil(64)], met: Vec::new(), pool: Vec::new() }
    }

    /// The nodes that the last walk kept, the nearest first.
    pub fn pool(&self) -> &[Candidate] {
        &self.pool
    }

    /// Expands the nearest nodes met that are not expanded yet, from `starts` on, until the `width` (`ef`)
    /// nearest are all expanded.
    pub fn spread(&mut self, net: &impl Net, starts: &[u32], width: usize) -> Result<(), Damaged> {
        let Self { seen, met, pool } = self;
        for node in met.drain(..) {
            seen[node as usize / 64] = 0;
        }
        pool.clear();
        if seen.is_empty() || width == 0 {
            return Ok(());
        }
        let mut meet = |node: u32, met: &mut Vec<u32>| {
            let word = seen.get_mut(node as usize / 64).ok_or(Damaged)?;
            let bit = 1 << (node % 64);
            if *word & bit == 0 {
                *word |= bit;
                met.push(node);
                net.prefetch(node);
            }
            Ok(())
        };
        starts.iter().try_for_each(|&start| meet(start, met))?;
        // All before `next` have been looked at.
        let (mut n_offered, mut next) = (0, 0);
        loop {
            net.look(met[n_offered..].iter().copied(), |candidate| {
                if let Some(place) = keep(pool, width, candidate) {
                    if place < next + TOGETHER {
                        net.prefetch_links(candidate.node());
                    }
                    next = next.min(place);
                }
            })?;
            n_offered = met.len();
            let mut n_taken = 0;
            while n_taken < TOGETHER
                && let Some(nearest) = pool.get_mut(next)
            {
                next += 1;
                if !nearest.is_expanded() {
                    nearest.0 |= 1;
                    for &link in net.links(nearest.node())?.iter().take_while(|&&link| link != NOBODY) {
                        meet(link, met)?;
                    }
                    n_taken += 1;
                }
            }
            if n_taken == 0 {
                return Ok(());
            }
            let coming = pool[next..].iter().filter(|c| !c.is_expanded()).take(TOGETHER);
            coming.for_each(|c| net.prefetch_links(c.node()));
        }
    }
}
