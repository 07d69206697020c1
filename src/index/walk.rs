//! The walk through the frozen graph.

use std::ops::Range;
use std::sync::Mutex;

use serde::{Deserialize, Serialize};

use super::code::{self, Query};
use super::file::{Damaged, NOBODY, Numbers, Table, Tables};
use super::graph::Shape;
use super::kernels;
use crate::error::Result;

/// What the head of a file says of its graph.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GraphFacts {
    /// How it was built.
    pub shape: Shape,
    /// The first so many positions are its nodes.
    pub n_nodes: usize,
    /// How many of them each upper layer has, the lowest first.
    pub layers: Vec<usize>,
}

/// The graph in an open file.
pub struct Graph {
    facts: GraphFacts,
    bottom: Numbers<u32>,
    upper: Numbers<u32>,
    shorts: Numbers<u8>,
    steps: Numbers<f32>,
    /// What a walk needs to write on; walks at the same time take several.
    scratches: Mutex<Vec<Scratch>>,
}

/// What a walk goes through, towards one query.
pub trait Net {
    /// The links of a node; [`NOBODY`] ends them.
    fn links(&self, node: u32) -> Result<&[u32], Damaged>;
    /// How near a node is: the larger, the nearer.
    fn nearness(&self, node: u32) -> Result<f32, Damaged>;
    /// What it takes to say so will be read soon.
    fn prefetch(&self, node: u32);
    /// A node's links will be read soon.
    fn prefetch_links(&self, node: u32);
}

/// Who has been met in this walk, and the candidates.
pub struct Scratch {
    /// One bit a node: it has been met.
    seen: Vec<u64>,
    met: Vec<u32>,
    pool: Vec<Candidate>,
}

/// A node and how near it is, in one number: the nearest is the smallest, ties by node; the last bit
/// says whether its links have been looked at.
#[derive(Clone, Copy)]
pub struct Candidate(u64);

impl Candidate {
    fn new(nearness: f32, node: u32) -> Self {
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

/// Where a scan reads the codes.
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
    /// The cosine of a query and a position, nearly.
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
        let slots = |nodes: usize, a_node: usize| nodes.saturating_mul(a_node);
        let n_upper = facts.layers.iter().fold(0_usize, |sum, &nodes| sum.saturating_add(nodes));
        let bottom =
            tables.numbers(Table::Links, slots(facts.n_nodes, facts.shape.links.saturating_mul(2)))?;
        let upper = tables.numbers(Table::UpperLinks, slots(n_upper, facts.shape.links))?;
        let shorts = tables.numbers(Table::Shorts, slots(n_positions, code::short_bytes(dimensions)))?;
        let steps = tables.numbers(Table::Steps, dimensions)?;
        Ok(Self { facts, bottom, upper, shorts, steps, scratches: Mutex::default() })
    }

    /// What the head says of it.
    pub fn facts(&self) -> &GraphFacts {
        &self.facts
    }

    /// The tables' numbers: bottom, upper.
    pub fn numbers(&self) -> (Numbers<u32>, Numbers<u32>) {
        (self.bottom, self.upper)
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
        let mut scratch = free.unwrap_or_else(|| Scratch::new(self.facts.n_nodes));
        let net = Towards {
            tables,
            shorts: self.shorts,
            aim: code::aim(query, tables.get(self.steps, 0..self.steps.len())?),
            links: self.bottom,
            slots: 2 * self.facts.shape.links,
        };
        let walked = self.descend(&net).and_then(|start| scratch.spread(&net, start, width));
        let answer = walked.map(|()| found(&scratch.pool));
        if let Ok(mut free) = self.scratches.lock() {
            free.push(scratch);
        }
        answer
    }

    /// Goes down the upper layers, in each to the nearest node that greedy steps reach.
    fn descend<F>(&self, bottom: &Towards<'_, F>) -> Result<u32, Damaged> {
        if self.facts.n_nodes == 0 {
            return Ok(0);
        }
        let slots = self.facts.shape.links;
        let mut here = (bottom.nearness(0)?, 0_u32);
        let mut end = self.upper.len();
        for &n_nodes in self.facts.layers.iter().rev() {
            let start = end - n_nodes * slots;
            loop {
                let at = start + here.1 as usize * slots;
                let links = bottom.tables.get(self.upper, at..at + slots)?;
                let links = || links.iter().copied().take_while(|&link| link != NOBODY);
                links().for_each(|link| bottom.prefetch(link));
                let mut best = here;
                for link in links() {
                    let nearness = bottom.nearness(link)?;
                    if nearness > best.0 {
                        best = (nearness, link);
                    }
                }
                if best.1 == here.1 {
                    break;
                }
                here = best;
            }
            end = start;
        }
        Ok(here.1)
    }
}

/// The bottom of a file's graph and a query.
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
    fn nearness(&self, node: u32) -> Result<f32, Damaged> {
        let short = self.tables.get(self.shorts, self.short_of(node))?;
        // Below 2^24 for all lengths to 8,800: exact.
        Ok(kernels::dot_short(&self.aim, short) as f32)
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

impl Scratch {
    /// For walks among `n` nodes.
    pub fn new(n: usize) -> Self {
        Self { seen: vec![0; n.div_ceil(64)], met: Vec::new(), pool: Vec::new() }
    }

    /// The nodes that the last walk kept, the nearest first.
    pub fn pool(&self) -> &[Candidate] {
        &self.pool
    }

    /// Looks at the links of the nearest node that it has not looked at, until there is none among
    /// the `width` nearest that it has met.
    pub fn spread(&mut self, net: &impl Net, start: u32, width: usize) -> Result<(), Damaged> {
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
        meet(start, met)?;
        pool.push(Candidate::new(net.nearness(start)?, start));
        let mut next = 0;
        while next < pool.len() {
            pool[next].0 |= 1;
            let n_before = met.len();
            for &link in net.links(pool[next].node())?.iter().take_while(|&&link| link != NOBODY) {
                meet(link, met)?;
            }
            next += 1;
            for &node in &met[n_before..] {
                let new = Candidate::new(net.nearness(node)?, node);
                if pool.len() == width {
                    if pool.last().is_some_and(|last| new.0 >= last.0) {
                        continue;
                    }
                    pool.pop();
                }
                let place = pool.partition_point(|c| c.0 < new.0);
                pool.insert(place, new);
                next = next.min(place);
            }
            while pool.get(next).is_some_and(|c| c.is_expanded()) {
                next += 1;
            }
            if let Some(candidate) = pool.get(next) {
                net.prefetch_links(candidate.node());
            }
        }
        Ok(())
    }
}
