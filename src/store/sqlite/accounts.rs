//! Several people with one library: their names, and the keys (sessions, tokens) that let them in.
//!
//! Only hashes are kept here: neither a password nor a key can be read from the database.

use jiff::Timestamp;
use jiff::civil::Date;
use rusqlite::{OptionalExtension, params};

use super::{Sqlite, brought};
use crate::config::Quota;
use crate::error::{Error, Result};
use crate::paper::{ReaderId, Role};
use crate::store::{Account, Accounts, Key, KeyOwner, NewKey};

impl Accounts for Sqlite {
    fn add_account(
        &mut self,
        name: &str,
        role: Option<Role>,
        password: &str,
        at: Timestamp,
    ) -> Result<Account> {
        self.durably(|db| {
            if db.prepare_cached("SELECT 1 FROM accounts WHERE name = ?1")?.exists([name])? {
                return Err(Error::AccountExists { name: name.to_owned() });
            }
            let is_first = !db.prepare_cached("SELECT 1 FROM accounts LIMIT 1")?.exists([])?;
            let role = match role {
                Some(role) if is_first && role != Role::Owner => {
                    return Err(Error::LastOwner { name: name.to_owned() });
                }
                role => role.unwrap_or(if is_first { Role::Owner } else { Role::Member }),
            };
            db.execute(
                "INSERT INTO accounts (name, password, made, role) VALUES (?1, ?2, ?3, ?4)",
                params![name, password, at.to_string(), role.name()],
            )?;
            let reader = ReaderId::new(db.last_insert_rowid());
            Ok(Account { reader, name: name.to_owned(), role, made: at })
        })
    }

    fn accounts(&self) -> Result<Vec<Account>> {
        let sql = "SELECT reader, name, made, role FROM accounts ORDER BY reader";
        let mut query = self.db.prepare_cached(sql)?;
        let read = |row: &rusqlite::Row<'_>| {
            let (reader, name, made) = (row.get(0)?, row.get(1)?, time(row.get(2)?));
            Ok(Account { reader, name, role: role(&row.get::<_, String>(3)?), made })
        };
        Ok(query.query_map([], read)?.collect::<Result<_, _>>()?)
    }

    fn has_accounts(&self) -> Result<bool> {
        Ok(self.db.prepare_cached("SELECT 1 FROM accounts LIMIT 1")?.exists([])?)
    }

    fn password(&self, name: &str) -> Result<Option<(ReaderId, String)>> {
        let mut query = self.db.prepare_cached("SELECT reader, password FROM accounts WHERE name = ?1")?;
        Ok(query.query_row([name], |row| Ok((row.get(0)?, row.get(1)?))).optional()?)
    }

    fn set_password(&mut self, reader: ReaderId, password: &str) -> Result<()> {
        self.durably(|db| {
            db.execute("UPDATE accounts SET password = ?2 WHERE reader = ?1", params![reader, password])?;
            db.execute("DELETE FROM keys WHERE reader = ?1 AND purpose IS NULL", [reader])?;
            Ok(())
        })
    }

    fn set_role(&mut self, name: &str, role: Role) -> Result<bool> {
        self.durably(|db| {
            let n =
                db.execute("UPDATE accounts SET role = ?2 WHERE name = ?1", params![name, role.name()])?;
            check_owner(db, name)?;
            Ok(n > 0)
        })
    }

    fn remove_account(&mut self, name: &str) -> Result<bool> {
        self.durably(|db| {
            let mut query = db.prepare_cached("SELECT reader FROM accounts WHERE name = ?1")?;
            let reader: Option<ReaderId> = query.query_row([name], |row| row.get(0)).optional()?;
            let Some(reader) = reader else { return Ok(false) };
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
                db.execute(&format!("DELETE FROM {table} WHERE reader = ?1"), [reader])?;
            }
            check_owner(db, name)?;
            Ok(true)
        })
    }

    fn add_key(&mut self, reader: ReaderId, key: NewKey<'_>) -> Result<()> {
        let NewKey { hash, purpose, at, expires, only_feeds } = key;
        self.durably(|db| {
            db.execute("DELETE FROM keys WHERE expires < ?1", [at.as_second()])?;
            db.execute(
                "INSERT INTO keys (hash, reader, purpose, made, expires, only_feeds) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                params![hash, reader, purpose, at.to_string(), expires.map(Timestamp::as_second), only_feeds],
            )?;
            Ok(())
        })
    }

    fn key_owner(&self, hash: &[u8], at: Timestamp) -> Result<Option<KeyOwner>> {
        let sql =
            "SELECT k.reader, a.name, k.only_feeds, a.role FROM keys k JOIN accounts a ON a.reader = k.reader
                   WHERE k.hash = ?1 AND (k.expires IS NULL OR k.expires > ?2)";
        let mut query = self.db.prepare_cached(sql)?;
        let owner = query.query_row(params![hash, at.as_second()], |row| {
            let role = role(&row.get::<_, String>(3)?);
            Ok(KeyOwner { reader: row.get(0)?, name: row.get(1)?, role, only_feeds: row.get(2)? })
        });
        Ok(owner.optional()?)
    }

    fn tokens(&self, reader: ReaderId) -> Result<Vec<Key>> {
        let sql = "SELECT number, purpose, made, expires, only_feeds FROM keys
                   WHERE reader = ?1 AND purpose IS NOT NULL ORDER BY number DESC";
        let mut query = self.db.prepare_cached(sql)?;
        let read = |row: &rusqlite::Row<'_>| {
            let expires: Option<i64> = row.get(3)?;
            Ok(Key {
                number: row.get(0)?,
                purpose: row.get(1)?,
                made: time(row.get(2)?),
                expires: expires.and_then(|seconds| Timestamp::from_second(seconds).ok()),
                only_feeds: row.get(4)?,
            })
        };
        Ok(query.query_map([reader], read)?.collect::<Result<_, _>>()?)
    }

    fn revoke(&mut self, reader: ReaderId, number: i64) -> Result<bool> {
        let sql = "DELETE FROM keys WHERE reader = ?1 AND number = ?2 AND purpose IS NOT NULL";
        self.durably(|db| Ok(db.execute(sql, params![reader, number])? > 0))
    }

    fn end_session(&mut self, hash: &[u8]) -> Result<()> {
        self.durably(|db| {
            db.execute("DELETE FROM keys WHERE hash = ?1 AND purpose IS NULL", [hash])?;
            Ok(())
        })
    }

    fn brought(&self, reader: ReaderId, day: Date) -> Result<Quota> {
        brought::on(&self.db, reader, day)
    }

    fn note_brought(&mut self, reader: ReaderId, day: Date, more: Quota) -> Result<()> {
        brought::note(self, reader, day, more)
    }
}

/// Sees that, where there are accounts, one is an owner's.
fn check_owner(db: &rusqlite::Connection, name: &str) -> Result<()> {
    let sql = "SELECT count(*) > 0 AND count(*) FILTER (WHERE role = 'owner') = 0 FROM accounts";
    match db.query_row(sql, [], |row| row.get(0))? {
        true => Err(Error::LastOwner { name: name.to_owned() }),
        false => Ok(()),
    }
}

/// A role as it was written by this room; the one that may least, if by another.
fn role(name: &str) -> Role {
    Role::named(name).unwrap_or(Role::Guest)
}

/// A time as it was written by this room.
fn time(text: String) -> Timestamp {
    text.parse().unwrap_or(Timestamp::UNIX_EPOCH)
}
