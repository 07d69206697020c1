//! What was said of a library besides its papers, as an export carries it. Of two statements about one thing the
//! newer one stays, whichever came last, and what was taken back stays taken back: last write wins.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::interests;
use super::made;
use super::taken_back;
use super::topics;
use super::{Sqlite, calendar};
use crate::config::{FeedSource, without_keys};
use crate::error::Result;
use crate::paper::{PaperId, ReaderId, Role};
use crate::store::identity::stored_as;
use crate::store::ratings::sign;
use crate::store::statements::{self, Remembered, Taking};
use crate::store::{KeptInterest, Said, Statement, Statements, TakenBack, TakenOver, Whose};

impl Statements for Sqlite {
    fn each_statement(
        &self,
        own: ReaderId,
        whose: Whose,
        visit: &mut dyn FnMut(&Statement) -> Result<()>,
    ) -> Result<()> {
        statements::each(self, own, whose, visit)
    }

    fn take_over(&mut self, own: ReaderId, whose: Whose, statements: Vec<Statement>) -> Result<TakenOver> {
        self.durably(|db| statements::take_all(db, own, whose, statements))
    }
}

impl Remembered for Sqlite {
    fn interest_times(&self, reader: ReaderId) -> Result<BTreeMap<i64, Timestamp>> {
        let mut query = self.db.prepare_cached("SELECT number, at FROM interests WHERE reader = ?1")?;
        let times = query.query_map([reader], |row| {
            Ok((row.get(0)?, row.get::<_, String>(1)?.parse().unwrap_or_default()))
        });
        Ok(times?.collect::<Result<_, _>>()?)
    }

    fn taken_back(&self, reader: ReaderId) -> Result<Vec<(TakenBack, String, Timestamp)>> {
        taken_back::all(&self.db, reader)
    }
}

impl Taking for Connection {
    fn named(&self, name: &str) -> Result<Option<ReaderId>> {
        let mut query = self.prepare_cached("SELECT reader FROM accounts WHERE name = ?1")?;
        Ok(query.query_row([name], |row| row.get(0)).optional()?)
    }

    fn take_account(&self, name: &str, number: i64, made: Timestamp, role: Option<Role>) -> Result<bool> {
        if self.named(name)?.is_some() {
            return Ok(false);
        }
        let sql = "SELECT seq FROM sqlite_sequence WHERE name = 'accounts'";
        let last: Option<i64> = self.query_row(sql, [], |row| row.get(0)).optional()?;
        let number = Some(number).filter(|number| *number > last.unwrap_or(0));
        let role = match role {
            Some(role) => role,
            None if self.prepare_cached("SELECT 1 FROM accounts LIMIT 1")?.exists([])? => Role::Member,
            None => Role::Owner,
        };
        let sql = "INSERT INTO accounts (reader, name, password, made, role) VALUES (?1, ?2, '', ?3, ?4)";
        self.execute(sql, params![number, name, made.to_string(), role.name()])?;
        Ok(true)
    }

    fn take(&self, reader: ReaderId, said: Said) -> Result<bool> {
        take(self, reader, said)
    }
}

/// Takes one statement over; whether it was news.
fn take(db: &Connection, reader: ReaderId, said: Said) -> Result<bool> {
    let is_outdated = |kind, name: &str, at| taken_back::is_outdated(db, reader, kind, name, at);
    let changed = match said {
        Said::Rating { id, rating, at } => {
            let id = stored_as(db, &id)?;
            !is_outdated(TakenBack::Rating, id.as_str(), at)? && {
                let sql = "INSERT OR REPLACE INTO ratings VALUES (?1, ?2, ?3, ?4)";
                let row = params![reader, id.as_str(), sign(rating), at.to_string()];
                db.prepare_cached(sql)?.execute(row)? > 0
            }
        }
        Said::Saved { id, at } => {
            let id = stored_as(db, &id)?;
            !is_outdated(TakenBack::Saved, id.as_str(), at)? && {
                let sql = "INSERT OR REPLACE INTO saved VALUES (?1, ?2, ?3)";
                db.prepare_cached(sql)?.execute(params![reader, id.as_str(), at.to_string()])? > 0
            }
        }
        Said::Interest { interest, at } => {
            !is_outdated(TakenBack::Interest, &interest.name, at)? && take_interest(db, reader, interest, at)?
        }
        Said::Topic(topic) => {
            let is_new = !is_outdated(TakenBack::Topic, &topic.name, topic.at)?;
            if is_new {
                topics::mark(db, reader, &topic)?;
            }
            is_new
        }
        Said::TakenBack { kind, name, at } => {
            let name = match kind.is_of_a_paper() {
                true => stored_as(db, &PaperId::parse(&name)?.0)?.to_string(),
                false => name,
            };
            taken_back::take(db, reader, kind, &name, at)?
        }
        // Of a paper that is not here there is nothing to show.
        Said::Shown { id, day } => {
            let sql =
                "INSERT INTO shown SELECT ?1, row, ?3 FROM papers WHERE id = ?2 ON CONFLICT (reader, paper)
                       DO UPDATE SET day = excluded.day WHERE excluded.day < day";
            let id = stored_as(db, &id)?;
            db.prepare_cached(sql)?.execute(params![reader, id.as_str(), day.to_string()])? > 0
        }
        Said::Day(day) => calendar::mark(db, &day)?,
        Said::Feed { name, url } => {
            let mut query = db.prepare_cached("SELECT url FROM feeds")?;
            let known = query.query_map([], |row| row.get(0))?.collect::<Result<Vec<String>, _>>()?;
            let is_known = known.iter().any(|known| without_keys(known) == url);
            !is_known && calendar::add_feed(db, &FeedSource { name, url })?
        }
        Said::Made { id, summary } => made::keep(db, &id, &summary)?,
        Said::Sent { door, day, at } => {
            let sql = "INSERT OR IGNORE INTO sent VALUES (?1, ?2, ?3, 1)";
            db.prepare_cached(sql)?.execute(params![door, day.to_string(), at.to_string()])? > 0
        }
        // A name makes the account, and this has none.
        Said::Account { .. } => false,
    };
    Ok(changed)
}

fn take_interest(db: &Connection, reader: ReaderId, interest: KeptInterest, at: Timestamp) -> Result<bool> {
    let sql = "SELECT number FROM interests WHERE reader = ?1 AND name = ?2";
    let mut query = db.prepare_cached(sql)?;
    let gone = query.query_map(params![reader, interest.name], |row| row.get(0))?;
    let gone = gone.collect::<Result<Vec<i64>, _>>()?;
    interests::replace(db, reader, &gone, &[interest], at)?;
    Ok(true)
}

#[cfg(test)]
mod tests;
