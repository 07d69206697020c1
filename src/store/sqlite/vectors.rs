//! Vectors in and out of the store, by model.

use rusqlite::{Connection, OptionalExtension, params};

use super::Sqlite;
use crate::embed::Embedding;
use crate::error::{Error, Result};
use crate::paper::{ModelId, Row};
use crate::store::vectors::{from_blob, to_blob};
use crate::store::{Recent, StoredModel, Vectors};

/// Rows stay below this, models above it: see the table's comment in the schema.
pub(super) const MODEL_SHIFT: i64 = 1 << 40;

impl Vectors for Sqlite {
    fn without_vector(&self, model: &ModelId, recent: Option<&Recent>) -> Result<Vec<Row>> {
        let base = model_base(&self.db, model)?.unwrap_or(-MODEL_SHIFT);
        let sql = format!(
            "SELECT p.row {}
             ORDER BY coalesce((SELECT max(day) FROM listings WHERE paper = p.row), p.published) DESC, p.row",
            lacking(recent)
        );
        let mut query = self.db.prepare_cached(&sql)?;
        Ok(query.query_map([base], |row| row.get(0))?.collect::<Result<_, _>>()?)
    }

    fn n_without_vector(&self, model: &ModelId, recent: Option<&Recent>) -> Result<usize> {
        n_lacking(&self.db, model, recent)
    }

    fn put_vectors(&mut self, model: &ModelId, vectors: &[(Row, i64, Embedding)]) -> Result<()> {
        let Some((_, _, first)) = vectors.first() else { return Ok(()) };
        let dimensions = first.as_slice().len();
        self.transaction(|db| {
            db.prepare_cached("INSERT OR IGNORE INTO models (name, dimensions) VALUES (?1, ?2)")?
                .execute(params![model.as_str(), dimensions])?;
            let (number, expected): (i64, usize) = db
                .prepare_cached("SELECT number, dimensions FROM models WHERE name = ?1")?
                .query_row([model.as_str()], |row| Ok((row.get(0)?, row.get(1)?)))?;
            let generation: i64 = db.query_row(
                "UPDATE counters SET value = value + 1 WHERE name = 'generation' RETURNING value",
                [],
                |row| row.get(0),
            )?;
            let mut insert = db.prepare_cached(
                "INSERT OR REPLACE INTO vectors SELECT ?1 + row, ?4, text_hash, ?3 FROM papers
                 WHERE row = ?2 AND text_hash = ?5",
            )?;
            for (row, hash, vector) in vectors {
                let received = vector.as_slice().len();
                if received != expected {
                    return Err(Error::DimensionMismatch { model: model.to_string(), expected, received });
                }
                let blob = to_blob(vector.as_slice());
                insert.execute(params![number * MODEL_SHIFT, row, blob, generation, hash])?;
            }
            Ok(())
        })
    }

    fn vectors(&self, model: &ModelId, rows: &[Row]) -> Result<Vec<Option<Embedding>>> {
        let Some(base) = model_base(&self.db, model)? else { return Ok(vec![None; rows.len()]) };
        let mut query = self.db.prepare_cached("SELECT vector FROM vectors WHERE key = ?1")?;
        rows.iter()
            .map(|row| {
                let read = |row: &rusqlite::Row<'_>| Ok(from_blob(row.get_ref(0)?.as_blob()?));
                let values = query.query_row([base + row], read).optional()?;
                values.map(Embedding::normalized).transpose()
            })
            .collect()
    }

    fn each_vector(&self, model: &ModelId, visit: &mut dyn FnMut(Row, &[f32]) -> Result<()>) -> Result<()> {
        let Some(base) = model_base(&self.db, model)? else { return Ok(()) };
        let sql = "SELECT key, vector FROM vectors WHERE key BETWEEN ?1 AND ?1 + ?2 ORDER BY key";
        let mut query = self.db.prepare_cached(sql)?;
        let mut rows = query.query([base, MODEL_SHIFT - 1])?;
        while let Some(row) = rows.next()? {
            visit(
                row.get::<_, i64>(0)? - base,
                &from_blob(row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?),
            )?;
        }
        Ok(())
    }

    fn vectors_since(&self, model: &ModelId, generation: u64, most: usize) -> Result<Option<Vec<Row>>> {
        let Some(base) = model_base(&self.db, model)? else { return Ok(Some(Vec::new())) };
        // Named, or all vectors of the model would be read.
        let sql = "SELECT key FROM vectors INDEXED BY vectors_by_generation
                   WHERE generation > ?1 AND key BETWEEN ?2 AND ?2 + ?3 LIMIT ?4";
        let mut query = self.db.prepare_cached(sql)?;
        let found = query.query_map(params![generation, base, MODEL_SHIFT - 1, most as i64 + 1], |row| {
            row.get::<_, i64>(0)
        })?;
        let mut rows: Vec<Row> = found.map(|key| Ok(key? - base)).collect::<Result<_>>()?;
        rows.sort_unstable();
        Ok((rows.len() <= most).then_some(rows))
    }

    fn gone_since(&self, generation: u64, most: usize) -> Result<Option<Vec<Row>>> {
        let sql = "SELECT row FROM gone WHERE generation > ?1 ORDER BY row LIMIT ?2";
        let mut query = self.db.prepare_cached(sql)?;
        let found = query.query_map(params![generation, most as i64 + 1], |row| row.get(0))?;
        let rows: Vec<Row> = found.collect::<Result<_, _>>()?;
        Ok((rows.len() <= most).then_some(rows))
    }

    fn dimensions(&self, model: &ModelId) -> Result<Option<usize>> {
        let mut query = self.db.prepare_cached("SELECT dimensions FROM models WHERE name = ?1")?;
        Ok(query.query_row([model.as_str()], |row| row.get(0)).optional()?)
    }

    fn model_names(&self) -> Result<Vec<ModelId>> {
        let mut query = self.db.prepare_cached("SELECT name FROM models ORDER BY name")?;
        let read = |row: &rusqlite::Row<'_>| Ok(ModelId::new(row.get::<_, String>(0)?));
        Ok(query.query_map([], read)?.collect::<Result<_, _>>()?)
    }

    fn drop_vectors(&mut self, prefix: &str, kept: &ModelId) -> Result<usize> {
        self.transaction(|db| {
            let sql = "SELECT number FROM models WHERE substr(name, 1, length(?1)) = ?1 AND name != ?2";
            let numbers: Vec<i64> = db
                .prepare(sql)?
                .query_map([prefix, kept.as_str()], |row| row.get(0))?
                .collect::<Result<_, _>>()?;
            let mut dropped = 0;
            for number in numbers {
                let base = number * MODEL_SHIFT;
                dropped += db.execute(
                    "DELETE FROM vectors WHERE key BETWEEN ?1 AND ?2",
                    [base, base + MODEL_SHIFT - 1],
                )?;
                db.execute("DELETE FROM models WHERE number = ?1", [number])?;
            }
            Ok(dropped)
        })
    }

    fn models(&self) -> Result<Vec<StoredModel>> {
        let sql = "SELECT name, dimensions, (SELECT count(*) FROM vectors
                     WHERE key BETWEEN number * ?1 AND number * ?1 + ?1 - 1) FROM models ORDER BY name";
        let mut query = self.db.prepare(sql)?;
        let read = |row: &rusqlite::Row<'_>| {
            let model = ModelId::new(row.get::<_, String>(0)?);
            Ok(StoredModel { model, dimensions: row.get(1)?, vectors: row.get(2)? })
        };
        Ok(query.query_map([MODEL_SHIFT], read)?.collect::<Result<_, _>>()?)
    }
}

fn model_base(db: &Connection, model: &ModelId) -> Result<Option<i64>> {
    let mut query = db.prepare_cached("SELECT number FROM models WHERE name = ?1")?;
    let number: Option<i64> = query.query_row([model.as_str()], |row| row.get(0)).optional()?;
    Ok(number.map(|n| n * MODEL_SHIFT))
}

/// How many rows, of all papers or of recent ones, have no vector of this model, or one of another text.
pub(super) fn n_lacking(db: &Connection, model: &ModelId, recent: Option<&Recent>) -> Result<usize> {
    let base = model_base(db, model)?.unwrap_or(-MODEL_SHIFT);
    Ok(db.query_row(&format!("SELECT count(*) {}", lacking(recent)), [base], |row| row.get(0))?)
}

/// Forgets the vectors of a paper that is removed, and tells whoever holds them.
pub(super) fn forget(db: &Connection, row: Row) -> Result<()> {
    db.prepare_cached("DELETE FROM vectors WHERE key IN (SELECT number * ?1 + ?2 FROM models)")?
        .execute([MODEL_SHIFT, row])?;
    db.prepare_cached("UPDATE counters SET value = value + 1 WHERE name = 'generation'")?.execute([])?;
    let sql = "INSERT INTO gone SELECT ?1, value FROM counters WHERE name = 'generation'";
    db.prepare_cached(sql)?.execute([row])?;
    Ok(())
}

/// The papers that lack a vector, given the model's base as the first parameter.
fn lacking(recent: Option<&Recent>) -> String {
    // A day is digits and hyphens.
    let only = recent.map_or(String::new(), |Recent { since }| {
        format!(
            "AND (p.published >= '{since}' OR p.row IN (SELECT paper FROM listings WHERE day >= '{since}')
                  OR p.id IN (SELECT id FROM ratings))"
        )
    });
    format!(
        "FROM papers p LEFT JOIN vectors v ON v.key = ?1 + p.row
         WHERE (v.key IS NULL OR v.text_hash != p.text_hash) {only}"
    )
}

/// The paper and the length of the vector that belongs under a key; none where the paper or the model is gone.
pub(super) fn belongs(db: &Connection, key: i64) -> Result<Option<(Row, usize)>> {
    let row = key.rem_euclid(MODEL_SHIFT);
    let mut dimensions = db.prepare_cached("SELECT dimensions FROM models WHERE number = ?1")?;
    let dimensions: Option<usize> =
        dimensions.query_row([key.div_euclid(MODEL_SHIFT)], |found| found.get(0)).optional()?;
    let is_there = db.prepare_cached("SELECT 1 FROM papers WHERE row = ?1")?.exists([row])?;
    Ok(dimensions.filter(|_| is_there).map(|dimensions| (row, dimensions)))
}

/// Forgets vectors of another text than their paper has; returns how many.
pub(super) fn drop_stale(db: &Connection) -> Result<u64> {
    let sql = "DELETE FROM vectors WHERE NOT EXISTS
                 (SELECT 1 FROM papers p WHERE p.row = vectors.key % ?1 AND p.text_hash = vectors.text_hash)";
    Ok(db.execute(sql, [MODEL_SHIFT])? as u64)
}
