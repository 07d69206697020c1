//! The index beside the database: a cache of the store's vectors that is made again whenever it is
//! missing, stale or damaged.

mod build;

use std::ops::Range;
use std::path::Path;

use ndarray::ArrayView2;
use serde::Serialize;

use super::batch::Block;
use super::code::{Codes, Query};
use super::exact::{Exact, check_dimensions};
use super::file::{Damaged, Numbers, Stamp, TableKind, Tables};
use super::mask::Mask;
use super::scan::{self, Positions, SignTable};
use super::shape::Shape;
use super::source::Changes;
use super::top::Top;
use super::walk::{CodeTable, Graph};
use super::write::FileFacts;
use super::{Allowed, NearestPapers, Neighbour, kernels};
use crate::config;
use crate::error::Result;

/// `ef`: how many candidates a walk keeps: recall@10 is .999 in 100,000 papers.
const WIDTH: usize = 384;
/// How many vectors are compared after a scan of signs (reranking): recall@10 is .988 in 100,000 papers.
const CANDIDATES: usize = 1000;
/// How many codes can be scanned in the time in which a walk looks at one candidate's links.
const CODES_A_STEP: usize = 30;

/// How neighbours are looked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Way {
    /// The graph where there is one and it is faster, or else codes.
    #[default]
    Fastest,
    /// Exact: every 8-bit code (scalar quantisation), and every vector that may be among the nearest.
    Codes,
    /// Every sign (binary quantisation), and the vectors of the `candidates` nearest by Hamming distance.
    Signs {
        /// How many vectors are compared.
        candidates: usize,
    },
    /// A walk through the graph; codes where there is none.
    Graph {
        /// `ef`: how many of the nearest nodes met are kept while walking.
        width: usize,
    },
}

impl From<config::Way> for Way {
    fn from(way: config::Way) -> Self {
        match way {
            config::Way::Auto => Self::Fastest,
            config::Way::Exact => Self::Codes,
            config::Way::Signs => Self::Signs { candidates: CANDIDATES },
            config::Way::Graph => Self::Graph { width: WIDTH },
        }
    }
}

/// How large an index is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Size {
    /// Rows that can be found.
    pub rows: usize,
    /// Those of them that came after the file was written.
    pub tail: usize,
    /// Tombstones: positions in the file whose row is gone or was replaced.
    pub gone: usize,
    /// Positions that are scanned because the graph does not have them; absent without a graph.
    pub outside_graph: Option<usize>,
    /// How the graph was built.
    pub graph: Option<Shape>,
    /// Bytes on disk.
    pub file_bytes: u64,
    /// Bytes that searches read over and over: all but the vectors, of which each search reads
    /// some dozens.
    pub search_bytes: u64,
}

/// An open index: the file, and the few rows that came after it.
pub struct Index {
    stamp: Stamp,
    tables: Tables<FileFacts>,
    vectors: Numbers<f32>,
    codes: Numbers<i8>,
    scales: Numbers<f32>,
    signs: Numbers<u64>,
    mean: Numbers<f32>,
    rows: Numbers<i64>,
    positions: Numbers<u32>,
    ranks: Numbers<u32>,
    graph: Option<Graph>,
    way: Way,
    /// The positions that are no tombstones, where that is not all of them.
    alive: Option<Mask>,
    /// Rows that came or changed after the file was written.
    tail: Exact,
}

impl Index {
    /// Opens the file at `path`, whatever its generation.
    ///
    /// # Errors
    /// [`DamagedIndex`](crate::Error::DamagedIndex).
    pub fn open(path: &Path) -> Result<Option<Self>> {
        let Some(tables) = Tables::<FileFacts>::open(path)? else { return Ok(None) };
        let stamp = tables.stamp().clone();
        let FileFacts { n_positions, n_rows, .. } = *tables.facts();
        let n_numbers = n_positions.saturating_mul(stamp.dimensions);
        let n_words = n_positions.saturating_mul(stamp.dimensions.div_ceil(64));
        let mut index = Self {
            vectors: tables.numbers(TableKind::Vectors, n_numbers)?,
            codes: tables.numbers(TableKind::Codes, n_numbers)?,
            scales: tables.numbers(TableKind::Scales, n_positions)?,
            signs: tables.numbers(TableKind::Signs, n_words)?,
            mean: tables.numbers(TableKind::Mean, stamp.dimensions)?,
            rows: tables.numbers(TableKind::Rows, n_rows)?,
            positions: tables.numbers(TableKind::Positions, n_rows)?,
            ranks: tables.numbers(TableKind::Ranks, n_positions)?,
            graph: (tables.facts().graph.clone())
                .map(|facts| Graph::open(&tables, facts, n_positions))
                .transpose()?,
            way: Way::Fastest,
            alive: None,
            tail: Exact::new(stamp.model.clone(), stamp.dimensions, Vec::new(), Vec::new())?,
            tables,
            stamp,
        };
        if n_rows != n_positions {
            index.alive = Some(index.written_alive().map_err(|damaged| index.tables.error(damaged))?);
        }
        Ok(Some(index))
    }

    /// What the index is up to.
    pub fn stamp(&self) -> &Stamp {
        &self.stamp
    }

    /// How large it is.
    pub fn size(&self) -> Size {
        let FileFacts { n_positions, n_rows, ref graph, .. } = *self.tables.facts();
        let n_nodes = graph.as_ref().map_or(0, |graph| graph.n_nodes);
        let vectors = self.tables.table_bytes(TableKind::Vectors);
        Size {
            rows: self.len(),
            tail: self.tail.len(),
            gone: n_positions - n_rows.min(self.len() - self.tail.len()),
            outside_graph: graph.is_some().then(|| n_positions - n_nodes),
            graph: graph.as_ref().map(|graph| graph.shape),
            file_bytes: self.tables.bytes(),
            search_bytes: self.tables.bytes() - vectors,
        }
    }

    /// The same index, looked through in another way.
    #[must_use]
    pub fn with_way(self, way: Way) -> Self {
        Self { way, ..self }
    }

    /// The way in which a query without a filter is answered.
    pub fn way(&self) -> Way {
        match self.way {
            Way::Fastest if self.width(0, self.tables.facts().n_positions).is_some() => {
                Way::Graph { width: WIDTH }
            }
            Way::Graph { .. } if self.graph.is_some() => self.way,
            Way::Signs { .. } => self.way,
            _ => Way::Codes,
        }
    }

    /// `ef` for a filter that passes `n_wanted` positions; `None` where scanning the codes is faster.
    fn width(&self, k: usize, n_wanted: usize) -> Option<usize> {
        // A filter lets only a part of those pass that a walk meets.
        let n = self.tables.facts().n_positions;
        let widened = |width: usize| width.max(k).saturating_mul(n) / n_wanted.max(1);
        self.graph.as_ref()?;
        match self.way {
            Way::Graph { width } => Some(widened(width)),
            Way::Fastest => Some(widened(WIDTH)).filter(|width| n_wanted > CODES_A_STEP * width),
            Way::Codes | Way::Signs { .. } => None,
        }
    }

    /// How many rows came after the file was written: each query looks at all of them.
    pub fn n_tail(&self) -> usize {
        self.tail.len()
    }

    /// Reads the whole file and compares every checksum; a search checks what it touches.
    ///
    /// # Errors
    /// [`DamagedIndex`](crate::Error::DamagedIndex).
    pub fn check(&self) -> Result<()> {
        self.tables.check_all().map_err(|damaged| self.tables.error(damaged))
    }

    /// The vector that it holds of a row.
    ///
    /// # Errors
    /// [`DamagedIndex`](crate::Error::DamagedIndex).
    pub fn stored(&self, row: i64) -> Result<Option<&[f32]>> {
        if let Some(vector) = self.tail.stored(row) {
            return Ok(Some(vector));
        }
        let alive = |position: &usize| self.alive.as_ref().is_none_or(|mask| mask.contains(*position));
        let read = || match self.find(&[row])?.into_iter().find(alive) {
            Some(position) if position < self.tables.facts().n_positions => self.vector(position).map(Some),
            Some(_) => Err(Damaged),
            None => Ok(None),
        };
        read().map_err(|damaged| self.tables.error(damaged))
    }

    /// Takes changes into memory; the file stays as it is.
    ///
    /// # Errors
    /// [`Invalid`](crate::Error::Invalid) for changes that do not fit, [`DamagedIndex`](crate::Error::DamagedIndex).
    pub fn grow(&mut self, changes: Changes, generation: u64) -> Result<()> {
        let mut replaced = changes.gone;
        replaced.extend(&changes.rows);
        replaced.sort_unstable();
        let gone = self.find(&replaced).map_err(|damaged| self.tables.error(damaged))?;
        if !gone.is_empty() {
            let alive = self.alive.get_or_insert_with(|| Mask::all(self.tables.facts().n_positions));
            gone.into_iter().for_each(|position| alive.remove(position));
        }
        self.tail.replace(&replaced, changes.rows, changes.matrix)?;
        self.stamp.generation = generation;
        Ok(())
    }

    /// The positions of those of `rows` (ascending) that the file holds: merged with the whole table where
    /// `rows` are many, by binary search where they are few.
    fn find(&self, rows: &[i64]) -> Result<Vec<usize>, Damaged> {
        let n = self.rows.len();
        if rows.len() > n / 32 {
            let held = self.tables.get(self.rows, 0..n)?;
            let positions = self.tables.get(self.positions, 0..n)?;
            let mut found = Vec::with_capacity(rows.len());
            let mut wanted = rows.iter().peekable();
            for (row, &position) in held.iter().zip(positions) {
                while wanted.next_if(|&wanted| wanted < row).is_some() {}
                if wanted.next_if_eq(&row).is_some() {
                    found.push(position as usize);
                }
            }
            return Ok(found);
        }
        let mut found = Vec::new();
        let mut from = 0;
        for &row in rows {
            let mut end = n;
            while from < end {
                let middle = from + (end - from) / 2;
                if self.row_at(middle)? < row { from = middle + 1 } else { end = middle }
            }
            if from < n && self.row_at(from)? == row {
                found.push(self.tables.get(self.positions, from..from + 1)?[0] as usize);
            }
        }
        Ok(found)
    }

    fn row_at(&self, rank: usize) -> Result<i64, Damaged> {
        Ok(self.tables.get(self.rows, rank..rank + 1)?[0])
    }

    /// The row at a position.
    fn row_of(&self, position: usize) -> Result<i64, Damaged> {
        let rank = self.tables.get(self.ranks, position..position + 1)?[0] as usize;
        self.row_at(rank)
    }

    /// The positions that have a row.
    fn written_alive(&self) -> Result<Mask, Damaged> {
        let n = self.tables.facts().n_positions;
        let mut alive = Mask::none(n);
        for &position in self.tables.get(self.positions, 0..self.positions.len())? {
            if position as usize >= n {
                return Err(Damaged);
            }
            alive.insert(position as usize);
        }
        Ok(alive)
    }

    /// The positions that may be answered; `None` is all of them.
    fn wanted(&self, allowed: Allowed<'_>) -> Result<Option<Mask>, Damaged> {
        let n = self.tables.facts().n_positions;
        let alive = |position: &usize| self.alive.as_ref().is_none_or(|mask| mask.contains(*position));
        Ok(match allowed {
            Allowed::All => self.alive.clone(),
            Allowed::Only(rows) => {
                let mut mask = Mask::none(n);
                self.find(rows)?.into_iter().filter(alive).for_each(|position| mask.insert(position));
                Some(mask)
            }
            Allowed::Except(rows) => {
                let mut mask = self.alive.clone().unwrap_or_else(|| Mask::all(n));
                self.find(rows)?.into_iter().for_each(|position| mask.remove(position));
                Some(mask)
            }
        })
    }

    fn vector(&self, position: usize) -> Result<&[f32], Damaged> {
        let d = self.stamp.dimensions;
        self.tables.get(self.vectors, position * d..(position + 1) * d)
    }

    fn codes(&self, n: usize) -> Result<Codes<'_>, Damaged> {
        let dimensions = self.stamp.dimensions;
        Ok(Codes {
            dimensions,
            codes: self.tables.get(self.codes, 0..n * dimensions)?,
            scales: self.tables.get(self.scales, 0..n)?,
        })
    }

    fn code_table(&self) -> CodeTable<'_, FileFacts> {
        CodeTable {
            tables: &self.tables,
            codes: self.codes,
            scales: self.scales,
            dimensions: self.stamp.dimensions,
        }
    }

    /// Offers the nearest of the file's wanted positions.
    fn search(&self, query: &[f32], k: usize, wanted: Option<&Mask>, top: &mut Top) -> Result<(), Damaged> {
        let n = self.tables.facts().n_positions;
        let n_wanted = wanted.map_or(n, Mask::n_set);
        if n_wanted == 0 || k == 0 {
            return Ok(());
        }
        let mut offer = |position: usize| {
            let similarity = kernels::dot(query, self.vector(position)?);
            if similarity >= top.floor() {
                top.offer(self.row_of(position)?, similarity);
            }
            Ok(())
        };
        if let Way::Signs { candidates } = self.way {
            let table = SignTable { tables: &self.tables, signs: self.signs, mean: self.mean, len: n };
            return scan::by_signs(&table, query, candidates.max(k), wanted, offer);
        }
        let query = Query::new(query);
        let table = self.code_table();
        let mut walked = 0;
        if let (Some(graph), Some(width)) = (&self.graph, self.width(k, n_wanted)) {
            let n_compared = 4 * k.max(10);
            let met = graph.walk(&self.tables, query.vector, width, |candidates| {
                let nodes = candidates.iter().map(|c| c.node() as usize);
                let allowed = |node: &usize| wanted.is_none_or(|mask| mask.contains(*node));
                nodes.filter(allowed).take(n_compared).collect::<Vec<_>>()
            })?;
            // Where the filter's papers are far from the query, the walk meets too few of them.
            if met.len() >= n_compared.min(n_wanted).min(width / 4) {
                let d = self.stamp.dimensions;
                for &node in &met {
                    self.tables.prefetch(self.vectors, node * d..(node + 1) * d);
                }
                met.into_iter().try_for_each(&mut offer)?;
                walked = graph.facts().n_nodes;
            }
        }
        let rest = wanted.map_or(Positions::From(walked, n), |mask| Positions::Set(mask, walked));
        scan::by_codes(&table, &query, k, self.tables.facts().code_error, rest, offer)
    }
}

impl NearestPapers for Index {
    fn len(&self) -> usize {
        self.alive.as_ref().map_or(self.tables.facts().n_positions, Mask::n_set) + self.tail.len()
    }

    fn nearest(&self, query: &[f32], k: usize, allowed: Allowed<'_>) -> Result<Vec<Neighbour>> {
        check_dimensions(&self.stamp.model, self.stamp.dimensions, query.len())?;
        let mut top = Top::new(k);
        self.wanted(allowed)
            .and_then(|wanted| self.search(query, k, wanted.as_ref(), &mut top))
            .map_err(|damaged| self.tables.error(damaged))?;
        for neighbour in self.tail.nearest(query, k, allowed)? {
            top.offer(neighbour.row, neighbour.similarity);
        }
        Ok(top.into_sorted())
    }

    fn nearest_to_each(
        &self,
        queries: ArrayView2<'_, f32>,
        k: usize,
        allowed: Allowed<'_>,
    ) -> Result<Vec<Vec<Neighbour>>> {
        let d = self.stamp.dimensions;
        check_dimensions(&self.stamp.model, d, queries.ncols())?;
        let damaged = |damaged| self.tables.error(damaged);
        let wanted = self.wanted(allowed).map_err(damaged)?;
        let block = Block {
            n: self.tables.facts().n_positions,
            vectors: |positions: Range<usize>| {
                let values = self.tables.get(self.vectors, positions.start * d..positions.end * d)?;
                ArrayView2::from_shape((positions.len(), d), values).map_err(|_| Damaged)
            },
            wanted: |position: usize| wanted.as_ref().is_none_or(|mask| mask.contains(position)),
            row: |position: usize| self.row_of(position),
        };
        let mut tops = block.nearest(queries, k).map_err(damaged)?;
        for (top, newest) in tops.iter_mut().zip(self.tail.nearest_to_each(queries, k, allowed)?) {
            newest.into_iter().for_each(|n| top.offer(n.row, n.similarity));
        }
        Ok(tops.into_iter().map(Top::into_sorted).collect())
    }
}

#[cfg(test)]
mod tests;
