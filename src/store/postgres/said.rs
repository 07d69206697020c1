//! What was said of a library besides its papers, as an export carries it. Of two statements about one thing the
//! newer one stays, whichever came last, and what was taken back stays taken back: last write wins.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::connection::Connection;
use super::{Naming, Postgres, accounts, calendar, made, taken_back, topics};
use crate::config::{FeedSource, without_keys};
use crate::error::Result;
use crate::paper::{PaperId, ReaderId, Role};
use crate::store::ratings::sign;
use crate::store::statements::{self, Remembered, Taking};
use crate::store::{KeptInterest, Papers, Said, Statement, Statements, TakenBack, TakenOver, Whose};

impl Statements for Postgres {
    fn each_statement(
        &self,
        own: ReaderId,
        whose: Whose,
        visit: &mut dyn FnMut(&Statement) -> Result<()>,
    ) -> Result<()> {
        self.db.moment(|_| statements::each(self, own, whose, visit))
    }

    fn take_over(&mut self, own: ReaderId, whose: Whose, statements: Vec<Statement>) -> Result<TakenOver> {
        self.durably(|db| {
            Naming::Stays.hold(db)?;
            statements::take_all(&Taker { store: self, db }, own, whose, statements.iter().cloned())
        })
    }
}

impl Remembered for Postgres {
    fn interest_times(&self, reader: ReaderId) -> Result<BTreeMap<i64, Timestamp>> {
        let rows = self.db.rows("SELECT number, at FROM interests WHERE reader = $1", &[&reader.get()])?;
        let time = |row: &postgres::Row| {
            Ok((row.try_get(0)?, row.try_get::<_, &str>(1)?.parse().unwrap_or_default()))
        };
        rows.iter().map(time).collect()
    }

    fn taken_back(&self, reader: ReaderId) -> Result<Vec<(TakenBack, String, Timestamp)>> {
        taken_back::all(&self.db, reader)
    }
}

/// Takes statements over in the transaction of its connection.
struct Taker<'a> {
    store: &'a Postgres,
    db: &'a Connection,
}

impl Taking for Taker<'_> {
    fn named(&self, name: &str) -> Result<Option<ReaderId>> {
        accounts::named(self.db, name)
    }

    fn take_account(&self, name: &str, number: i64, made: Timestamp, role: Option<Role>) -> Result<bool> {
        let last = accounts::last_reader(self.db)?;
        if self.named(name)?.is_some() {
            return Ok(false);
        }
        let role = match role {
            Some(role) => role,
            None if accounts::has_any(self.db)? => Role::Member,
            None => Role::Owner,
        };
        let reader = ReaderId::new(if number > last { number } else { last + 1 });
        accounts::insert(self.db, reader, name, "", made, role)?;
        Ok(true)
    }

    fn take(&self, reader: ReaderId, said: Said) -> Result<bool> {
        let db = self.db;
        let is_outdated = |kind, name: &str, at| taken_back::is_outdated(db, reader, kind, name, at);
        Ok(match said {
            Said::Rating { id, rating, at } => {
                let id = self.store.stored_as(&id)?;
                !is_outdated(TakenBack::Rating, id.as_str(), at)?
                    && {
                        let sql = "INSERT INTO ratings VALUES ($1, $2, $3, $4)
                               ON CONFLICT (reader, id) DO UPDATE SET rating = excluded.rating, at = excluded.at";
                        db.run(sql, &[&reader.get(), &id.as_str(), &sign(rating), &at.to_string()])? > 0
                    }
            }
            Said::Saved { id, at } => {
                let id = self.store.stored_as(&id)?;
                !is_outdated(TakenBack::Saved, id.as_str(), at)? && {
                    let sql = "INSERT INTO saved VALUES ($1, $2, $3)
                               ON CONFLICT (reader, id) DO UPDATE SET at = excluded.at";
                    db.run(sql, &[&reader.get(), &id.as_str(), &at.to_string()])? > 0
                }
            }
            Said::Interest { interest, at } => {
                !is_outdated(TakenBack::Interest, &interest.name, at)?
                    && self.take_interest(reader, interest, at)?
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
                    true => self.store.stored_as(&PaperId::parse(&name)?.0)?.to_string(),
                    false => name,
                };
                taken_back::take(db, reader, kind, &name, at)?
            }
            // Of a paper that is not here there is nothing to show.
            Said::Shown { id, day } => {
                let sql = "INSERT INTO shown AS s SELECT $1, paper, $3 FROM ids WHERE id = $2
                           ON CONFLICT (reader, paper) DO UPDATE SET day = excluded.day WHERE excluded.day < s.day";
                let id = self.store.stored_as(&id)?;
                db.run(sql, &[&reader.get(), &id.as_str(), &day.to_string()])? > 0
            }
            Said::Day(day) => calendar::mark(db, &day)?,
            Said::Feed { name, url } => self.take_feed(&FeedSource { name, url })?,
            Said::Made { id, summary } => made::keep(db, &self.store.stored_as(&id)?, &summary)?,
            Said::Sent { door, day, at } => {
                let sql = "INSERT INTO sent VALUES ($1, $2, $3, true) ON CONFLICT DO NOTHING";
                db.run(sql, &[&door, &day.to_string(), &at.to_string()])? > 0
            }
            // A name makes the account, and this has none.
            Said::Account { .. } => false,
        })
    }
}

impl Taker<'_> {
    /// Adds a feed whose address is not there yet, with whatever key.
    fn take_feed(&self, feed: &FeedSource) -> Result<bool> {
        let known = self.db.rows("SELECT url FROM feeds", &[])?;
        let known = known.iter().map(|row| row.try_get(0)).collect::<Result<Vec<&str>, _>>()?;
        let is_known = known.into_iter().any(|known| without_keys(known) == feed.url);
        Ok(!is_known && calendar::add_feed(self.db, feed)?)
    }

    fn take_interest(&self, reader: ReaderId, interest: KeptInterest, at: Timestamp) -> Result<bool> {
        let sql = "SELECT number FROM interests WHERE reader = $1 AND name = $2";
        let gone = self.db.rows(sql, &[&reader.get(), &interest.name])?;
        let gone = gone.iter().map(|row| row.try_get(0)).collect::<Result<Vec<i64>, _>>()?;
        self.store.replace(self.db, reader, &gone, &[interest], at)?;
        Ok(true)
    }
}
