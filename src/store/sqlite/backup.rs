//! Whole copies of a database, made while others use it and compared with it before they have a name.

use std::io::{Seek, SeekFrom, Write};
use std::path::Path;

use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};
use rusqlite::types::ValueRef;

use super::connect::{READ_ONLY, beside};
use super::{DATABASE, check, schema, size};
use crate::error::{Error, Result};
use crate::files::{self, Aside, Checksum};
use crate::store::Copied;

/// Puts a backup in the place of the database in `folder`: see [`restore`](crate::store::restore).
pub(in crate::store) fn restore(file: &Path, folder: &Path) -> Result<Copied> {
    // SQLite would say of a file that is missing that it is none of its own.
    std::fs::File::open(file).map_err(Error::io(file))?;
    let source = Connection::open_with_flags(file, READ_ONLY)?;
    let found = schema::found(&source, file)?;
    schema::steps_after(found, file)?;
    if found == 0 {
        let reason = "it holds nothing".to_owned();
        return Err(Error::NotALibrary { path: file.into(), reason });
    }
    files::make_folder(folder)?;
    copy(&source, file, &folder.join(DATABASE))
}

/// Copies a database to a file that is not there yet, as it is at this moment.
pub(super) fn copy(source: &Connection, source_path: &Path, to: &Path) -> Result<Copied> {
    let mut aside = begin(to)?;
    // One moment for the copy and for what it is compared with.
    let moment = source.unchecked_transaction()?;
    let expected = contents(&moment).map_err(|error| schema::unreadable(error, source_path))?;
    let mut copied = Connection::open(aside.path())?;
    // Half a copy is thrown away, and a journal of it would be left by a run that is killed.
    copied.pragma_update(None, "journal_mode", "OFF")?;
    copied.pragma_update(None, "synchronous", "OFF")?;
    if Backup::new(&moment, &mut copied)?.step(-1)? != StepResult::Done {
        return Err(Error::Invalid(format!("{} is locked by another program", source_path.display())));
    }
    drop(moment);
    copied.close().map_err(|(_, error)| error)?;
    complete_by_itself(&mut aside).map_err(Error::io(to))?;
    let copied = Connection::open_with_flags(aside.path(), READ_ONLY)?;
    // Full-text search that is damaged ends the check itself.
    let mut damage = check(&copied).unwrap_or_else(|error| vec![error.to_string()]);
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
    // The log of a database that went would be played into the new one when it is opened.
    for path in ["", "-wal", "-journal"].map(|end| beside(to, end)) {
        if path.symlink_metadata().is_ok() {
            return Err(Error::Exists { path });
        }
    }
    Aside::create(to)
}

/// Puts a database that was written aside in its place.
pub(super) fn finish(aside: Aside, db: Connection, to: &Path) -> Result<Copied> {
    let (schema, size) = (schema::found(&db, to)?, size(&db)?);
    db.close().map_err(|(_, error)| error)?;
    let bytes = aside.path().metadata().map_err(Error::io(to))?.len();
    aside.keep_new().map_err(Error::io(to))?;
    Ok(Copied { file: to.display().to_string(), bytes, schema, size })
}

/// Says in the header of a database that it has no log beside it: what `journal_mode = DELETE` writes, which would
/// first make one.
fn complete_by_itself(file: &mut Aside) -> std::io::Result<()> {
    const READ_AND_WRITE_VERSION: u64 = 18;
    file.seek(SeekFrom::Start(READ_AND_WRITE_VERSION))?;
    file.write_all(&[1, 1])
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
