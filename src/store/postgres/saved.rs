//! Papers that a reader keeps for later.

use jiff::Timestamp;

use super::{Naming, Postgres, taken_back};
use crate::error::Result;
use crate::paper::{PaperId, ReaderId};
use crate::store::{Papers, Saved, SavedPaper, TakenBack};

impl Saved for Postgres {
    fn save(&mut self, reader: ReaderId, ids: &[PaperId], keep: bool, at: Timestamp) -> Result<Vec<bool>> {
        self.durably(|db| {
            Naming::Stays.hold(db)?;
            let save = |id| {
                let id = self.stored_as(id)?;
                if keep {
                    let sql = "INSERT INTO saved VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
                    return Ok(db.run(sql, &[&reader.get(), &id.as_str(), &at.to_string()])? > 0);
                }
                let sql = "DELETE FROM saved WHERE reader = $1 AND id = $2";
                let was_kept = db.run(sql, &[&reader.get(), &id.as_str()])? > 0;
                if was_kept {
                    taken_back::note(db, reader, TakenBack::Saved, id.as_str(), at)?;
                }
                Ok(was_kept)
            };
            ids.iter().map(save).collect()
        })
    }

    fn saved(&self, reader: ReaderId) -> Result<Vec<SavedPaper>> {
        let sql = "WITH kept AS MATERIALIZED (SELECT s.id, s.at, i.paper FROM saved s LEFT JOIN ids i ON i.id = s.id
                                              WHERE s.reader = $1)
                   SELECT k.id, p.title, k.at FROM kept k
                   LEFT JOIN papers p ON p.row = k.paper AND p.row = ANY (ARRAY(SELECT paper FROM kept))";
        let mut saved = Vec::new();
        for row in self.db.rows(sql, &[&reader.get()])? {
            let (id, at): (&str, &str) = (row.try_get(0)?, row.try_get(2)?);
            let at = at.parse().unwrap_or(Timestamp::UNIX_EPOCH);
            saved.push(SavedPaper { id: PaperId::parse(id)?.0, title: row.try_get(1)?, at });
        }
        saved.sort_by(|a, b| b.at.cmp(&a.at).then_with(|| a.id.cmp(&b.id)));
        Ok(saved)
    }
}
