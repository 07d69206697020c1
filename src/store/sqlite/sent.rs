//! What has gone out, so that a day goes out once through each door.

use jiff::Timestamp;
use jiff::civil::Date;
use rusqlite::{OptionalExtension, params};

use super::Sqlite;
use crate::error::Result;
use crate::store::{Sent, Turn};

impl Sent for Sqlite {
    fn take_turn(&mut self, door: &str, day: Date, at: Timestamp, stale: Timestamp) -> Result<Turn> {
        let day = day.to_string();
        self.durably(|db| {
            let sql = "SELECT at, done FROM sent WHERE door = ?1 AND day = ?2";
            let row = |row: &rusqlite::Row<'_>| Ok((row.get::<_, String>(0)?, row.get::<_, bool>(1)?));
            if let Some((then, done)) = db.query_row(sql, [door, &day], row).optional()? {
                let then = then.parse().unwrap_or(Timestamp::UNIX_EPOCH);
                if done {
                    return Ok(Turn::Sent(then));
                }
                if then > stale {
                    return Ok(Turn::Theirs(then));
                }
            }
            let sql = "INSERT OR REPLACE INTO sent VALUES (?1, ?2, ?3, 0)";
            db.execute(sql, params![door, day, at.to_string()])?;
            Ok(Turn::Ours)
        })
    }

    fn end_turn(&mut self, door: &str, day: Date, at: Timestamp, sent: bool) -> Result<()> {
        let day = day.to_string();
        self.durably(|db| {
            match sent {
                true => db.execute(
                    "INSERT OR REPLACE INTO sent VALUES (?1, ?2, ?3, 1)",
                    params![door, day, at.to_string()],
                )?,
                false => db.execute("DELETE FROM sent WHERE door = ?1 AND day = ?2", [door, &day])?,
            };
            Ok(())
        })
    }

    fn all_sent(&self) -> Result<Vec<(String, Date, Timestamp)>> {
        let mut query = self.db.prepare("SELECT door, day, at FROM sent WHERE done ORDER BY door, day")?;
        let mut rows = query.query([])?;
        let mut sent = Vec::new();
        while let Some(row) = rows.next()? {
            let (day, at): (String, String) = (row.get(1)?, row.get(2)?);
            if let Ok(day) = day.parse() {
                sent.push((row.get(0)?, day, at.parse().unwrap_or(Timestamp::UNIX_EPOCH)));
            }
        }
        Ok(sent)
    }
}
