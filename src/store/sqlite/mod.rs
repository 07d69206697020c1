//! SQLite: the library in one file of its folder.
//!
//! Each part of [`Store`](super::Store) is answered in the file of its name; the rest of the files hold what several
//! parts need.

mod accounts;
mod backup;
mod brought;
mod calendar;
mod choices;
mod connect;
mod days;
mod deep;
mod interests;
mod key;
mod ledger;
mod lists;
mod made;
mod mend;
mod names;
mod papers;
mod ratings;
mod record;
mod said;
mod salvage;
mod saved;
mod schema;
mod search;
mod sent;
mod shown;
mod spent;
mod table;
mod taken_back;
mod titles;
mod topics;
mod vectors;
mod whole;
mod within;
mod words;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use rusqlite::{Connection, ErrorCode, MAIN_DB, TransactionBehavior};

pub(super) use backup::restore;
use connect::FileId;
pub(super) use mend::mend;

use crate::error::{Error, Result};
use crate::files;
use crate::paper::{ModelId, ReaderId};
use crate::progress::Progress;
use crate::store::stop::{Stop, Wanted};
use crate::store::{Copied, Examination, Finding, Size, Store, Upkeep};

/// The file name of the database within a library's folder.
pub(super) const DATABASE: &str = "library.sqlite";

/// A connection to the database of a library.
pub(super) struct Sqlite {
    db: Connection,
    path: PathBuf,
    /// The file that was opened, whatever is at the path later.
    file: Option<FileId>,
    /// Whether somebody still waits for what is done here.
    wanted: Wanted,
}

impl Sqlite {
    /// Opens the database in `folder`, and makes both if they are not there.
    ///
    /// # Errors
    /// See [`open`](super::open).
    pub(super) fn open(folder: &Path) -> Result<Self> {
        let path = folder.join(DATABASE);
        if !path.exists() {
            files::make_folder(folder)?;
            // SQLite gives its log the same mode.
            files::claim(&path);
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
        Ok(Self { file: connect::file_id(&path), db, path, wanted: Wanted::default() })
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

impl Store for Sqlite {}

impl Upkeep for Sqlite {
    fn schema(&self) -> i64 {
        schema::NEWEST
    }

    fn place(&self) -> String {
        self.folder().display().to_string()
    }

    fn folder(&self) -> PathBuf {
        self.path.parent().map(Path::to_path_buf).unwrap_or_default()
    }

    fn generation(&self) -> Result<u64> {
        let sql = "SELECT value FROM counters WHERE name = 'generation'";
        Ok(self.db.query_row(sql, [], |row| row.get(0))?)
    }

    fn papers_edition(&self) -> Result<u64> {
        let sql = "SELECT value FROM counters WHERE name = 'papers'";
        Ok(self.db.query_row(sql, [], |row| row.get(0))?)
    }

    fn edition(&self) -> Result<u64> {
        let sql = "SELECT sum(value) FROM counters WHERE name IN ('papers', 'generation', 'topics')";
        Ok(self.db.query_row(sql, [], |row| row.get(0))?)
    }

    fn changes_by_others(&self) -> Result<i64> {
        if connect::file_id(&self.path) != self.file {
            return Err(Error::Gone { path: self.path.clone() });
        }
        Ok(self.db.pragma_query_value(None, "data_version", |row| row.get(0))?)
    }

    fn size(&self) -> Result<Size> {
        size(&self.db)
    }

    fn size_at_least(&self) -> Size {
        let count = |sql| self.db.query_row(sql, [], |row| row.get::<_, u64>(0)).unwrap_or_default();
        let [papers, korean, days, likes, dislikes] = COUNTS.map(count);
        Size { papers, korean, days, likes, dislikes }
    }

    fn check(&self) -> Vec<String> {
        check(&self.db).unwrap_or_else(|error| vec![error.to_string()])
    }

    fn remedy(&self) -> Option<&'static str> {
        None
    }

    fn unread(&self) -> Result<Vec<Finding>> {
        deep::unread(self)
    }

    fn examine<'a>(&'a self, progress: &'a dyn Progress) -> Result<Box<dyn Examination + 'a>> {
        Ok(Box::new(deep::examine(self, progress)?))
    }

    fn back_up(&self, file: &Path) -> Result<Copied> {
        backup::copy(&self.db, &self.path, file)
    }

    fn choice(&self, name: &str) -> Result<Option<String>> {
        choices::choice(&self.db, name)
    }

    fn rechoose(
        &mut self,
        name: &str,
        ready: Option<&ModelId>,
        change: &mut dyn FnMut(Option<String>) -> Option<String>,
    ) -> Result<bool> {
        choices::rechoose(self, name, ready, change)
    }

    fn stop(&self) -> Stop {
        let statement = self.db.get_interrupt_handle();
        self.wanted.begin(move || statement.interrupt())
    }

    fn still_wanted(&self) -> Result<()> {
        self.wanted.check()
    }
}

fn size(db: &Connection) -> Result<Size> {
    let count = |sql| db.query_row(sql, [], |row| row.get::<_, u64>(0));
    let [papers, korean, days, likes, dislikes] = COUNTS.map(count);
    Ok(Size { papers: papers?, korean: korean?, days: days?, likes: likes?, dislikes: dislikes? })
}

/// What [`Size`] counts, in its order.
const COUNTS: [&str; 5] = [
    "SELECT count(*) FROM papers",
    "SELECT count(*) FROM summaries WHERE language = 'ko'",
    "SELECT count(DISTINCT day) FROM listings WHERE announced IN ('new', 'cross')",
    "SELECT count(*) FROM ratings WHERE rating = 1",
    "SELECT count(*) FROM ratings WHERE rating = -1",
];

/// SQLite's own check of the whole file; the problems that it found.
fn check(db: &Connection) -> rusqlite::Result<Vec<String>> {
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
                Self::Database(connect::refused(&error).into())
            }
            _ => Self::Database(Box::new(error)),
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
