//! The tables of vectors, one for each model.

use super::connection::Connection;
use super::shards;
use crate::error::Result;
use crate::paper::ModelId;

/// The table of a model.
pub(super) struct Table {
    pub number: i64,
    pub dimensions: usize,
}

impl Table {
    pub fn of(db: &Connection, model: &ModelId) -> Result<Option<Self>> {
        let sql = "SELECT number, dimensions FROM models WHERE name = $1";
        db.find(sql, &[&model.as_str()])?.as_ref().map(Self::read).transpose()
    }

    /// The same, made if the model is new.
    pub fn made(db: &Connection, model: &ModelId, dimensions: usize) -> Result<Self> {
        if let Some(table) = Self::of(db, model)? {
            return Ok(table);
        }
        let sql = "INSERT INTO models (name, dimensions) VALUES ($1, $2) RETURNING number";
        let number = db.row(sql, &[&model.as_str(), &(dimensions as i64)])?.try_get(0)?;
        shards::make_vectors(db, number, dimensions)?;
        Ok(Self { number, dimensions })
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

    pub fn n_vectors(&self, db: &Connection) -> Result<i64> {
        Ok(db.row(&db.count_of(&self.name(), "true"), &[])?.try_get(0)?)
    }
}

/// The name of the table of a model's vectors.
pub(super) fn table_name(number: i64) -> String {
    format!("vectors_{number}")
}
