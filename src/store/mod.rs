//! The only SQL: papers, vectors, ratings, days. SQLite is the truth; everything else beside it
//! is a cache.
//!
//! Knows nothing about files of papers, models or ranking.

mod accounts;
mod backup;
mod brought;
mod calendar;
mod choices;
mod connect;
mod days;
mod identity;
mod interests;
mod ledger;
mod papers;
mod put;
mod ratings;
mod said;
mod saved;
mod schema;
mod search;
mod sent;
mod shown;
mod spent;
mod stop;
mod taken_back;
mod topics;
mod vectors;
mod within;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use rusqlite::{Connection, ErrorCode, MAIN_DB, TransactionBehavior};

pub use accounts::{Account, Key, KeyOwner, NewKey};
pub use backup::{Copied, restore};
pub use calendar::{DayState, SourceDay};
use connect::FileId;
pub use identity::SharedName;
pub use interests::KeptInterest;
pub use papers::StoredPaper;
pub use put::Change;
pub use ratings::Rated;
pub use said::{Said, Statement, TakenOver, Whose};
pub use saved::SavedPaper;
pub use sent::Turn;
pub use spent::in_sqlite;
pub use stop::Stop;
pub use topics::MarkedTopic;
pub use vectors::{Recent, StoredModel};

use crate::error::{Error, Result};
use crate::files;
use crate::paper::ReaderId;

/// The file name of the database within a library's folder.
pub const DATABASE: &str = "library.sqlite";

/// An open library.
pub struct Store {
    db: Connection,
    path: PathBuf,
    /// The file that was opened, whatever is at the path later.
    file: Option<FileId>,
    /// Whether nobody waits any more for what is done here.
    is_given_up: Arc<AtomicBool>,
}

/// How much a library holds.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
pub struct Size {
    /// Papers.
    pub papers: u64,
    /// Papers with a Korean summary.
    pub korean: u64,
    /// Days on which papers were listed.
    pub days: u64,
    /// Likes.
    pub likes: u64,
    /// Dislikes.
    pub dislikes: u64,
}

impl Store {
    /// Opens the database in `folder`, and makes both if they are not there. One that may not be written, or whose
    /// disk is full, is opened to be read.
    ///
    /// # Errors
    /// [`Error::NotALibrary`] and [`Error::NewerDatabase`], with the file untouched; [`Error::Io`] for a file that
    /// may not be read, [`Error::ReadOnly`] for one of an older schema that may not be written.
    pub fn open(folder: &Path) -> Result<Self> {
        let path = folder.join(DATABASE);
        if !path.exists() {
            files::make_folder(folder)?;
        }
        let mut db = connect::connect(&path)?;
        schema::migrate(&mut db, &path)?;
        if !db.is_readonly(MAIN_DB)? {
            db.pragma_update(None, "journal_mode", "WAL")?;
        }
        // In WAL mode a crash of the process loses nothing committed at this level; a power cut may lose the newest
        // commits but never damages the file. What people say is written by `durably`.
        db.pragma_update(None, "synchronous", "NORMAL")?;
        db.pragma_update(None, "foreign_keys", true)?;
        // 32 MB, whatever the size of the library.
        db.pragma_update(None, "cache_size", -32_768)?;
        spent::count(&mut db)?;
        Ok(Self { file: connect::file_id(&path), db, path, is_given_up: Arc::default() })
    }

    /// The database's file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The schema that the database has.
    pub fn schema(&self) -> i64 {
        schema::NEWEST
    }

    /// Changes whenever a vector is added, replaced or removed: an index of another generation
    /// is stale.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn generation(&self) -> Result<u64> {
        let sql = "SELECT value FROM counters WHERE name = 'generation'";
        Ok(self.db.query_row(sql, [], |row| row.get(0))?)
    }

    /// Changes whenever a paper is added or something new is said of one.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn papers_edition(&self) -> Result<u64> {
        let sql = "SELECT value FROM counters WHERE name = 'papers'";
        Ok(self.db.query_row(sql, [], |row| row.get(0))?)
    }

    /// Changes whenever a paper is added, something new is said of one, or a topic is marked.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn edition(&self) -> Result<u64> {
        let sql = "SELECT sum(value) FROM counters WHERE name IN ('papers', 'generation', 'topics')";
        Ok(self.db.query_row(sql, [], |row| row.get(0))?)
    }

    /// Changes whenever another connection, of any program, has changed anything; the same
    /// connection's own changes are not counted.
    ///
    /// # Errors
    /// [`Error::Gone`] where the file was removed or replaced: what is written now would be lost. [`Error::Sqlite`].
    pub fn changes_by_others(&self) -> Result<i64> {
        if connect::file_id(&self.path) != self.file {
            return Err(Error::Gone { path: self.path.clone() });
        }
        Ok(self.db.pragma_query_value(None, "data_version", |row| row.get(0))?)
    }

    /// How much there is.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn size(&self) -> Result<Size> {
        size(&self.db)
    }

    /// SQLite's own check of the whole file, and which tables cannot be read to their end; the problems that it found.
    ///
    /// # Errors
    /// [`Error::Sqlite`] if not even the list of tables can be read.
    pub fn check(&self) -> Result<Vec<String>> {
        let mut found = check(&self.db).unwrap_or_else(|error| vec![error.to_string()]);
        if !found.is_empty() {
            found.extend(backup::unread(&self.db)?);
        }
        Ok(found)
    }

    /// Runs `work` in one transaction: all of it happens, or none.
    fn transaction<T>(&mut self, work: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        let transaction = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let done = work(&transaction)?;
        transaction.commit()?;
        Ok(done)
    }

    /// The same for what people say, which no power cut undoes once it is acknowledged: the log is synced.
    fn durably<T>(&mut self, work: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        self.db.pragma_update(None, "synchronous", "FULL")?;
        let done = self.transaction(work);
        if let Err(error) = self.db.pragma_update(None, "synchronous", "NORMAL") {
            tracing::warn!("every later change is synced, too: {error}"); // what was said stands
        }
        done
    }
}

fn size(db: &Connection) -> Result<Size> {
    let count = |sql| db.query_row(sql, [], |row| row.get::<_, u64>(0));
    Ok(Size {
        papers: count("SELECT count(*) FROM papers")?,
        korean: count("SELECT count(*) FROM summaries WHERE language = 'ko'")?,
        days: count("SELECT count(DISTINCT day) FROM listings WHERE announced IN ('new', 'cross')")?,
        likes: count("SELECT count(*) FROM ratings WHERE rating = 1")?,
        dislikes: count("SELECT count(*) FROM ratings WHERE rating = -1")?,
    })
}

fn check(db: &Connection) -> Result<Vec<String>> {
    let mut query = db.prepare("PRAGMA integrity_check(20)")?;
    let found = query.query_map([], |row| row.get::<_, String>(0))?.collect::<Result<Vec<_>, _>>()?;
    Ok(found.into_iter().filter(|line| line != "ok").collect())
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::ReadOnly) => Self::ReadOnly,
            Some(ErrorCode::DiskFull) => Self::DiskFull,
            Some(ErrorCode::OperationInterrupted) => Self::GivenUp,
            Some(ErrorCode::CannotOpen | ErrorCode::SystemIoFailure) => {
                Self::Sqlite(connect::refused(&error).into())
            }
            _ => Self::Sqlite(Box::new(error)),
        }
    }
}

impl rusqlite::ToSql for ReaderId {
    fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
        Ok(self.get().into())
    }
}

impl rusqlite::types::FromSql for ReaderId {
    fn column_result(value: rusqlite::types::ValueRef<'_>) -> rusqlite::types::FromSqlResult<Self> {
        i64::column_result(value).map(Self::new)
    }
}
