//! Days and the papers that were listed on them: announced as new or cross-listed.
//!
//! Every question is answered by the same condition, so a day that one of them names is never empty for another.

use std::collections::HashMap;

use jiff::civil::Date;

use super::Postgres;
use super::connection::Values;
use crate::error::Result;
use crate::paper::{PICKS, Row};
use crate::store::Days;
use crate::store::days::{each_once, with_most_votes};

/// Whether something was listed; further conditions follow with AND.
const LISTED: &str = "announced IN ('new', 'cross')";

impl Days for Postgres {
    fn listed(&self, first: Date, last: Date) -> Result<Vec<Row>> {
        let sql = format!(
            "SELECT DISTINCT paper FROM {} AS found ORDER BY paper",
            self.each_listed("paper", "AND day BETWEEN $1 AND $2 GROUP BY paper")
        );
        self.db.numbers(&sql, &[&first.to_string(), &last.to_string()])
    }

    fn most_voted(&self, rows: &[Row], n: usize) -> Result<Vec<Row>> {
        let sql = "SELECT paper, max(count) FROM votes WHERE paper = ANY($1) GROUP BY paper";
        let found = self.db.rows(sql, &[&rows])?;
        let votes: HashMap<Row, i64> =
            found.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect::<Result<_>>()?;
        Ok(with_most_votes(rows, n, &votes))
    }

    fn recently_listed(&self, n: usize) -> Result<Vec<Row>> {
        let sql = format!(
            "SELECT paper FROM {} AS found ORDER BY day DESC, paper LIMIT $1",
            self.each_listed("paper, day", "ORDER BY day DESC, paper LIMIT $1")
        );
        Ok(each_once(self.db.numbers(&sql, &[&(n as i64)])?))
    }

    fn last_days(&self, n: usize) -> Result<Vec<Date>> {
        let sql = format!(
            "SELECT DISTINCT day FROM {} AS found ORDER BY day DESC LIMIT $1",
            self.each_listed("day", "GROUP BY day ORDER BY day DESC LIMIT $1")
        );
        self.dates(&sql, &[&(n as i64)])
    }

    fn pick_days(&self) -> Result<Vec<Date>> {
        let [first, second] = PICKS;
        // As in the index `picks`, or it would not be used.
        let picked = self.db.of_parts("listings", |listings| {
            format!("SELECT day FROM {listings} WHERE source IN ('{first}', '{second}') GROUP BY day")
        });
        self.dates(&format!("SELECT DISTINCT day FROM {picked} AS found ORDER BY day"), &[])
    }

    fn papers_by_day(&self, first: Date, last: Date) -> Result<Vec<(Date, usize)>> {
        let sql = format!(
            "SELECT day, sum(n)::bigint FROM {} AS found GROUP BY day ORDER BY day",
            self.each_listed("day, count(DISTINCT paper) AS n", "AND day BETWEEN $1 AND $2 GROUP BY day")
        );
        let mut days = Vec::new();
        for row in self.db.rows(&sql, &[&first.to_string(), &last.to_string()])? {
            let n: i64 = row.try_get(1)?;
            days.extend(row.try_get::<_, &str>(0)?.parse().ok().map(|day| (day, n as usize)));
        }
        Ok(days)
    }

    fn days_beside(&self, day: Date) -> Result<(Option<Date>, Option<Date>)> {
        let day = day.to_string();
        let before = self.each_listed("day", "AND day < $1 ORDER BY day DESC LIMIT 1");
        let after = self.each_listed("day", "AND day > $1 ORDER BY day LIMIT 1");
        let before = format!("SELECT day FROM {before} AS found ORDER BY day DESC LIMIT 1");
        let after = format!("SELECT day FROM {after} AS found ORDER BY day LIMIT 1");
        Ok((self.dates(&before, &[&day])?.pop(), self.dates(&after, &[&day])?.pop()))
    }

    fn replaced(&self, first: Date, last: Date) -> Result<Vec<Row>> {
        let sql = "SELECT DISTINCT paper FROM listings
                   WHERE day BETWEEN $1 AND $2 AND announced IN ('replace', 'replace-cross') ORDER BY paper";
        self.db.numbers(sql, &[&first.to_string(), &last.to_string()])
    }
}

impl Postgres {
    /// What was listed, each shard asked for its own.
    fn each_listed(&self, columns: &str, rest: &str) -> String {
        self.db.of_parts("listings", |listings| {
            format!("SELECT {columns} FROM {listings} WHERE {LISTED} {rest}")
        })
    }

    fn dates(&self, sql: &str, params: Values<'_>) -> Result<Vec<Date>> {
        let mut days = Vec::new();
        for row in self.db.rows(sql, params)? {
            days.extend(row.try_get::<_, &str>(0)?.parse::<Date>().ok());
        }
        Ok(days)
    }
}
