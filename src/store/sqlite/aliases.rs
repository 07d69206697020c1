//! Names by which papers were known that go by others now.

use rusqlite::{Connection, OptionalExtension, params};

use crate::error::Result;
use crate::paper::{PaperId, Row};

/// Keeps that a name means a paper which goes by one of a better kind.
pub(super) fn note_alias(db: &Connection, name: &PaperId, row: Row) -> Result<()> {
    let sql = "INSERT INTO aliases VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET paper = excluded.paper";
    db.prepare_cached(sql)?.execute(params![name.as_str(), row])?;
    Ok(())
}

/// All names of a paper that another one takes in mean that one.
pub(super) fn move_aliases(db: &Connection, gone: (&PaperId, Row), into: Row) -> Result<()> {
    db.prepare_cached("UPDATE aliases SET paper = ?2 WHERE paper = ?1")?.execute([gone.1, into])?;
    note_alias(db, gone.0, into)
}

/// The paper that a name means, if it goes by another one.
pub(super) fn meant(db: &Connection, name: &PaperId) -> Result<Option<PaperId>> {
    let sql = "SELECT p.id FROM aliases a JOIN papers p ON p.row = a.paper WHERE a.name = ?1";
    let id = db.prepare_cached(sql)?.query_row([name.as_str()], |row| row.get::<_, String>(0)).optional()?;
    Ok(id.map(|id| PaperId::parse(&id)).transpose()?.map(|(id, _)| id))
}
