//! Several people with one library: accounts, passwords, keys.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Context, Verb};
use crate::error::{Error, Result};
use crate::library::Library;
use crate::paper::{ReaderId, Right, Role};
use crate::store::{Account, Key, KeyOwner, NewKey};

/// Everybody who has an account.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Accounts {
    /// The accounts, the oldest first.
    pub accounts: Vec<Account>,
}

/// Everybody who has an account.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
pub struct ListAccounts {}

impl Verb for ListAccounts {
    const NAME: &'static str = "account list";
    const SHAPE: &'static str = "accounts/1";
    const RIGHT: Right = Right::Own;
    type Answer = Accounts;

    fn run(self, library: &mut Library, _: &Context<'_>) -> Result<Accounts> {
        Ok(Accounts { accounts: library.store.accounts()? })
    }
}

/// Whether the library knows people apart.
///
/// # Errors
/// [`Error::Database`].
pub fn has_accounts(library: &Library) -> Result<bool> {
    library.store.has_accounts()
}

/// Makes an account, a member's if no role is given; the first one takes over the ratings of the library and is an
/// owner's.
///
/// # Errors
/// [`Error::Invalid`] for a name that is taken, empty, or not of letters, digits, `.`, `_`, `-`.
pub fn add_account(
    library: &mut Library,
    name: &str,
    role: Option<Role>,
    password: &str,
    at: Timestamp,
) -> Result<Account> {
    let good = |c: char| c.is_alphanumeric() || "._-@".contains(c);
    if name.is_empty() || name.chars().count() > 64 || !name.chars().all(good) {
        return Err(Error::Invalid(format!(
            "`{name}` is no name of an account: expected 1 to 64 letters, digits and . _ - @"
        )));
    }
    library.store.add_account(name, role, password, at)
}

/// Gives an account another role; false if there is none of this name.
///
/// # Errors
/// [`Error::LastOwner`].
pub fn set_role(library: &mut Library, name: &str, role: Role) -> Result<bool> {
    library.store.set_role(name, role)
}

/// Removes an account with all that is its own; false if there is none of this name.
///
/// # Errors
/// [`Error::LastOwner`].
pub fn remove_account(library: &mut Library, name: &str) -> Result<bool> {
    library.store.remove_account(name)
}

/// How many papers an account has rated and how many it has saved, which go with it; `None` if there is none of
/// this name.
///
/// # Errors
/// [`Error::Database`].
pub fn would_lose(library: &Library, name: &str) -> Result<Option<(usize, usize)>> {
    let Some((reader, _)) = library.store.password(name)? else { return Ok(None) };
    Ok(Some((library.store.ratings(reader)?.len(), library.store.saved(reader)?.len())))
}

/// The reader of this name, and the hash of the password.
///
/// # Errors
/// [`Error::Database`].
pub fn password(library: &Library, name: &str) -> Result<Option<(ReaderId, String)>> {
    library.store.password(name)
}

/// Puts the hash of another password in place, and ends the reader's sessions.
///
/// # Errors
/// [`Error::Database`].
pub fn set_password(library: &mut Library, password: &str) -> Result<()> {
    library.store.set_password(library.reader, password)
}

/// Lets the reader in by a key from now on.
///
/// # Errors
/// [`Error::Database`].
pub fn add_key(library: &mut Library, key: NewKey<'_>) -> Result<()> {
    library.store.add_key(library.reader, key)
}

/// Whose key has this hash.
///
/// # Errors
/// [`Error::Database`].
pub fn key_owner(library: &Library, hash: &[u8], at: Timestamp) -> Result<Option<KeyOwner>> {
    library.store.key_owner(hash, at)
}

/// The reader's tokens, the newest first.
///
/// # Errors
/// [`Error::Database`].
pub fn tokens(library: &Library) -> Result<Vec<Key>> {
    library.store.tokens(library.reader)
}

/// Revokes a token of the reader's; false if there is none of this number.
///
/// # Errors
/// [`Error::Database`].
pub fn revoke(library: &mut Library, number: i64) -> Result<bool> {
    library.store.revoke(library.reader, number)
}

/// Ends a session.
///
/// # Errors
/// [`Error::Database`].
pub fn end_session(library: &mut Library, hash: &[u8]) -> Result<()> {
    library.store.end_session(hash)
}
