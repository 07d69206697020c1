//! The index beside the database: a cache of the store's vectors that is made again whenever it is
//! missing, stale or damaged.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::code::{self, Query};
use super::exact::{Exact, check_dimensions};
use super::file::{Damaged, Numbers, Stamp, Table, Tables, Writer};
use super::mask::Mask;
use super::top::Top;
use super::{Allowed, NearestPapers, Neighbour, kernels};
use crate::error::{Error, Result};

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

/// What the file says of itself beside its stamp.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Facts {
    n_positions: usize,
    n_rows: usize,
    /// The longest of what rounding to 8 bits took away from a vector.
    code_error: f32,
}

/// An open index: the file, and the few rows that came after it.
pub struct Index {
    stamp: Stamp,
    tables: Tables<Facts>,
    vectors: Numbers<f32>,
    codes: Numbers<i8>,
    scales: Numbers<f32>,
    rows: Numbers<i64>,
    positions: Numbers<u32>,
    ranks: Numbers<u32>,
    /// The positions that still count, where that is not all.
    alive: Option<Mask>,
    /// Rows that came or changed after the file was written.
    tail: Exact,
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

    /// Writes the index at `path` from all that the source has, and opens it.
    ///
    /// # Errors
    /// Those of the source, and [`Error::Io`].
    pub fn build(path: &Path, source: &dyn VectorSource) -> Result<Self> {
        let stamp = source.stamp()?;
        write(path, &stamp, |sink| source.each(sink))?;
        Self::open(path)?.ok_or_else(|| Error::DamagedIndex {
            path: path.to_path_buf(),
            reason: "it vanished while it was made".into(),
        })
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
        Ok(Some(index))
    }

    /// Opens the file at `path`, whatever its generation.
    ///
    /// # Errors
    /// [`Error::DamagedIndex`].
    pub fn open(path: &Path) -> Result<Option<Self>> {
        let Some(tables) = Tables::<Facts>::open(path)? else { return Ok(None) };
        let stamp = tables.stamp().clone();
        let Facts { n_positions, n_rows, .. } = *tables.facts();
        let n_numbers = n_positions.saturating_mul(stamp.dimensions);
        let mut index = Self {
            vectors: tables.numbers(Table::Vectors, n_numbers)?,
            codes: tables.numbers(Table::Codes, n_numbers)?,
            scales: tables.numbers(Table::Scales, n_positions)?,
            rows: tables.numbers(Table::Rows, n_rows)?,
            positions: tables.numbers(Table::Positions, n_rows)?,
            ranks: tables.numbers(Table::Ranks, n_positions)?,
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

    /// How many rows came after the file was written: each query looks at all of them.
    pub fn n_tail(&self) -> usize {
        self.tail.len()
    }

    /// Reads the whole file and compares every checksum; a search checks what it touches.
    ///
    /// # Errors
    /// [`Error::DamagedIndex`].
    pub fn check(&self) -> Result<()> {
        self.tables.check_all().map_err(|damaged| self.tables.error(damaged))
    }

    /// Takes changes in without touching the file.
    ///
    /// # Errors
    /// [`Error::Invalid`] for changes that do not fit, [`Error::DamagedIndex`].
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

    /// The positions of those of `rows` (ascending) that the file holds.
    fn find(&self, rows: &[i64]) -> Result<Vec<usize>, Damaged> {
        let mut found = Vec::new();
        let n = self.rows.len();
        let mut from = 0;
        for &row in rows {
            // Galloping: near the last one if there are many, a binary search if there are few.
            let (mut low, mut step) = (from, 1);
            while low + step < n && self.row_at(low + step)? < row {
                low += step;
                step *= 2;
            }
            let mut high = (low + step).min(n);
            while low < high {
                let middle = low + (high - low) / 2;
                if self.row_at(middle)? < row { low = middle + 1 } else { high = middle }
            }
            if low < n && self.row_at(low)? == row {
                found.push(self.tables.get(self.positions, low..low + 1)?[0] as usize);
            }
            from = low;
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

    /// Offers the nearest of some positions to `top`; the answer is that of the full vectors.
    ///
    /// All codes are looked at, and the vectors of those whose true cosine may be among the best
    /// by the bound of [`Query::error`]: at 384 dimensions some dozens.
    fn scan(&self, query: &[f32], k: usize, wanted: Option<&Mask>, top: &mut Top) -> Result<(), Damaged> {
        let query = Query::new(query);
        let d = self.stamp.dimensions;
        let n = self.tables.facts().n_positions;
        let scales = self.tables.get(self.scales, 0..n)?;
        let mut best = Top::new(k);
        let mut seen = Vec::with_capacity(wanted.map_or(n, Mask::n_set));
        let mut look = |position: usize, code: &[i8]| {
            let cosine = kernels::dot_codes(&query.code, code) as f32 * (query.scale * scales[position]);
            if cosine >= best.floor() {
                best.offer(position as i64, cosine);
            }
            seen.push((position as u32, cosine));
        };
        match wanted {
            None => {
                let codes = self.tables.get(self.codes, 0..n * d)?;
                codes.chunks_exact(d).enumerate().for_each(|(position, code)| look(position, code));
            }
            Some(mask) => {
                for position in mask.iter_from(0) {
                    look(position, self.tables.get(self.codes, position * d..(position + 1) * d)?);
                }
            }
        }
        let floor = best.floor() - 2.0 * query.error(self.tables.facts().code_error);
        for (position, _) in seen.into_iter().filter(|&(_, cosine)| cosine >= floor) {
            let position = position as usize;
            top.offer(self.row_of(position)?, kernels::dot(query.vector, self.vector(position)?));
        }
        Ok(())
    }
}

impl NearestPapers for Index {
    fn len(&self) -> usize {
        self.alive.as_ref().map_or(self.tables.facts().n_positions, Mask::n_set) + self.tail.len()
    }

    fn nearest(&self, query: &[f32], k: usize, allowed: Allowed<'_>) -> Result<Vec<Neighbour>> {
        check_dimensions(&self.stamp.model, self.stamp.dimensions, query)?;
        let mut top = Top::new(k);
        self.wanted(allowed)
            .and_then(|wanted| self.scan(query, k, wanted.as_ref(), &mut top))
            .map_err(|damaged| self.tables.error(damaged))?;
        for neighbour in self.tail.nearest(query, k, allowed)? {
            top.offer(neighbour.row, neighbour.similarity);
        }
        Ok(top.into_sorted())
    }
}

/// Writes a file from rows in any order.
fn write(path: &Path, stamp: &Stamp, each: impl FnOnce(&mut Sink<'_>) -> Result<()>) -> Result<()> {
    let d = stamp.dimensions;
    let mut writer = Writer::create(path)?;
    let (mut rows, mut codes, mut scales) = (Vec::new(), Vec::new(), Vec::new());
    let mut code_error = 0.0_f32;
    each(&mut |row, vector| {
        if vector.len() != d {
            return Err(Error::DimensionMismatch {
                model: stamp.model.to_string(),
                expected: d,
                received: vector.len(),
            });
        }
        let start = codes.len();
        codes.resize(start + d, 0);
        let scale = code::encode(vector, &mut codes[start..]);
        code_error = code_error.max(code::error(vector, &codes[start..], scale));
        scales.push(scale);
        rows.push(row);
        writer.write(Table::Vectors, vector)
    })?;
    let n = u32::try_from(rows.len()).map_err(|_| Error::Invalid("an index holds 4 billion rows".into()))?;
    let mut positions: Vec<u32> = (0..n).collect();
    positions.sort_unstable_by_key(|&position| rows[position as usize]);
    let mut ranks = vec![0_u32; rows.len()];
    for (rank, &position) in positions.iter().enumerate() {
        ranks[position as usize] = rank as u32;
    }
    let ascending: Vec<i64> = positions.iter().map(|&position| rows[position as usize]).collect();
    if !ascending.is_sorted_by(|a, b| a < b) {
        return Err(Error::Invalid("an index takes each row once".into()));
    }
    writer.write(Table::Codes, &codes)?;
    writer.write(Table::Scales, &scales)?;
    writer.write(Table::Rows, &ascending)?;
    writer.write(Table::Positions, &positions)?;
    writer.write(Table::Ranks, &ranks)?;
    writer.finish(stamp, &Facts { n_positions: rows.len(), n_rows: rows.len(), code_error })
}

#[cfg(test)]
mod tests;
