//! Several people with one library: their names, and the keys (sessions, tokens) that let them in.
//!
//! Only hashes are kept here: neither a password nor a key can be read from the database.

use jiff::Timestamp;
use jiff::civil::Date;
use postgres::Row as SqlRow;

use super::connection::Connection;
use super::{Postgres, brought};
use crate::config::Quota;
use crate::error::{Error, Result};
use crate::paper::{ReaderId, Role};
use crate::store::{Account, Accounts, Key, KeyOwner, NewKey};

impl Accounts for Postgres {
    fn add_account(
        &mut self,
        name: &str,
        role: Option<Role>,
        password: &str,
        at: Timestamp,
    ) -> Result<Account> {
        self.durably(|db| {
            let last = last_reader(db)?;
            if named(db, name)?.is_some() {
                return Err(Error::AccountExists { name: name.to_owned() });
            }
            let is_first = !has_any(db)?;
            let role = match role {
                Some(role) if is_first && role != Role::Owner => {
                    return Err(Error::LastOwner { name: name.to_owned() });
                }
                role => role.unwrap_or(if is_first { Role::Owner } else { Role::Member }),
            };
            let reader = ReaderId::new(last + 1);
            insert(db, reader, name, password, at, role)?;
            Ok(Account { reader, name: name.to_owned(), role, made: at })
        })
    }

    fn accounts(&self) -> Result<Vec<Account>> {
        let read = |row: &SqlRow| {
            Ok(Account {
                reader: ReaderId::new(row.try_get(0)?),
                name: row.try_get(1)?,
                made: time(row.try_get(2)?),
                role: role(row.try_get(3)?),
            })
        };
        let rows = self.db.rows("SELECT reader, name, made, role FROM accounts ORDER BY reader", &[])?;
        rows.iter().map(read).collect()
    }

    fn has_accounts(&self) -> Result<bool> {
        has_any(&self.db)
    }

    fn password(&self, name: &str) -> Result<Option<(ReaderId, String)>> {
        let sql = r#"SELECT reader, password FROM accounts WHERE lower(name) = lower($1 COLLATE "C")"#;
        let found = self.db.find(sql, &[&name])?;
        found.map(|row| Ok((ReaderId::new(row.try_get(0)?), row.try_get(1)?))).transpose()
    }

    fn set_password(&mut self, reader: ReaderId, password: &str) -> Result<()> {
        self.durably(|db| {
            db.run("UPDATE accounts SET password = $2 WHERE reader = $1", &[&reader.get(), &password])?;
            db.run("DELETE FROM keys WHERE reader = $1 AND purpose IS NULL", &[&reader.get()])?;
            Ok(())
        })
    }

    fn set_role(&mut self, name: &str, role: Role) -> Result<bool> {
        self.durably(|db| {
            last_reader(db)?;
            let sql = r#"UPDATE accounts SET role = $2 WHERE lower(name) = lower($1 COLLATE "C")"#;
            let n = db.run(sql, &[&name, &role.name()])?;
            check_owner(db, name)?;
            Ok(n > 0)
        })
    }

    fn remove_account(&mut self, name: &str) -> Result<bool> {
        self.durably(|db| {
            last_reader(db)?;
            let Some(reader) = named(db, name)? else { return Ok(false) };
            for table in [
                "keys",
                "ratings",
                "saved",
                "shown",
                "interest_papers",
                "interests",
                "topic_marks",
                "taken_back",
                "brought",
                "lists",
                "accounts",
            ] {
                db.run(&format!("DELETE FROM {table} WHERE reader = $1"), &[&reader.get()])?;
            }
            check_owner(db, name)?;
            Ok(true)
        })
    }

    fn add_key(&mut self, reader: ReaderId, key: NewKey<'_>) -> Result<()> {
        let NewKey { hash, purpose, at, expires, only_feeds } = key;
        self.durably(|db| {
            db.run("DELETE FROM keys WHERE expires < $1", &[&at.as_second()])?;
            db.run(
                "INSERT INTO keys (hash, reader, purpose, made, expires, only_feeds) VALUES ($1, $2, $3, $4, $5, $6)",
                &[&hash, &reader.get(), &purpose, &at.to_string(), &expires.map(Timestamp::as_second), &only_feeds],
            )?;
            Ok(())
        })
    }

    fn key_owner(&self, hash: &[u8], at: Timestamp) -> Result<Option<KeyOwner>> {
        let sql =
            "SELECT k.reader, a.name, a.role, k.only_feeds FROM keys k JOIN accounts a ON a.reader = k.reader
                   WHERE k.hash = $1 AND (k.expires IS NULL OR k.expires > $2)";
        let owner = |row: SqlRow| {
            let (reader, role) = (ReaderId::new(row.try_get(0)?), role(row.try_get(2)?));
            Ok(KeyOwner { reader, name: row.try_get(1)?, role, only_feeds: row.try_get(3)? })
        };
        self.db.find(sql, &[&hash, &at.as_second()])?.map(owner).transpose()
    }

    fn tokens(&self, reader: ReaderId) -> Result<Vec<Key>> {
        let sql = "SELECT number, purpose, made, expires, only_feeds FROM keys
                   WHERE reader = $1 AND purpose IS NOT NULL ORDER BY number DESC";
        let read = |row: &SqlRow| {
            let expires: Option<i64> = row.try_get(3)?;
            Ok(Key {
                number: row.try_get(0)?,
                purpose: row.try_get(1)?,
                made: time(row.try_get(2)?),
                expires: expires.and_then(|seconds| Timestamp::from_second(seconds).ok()),
                only_feeds: row.try_get(4)?,
            })
        };
        self.db.rows(sql, &[&reader.get()])?.iter().map(read).collect()
    }

    fn revoke(&mut self, reader: ReaderId, number: i64) -> Result<bool> {
        let sql = "DELETE FROM keys WHERE reader = $1 AND number = $2 AND purpose IS NOT NULL";
        self.durably(|db| Ok(db.run(sql, &[&reader.get(), &number])? > 0))
    }

    fn end_session(&mut self, hash: &[u8]) -> Result<()> {
        self.durably(|db| db.run("DELETE FROM keys WHERE hash = $1 AND purpose IS NULL", &[&hash]).map(drop))
    }

    fn brought(&self, reader: ReaderId, day: Date) -> Result<Quota> {
        brought::on(&self.db, reader, day)
    }

    fn note_brought(&mut self, reader: ReaderId, day: Date, more: Quota) -> Result<()> {
        self.durably(|db| brought::note(db, reader, day, more))
    }
}

/// The last number that was given to an account. Until the end of the transaction nobody else changes accounts, so that
/// two owners cannot each make the other the last one.
pub(super) fn last_reader(db: &Connection) -> Result<i64> {
    Ok(db.row("SELECT value FROM counters WHERE name = 'reader' FOR UPDATE", &[])?.try_get(0)?)
}

pub(super) fn named(db: &Connection, name: &str) -> Result<Option<ReaderId>> {
    let sql = r#"SELECT reader FROM accounts WHERE lower(name) = lower($1 COLLATE "C")"#;
    db.find(sql, &[&name])?.map(|row| Ok(ReaderId::new(row.try_get(0)?))).transpose()
}

pub(super) fn has_any(db: &Connection) -> Result<bool> {
    Ok(db.row("SELECT EXISTS (SELECT 1 FROM accounts)", &[])?.try_get(0)?)
}

/// Writes a new account; its number is not given away again.
pub(super) fn insert(
    db: &Connection,
    reader: ReaderId,
    name: &str,
    password: &str,
    made: Timestamp,
    role: Role,
) -> Result<()> {
    db.run("UPDATE counters SET value = greatest(value, $1) WHERE name = 'reader'", &[&reader.get()])?;
    let sql = "INSERT INTO accounts (reader, name, password, made, role) VALUES ($1, $2, $3, $4, $5)";
    db.run(sql, &[&reader.get(), &name, &password, &made.to_string(), &role.name()]).map(drop)
}

/// Sees that, where there are accounts, one is an owner's.
fn check_owner(db: &Connection, name: &str) -> Result<()> {
    let sql = "SELECT count(*) > 0 AND count(*) FILTER (WHERE role = 'owner') = 0 FROM accounts";
    match db.row(sql, &[])?.try_get(0)? {
        true => Err(Error::LastOwner { name: name.to_owned() }),
        false => Ok(()),
    }
}

/// A role as it was written by this room; the one that may least, if by another.
fn role(name: &str) -> Role {
    Role::named(name).unwrap_or(Role::Guest)
}

/// A time as it was written by this room.
fn time(text: &str) -> Timestamp {
    text.parse().unwrap_or(Timestamp::UNIX_EPOCH)
}
