//! Opens a database as far as its disk and its rights allow, and says why where they do not.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::schema;
use crate::error::{Error, Result};

/// For a connection that cannot write.
pub(super) const READ_ONLY: OpenFlags =
    OpenFlags::SQLITE_OPEN_READ_ONLY.union(OpenFlags::SQLITE_OPEN_NO_MUTEX);

/// A connection to the database at `path`, made if it is not there; to be read only where it cannot be written.
///
/// # Errors
/// [`Error::NotALibrary`], [`Error::Damaged`]; [`Error::Io`] for a file that cannot be opened.
pub(super) fn connect(path: &Path) -> Result<Connection> {
    let was_there = path.exists();
    or_unchanging(opened(path), path, was_there, read)
}

/// What was opened; where the disk or the rights refused that, a database that was there is opened as it is.
fn or_unchanging(
    opened: rusqlite::Result<Connection>,
    path: &Path,
    was_there: bool,
    read: impl Fn(&Connection) -> rusqlite::Result<i64>,
) -> Result<Connection> {
    match opened {
        // In WAL mode a reader too writes, to the files of the log. Without them nobody else is at the database.
        Err(error) if was_there && is_refused(&error) && !beside(path, "-wal").exists() => {
            let db = unchanging(path).and_then(|db| read(&db).map(|_| db).map_err(Error::from));
            db.map_err(|_| named(error, path))
        }
        opened => opened.map_err(|error| named(error, path)),
    }
}

fn opened(path: &Path) -> rusqlite::Result<Connection> {
    let db = Connection::open(path)?;
    db.busy_timeout(Duration::from_secs(30))?;
    // Holds seven vectors of 256 dimensions; it must be said before the first table.
    db.pragma_update(None, "page_size", 8192)?;
    read(&db)?;
    Ok(db)
}

/// SQLite looks at the file when something is asked.
fn read(db: &Connection) -> rusqlite::Result<i64> {
    db.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
}

/// Opens a database as one that nobody changes, which needs no file beside it.
fn unchanging(path: &Path) -> Result<Connection> {
    let name = path.to_str().ok_or_else(|| Error::Invalid("the path is no UTF-8".into()))?;
    let name = name.replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    let address = format!("file:{name}?immutable=1");
    Ok(Connection::open_with_flags(address, READ_ONLY | OpenFlags::SQLITE_OPEN_URI)?)
}

/// Another connection to a database that is there, which cannot write to it; its first page can be read.
///
/// # Errors
/// As [`connect`].
pub(super) fn reading(path: &Path) -> Result<Connection> {
    let first = |db: &Connection| db.pragma_query_value(None, "user_version", |row| row.get(0));
    let opened = Connection::open_with_flags(path, READ_ONLY).and_then(|db| {
        db.busy_timeout(Duration::from_secs(30))?;
        first(&db).map(|_| db)
    });
    or_unchanging(opened, path, path.exists(), first)
}

/// What tells a file from another one that takes its place: its device and inode.
pub(super) type FileId = (u64, u64);

/// The file at a path, if there is one.
pub(super) fn file_id(path: &Path) -> Option<FileId> {
    let file = std::fs::metadata(path).ok()?;
    #[cfg(unix)]
    return Some((std::os::unix::fs::MetadataExt::dev(&file), std::os::unix::fs::MetadataExt::ino(&file)));
    // An open file cannot be replaced there.
    #[cfg(not(unix))]
    return file.is_file().then_some((0, 0));
}

/// Whether the disk or the rights refused something.
fn is_refused(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(
            ErrorCode::CannotOpen
                | ErrorCode::PermissionDenied
                | ErrorCode::ReadOnly
                | ErrorCode::DiskFull
                | ErrorCode::SystemIoFailure
        )
    )
}

/// What SQLite says where it was refused a file, which is not why.
pub(super) fn refused(error: &rusqlite::Error) -> String {
    format!("{error}; its disk is full or fails, or its folder may not be written")
}

/// The file beside a database whose name ends so.
pub(super) fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    name.into()
}

/// What kept a database from being opened.
fn named(error: rusqlite::Error, path: &Path) -> Error {
    if !is_refused(&error) {
        return schema::unreadable(error, path);
    }
    // The system says more than SQLite.
    let source = std::fs::File::open(path).err().unwrap_or_else(|| std::io::Error::other(refused(&error)));
    Error::Io { path: path.to_path_buf(), source }
}
