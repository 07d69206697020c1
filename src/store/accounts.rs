//! Several people with one library: their names, and the keys (sessions, tokens) that let them in.
//!
//! Only hashes are kept: neither a password nor a key can be read from the store.

use jiff::Timestamp;
use jiff::civil::Date;

use crate::config::Quota;
use crate::error::Result;
use crate::paper::{ReaderId, Role};

/// One person.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
pub struct Account {
    /// Whose ratings and interests; the first account takes over those of the library.
    pub reader: ReaderId,
    /// The name to sign in with; small and capital letters are the same.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// Since when.
    pub made: Timestamp,
}

/// What lets a reader in.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
pub struct Key {
    /// A number to revoke it by.
    pub number: i64,
    /// What it is for, as its owner calls it; absent for a browser's session.
    pub purpose: Option<String>,
    /// Since when.
    pub made: Timestamp,
    /// Until when; absent means until it is revoked.
    pub expires: Option<Timestamp>,
    /// Whether it opens feeds and nothing else.
    pub only_feeds: bool,
}

/// What is kept of a key: its hash, what it is for (nothing: a session), from when to when it holds.
#[derive(Debug, Clone, Copy)]
pub struct NewKey<'a> {
    /// A hash that tells nothing of the key.
    pub hash: &'a [u8],
    /// What it is for; absent for a session.
    pub purpose: Option<&'a str>,
    /// Since when.
    pub at: Timestamp,
    /// Until when; absent means until it is revoked.
    pub expires: Option<Timestamp>,
    /// Whether it opens feeds and nothing else.
    pub only_feeds: bool,
}

/// Whose key it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyOwner {
    /// The reader.
    pub reader: ReaderId,
    /// The account's name.
    pub name: String,
    /// What the account may do.
    pub role: Role,
    /// Whether the key opens feeds and nothing else.
    pub only_feeds: bool,
}

/// Who shares the library, what lets them in, and what they brought in.
pub trait Accounts {
    /// Makes an account with the hash of its password; the first one is the owner's.
    ///
    /// # Errors
    /// [`crate::Error::AccountExists`] if the name is taken; [`crate::Error::LastOwner`] for another role of the first account.
    fn add_account(
        &mut self,
        name: &str,
        role: Option<Role>,
        password: &str,
        at: Timestamp,
    ) -> Result<Account>;

    /// Everybody, by reader.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    fn accounts(&self) -> Result<Vec<Account>>;

    /// Whether anybody has an account.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    fn has_accounts(&self) -> Result<bool>;

    /// The reader of this name and the hash of the password.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    fn password(&self, name: &str) -> Result<Option<(ReaderId, String)>>;

    /// Puts another password in place, and ends every session; tokens stay.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    fn set_password(&mut self, reader: ReaderId, password: &str) -> Result<()>;

    /// Gives an account another role; true if there is one of this name.
    ///
    /// # Errors
    /// [`crate::Error::LastOwner`] if nobody else owns the library.
    fn set_role(&mut self, name: &str, role: Role) -> Result<bool>;

    /// Removes an account with its keys, ratings and saved papers; true if there was one.
    ///
    /// # Errors
    /// [`crate::Error::LastOwner`] if others stay and none of them owns the library.
    fn remove_account(&mut self, name: &str) -> Result<bool>;

    /// Keeps the hash of a new key, and forgets keys that have expired.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    fn add_key(&mut self, reader: ReaderId, key: NewKey<'_>) -> Result<()>;

    /// Whose key has this hash, if it still holds.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    fn key_owner(&self, hash: &[u8], at: Timestamp) -> Result<Option<KeyOwner>>;

    /// A reader's tokens, the newest first.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    fn tokens(&self, reader: ReaderId) -> Result<Vec<Key>>;

    /// Revokes a reader's token by its number; true if there was one.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    fn revoke(&mut self, reader: ReaderId, number: i64) -> Result<bool>;

    /// Ends the session with this hash.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    fn end_session(&mut self, hash: &[u8]) -> Result<()>;

    /// What a reader brought in on a day.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    fn brought(&self, reader: ReaderId, day: Date) -> Result<Quota>;

    /// Counts more of it, and forgets the days before.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    fn note_brought(&mut self, reader: ReaderId, day: Date, more: Quota) -> Result<()>;
}
