//! What tells the rows of a table apart, whatever table it is.

use std::hash::{DefaultHasher, Hash, Hasher};

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Row as SqlRow, ToSql};

use crate::error::Result;

/// Rowids of the first piece of a gap; each further one is twice as long.
const PIECE: i64 = 1 << 10;
/// Rows of one model among the keys of vectors, and the distance between two models.
const STRETCH: i64 = 1 << 24;
const MODEL: i64 = 1 << 40;
/// So many models are looked for where no row is read behind a gap.
const MODELS: i64 = 8;

/// A value of a key, in SQLite's order.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Part {
    Null,
    Integer(i64),
    Text(Vec<u8>),
    Blob(Vec<u8>),
}

pub(super) type Key = Vec<Part>;

impl ToSql for Part {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Integer(value) => ValueRef::Integer(*value),
            Self::Text(bytes) => ValueRef::Text(bytes),
            Self::Blob(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

/// The keys between two rows that were read.
pub(super) struct Gap {
    pub after: Option<Key>,
    pub before: Option<Key>,
}

impl Gap {
    pub fn contains(&self, key: &Key) -> bool {
        self.after.as_ref().is_none_or(|after| key > after)
            && self.before.as_ref().is_none_or(|before| key < before)
    }

    /// The rowids in it, in pieces that are the longer the farther they are from where there are rows for sure.
    pub fn pieces(&self, are_vectors: bool) -> Vec<(i64, i64)> {
        let rowid = |key: &Option<Key>| match key.as_deref() {
            Some([Part::Integer(rowid)]) => Some(*rowid),
            _ => None,
        };
        let low = rowid(&self.after).map_or(0, |rowid| rowid.saturating_add(1));
        let reach = if are_vectors { MODELS * MODEL } else { STRETCH };
        let high = rowid(&self.before).map_or(low.saturating_add(reach), |rowid| rowid.saturating_sub(1));
        // Keys of vectors are far apart from model to model.
        let models = low.div_euclid(MODEL)..=high.div_euclid(MODEL);
        let mut pieces = Vec::new();
        for model in models.take(MODELS as usize + 1) {
            let (mut from, mut length) = (low.max(model * MODEL), PIECE);
            let end = high.min(model * MODEL + STRETCH);
            while from <= end {
                pieces.push((from, end.min(from + length - 1)));
                (from, length) = (from + length, 2 * length);
            }
        }
        pieces
    }
}

/// A hash that is the same within one run.
pub(super) fn hash(key: &Key) -> u64 {
    let mut hasher = DefaultHasher::new();
    key.hash(&mut hasher);
    hasher.finish()
}

pub(super) fn key_of(row: &SqlRow<'_>, from: usize) -> Result<Key> {
    let n = row.as_ref().column_count();
    let part = |i: usize| {
        Ok(match row.get_ref(i)? {
            ValueRef::Null => Part::Null,
            ValueRef::Integer(value) => Part::Integer(value),
            ValueRef::Real(value) => Part::Integer(value as i64),
            ValueRef::Text(bytes) => Part::Text(bytes.to_vec()),
            ValueRef::Blob(bytes) => Part::Blob(bytes.to_vec()),
        })
    };
    (from..n).map(part).collect()
}

/// A row's key as a person reads it.
pub(super) fn row_shown(row: &SqlRow<'_>, from: usize) -> Result<String> {
    Ok(shown(&key_of(row, from)?))
}

/// A key as a person reads it.
pub(super) fn shown(key: &[Part]) -> String {
    let part = |part: &Part| match part {
        Part::Null => "nothing".to_owned(),
        Part::Integer(value) => value.to_string(),
        Part::Text(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        Part::Blob(bytes) => format!("{} bytes", bytes.len()),
    };
    key.iter().map(part).collect::<Vec<_>>().join(" ")
}
