//! Vectors in and out of the store, by model.
//!
//! Each model has a table of its own, made with its first vectors: `vectors_1` and so on. A vector stands there twice:
//! exact, for all that is computed of it, and in halves for an index of pgvector.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::error::Error as StdError;

use bytes::BytesMut;
use postgres::types::{IsNull, ToSql, Type};

use super::connection::Connection;
use super::counters::count;
use super::table::Table;
use super::{Postgres, nearest, shards};
use crate::embed::Embedding;
use crate::error::{Error, Result};
use crate::paper::{ModelId, Row};
use crate::store::vectors::{from_blob, to_blob};
use crate::store::{Meant, Recent, StoredModel, Vectors};

/// So many vectors are read or written at once: a megabyte of 256 dimensions.
pub(super) const BLOCK: usize = 1024;

impl Vectors for Postgres {
    fn nearest(
        &self,
        model: &ModelId,
        query: &Embedding,
        n: usize,
        meant: Meant<'_>,
        cosine: &dyn Fn(&[f32]) -> f32,
    ) -> Result<Option<Vec<(Row, f32)>>> {
        nearest::nearest(&self.db, model, query, n, (meant, nearest::FEW), cosine).map(Some)
    }

    fn has_neighbours(&self, model: &ModelId) -> Result<Option<bool>> {
        nearest::is_built(&self.db, model).map(Some)
    }

    fn index_neighbours(&self, model: &ModelId) -> Result<()> {
        nearest::build(&self.db, model)
    }

    fn without_vector(&self, model: &ModelId, recent: Option<&Recent>) -> Result<Vec<Row>> {
        let lacking = lacking(&self.db, Table::of(&self.db, model)?.as_ref(), recent, "p.row, p.published");
        let sql = format!(
            "WITH lacking AS MATERIALIZED {lacking},
               listed AS (SELECT paper, max(day) AS day FROM listings
                          WHERE paper = ANY (ARRAY(SELECT row FROM lacking)) GROUP BY paper)
             SELECT l.row FROM lacking l LEFT JOIN listed ON listed.paper = l.row
             ORDER BY coalesce(listed.day, l.published) DESC NULLS LAST, l.row"
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
        let sql = format!("SELECT row, vector FROM {} WHERE row = ANY ($1)", table.name());
        let mut vectors: HashMap<Row, Embedding> = HashMap::new();
        for found in self.db.rows(&sql, &[&rows])? {
            vectors.insert(found.try_get(0)?, Embedding::normalized(from_blob(found.try_get(1)?))?);
        }
        Ok(rows.iter().map(|row| vectors.get(row).cloned()).collect())
    }

    fn each_vector(&self, model: &ModelId, visit: &mut dyn FnMut(Row, &[f32]) -> Result<()>) -> Result<()> {
        let Some(table) = Table::of(&self.db, model)? else { return Ok(()) };
        self.db.moment(|db| each(db, &table, visit))
    }

    fn vectors_since(&self, model: &ModelId, generation: u64, most: usize) -> Result<Option<Vec<Row>>> {
        let Some(table) = Table::of(&self.db, model)? else { return Ok(Some(Vec::new())) };
        let since = self.db.of_parts(&table.name(), |vectors| {
            format!("SELECT row FROM {vectors} WHERE generation > $1 LIMIT $2")
        });
        let sql = format!("SELECT row FROM {since} AS since LIMIT $2");
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
                shards::drop_vectors(db, table.number)?;
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

/// Writes vectors in the place of those that were there; those of another text than their papers have are left out.
fn write(db: &Connection, table: &Table, generation: i64, vectors: &[(Row, i64, Embedding)]) -> Result<()> {
    let asked: Vec<Row> = vectors.iter().map(|(row, ..)| *row).collect();
    let found = db.rows("SELECT row, text_hash FROM papers WHERE row = ANY ($1)", &[&asked])?;
    let fresh: HashSet<(Row, i64)> =
        found.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect::<Result<_>>()?;
    // Of two of one paper the later one stands.
    let vectors: BTreeMap<(Row, i64), &[f32]> = vectors
        .iter()
        .map(|(row, hash, vector)| ((*row, *hash), vector.as_slice()))
        .filter(|(of, _)| fresh.contains(of))
        .collect();
    if vectors.is_empty() {
        return Ok(());
    }
    let (rows, hashes): (Vec<Row>, Vec<i64>) = vectors.keys().copied().unzip();
    let exact: Vec<Vec<u8>> = vectors.values().copied().map(to_blob).collect();
    let near: Vec<Floats<'_>> = vectors.into_values().map(Floats).collect();
    db.run(&format!("DELETE FROM {} WHERE row = ANY ($1)", table.name()), &[&rows])?;
    let sql = format!(
        "INSERT INTO {} (row, generation, text_hash, vector, near)
         SELECT row, $5, text_hash, exact, near::halfvec
         FROM unnest($1::bigint[], $2::bigint[], $3::bytea[], $4::vector[]) AS new (row, text_hash, exact, near)",
        table.name()
    );
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

/// Visits the vectors of a table in the order of rows, a block of rows at a time.
fn each(db: &Connection, table: &Table, visit: &mut dyn FnMut(Row, &[f32]) -> Result<()>) -> Result<()> {
    let name = table.name();
    let last = db.of_parts(&name, |vectors| format!("SELECT max(row) AS row FROM {vectors}"));
    let last: Option<Row> = db.row(&format!("SELECT max(row) FROM {last} AS last"), &[])?.try_get(0)?;
    let sql = format!("SELECT row, vector FROM {name} WHERE row > $1 AND row <= $2 ORDER BY row");
    let mut done = 0;
    while last.is_some_and(|last| done < last) {
        let until = done + BLOCK as Row;
        for found in &db.rows(&sql, &[&done, &until])? {
            visit(found.try_get(0)?, &from_blob(found.try_get(1)?))?;
        }
        done = until;
    }
    Ok(())
}

/// How many rows, of all papers or of recent ones, have no vector of this model, or one of another text.
pub(super) fn n_lacking(db: &Connection, model: &ModelId, recent: Option<&Recent>) -> Result<usize> {
    let counts = lacking(db, Table::of(db, model)?.as_ref(), recent, "count(*) AS n");
    let sql = format!("SELECT sum(n)::bigint FROM {counts} AS counted");
    Ok(db.row(&sql, &[])?.try_get::<_, i64>(0)? as usize)
}

/// What is to be known of the papers that lack a vector.
fn lacking(db: &Connection, table: Option<&Table>, recent: Option<&Recent>, columns: &str) -> String {
    // A day is digits and hyphens.
    let only = recent.map_or(String::new(), |Recent { since }| {
        let listed = db.among("p.row", &format!("SELECT paper FROM listings WHERE day >= '{since}'"));
        let rated = db.among("p.id", "SELECT id FROM ratings");
        format!("AND (p.published >= '{since}' OR {listed} OR {rated})")
    });
    db.of_parts("papers", |papers| match table {
        None => format!("SELECT {columns} FROM {papers} p WHERE true {only}"),
        Some(table) => format!(
            "SELECT {columns} FROM {papers} p LEFT JOIN {} v ON v.row = p.row
             WHERE (v.row IS NULL OR v.text_hash != p.text_hash) {only}",
            papers.replacen("papers", &table.name(), 1)
        ),
    })
}

/// Forgets the vectors of a paper that is removed, and tells whoever holds them.
pub(super) fn forget(db: &Connection, row: Row) -> Result<()> {
    let generation = count(db, "generation", 1)?;
    for table in db.rows("SELECT number, dimensions FROM models", &[])?.iter().map(Table::read) {
        db.run(&format!("DELETE FROM {} WHERE row = $1", table?.name()), &[&row])?;
    }
    db.run("INSERT INTO gone (row, generation) VALUES ($1, $2)", &[&row, &generation]).map(drop)
}
