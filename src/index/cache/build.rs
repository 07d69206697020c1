//! Building the file, and bringing it up to the store.

use std::path::Path;

use super::{Index, Way};
use crate::error::{Error, Result};
use crate::index::exact::check_dimensions;
use crate::index::file::NOBODY;
use crate::index::graph;
use crate::index::shape::Shape;
use crate::index::source::{Sink, VectorSource};
use crate::index::top::Top;
use crate::index::walk::{Graph, GraphFacts};
use crate::index::write::{GONE, write};
use crate::index::{Allowed, NearestPapers, Neighbour, kernels};
use crate::progress::Progress;

/// How many rows may wait outside of a file that was settled: reading so many from the store takes
/// a few milliseconds, and each query less than one.
const TAIL: usize = 2000;
/// A file of so many rows is written, and so many new rows are read, in a fraction of a second.
const SMALL: usize = 20_000;

impl Index {
    /// The `k` nearest allowed rows of the source as it is now, without waiting for a file to be
    /// written: by the file and what came after it, or, where there is no usable file or more than
    /// 20,000 rows came, by every vector of the source. A source of up to
    /// so many rows then gets its file at once.
    ///
    /// # Errors
    /// Those of the source and of [`NearestPapers::nearest`].
    pub fn answer(
        path: &Path,
        source: &dyn VectorSource,
        way: Way,
        query: &[f32],
        k: usize,
        allowed: Allowed<'_>,
    ) -> Result<Vec<Neighbour>> {
        let by_file = || {
            let index = Self::open_near(path, source)?;
            index.map(|index| index.with_way(way).nearest(query, k, allowed)).transpose()
        };
        match by_file() {
            Ok(Some(found)) => return Ok(found),
            Ok(None) => tracing::info!("answered from the store: no index is near enough to it"),
            // Damage in a page is only met when the page is read.
            Err(error @ Error::DamagedIndex { .. }) => tracing::warn!(%error, "answered without the index"),
            Err(error) => return Err(error),
        }
        let stamp = source.stamp()?;
        check_dimensions(&stamp.model, stamp.dimensions, query.len())?;
        let (mut top, mut n) = (Top::new(k), 0);
        source.each(&mut |row, vector| {
            n += 1;
            if allowed.contains(row) {
                top.offer(row, kernels::dot(query, vector));
            }
            Ok(())
        })?;
        if n <= SMALL
            && let Err(error) = Self::build(path, source)
        {
            tracing::warn!(%error, "the index could not be written");
        }
        Ok(top.into_sorted())
    }

    /// Opens the index at `path` and sees that its file is there, whole as far as opening shows, and
    /// has all but the newest few rows; this may take seconds, so no query does it.
    ///
    /// # Errors
    /// Those of the source, and [`Error::Io`] where the folder cannot be written.
    pub fn settle(path: &Path, source: &dyn VectorSource) -> Result<Self> {
        match Self::open_current(path, source, NOBODY as usize) {
            Ok(Some(index)) if index.n_tail() <= TAIL => Ok(index),
            // Without a graph to keep, a new file is as quick and leaves no gaps.
            Ok(Some(index)) if index.graph.is_some() => index.merge(path),
            Ok(_) => Self::build(path, source),
            Err(error @ Error::DamagedIndex { .. }) => {
                tracing::warn!(%error, "the index is made again");
                Self::build(path, source)
            }
            Err(error) => Err(error),
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

    /// Builds the index again with a graph, which takes two thirds of a millisecond a row and more in
    /// a large library.
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
        let facts = GraphFacts { shape, n_nodes: frozen.order.len(), n_entries: frozen.n_entries };
        write(path, &plain.stamp, Some((facts, &frozen.links)), |sink| {
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
        let read =
            |graph: &Graph| Ok((graph.facts().clone(), tables.get(graph.links(), 0..graph.links().len())?));
        let links = self.graph.as_ref().map(read).transpose().map_err(|damaged| tables.error(damaged))?;
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

    /// Opens the index, if there is one that so few rows came after that they are read in a fraction of a
    /// second: 20,000.
    ///
    /// # Errors
    /// Those of [`open_current`](Self::open_current).
    pub fn open_near(path: &Path, source: &dyn VectorSource) -> Result<Option<Self>> {
        Self::open_current(path, source, SMALL)
    }

    /// Opens the index, if there is one that can be brought up to the source by taking at most `most`
    /// rows into memory.
    ///
    /// # Errors
    /// Those of the source, and [`Error::DamagedIndex`].
    pub fn open_current(path: &Path, source: &dyn VectorSource, most: usize) -> Result<Option<Self>> {
        let now = source.stamp()?;
        let Some(mut index) = Self::open(path)? else { return Ok(None) };
        if (&index.stamp.model, index.stamp.dimensions) != (&now.model, now.dimensions) {
            return Ok(None);
        }
        match index.stamp.generation.cmp(&now.generation) {
            std::cmp::Ordering::Equal => Ok(Some(index)),
            // The database was put back to an older one.
            std::cmp::Ordering::Greater => Ok(None),
            std::cmp::Ordering::Less => {
                let Some(changes) = source.changes_since(index.stamp.generation, most)? else {
                    return Ok(None);
                };
                index.grow(changes, now.generation)?;
                Ok(Some(index))
            }
        }
    }
}
