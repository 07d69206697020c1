//! Whole copies of a database, made while others use it and compared with it before they have a name.

use std::path::Path;

use rusqlite::backup::{Backup, StepResult};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags};

use super::{DATABASE, check, schema, size};
use crate::error::{Error, Result};
use crate::files::{Aside, Checksum};
use crate::store::Copied;

/// Puts a backup in the place of the database in `folder`: see [`restore`](crate::store::restore).
pub(in crate::store) fn restore(file: &Path, folder: &Path) -> Result<Copied> {
    // SQLite would say of a file that is missing that it is none of its own.
    std::fs::File::open(file).map_err(Error::io(file))?;
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let source = Connection::open_with_flags(file, flags)?;
    let found = schema::found(&source, file)?;
    schema::steps_after(found, file)?;
    if found == 0 {
        let reason = "it holds nothing".to_owned();
        return Err(Error::NotALibrary { path: file.into(), reason });
    }
    std::fs::create_dir_all(folder).map_err(Error::io(folder))?;
    copy(&source, file, &folder.join(DATABASE))
}

/// Copies a database to a file that is not there yet, as it is at this moment.
pub(super) fn copy(source: &Connection, source_path: &Path, to: &Path) -> Result<Copied> {
    let aside = begin(to)?;
    // One moment for the copy and for what it is compared with.
    let moment = source.unchecked_transaction()?;
    let expected = contents(&moment).map_err(|error| schema::unreadable(error, source_path))?;
    let mut copied = Connection::open(aside.path())?;
    if Backup::new(&moment, &mut copied)?.step(-1)? != StepResult::Done {
        return Err(Error::Invalid(format!("{} is locked by another program", source_path.display())));
    }
    drop(moment);
    let mut damage = check(&copied)?;
    if contents(&copied)? != expected {
        damage.push("the copy does not hold what the database held".to_owned());
    }
    if !damage.is_empty() {
        return Err(Error::Damaged { path: source_path.to_path_buf(), damage: damage.join("; ") });
    }
    finish(aside, copied, to)
}

/// Begins a database that will be at a path where there is nothing; dropped, it leaves nothing.
pub(super) fn begin(to: &Path) -> Result<Aside> {
    if to.symlink_metadata().is_ok() {
        return Err(Error::Exists { path: to.to_path_buf() });
    }
    Aside::create(to)
}

/// Puts a database that was written aside in its place.
pub(super) fn finish(aside: Aside, db: Connection, to: &Path) -> Result<Copied> {
    // A file that is complete by itself.
    db.pragma_update(None, "journal_mode", "DELETE")?;
    let (schema, size) = (schema::found(&db, to)?, size(&db)?);
    db.close().map_err(|(_, error)| error)?;
    let bytes = aside.path().metadata().map_err(Error::io(to))?.len();
    aside.keep_new().map_err(Error::io(to))?;
    Ok(Copied { file: to.display().to_string(), bytes, schema, size })
}

/// A checksum of every row of each table.
fn contents(db: &Connection) -> rusqlite::Result<Vec<(String, u32)>> {
    let checksum = |table: String| {
        let sum = checksum(db, &table)?;
        Ok((table, sum))
    };
    tables(db)?.into_iter().map(checksum).collect()
}

fn tables(db: &Connection) -> rusqlite::Result<Vec<String>> {
    let sql = "SELECT name FROM sqlite_schema WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%' ORDER BY name";
    let mut query = db.prepare(sql)?;
    query.query_map([], |row| row.get(0))?.collect()
}

/// A checksum of the rows of a table.
fn checksum(db: &Connection, table: &str) -> rusqlite::Result<u32> {
    let mut query = db.prepare(&format!("SELECT * FROM \"{table}\""))?;
    let columns = query.column_count();
    let (mut rows, mut sum) = (query.query([])?, Checksum::default());
    while let Some(row) = rows.next()? {
        for i in 0..columns {
            match row.get_ref(i)? {
                ValueRef::Null => sum.update(b"n"),
                ValueRef::Integer(value) => sum.update(&value.to_le_bytes()),
                ValueRef::Real(value) => sum.update(&value.to_le_bytes()),
                ValueRef::Text(bytes) | ValueRef::Blob(bytes) => {
                    sum.update(&bytes.len().to_le_bytes());
                    sum.update(bytes);
                }
            }
        }
    }
    Ok(sum.finish())
}
