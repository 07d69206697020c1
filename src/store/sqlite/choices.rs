//! What the user has chosen for this library, by name.

use rusqlite::{OptionalExtension, params};

use super::Store;
use super::vectors::n_lacking;
use crate::error::Result;
use crate::paper::ModelId;

impl Store {
    /// The value under a name.
    ///
    /// # Errors
    /// [`crate::Error::Sqlite`].
    pub fn choice(&self, name: &str) -> Result<Option<String>> {
        let mut query = self.db.prepare_cached("SELECT value FROM choices WHERE name = ?1")?;
        Ok(query.query_row([name], |row| row.get(0)).optional()?)
    }

    /// Changes the value under a name in the transaction that reads it: `change` says what to, or nothing. With
    /// `ready`, only while every paper has a vector of that model. Whether it was changed.
    ///
    /// # Errors
    /// [`crate::Error::Sqlite`]; then nothing is changed.
    pub fn rechoose(
        &mut self,
        name: &str,
        ready: Option<&ModelId>,
        change: impl FnOnce(Option<String>) -> Option<String>,
    ) -> Result<bool> {
        self.durably(|db| {
            if let Some(model) = ready
                && n_lacking(db, model, None)? > 0
            {
                return Ok(false);
            }
            let sql = "SELECT value FROM choices WHERE name = ?1";
            let Some(value) = change(db.query_row(sql, [name], |row| row.get(0)).optional()?) else {
                return Ok(false);
            };
            db.execute("INSERT OR REPLACE INTO choices VALUES (?1, ?2)", params![name, value])?;
            Ok(true)
        })
    }
}
