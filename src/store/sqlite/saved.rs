//! Papers that a reader keeps for later.

use jiff::Timestamp;
use rusqlite::params;

use super::Store;
use super::identity::stored_as;
use super::taken_back::{self, TakenBack};
use crate::error::Result;
use crate::paper::{PaperId, ReaderId};

/// A paper kept for later.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
pub struct SavedPaper {
    /// The paper, which need not be in the library yet.
    pub id: PaperId,
    /// Its title, if it is in the library.
    pub title: Option<String>,
    /// Since when.
    pub at: Timestamp,
}

impl Store {
    /// Keeps papers for later, or no longer; true for each that this changed.
    ///
    /// # Errors
    /// [`crate::Error::Sqlite`]; then none is changed.
    pub fn save(
        &mut self,
        reader: ReaderId,
        ids: &[PaperId],
        keep: bool,
        at: Timestamp,
    ) -> Result<Vec<bool>> {
        self.durably(|db| {
            let mut set = db.prepare_cached("INSERT OR IGNORE INTO saved VALUES (?1, ?2, ?3)")?;
            let mut clear = db.prepare_cached("DELETE FROM saved WHERE reader = ?1 AND id = ?2")?;
            ids.iter()
                .map(|id| {
                    let id = stored_as(db, id)?;
                    let changed = if keep {
                        set.execute(params![reader, id.as_str(), at.to_string()])?
                    } else {
                        clear.execute(params![reader, id.as_str()])?
                    };
                    if !keep && changed > 0 {
                        taken_back::note(db, reader, TakenBack::Saved, id.as_str(), at)?;
                    }
                    Ok(changed > 0)
                })
                .collect()
        })
    }

    /// What a reader keeps for later, the newest first, ties by identifier.
    ///
    /// # Errors
    /// [`crate::Error::Sqlite`].
    pub fn saved(&self, reader: ReaderId) -> Result<Vec<SavedPaper>> {
        let sql =
            "SELECT s.id, p.title, s.at FROM saved s LEFT JOIN papers p ON p.id = s.id WHERE s.reader = ?1";
        let mut query = self.db.prepare_cached(sql)?;
        let mut rows = query.query([reader])?;
        let mut saved = Vec::new();
        while let Some(row) = rows.next()? {
            let (id, at): (String, String) = (row.get(0)?, row.get(2)?);
            let at = at.parse().unwrap_or(Timestamp::UNIX_EPOCH);
            saved.push(SavedPaper { id: PaperId::parse(&id)?.0, title: row.get(1)?, at });
        }
        saved.sort_by(|a, b| b.at.cmp(&a.at).then_with(|| a.id.cmp(&b.id)));
        Ok(saved)
    }
}
