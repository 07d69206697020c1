//! Making the file, and keeping up with the store.

use std::path::Path;

use super::Index;
use crate::embed::Progress;
use crate::error::{Error, Result};
use crate::index::file::{Numbers, Stamp};
use crate::index::graph::{self, Shape};
use crate::index::walk::GraphFacts;
use crate::index::write::{GONE, write};

/// How many rows may wait outside of the file: reading so many from the store takes a few
/// milliseconds, and each query less than one.
const TAIL: usize = 2000;

/// Takes one row after the other.
pub type Sink<'a> = dyn FnMut(i64, &[f32]) -> Result<()> + 'a;

/// Where the vectors truly are.
pub trait VectorSource {
    /// The model, the length and the generation of what [`each`](Self::each) will give.
    fn stamp(&self) -> Result<Stamp>;

    /// Gives every row and its unit vector to `sink`, rows ascending.
    fn each(&self, sink: &mut Sink<'_>) -> Result<()>;

    /// What happened since a generation, or `None` where that is not known any more or is so much
    /// that a new file is better.
    fn changes_since(&self, generation: u64) -> Result<Option<Changes>>;
}

/// Rows that came, changed and went.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Changes {
    /// Rows that are new or have a new vector, ascending.
    pub rows: Vec<i64>,
    /// Their unit vectors, one after the other.
    pub matrix: Vec<f32>,
    /// Rows that are gone, in any order.
    pub gone: Vec<i64>,
}

impl Index {
    /// Opens the index at `path`, brings it up to the source, or makes it again.
    ///
    /// # Errors
    /// Those of the source, and [`Error::Io`] where the folder cannot be written.
    pub fn open_or_build(path: &Path, source: &dyn VectorSource) -> Result<Self> {
        match Self::open_current(path, source) {
            Ok(Some(index)) => return Ok(index),
            Ok(None) => tracing::debug!(path = %path.display(), "the index is missing or stale"),
            Err(error @ Error::DamagedIndex { .. }) => tracing::warn!(%error, "the index is made again"),
            Err(error) => return Err(error),
        }
        Self::build(path, source)
    }

    /// Opens or builds the index and asks it something. Damage in a page is only met when the page
    /// is read; the index is then made again and asked again.
    ///
    /// # Errors
    /// As [`open_or_build`](Self::open_or_build), and those of `ask`.
    pub fn ask<T>(path: &Path, source: &dyn VectorSource, ask: impl Fn(&Self) -> Result<T>) -> Result<T> {
        match Self::open_or_build(path, source).and_then(|index| ask(&index)) {
            Err(error @ Error::DamagedIndex { .. }) => {
                tracing::warn!(%error, "the index is made again");
                ask(&Self::build(path, source)?)
            }
            outcome => outcome,
        }
    }

    /// Writes the index at `path` from all that the source has, and opens it.
    ///
    /// # Errors
    /// Those of the source, and [`Error::Io`].
    pub fn build(path: &Path, source: &dyn VectorSource) -> Result<Self> {
        let stamp = source.stamp()?;
        write(path, &stamp, None, |sink| source.each(sink))?;
        Self::reopen(path)
    }

    /// Builds the index again with a graph, which takes about a millisecond a row.
    ///
    /// Two complete files are written: the plain one is there to be asked while the graph grows.
    ///
    /// # Errors
    /// As [`build`](Self::build).
    pub fn build_graph(
        path: &Path,
        source: &dyn VectorSource,
        shape: Shape,
        progress: &dyn Progress,
    ) -> Result<Self> {
        let plain = Self::build(path, source)?;
        let n = plain.tables.facts().n_positions;
        let codes = plain.codes(n).map_err(|damaged| plain.tables.error(damaged))?;
        let frozen = graph::build(&codes, shape, progress);
        let facts = GraphFacts { shape, n_nodes: frozen.order.len(), layers: frozen.layers };
        write(path, &plain.stamp, Some((facts, &frozen.bottom, &frozen.upper)), |sink| {
            let mut order = frozen.order.iter().chain(&frozen.outside);
            order.try_for_each(|&position| plain.give(position as usize, sink))
        })?;
        Self::reopen(path)
    }

    /// Writes what came after the file into it. The graph stays as it is: what is not in it is
    /// scanned, and what is gone is passed through.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::DamagedIndex`].
    pub fn merge(self, path: &Path) -> Result<Self> {
        let tables = &self.tables;
        let read = |numbers: Numbers<u32>| {
            tables.get(numbers, 0..numbers.len()).map_err(|damaged| tables.error(damaged))
        };
        let links = match &self.graph {
            None => None,
            Some(graph) => {
                let (bottom, upper) = graph.numbers();
                Some((graph.facts().clone(), read(bottom)?, read(upper)?))
            }
        };
        write(path, &self.stamp, links, |sink| {
            (0..tables.facts().n_positions).try_for_each(|position| self.give(position, sink))?;
            self.tail.entries().try_for_each(|(row, vector)| sink(row, vector))
        })?;
        Self::reopen(path)
    }

    fn reopen(path: &Path) -> Result<Self> {
        Self::open(path)?.ok_or_else(|| Error::DamagedIndex {
            path: path.to_path_buf(),
            reason: "it vanished while it was made".into(),
        })
    }

    /// Gives a position's row and vector to a new file.
    fn give(&self, position: usize, sink: &mut Sink<'_>) -> Result<()> {
        let alive = self.alive.as_ref().is_none_or(|mask| mask.contains(position));
        let read = || Ok((if alive { self.row_of(position)? } else { GONE }, self.vector(position)?));
        let (row, vector) = read().map_err(|damaged| self.tables.error(damaged))?;
        sink(row, vector)
    }

    /// Opens the index if it can be brought up to the source.
    fn open_current(path: &Path, source: &dyn VectorSource) -> Result<Option<Self>> {
        let now = source.stamp()?;
        let Some(mut index) = Self::open(path)? else { return Ok(None) };
        if index.stamp == now {
            return Ok(Some(index));
        }
        if (&index.stamp.model, index.stamp.dimensions) != (&now.model, now.dimensions) {
            return Ok(None);
        }
        let Some(changes) = source.changes_since(index.stamp.generation)? else { return Ok(None) };
        index.grow(changes, now.generation)?;
        if index.n_tail() > TAIL {
            tracing::debug!(rows = index.n_tail(), "new rows go into the index's file");
            // Without a graph to keep, a new file is as quick and leaves no gaps.
            return if index.graph.is_some() { index.merge(path).map(Some) } else { Ok(None) };
        }
        Ok(Some(index))
    }
}
