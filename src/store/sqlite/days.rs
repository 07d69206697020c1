//! Days and the papers that were listed on them: announced as new or cross-listed.
//!
//! A replacement (a new version of a known paper) is no listing here: a day that has nothing else is not
//! a day with papers. Every question below is answered by the same condition, so a day that one of them
//! names is never empty for another.

use std::collections::HashMap;

use jiff::civil::Date;
use rusqlite::params;

use super::Sqlite;
use crate::error::Result;
use crate::paper::{PICKS, Row};
use crate::store::Days;
use crate::store::days::{each_once, with_most_votes};

/// Begins the search for what was listed; further conditions follow with AND.
const LISTED: &str = "FROM listings WHERE announced IN ('new', 'cross')";

impl Days for Sqlite {
    fn listed(&self, first: Date, last: Date) -> Result<Vec<Row>> {
        let sql = format!("SELECT DISTINCT paper {LISTED} AND day BETWEEN ?1 AND ?2 ORDER BY paper");
        let mut query = self.db.prepare_cached(&sql)?;
        let rows = query.query_map([first.to_string(), last.to_string()], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn most_voted(&self, rows: &[Row], n: usize) -> Result<Vec<Row>> {
        let mut query = self.db.prepare_cached("SELECT paper, MAX(count) FROM votes GROUP BY paper")?;
        let votes: HashMap<Row, i64> =
            query.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?;
        Ok(with_most_votes(rows, n, &votes))
    }

    fn recently_listed(&self, n: usize) -> Result<Vec<Row>> {
        let sql = format!("SELECT paper {LISTED} ORDER BY day DESC, paper LIMIT ?1");
        let mut query = self.db.prepare_cached(&sql)?;
        let rows = query.query_map([n as i64], |row| row.get(0))?.collect::<Result<_, _>>()?;
        Ok(each_once(rows))
    }

    fn last_days(&self, n: usize) -> Result<Vec<Date>> {
        let sql = format!("SELECT DISTINCT day {LISTED} ORDER BY day DESC LIMIT ?1");
        let mut query = self.db.prepare_cached(&sql)?;
        let days = query.query_map([n as i64], |row| row.get::<_, String>(0))?;
        let days = days.collect::<Result<Vec<_>, _>>()?;
        Ok(days.iter().filter_map(|day| day.parse().ok()).collect())
    }

    fn pick_days(&self) -> Result<Vec<Date>> {
        let [first, second] = PICKS;
        // As in the index `picks`, or it would not be used.
        let sql =
            format!("SELECT DISTINCT day FROM listings WHERE source IN ('{first}', '{second}') ORDER BY day");
        let mut query = self.db.prepare_cached(&sql)?;
        let days = query.query_map([], |row| row.get::<_, String>(0))?.collect::<Result<Vec<_>, _>>()?;
        Ok(days.iter().filter_map(|day| day.parse().ok()).collect())
    }

    fn papers_by_day(&self, first: Date, last: Date) -> Result<Vec<(Date, usize)>> {
        let sql = format!(
            "SELECT day, count(DISTINCT paper) {LISTED} AND day BETWEEN ?1 AND ?2 GROUP BY day ORDER BY day"
        );
        let mut query = self.db.prepare_cached(&sql)?;
        let days = query.query_map(params![first.to_string(), last.to_string()], |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, usize>(1)?))
        })?;
        let days = days.collect::<Result<Vec<_>, _>>()?;
        Ok(days.into_iter().filter_map(|(day, n)| Some((day.parse().ok()?, n))).collect())
    }

    fn days_beside(&self, day: Date) -> Result<(Option<Date>, Option<Date>)> {
        let before = self.one_day(&format!("SELECT max(day) {LISTED} AND day < ?1"), day)?;
        let after = self.one_day(&format!("SELECT min(day) {LISTED} AND day > ?1"), day)?;
        Ok((before, after))
    }

    fn replaced(&self, first: Date, last: Date) -> Result<Vec<Row>> {
        let sql = "SELECT DISTINCT paper FROM listings
                   WHERE day BETWEEN ?1 AND ?2 AND announced IN ('replace', 'replace-cross') ORDER BY paper";
        let mut query = self.db.prepare_cached(sql)?;
        let rows = query.query_map(params![first.to_string(), last.to_string()], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

impl Sqlite {
    fn one_day(&self, sql: &str, from: Date) -> Result<Option<Date>> {
        let mut query = self.db.prepare_cached(sql)?;
        let found = query.query_row([from.to_string()], |row| row.get::<_, Option<String>>(0))?;
        Ok(found.and_then(|day| day.parse().ok()))
    }
}
