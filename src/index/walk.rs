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

/// Who has been seen in this walk, and the candidates.
struct Scratch {
    /// The walk in which a node was last seen; 0 is none.
    seen: Vec<u16>,
    walk: u16,
    pool: Vec<Candidate>,
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
        let mut scratch = self
            .scratches
            .lock()
            .ok()
            .and_then(|mut free| free.pop())
            .unwrap_or_else(|| Scratch { seen: vec![0; self.facts.n_nodes], walk: 0, pool: Vec::new() });
        let walked = self.walk_with(table, query, width, &mut scratch);
        let answer = walked.map(|()| found(&scratch.pool));
        if let Ok(mut free) = self.scratches.lock() {
            free.push(scratch);
        }
        answer
    }

    fn walk_with<F>(
        &self,
        table: &CodeTable<'_, F>,
        query: &Query<'_>,
        width: usize,
        scratch: &mut Scratch,
    ) -> Result<(), Damaged> {
        let Scratch { seen, walk, pool } = scratch;
        pool.clear();
        if self.facts.n_nodes == 0 || width == 0 {
            return Ok(());
        }
        // Seen marks hold for one walk; only every 65,535th has to wipe them.
        *walk = walk.checked_add(1).unwrap_or_else(|| {
            seen.fill(0);
            1
        });
        let (cosine, node) = self.descend(table, query)?;
        seen[node as usize] = *walk;
        pool.push(Candidate { cosine, node, expanded: false });
        let stride = 2 * self.facts.shape.links;
        let mut fresh = Vec::with_capacity(stride);
        let mut next = 0;
        while next < pool.len() {
            let node = pool[next].node as usize;
            pool[next].expanded = true;
            fresh.clear();
            for &link in table.tables.get(self.bottom, node * stride..(node + 1) * stride)? {
                if link == NOBODY {
                    break;
                }
                let mark = seen.get_mut(link as usize).ok_or(Damaged)?;
                if *mark != *walk {
                    *mark = *walk;
                    table.prefetch(link as usize);
                    fresh.push(link);
                }
            }
            next += 1;
            for &node in &fresh {
                let cosine = table.cosine(query, node as usize)?;
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
                let node = candidate.node as usize;
                table.tables.prefetch(self.bottom, node * stride..(node + 1) * stride);
            }
        }
        Ok(())
    }

    /// Goes down the upper layers, in each to the nearest node that greedy steps reach.
    fn descend<F>(&self, table: &CodeTable<'_, F>, query: &Query<'_>) -> Result<(f32, u32), Damaged> {
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
