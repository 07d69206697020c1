//! What was said of a library besides its papers, as an export carries it. Of two statements about one thing the
//! newer one stays, whichever came last, and what was taken back stays taken back: last write wins.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use rusqlite::{Connection, OptionalExtension, params};

use super::interests;
use super::ratings::sign;
use super::taken_back;
use super::topics;
use super::{Sqlite, calendar};
use crate::config::{FeedSource, without_keys};
use crate::error::{Error, Result};
use crate::paper::{PaperId, ReaderId, Role};
use crate::store::identity::stored_as;
use crate::store::{
    Accounts, Calendar, Interests, KeptInterest, Ratings, Said, Saved, Sent, Shown, Statement, Statements,
    TakenBack, TakenOver, Topics, Whose,
};

impl Statements for Sqlite {
    fn each_statement(
        &self,
        own: ReaderId,
        whose: Whose,
        visit: &mut dyn FnMut(&Statement) -> Result<()>,
    ) -> Result<()> {
        let mut readers: BTreeMap<ReaderId, Option<String>> = BTreeMap::from([(own, None)]);
        if whose == Whose::Everybodys {
            for account in self.accounts()? {
                let said = Said::Account {
                    number: account.reader.get(),
                    made: account.made,
                    role: Some(account.role),
                };
                visit(&Statement { said, reader: Some(account.name.clone()) })?;
                readers.insert(account.reader, Some(account.name));
            }
        }
        for (reader, name) in readers {
            for said in self.said_by(reader)? {
                visit(&Statement { said, reader: name.clone() })?;
            }
        }
        let mut shared: Vec<Said> =
            self.calendar(None, Date::MIN, Date::MAX)?.into_iter().map(Said::Day).collect();
        shared.extend(self.feeds()?.into_iter().map(|FeedSource { name, url }| {
            // An export gets about: whoever reads a feed by a password gives it to the copy.
            Said::Feed { name, url: without_keys(&url) }
        }));
        if whose == Whose::Everybodys {
            shared.extend(self.all_sent()?.into_iter().map(|(door, day, at)| Said::Sent { door, day, at }));
        }
        shared.into_iter().try_for_each(|said| visit(&Statement { said, reader: None }))
    }

    fn take_over(&mut self, own: ReaderId, whose: Whose, statements: Vec<Statement>) -> Result<TakenOver> {
        self.durably(|db| {
            let mut taken = TakenOver::default();
            for Statement { said, reader } in statements {
                let reader = match (reader, &said) {
                    // A member must not keep others' mail from going out.
                    (None, Said::Sent { .. }) if whose != Whose::Everybodys => continue,
                    (None, Said::Day(_) | Said::Feed { .. }) if whose == Whose::OwnAlone => continue,
                    (None, _) => own,
                    (Some(name), Said::Account { number, made, role }) if whose == Whose::Everybodys => {
                        taken.n_new += usize::from(take_account(db, &name, *number, *made, *role)?);
                        continue;
                    }
                    (Some(name), _) => match named(db, &name)? {
                        Some(reader) if whose == Whose::Everybodys || reader == own => reader,
                        _ if whose != Whose::Everybodys => {
                            taken.n_others += 1;
                            continue;
                        }
                        _ => return Err(no_account(&name)),
                    },
                };
                taken.n_new += usize::from(take(db, reader, said)?);
            }
            Ok(taken)
        })
    }
}

impl Sqlite {
    fn said_by(&self, reader: ReaderId) -> Result<Vec<Said>> {
        let ratings = self.ratings(reader)?.into_iter();
        let mut all: Vec<Said> =
            ratings.map(|rated| Said::Rating { id: rated.id, rating: rated.rating, at: rated.at }).collect();
        // The oldest first, as ratings are.
        let saved = self.saved(reader)?.into_iter().rev();
        all.extend(saved.map(|saved| Said::Saved { id: saved.id, at: saved.at }));
        all.extend(self.all_shown(reader)?.into_iter().map(|(id, day)| Said::Shown { id, day }));
        for (number, interest) in self.interests(reader)? {
            let sql = "SELECT at FROM interests WHERE number = ?1";
            let at: String = self.db.prepare_cached(sql)?.query_row([number], |row| row.get(0))?;
            all.push(Said::Interest { interest, at: at.parse().unwrap_or_default() });
        }
        all.extend(self.topic_marks(reader)?.into_iter().map(Said::Topic));
        let taken_back = taken_back::all(&self.db, reader)?.into_iter();
        all.extend(taken_back.map(|(kind, name, at)| Said::TakenBack { kind, name, at }));
        Ok(all)
    }
}

fn no_account(name: &str) -> Error {
    Error::Invalid(format!(
        "the export tells what `{name}` said, but not that there is such an account: its line is missing"
    ))
}

fn named(db: &Connection, name: &str) -> Result<Option<ReaderId>> {
    let mut query = db.prepare_cached("SELECT reader FROM accounts WHERE name = ?1")?;
    Ok(query.query_row([name], |row| row.get(0)).optional()?)
}

/// Makes an account that nobody can sign in to yet: no password has an empty hash. It keeps its number where that
/// was never given away here. Where no role is said, the first account is an owner's and others are members.
fn take_account(
    db: &Connection,
    name: &str,
    number: i64,
    made: Timestamp,
    role: Option<Role>,
) -> Result<bool> {
    if named(db, name)?.is_some() {
        return Ok(false);
    }
    let sql = "SELECT seq FROM sqlite_sequence WHERE name = 'accounts'";
    let last: Option<i64> = db.query_row(sql, [], |row| row.get(0)).optional()?;
    let number = Some(number).filter(|number| *number > last.unwrap_or(0));
    let role = match role {
        Some(role) => role,
        None if db.prepare_cached("SELECT 1 FROM accounts LIMIT 1")?.exists([])? => Role::Member,
        None => Role::Owner,
    };
    let sql = "INSERT INTO accounts (reader, name, password, made, role) VALUES (?1, ?2, '', ?3, ?4)";
    db.execute(sql, params![number, name, made.to_string(), role.name()])?;
    Ok(true)
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
