//! What PostgreSQL says of what went wrong, as the store's errors.

use std::error::Error as _;
use std::fmt;

use postgres::error::SqlState;

use crate::error::Error;

/// An error of PostgreSQL with all that it says: its own text is `db error`.
#[derive(Debug)]
struct Told(postgres::Error);

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.0.as_db_error(), self.0.source()) {
            (Some(told), _) => {
                f.write_str(told.message())?;
                told.detail().map_or(Ok(()), |detail| write!(f, " ({detail})"))
            }
            (None, Some(source)) => write!(f, "{}: {source}", self.0),
            (None, None) => self.0.fmt(f),
        }
    }
}

impl std::error::Error for Told {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

/// The error of the store that one of PostgreSQL is; `server` as it may be shown.
pub(super) fn explained(error: postgres::Error, server: &str) -> Error {
    let unreachable = |error| Error::NoServer { server: server.to_owned(), reason: Told(error).to_string() };
    let Some(code) = error.code() else {
        let is_lost = error.is_closed() || error.source().is_some_and(|source| source.is::<std::io::Error>());
        return match is_lost || !is_of_a_value(&error) {
            true => unreachable(error),
            false => Error::Database(Box::new(Told(error))),
        };
    };
    match code {
        &SqlState::QUERY_CANCELED => Error::GivenUp,
        &SqlState::READ_ONLY_SQL_TRANSACTION | &SqlState::INSUFFICIENT_PRIVILEGE => Error::ReadOnly,
        &SqlState::DISK_FULL => Error::DiskFull,
        &SqlState::ADMIN_SHUTDOWN
        | &SqlState::CRASH_SHUTDOWN
        | &SqlState::CANNOT_CONNECT_NOW
        | &SqlState::TOO_MANY_CONNECTIONS
        | &SqlState::INVALID_CATALOG_NAME => unreachable(error),
        // 08: the connection; 28: who asks.
        code if code.code().starts_with("08") || code.code().starts_with("28") => unreachable(error),
        _ => Error::Database(Box::new(Told(error))),
    }
}

/// Whether an error is of a value that does not fit, not of the connection.
fn is_of_a_value(error: &postgres::Error) -> bool {
    let text = error.to_string();
    ["serializ", "column", "parameters", "unexpected number"].iter().any(|part| text.contains(part))
}

/// Whether the same transaction may well succeed when it is run again.
pub(super) fn is_conflict(error: &Error) -> bool {
    let Error::Database(source) = error else { return false };
    let code = source.downcast_ref::<Told>().and_then(|told| told.0.code());
    matches!(code, Some(&SqlState::T_R_SERIALIZATION_FAILURE | &SqlState::T_R_DEADLOCK_DETECTED))
}

/// For what is read of rows that came; what is asked of the server is explained with its name.
impl From<postgres::Error> for Error {
    fn from(error: postgres::Error) -> Self {
        explained(error, "PostgreSQL")
    }
}
