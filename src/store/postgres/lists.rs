//! The lists of a day, and the queue of those that are to be made, which the workers of many machines share.

use jiff::Timestamp;
use jiff::civil::Date;

use super::Postgres;
use crate::error::Result;
use crate::paper::ReaderId;
use crate::store::lists::{ListEnd, Lists, ListsLeft, READERS, SAID, TakenList};

impl Lists for Postgres {
    fn ask_for_lists(&mut self, day: Date, made_of: &str, oldest: Date) -> Result<()> {
        let (day, oldest) = (day.to_string(), oldest.to_string());
        self.transaction(|db| {
            // Workers begin at once: the second finds what the first has written.
            db.rows("SELECT pg_advisory_xact_lock(hashtextextended('lists', 0))", &[])?;
            db.run("DELETE FROM lists WHERE day < $1", &[&oldest])?;
            db.run("UPDATE lists SET failed = '' WHERE day = $1 AND failed != ''", &[&day])?;
            let sql = format!(
                "INSERT INTO lists AS l (day, reader, made_of)
                 SELECT $1, r.reader, $2 || ' ' || {SAID} FROM ({READERS}) r ORDER BY r.reader
                 ON CONFLICT (day, reader) DO UPDATE
                   SET made_of = excluded.made_of, worker = '', taken = 0, failed = '', list = NULL
                   WHERE l.made_of != excluded.made_of"
            );
            db.run(&sql, &[&day, &made_of]).map(drop)
        })
    }

    fn take_lists(
        &mut self,
        day: Date,
        worker: &str,
        at: Timestamp,
        stale: Timestamp,
        most: usize,
    ) -> Result<Vec<TakenList>> {
        let day = day.to_string();
        let (at, stale) = (at.as_millisecond(), stale.as_millisecond());
        let rows = self.transaction(|db| {
            let sql = "WITH free AS MATERIALIZED
                         (SELECT reader FROM lists WHERE day = $1 AND list IS NULL AND failed = '' AND taken < $4
                          ORDER BY reader LIMIT $5 FOR UPDATE SKIP LOCKED)
                       UPDATE lists SET worker = $2, taken = $3 FROM free
                       WHERE lists.day = $1 AND lists.reader = free.reader RETURNING lists.reader, lists.made_of";
            db.rows(sql, &[&day, &worker, &at, &stale, &(most as i64)])
        })?;
        let taken = |row: &postgres::Row| {
            Ok(TakenList { reader: ReaderId::new(row.try_get(0)?), made_of: row.try_get(1)? })
        };
        let mut taken = rows.iter().map(taken).collect::<Result<Vec<_>>>()?;
        taken.sort_by_key(|taken| taken.reader);
        Ok(taken)
    }

    fn end_list(&mut self, day: Date, worker: &str, taken: &TakenList, end: ListEnd<'_>) -> Result<bool> {
        let (list, failed) = match end {
            ListEnd::Made(list) => (Some(list), ""),
            ListEnd::Failed(why) => (None, why),
            // Its time goes on: whoever takes it next has waited.
            ListEnd::Later => return Ok(true),
        };
        let day = day.to_string();
        self.transaction(|db| {
            let sql = "UPDATE lists SET list = $5, failed = $6
                       WHERE day = $1 AND reader = $2 AND worker = $3 AND made_of = $4 AND list IS NULL";
            Ok(db.run(sql, &[&day, &taken.reader.get(), &worker, &taken.made_of, &list, &failed])? > 0)
        })
    }

    fn lists_left(&self, day: Date) -> Result<ListsLeft> {
        let sql =
            "SELECT count(*) FILTER (WHERE failed = ''), count(*) FILTER (WHERE failed != '') FROM lists
                   WHERE day = $1 AND list IS NULL";
        let row = self.db.row(sql, &[&day.to_string()])?;
        let [waiting, failed]: [i64; 2] = [row.try_get(0)?, row.try_get(1)?];
        Ok(ListsLeft { waiting: waiting as u64, failed: failed as u64 })
    }

    fn list(&self, day: Date, reader: ReaderId) -> Result<Option<String>> {
        let sql = "SELECT list FROM lists WHERE day = $1 AND reader = $2";
        let found = self.db.find(sql, &[&day.to_string(), &reader.get()])?;
        Ok(found.map(|row| row.try_get::<_, Option<String>>(0)).transpose()?.flatten())
    }
}
