//! Papers that a reader keeps for later.

use jiff::Timestamp;
use rusqlite::params;

use super::Sqlite;
use super::taken_back;
use crate::error::Result;
use crate::paper::{PaperId, ReaderId};
use crate::store::identity::stored_as;
use crate::store::{Saved, SavedPaper, TakenBack};

impl Saved for Sqlite {
    fn save(&mut self, reader: ReaderId, ids: &[PaperId], keep: bool, at: Timestamp) -> Result<Vec<bool>> {
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

    fn saved(&self, reader: ReaderId) -> Result<Vec<SavedPaper>> {
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
