//! The lists of a day, and the queue of those that are to be made. One machine's workers share it.

use jiff::Timestamp;
use jiff::civil::Date;
use rusqlite::{OptionalExtension, params};

use super::Sqlite;
use crate::error::Result;
use crate::paper::ReaderId;
use crate::store::lists::{ListEnd, Lists, ListsLeft, READERS, SAID, TakenList};

impl Lists for Sqlite {
    fn ask_for_lists(&mut self, day: Date, made_of: &str, oldest: Date) -> Result<()> {
        self.transaction(|db| {
            db.execute("DELETE FROM lists WHERE day < ?1", [oldest.to_string()])?;
            db.execute("UPDATE lists SET failed = '' WHERE day = ?1 AND failed != ''", [day.to_string()])?;
            // `WHERE true` keeps `ON` from being read as a join's.
            let sql = format!(
                "INSERT INTO lists (day, reader, made_of) SELECT ?1, r.reader, ?2 || ' ' || {SAID} FROM ({READERS}) r
                 WHERE true ON CONFLICT (day, reader) DO UPDATE
                   SET made_of = excluded.made_of, worker = '', taken = 0, failed = '', list = NULL
                   WHERE made_of != excluded.made_of"
            );
            db.execute(&sql, params![day.to_string(), made_of])?;
            Ok(())
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
        self.transaction(|db| {
            let sql = "UPDATE lists SET worker = ?2, taken = ?3 WHERE day = ?1 AND reader IN
                         (SELECT reader FROM lists WHERE day = ?1 AND list IS NULL AND failed = '' AND taken < ?4
                          ORDER BY reader LIMIT ?5)
                       RETURNING reader, made_of";
            let mut take = db.prepare_cached(sql)?;
            let (at, stale) = (at.as_millisecond(), stale.as_millisecond());
            let taken = take.query_map(params![day.to_string(), worker, at, stale, most], |row| {
                Ok(TakenList { reader: row.get(0)?, made_of: row.get(1)? })
            })?;
            let mut taken: Vec<TakenList> = taken.collect::<Result<_, _>>()?;
            taken.sort_by_key(|taken| taken.reader);
            Ok(taken)
        })
    }

    fn end_list(&mut self, day: Date, worker: &str, taken: &TakenList, end: ListEnd<'_>) -> Result<bool> {
        let (list, failed) = match end {
            ListEnd::Made(list) => (Some(list), ""),
            ListEnd::Failed(why) => (None, why),
            // Its time goes on: whoever takes it next has waited.
            ListEnd::Later => return Ok(true),
        };
        self.transaction(|db| {
            let sql = "UPDATE lists SET list = ?5, failed = ?6
                       WHERE day = ?1 AND reader = ?2 AND worker = ?3 AND made_of = ?4 AND list IS NULL";
            let values = params![day.to_string(), taken.reader, worker, taken.made_of, list, failed];
            Ok(db.prepare_cached(sql)?.execute(values)? > 0)
        })
    }

    fn lists_left(&self, day: Date) -> Result<ListsLeft> {
        let sql = "SELECT coalesce(sum(failed = ''), 0), coalesce(sum(failed != ''), 0) FROM lists
                   WHERE day = ?1 AND list IS NULL";
        let mut query = self.db.prepare_cached(sql)?;
        Ok(query.query_row([day.to_string()], |row| {
            Ok(ListsLeft { waiting: row.get(0)?, failed: row.get(1)? })
        })?)
    }

    fn list(&self, day: Date, reader: ReaderId) -> Result<Option<String>> {
        let mut query = self.db.prepare_cached("SELECT list FROM lists WHERE day = ?1 AND reader = ?2")?;
        Ok(query.query_row(params![day.to_string(), reader], |row| row.get(0)).optional()?.flatten())
    }
}
