//! One thing that was looked at: how it is, and what mends it.

use schemars::JsonSchema;
use serde::Serialize;

use crate::error::{Error, Result};

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Check {
    /// What.
    pub name: String,
    /// How it is.
    pub state: State,
    /// What was found.
    pub found: String,
    /// The command that mends it, if it wants mending.
    pub mend: Option<String>,
}

impl Check {
    /// What is mended by the tools for files is mended in another way.
    pub(super) fn mend_by(&mut self, remedy: &str) {
        if self.mend.as_deref() == Some(MEND) {
            self.mend = Some(remedy.to_owned());
        }
    }
}

/// How something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Nothing to do.
    Good,
    /// It works, and could be better.
    Stale,
    /// It does not work.
    Broken,
}

/// What to do about a damaged database.
pub(super) const MEND: &str =
    "paperpick restore, of a backup; or paperpick doctor --mend NEWFOLDER, which saves what can be read";

/// A check, or what kept it from being made: that ends nothing, and the rest is examined all the same.
///
/// # Errors
/// [`Error::GivenUp`]: nobody waits for the rest.
pub(super) fn examined(name: &str, examined: Result<Check>) -> Result<Check> {
    match examined {
        Err(Error::GivenUp) => Err(Error::GivenUp),
        examined => {
            Ok(examined.unwrap_or_else(|error| check(name, State::Broken, error.to_string(), Some(MEND))))
        }
    }
}

pub(super) fn check(name: &str, state: State, found: String, mend: Option<&str>) -> Check {
    Check { name: name.to_owned(), state, found, mend: mend.map(str::to_owned) }
}

/// `1 row`, `2 rows`, `2 entries`.
pub(super) fn counted(n: u64, one: &str) -> String {
    match one.strip_suffix('y') {
        _ if n == 1 => format!("{n} {one}"),
        Some(stem) => format!("{n} {stem}ies"),
        None => format!("{n} {one}s"),
    }
}
