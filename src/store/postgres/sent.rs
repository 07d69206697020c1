//! What has gone out, so that a day goes out once through each door.

use jiff::Timestamp;
use jiff::civil::Date;

use super::Postgres;
use crate::error::Result;
use crate::store::{Sent, Turn};

impl Sent for Postgres {
    fn take_turn(&mut self, door: &str, day: Date, at: Timestamp, stale: Timestamp) -> Result<Turn> {
        let day = day.to_string();
        self.durably(|db| {
            // The row is written first, so that of two who ask at once the second waits for the first and finds it.
            let sql = "INSERT INTO sent VALUES ($1, $2, $3, false) ON CONFLICT DO NOTHING";
            if db.run(sql, &[&door, &day, &at.to_string()])? > 0 {
                return Ok(Turn::Ours);
            }
            let sql = "SELECT at, done FROM sent WHERE door = $1 AND day = $2 FOR UPDATE";
            if let Some(row) = db.find(sql, &[&door, &day])? {
                let then = row.try_get::<_, &str>(0)?.parse().unwrap_or(Timestamp::UNIX_EPOCH);
                if row.try_get(1)? {
                    return Ok(Turn::Sent(then));
                }
                if then > stale {
                    return Ok(Turn::Theirs(then));
                }
            }
            let sql = "INSERT INTO sent VALUES ($1, $2, $3, false)
                       ON CONFLICT (door, day) DO UPDATE SET at = excluded.at, done = false";
            db.run(sql, &[&door, &day, &at.to_string()])?;
            Ok(Turn::Ours)
        })
    }

    fn end_turn(&mut self, door: &str, day: Date, at: Timestamp, sent: bool) -> Result<()> {
        let day = day.to_string();
        self.durably(|db| {
            match sent {
                true => db.run(
                    "INSERT INTO sent VALUES ($1, $2, $3, true)
                     ON CONFLICT (door, day) DO UPDATE SET at = excluded.at, done = true",
                    &[&door, &day, &at.to_string()],
                )?,
                false => db.run("DELETE FROM sent WHERE door = $1 AND day = $2", &[&door, &day])?,
            };
            Ok(())
        })
    }

    fn all_sent(&self) -> Result<Vec<(String, Date, Timestamp)>> {
        let rows = self.db.rows("SELECT door, day, at FROM sent WHERE done ORDER BY door, day", &[])?;
        let mut sent = Vec::with_capacity(rows.len());
        for row in rows {
            let (day, at): (&str, &str) = (row.try_get(1)?, row.try_get(2)?);
            if let Ok(day) = day.parse() {
                sent.push((row.try_get(0)?, day, at.parse().unwrap_or(Timestamp::UNIX_EPOCH)));
            }
        }
        Ok(sent)
    }
}
