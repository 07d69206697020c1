//! What the user has chosen for this library, by name.

use rusqlite::{OptionalExtension, params};

use super::Store;
use crate::error::Result;

impl Store {
    /// The value under a name.
    ///
    /// # Errors
    /// [`crate::Error::Sqlite`].
    pub fn choice(&self, name: &str) -> Result<Option<String>> {
        let mut query = self.db.prepare_cached("SELECT value FROM choices WHERE name = ?1")?;
        Ok(query.query_row([name], |row| row.get(0)).optional()?)
    }

    /// Puts values under names in one transaction; `None` takes a value away.
    ///
    /// # Errors
    /// [`crate::Error::Sqlite`]; then nothing is changed.
    pub fn choose(&mut self, choices: &[(&str, Option<String>)]) -> Result<()> {
        self.durably(|db| {
            for (name, value) in choices {
                match value {
                    Some(value) => {
                        db.execute("INSERT OR REPLACE INTO choices VALUES (?1, ?2)", params![name, value])?
                    }
                    None => db.execute("DELETE FROM choices WHERE name = ?1", [name])?,
                };
            }
            Ok(())
        })
    }
}
