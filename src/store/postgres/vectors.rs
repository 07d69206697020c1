//! Vectors in and out of the store, by model.
//!
//! Each model has a table of its own, made with its first vectors: `vectors_1` and so on. A vector stands there twice:
//! exact, for all that is computed of it, and in halves for an index of pgvector.

use std::collections::BTreeMap;
use std::error::Error as StdError;

use bytes::BytesMut;
use postgres::types::{IsNull, ToSql, Type};

use super::connection::Connection;
use super::counters::count;
use super::{Postgres, schema};
use crate::embed::Embedding;
use crate::error::{Error, Result};
use crate::paper::{ModelId, Row};
use crate::store::vectors::{from_blob, to_blob};
use crate::store::{Recent, StoredModel, Vectors};

/// So many vectors are read or written at once: a megabyte of 256 dimensions.
pub(super) const BLOCK: usize = 1024;

impl Vectors for Postgres {
    fn without_vector(&self, model: &ModelId, recent: Option<&Recent>) -> Result<Vec<Row>> {
        let sql = format!(
            "SELECT p.row {} ORDER BY
               coalesce((SELECT max(day) FROM listings WHERE paper = p.row), p.published) DESC NULLS LAST, p.row",
            lacking(Table::of(&self.db, model)?.as_ref(), recent)
        );
        self.db.numbers(&sql, &[])
    }

    fn n_without_vector(&self, model: &ModelId, recent: Option<&Recent>) -> Result<usize> {
        n_lacking(&self.db, model, recent)
    }

    fn put_vectors(&mut self, model: &ModelId, vectors: &[(Row, i64, Embedding)]) -> Result<()> {
        let Some((_, _, first)) = vectors.first() else { return Ok(()) };
        self.transaction(|db| {
            // First: whoever else puts vectors waits here, so that generations follow each other.
            let generation = count(db, "generation", 1)?;
            let table = Table::made(db, model, first.as_slice().len())?;
            for (_, _, vector) in vectors {
                let received = vector.as_slice().len();
                if received != table.dimensions {
                    let (model, expected) = (model.to_string(), table.dimensions);
                    return Err(Error::DimensionMismatch { model, expected, received });
                }
            }
            vectors.chunks(BLOCK).try_for_each(|block| write(db, &table, generation, block))
        })
    }

    fn vectors(&self, model: &ModelId, rows: &[Row]) -> Result<Vec<Option<Embedding>>> {
        let Some(table) = Table::of(&self.db, model)? else { return Ok(vec![None; rows.len()]) };
        let sql = format!(
            "SELECT v.vector FROM unnest($1::bigint[]) WITH ORDINALITY AS asked (row, n)
             LEFT JOIN {} v ON v.row = asked.row ORDER BY asked.n",
            table.name()
        );
        let vector = |row: &postgres::Row| {
            let blob: Option<&[u8]> = row.try_get(0)?;
            blob.map(|blob| Embedding::normalized(from_blob(blob))).transpose()
        };
        self.db.rows(&sql, &[&rows])?.iter().map(vector).collect()
    }

    fn each_vector(&self, model: &ModelId, visit: &mut dyn FnMut(Row, &[f32]) -> Result<()>) -> Result<()> {
        let Some(table) = Table::of(&self.db, model)? else { return Ok(()) };
        self.db.moment(|db| each(db, &table, visit))
    }

    fn vectors_since(&self, model: &ModelId, generation: u64, most: usize) -> Result<Option<Vec<Row>>> {
        let Some(table) = Table::of(&self.db, model)? else { return Ok(Some(Vec::new())) };
        let sql = format!("SELECT row FROM {} WHERE generation > $1 LIMIT $2", table.name());
        let mut rows = self.db.numbers(&sql, &[&(generation as i64), &(most as i64 + 1)])?;
        rows.sort_unstable();
        Ok((rows.len() <= most).then_some(rows))
    }

    fn gone_since(&self, generation: u64, most: usize) -> Result<Option<Vec<Row>>> {
        let sql = "SELECT row FROM gone WHERE generation > $1 ORDER BY row LIMIT $2";
        let rows = self.db.numbers(sql, &[&(generation as i64), &(most as i64 + 1)])?;
        Ok((rows.len() <= most).then_some(rows))
    }

    fn dimensions(&self, model: &ModelId) -> Result<Option<usize>> {
        Ok(Table::of(&self.db, model)?.map(|table| table.dimensions))
    }

    fn model_names(&self) -> Result<Vec<ModelId>> {
        let found = self.db.rows("SELECT name FROM models ORDER BY number", &[])?;
        found.iter().map(|row| Ok(ModelId::new(row.try_get::<_, String>(0)?))).collect()
    }

    fn drop_vectors(&mut self, prefix: &str, kept: &ModelId) -> Result<usize> {
        self.transaction(|db| {
            let sql = "SELECT number, dimensions FROM models WHERE starts_with(name, $1) AND name != $2";
            let tables = db.rows(sql, &[&prefix, &kept.as_str()])?;
            let mut dropped = 0;
            for table in tables.iter().map(Table::read) {
                let table = table?;
                dropped += table.n_vectors(db)?;
                db.batch(&format!("DROP TABLE {}", table.name()))?;
                db.run("DELETE FROM models WHERE number = $1", &[&table.number])?;
            }
            Ok(dropped as usize)
        })
    }

    fn models(&self) -> Result<Vec<StoredModel>> {
        let found = self.db.rows("SELECT number, dimensions, name FROM models ORDER BY name", &[])?;
        let model = |row: &postgres::Row| {
            let table = Table::read(row)?;
            let model = ModelId::new(row.try_get::<_, String>(2)?);
            Ok(StoredModel {
                model,
                dimensions: table.dimensions,
                vectors: table.n_vectors(&self.db)? as u64,
            })
        };
        found.iter().map(model).collect()
    }
}

/// The table of a model.
pub(super) struct Table {
    number: i64,
    pub dimensions: usize,
}

impl Table {
    pub fn of(db: &Connection, model: &ModelId) -> Result<Option<Self>> {
        let sql = "SELECT number, dimensions FROM models WHERE name = $1";
        db.find(sql, &[&model.as_str()])?.as_ref().map(Self::read).transpose()
    }

    /// The same, made if the model is new.
    fn made(db: &Connection, model: &ModelId, dimensions: usize) -> Result<Self> {
        if let Some(table) = Self::of(db, model)? {
            return Ok(table);
        }
        let sql = "INSERT INTO models (name, dimensions) VALUES ($1, $2) RETURNING number";
        let number = db.row(sql, &[&model.as_str(), &(dimensions as i64)])?.try_get(0)?;
        Self::make(db, number, dimensions)?;
        Ok(Self { number, dimensions })
    }

    /// Makes the table of a model that has a number.
    pub fn make(db: &Connection, number: i64, dimensions: usize) -> Result<()> {
        db.batch(&schema::vectors_table(number, dimensions))
    }

    /// Whether a model of this number has a table.
    pub fn is_there(db: &Connection, number: i64) -> Result<bool> {
        Ok(db.find("SELECT 1 FROM models WHERE number = $1", &[&number])?.is_some())
    }

    /// Reads a row of `models` that begins with number and dimensions.
    pub fn read(row: &postgres::Row) -> Result<Self> {
        Ok(Self { number: row.try_get(0)?, dimensions: row.try_get::<_, i64>(1)? as usize })
    }

    pub fn name(&self) -> String {
        table_name(self.number)
    }

    fn n_vectors(&self, db: &Connection) -> Result<i64> {
        Ok(db.row(&format!("SELECT count(*) FROM {}", self.name()), &[])?.try_get(0)?)
    }
}

/// The name of the table of a model's vectors.
pub(super) fn table_name(number: i64) -> String {
    format!("vectors_{number}")
}

/// Writes vectors in the place of those that were there; those of another text than their papers have are left out.
fn write(db: &Connection, table: &Table, generation: i64, vectors: &[(Row, i64, Embedding)]) -> Result<()> {
    let sql = format!(
        "INSERT INTO {} (row, generation, text_hash, vector, near)
         SELECT p.row, $5, p.text_hash, new.exact, new.near::halfvec
         FROM unnest($1::bigint[], $2::bigint[], $3::bytea[], $4::vector[]) AS new (row, text_hash, exact, near)
         JOIN papers p ON p.row = new.row AND p.text_hash = new.text_hash
         ON CONFLICT (row) DO UPDATE SET generation = excluded.generation,
           text_hash = excluded.text_hash, vector = excluded.vector, near = excluded.near",
        table.name()
    );
    // Of two of one paper the later one stands: no row can be written twice in one statement.
    let vectors: BTreeMap<(Row, i64), &[f32]> =
        vectors.iter().map(|(row, hash, vector)| ((*row, *hash), vector.as_slice())).collect();
    let (rows, hashes): (Vec<Row>, Vec<i64>) = vectors.keys().copied().unzip();
    let exact: Vec<Vec<u8>> = vectors.values().copied().map(to_blob).collect();
    let near: Vec<Floats<'_>> = vectors.into_values().map(Floats).collect();
    db.run(&sql, &[&rows, &hashes, &exact, &near, &generation]).map(drop)
}

/// A vector as pgvector reads it.
#[derive(Debug)]
struct Floats<'a>(&'a [f32]);

impl ToSql for Floats<'_> {
    fn to_sql(
        &self,
        _: &Type,
        out: &mut BytesMut,
    ) -> std::result::Result<IsNull, Box<dyn StdError + Sync + Send>> {
        out.extend_from_slice(&u16::try_from(self.0.len())?.to_be_bytes());
        out.extend_from_slice(&[0; 2]);
        for x in self.0 {
            out.extend_from_slice(&x.to_be_bytes());
        }
        Ok(IsNull::No)
    }

    fn accepts(of: &Type) -> bool {
        of.name() == "vector"
    }

    postgres::types::to_sql_checked!();
}

/// Visits the vectors of a table in the order of rows, a block at a time.
fn each(db: &Connection, table: &Table, visit: &mut dyn FnMut(Row, &[f32]) -> Result<()>) -> Result<()> {
    let sql = format!("SELECT row, vector FROM {} WHERE row > $1 ORDER BY row LIMIT $2", table.name());
    let mut done = Row::MIN;
    loop {
        let block = db.rows(&sql, &[&done, &(BLOCK as i64)])?;
        for found in &block {
            done = found.try_get(0)?;
            visit(done, &from_blob(found.try_get(1)?))?;
        }
        if block.len() < BLOCK {
            return Ok(());
        }
    }
}

/// How many rows, of all papers or of recent ones, have no vector of this model, or one of another text.
pub(super) fn n_lacking(db: &Connection, model: &ModelId, recent: Option<&Recent>) -> Result<usize> {
    let sql = format!("SELECT count(*) {}", lacking(Table::of(db, model)?.as_ref(), recent));
    Ok(db.row(&sql, &[])?.try_get::<_, i64>(0)? as usize)
}

/// The papers that lack a vector.
fn lacking(table: Option<&Table>, recent: Option<&Recent>) -> String {
    // A day is digits and hyphens.
    let only = recent.map_or(String::new(), |Recent { since }| {
        format!(
            "AND (p.published >= '{since}' OR p.row IN (SELECT paper FROM listings WHERE day >= '{since}')
                  OR p.id IN (SELECT id FROM ratings))"
        )
    });
    match table {
        None => format!("FROM papers p WHERE true {only}"),
        Some(table) => format!(
            "FROM papers p LEFT JOIN {} v ON v.row = p.row
             WHERE (v.row IS NULL OR v.text_hash != p.text_hash) {only}",
            table.name()
        ),
    }
}

/// Forgets the vectors of a paper that is removed, and tells whoever holds them.
pub(super) fn forget(db: &Connection, row: Row) -> Result<()> {
    let generation = count(db, "generation", 1)?;
    for table in db.rows("SELECT number, dimensions FROM models", &[])?.iter().map(Table::read) {
        db.run(&format!("DELETE FROM {} WHERE row = $1", table?.name()), &[&row])?;
    }
    db.run("INSERT INTO gone (row, generation) VALUES ($1, $2)", &[&row, &generation]).map(drop)
}
