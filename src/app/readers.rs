//! Several people with one library, and what each keeps for later.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;

use super::App;
use super::rate::{Outcome, RatedNow};
use crate::error::{Error, Result};
use crate::paper::{PaperId, ReaderId};
use crate::store::{Account, Key, KeyOwner, NewKey, SavedPaper};

/// What a reader keeps for later, the newest first.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Saved {
    /// The papers.
    pub papers: Vec<SavedPaper>,
}

/// Everybody who has an account.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Accounts {
    /// The accounts, the oldest first.
    pub accounts: Vec<Account>,
}

impl App {
    /// Keeps papers for later, or no longer. Papers need not be in the library.
    ///
    /// # Errors
    /// [`Error::Sqlite`]; then nothing is changed.
    pub fn save(&mut self, ids: &[PaperId], keep: bool, at: Timestamp) -> Result<RatedNow> {
        let changed = self.store.save(self.reader, ids, keep, at)?;
        let outcome = |(id, changed): (&PaperId, bool)| Outcome {
            id: id.clone(),
            title: self.store.paper(id).ok().map(|p| p.paper.title),
            changed,
        };
        Ok(RatedNow { papers: ids.iter().zip(changed).map(outcome).collect() })
    }

    /// What the reader keeps for later.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn saved(&self) -> Result<Saved> {
        Ok(Saved { papers: self.store.saved(self.reader)? })
    }

    /// The days from `first` to `last` on which something was listed, with how many papers.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn papers_by_day(&self, first: Date, last: Date) -> Result<Vec<(Date, usize)>> {
        self.store.papers_by_day(first, last)
    }

    /// The listed days next to a day: the one before, and the one after.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn days_beside(&self, day: Date) -> Result<(Option<Date>, Option<Date>)> {
        self.store.days_beside(day)
    }

    /// Everybody.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn accounts(&self) -> Result<Accounts> {
        Ok(Accounts { accounts: self.store.accounts()? })
    }

    /// Whether the library knows people apart.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn has_accounts(&self) -> Result<bool> {
        self.store.has_accounts()
    }

    /// Makes an account; the first one takes over the ratings of the library.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a name that is taken, empty, or not of letters, digits, `.`, `_`, `-`.
    pub fn add_account(&mut self, name: &str, password: &str, at: Timestamp) -> Result<Account> {
        let good = |c: char| c.is_alphanumeric() || "._-@".contains(c);
        if name.is_empty() || name.chars().count() > 64 || !name.chars().all(good) {
            return Err(Error::Invalid(format!(
                "`{name}` is no name of an account: expected 1 to 64 letters, digits and . _ - @"
            )));
        }
        self.store.add_account(name, password, at)
    }

    /// Removes an account with all that is its own; false if there is none of this name.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn remove_account(&mut self, name: &str) -> Result<bool> {
        self.store.remove_account(name)
    }

    /// The reader of this name, and the hash of the password.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn password(&self, name: &str) -> Result<Option<(ReaderId, String)>> {
        self.store.password(name)
    }

    /// Puts the hash of another password in place, and ends the reader's sessions.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn set_password(&mut self, password: &str) -> Result<()> {
        self.store.set_password(self.reader, password)
    }

    /// Lets the reader in by a key from now on.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn add_key(&mut self, key: NewKey<'_>) -> Result<()> {
        self.store.add_key(self.reader, key)
    }

    /// Whose key has this hash.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn key_owner(&self, hash: &[u8], at: Timestamp) -> Result<Option<KeyOwner>> {
        self.store.key_owner(hash, at)
    }

    /// The reader's tokens, the newest first.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn tokens(&self) -> Result<Vec<Key>> {
        self.store.tokens(self.reader)
    }

    /// Revokes a token of the reader's; false if there is none of this number.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn revoke(&mut self, number: i64) -> Result<bool> {
        self.store.revoke(self.reader, number)
    }

    /// Ends a session.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn end_session(&mut self, hash: &[u8]) -> Result<()> {
        self.store.end_session(hash)
    }
}
