//! The walk through the frozen graph.

use std::sync::Mutex;

use serde::{Deserialize, Serialize};

use super::code::Query;
use super::file::{Damaged, NOBODY, Numbers, Table, Tables};
use super::graph::Shape;
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
    /// What a walk needs to write on; walks at the same time take several.
    scratches: Mutex<Vec<Scratch>>,
}

/// What a walk goes through, towards one query.
pub trait Net {
    /// The links of a node; [`NOBODY`] ends them.
    fn links(&self, node: u32) -> Result<&[u32], Damaged>;
    /// How near a node is.
    fn cosine(&self, node: u32) -> Result<f32, Damaged>;
    /// A node's code will be read soon.
    fn prefetch(&self, node: u32);
    /// A node's links will be read soon.
    fn prefetch_links(&self, node: u32);
}

/// Who has been seen in this walk, and the candidates.
pub struct Scratch {
    /// The walk in which a node was last seen; 0 is none.
    seen: Vec<u16>,
    walk: u16,
    pool: Vec<Candidate>,
    fresh: Vec<u32>,
}

/// A node and how near it is.
#[derive(Clone, Copy)]
pub struct Candidate {
    /// The cosine by codes.
    pub cosine: f32,
    /// The node, which is also its position.
    pub node: u32,
    expanded: bool,
}

/// Where the walk reads the codes.
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

    #[inline(always)]
    fn prefetch(&self, position: usize) {
        let d = self.dimensions;
        self.tables.prefetch(self.codes, position * d..(position + 1) * d);
        self.tables.prefetch(self.scales, position..position + 1);
    }
}

impl Graph {
    /// The graph of a file whose head speaks of one.
    ///
    /// # Errors
    /// [`crate::Error::DamagedIndex`] if its tables do not fit.
    pub fn open<F>(tables: &Tables<F>, facts: GraphFacts) -> Result<Self> {
        let slots = |nodes: usize, a_node: usize| nodes.saturating_mul(a_node);
        let n_upper = facts.layers.iter().fold(0_usize, |sum, &nodes| sum.saturating_add(nodes));
        let bottom =
            tables.numbers(Table::Links, slots(facts.n_nodes, facts.shape.links.saturating_mul(2)))?;
        let upper = tables.numbers(Table::UpperLinks, slots(n_upper, facts.shape.links))?;
        Ok(Self { facts, bottom, upper, scratches: Mutex::default() })
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
        table: &CodeTable<'_, F>,
        query: &Query<'_>,
        width: usize,
        found: impl FnOnce(&[Candidate]) -> T,
    ) -> Result<T, Damaged> {
        let free = self.scratches.lock().ok().and_then(|mut free| free.pop());
        let mut scratch = free.unwrap_or_else(|| Scratch::new(self.facts.n_nodes));
        let net = Towards { table, query, bottom: self.bottom, stride: 2 * self.facts.shape.links };
        let walked = self.descend(table, query).and_then(|(_, start)| scratch.spread(&net, start, width));
        let answer = walked.map(|()| found(&scratch.pool));
        if let Ok(mut free) = self.scratches.lock() {
            free.push(scratch);
        }
        answer
    }

    /// Goes down the upper layers, in each to the nearest node that greedy steps reach.
    fn descend<F>(&self, table: &CodeTable<'_, F>, query: &Query<'_>) -> Result<(f32, u32), Damaged> {
        if self.facts.n_nodes == 0 {
            return Ok((0.0, 0));
        }
        let slots = self.facts.shape.links;
        let mut here = (table.cosine(query, 0)?, 0_u32);
        let mut end = self.upper.len();
        for &n_nodes in self.facts.layers.iter().rev() {
            let start = end - n_nodes * slots;
            loop {
                let at = start + here.1 as usize * slots;
                let mut best = here;
                for &link in table.tables.get(self.upper, at..at + slots)? {
                    if link == NOBODY {
                        break;
                    }
                    let cosine = table.cosine(query, link as usize)?;
                    if cosine > best.0 {
                        best = (cosine, link);
                    }
                }
                if best.1 == here.1 {
                    break;
                }
                here = best;
            }
            end = start;
        }
        Ok(here)
    }
}

/// The graph of a file and a query.
struct Towards<'a, F> {
    table: &'a CodeTable<'a, F>,
    query: &'a Query<'a>,
    bottom: Numbers<u32>,
    stride: usize,
}

impl<F> Towards<'_, F> {
    fn range(&self, node: u32) -> std::ops::Range<usize> {
        node as usize * self.stride..(node as usize + 1) * self.stride
    }
}

impl<F> Net for Towards<'_, F> {
    #[inline(always)]
    fn links(&self, node: u32) -> Result<&[u32], Damaged> {
        self.table.tables.get(self.bottom, self.range(node))
    }

    #[inline(always)]
    fn cosine(&self, node: u32) -> Result<f32, Damaged> {
        self.table.cosine(self.query, node as usize)
    }

    #[inline(always)]
    fn prefetch(&self, node: u32) {
        self.table.prefetch(node as usize);
    }

    #[inline(always)]
    fn prefetch_links(&self, node: u32) {
        self.table.tables.prefetch(self.bottom, self.range(node));
    }
}

impl Scratch {
    /// For walks among `n` nodes.
    pub fn new(n: usize) -> Self {
        Self { seen: vec![0; n], walk: 0, pool: Vec::new(), fresh: Vec::new() }
    }

    /// The nodes that the last walk kept, the nearest first.
    pub fn pool(&self) -> &[Candidate] {
        &self.pool
    }

    /// Looks at the links of the nearest node that it has not looked at, until there is none among
    /// the `width` nearest that it has met.
    pub fn spread(&mut self, net: &impl Net, start: u32, width: usize) -> Result<(), Damaged> {
        let Self { seen, walk, pool, fresh } = self;
        pool.clear();
        if seen.is_empty() || width == 0 {
            return Ok(());
        }
        // Seen marks hold for one walk; only every 65,535th has to wipe them.
        *walk = walk.checked_add(1).unwrap_or_else(|| {
            seen.fill(0);
            1
        });
        *seen.get_mut(start as usize).ok_or(Damaged)? = *walk;
        pool.push(Candidate { cosine: net.cosine(start)?, node: start, expanded: false });
        let mut next = 0;
        while next < pool.len() {
            pool[next].expanded = true;
            fresh.clear();
            for &link in net.links(pool[next].node)? {
                if link == NOBODY {
                    break;
                }
                let mark = seen.get_mut(link as usize).ok_or(Damaged)?;
                if *mark != *walk {
                    *mark = *walk;
                    net.prefetch(link);
                    fresh.push(link);
                }
            }
            next += 1;
            for &node in &*fresh {
                let cosine = net.cosine(node)?;
                if pool.len() == width && pool.last().is_some_and(|last| cosine <= last.cosine) {
                    continue;
                }
                let place = pool.partition_point(|c| c.cosine >= cosine);
                if pool.len() == width {
                    pool.pop();
                }
                pool.insert(place, Candidate { cosine, node, expanded: false });
                next = next.min(place);
            }
            while pool.get(next).is_some_and(|c| c.expanded) {
                next += 1;
            }
            if let Some(candidate) = pool.get(next) {
                net.prefetch_links(candidate.node);
            }
        }
        Ok(())
    }
}
