//! Building a library's schema, here and on its shards.

use super::address::Address;
use super::connection::{COUNTERS, Connection, Lasting};
use super::schema::{LOCK, NEWEST, found, need_vectors, steps_after};
use super::shards;
use crate::error::Result;

/// Brings a library to the newest schema, and says what tells it from all others; one of a newer paperpick or of another
/// program is refused untouched.
///
/// A library that is made has its papers on these shards; one that is there is refused if it has another number of them.
pub(super) fn migrate(db: &Connection, addresses: &[Address]) -> Result<String> {
    // Whoever only reads, from a server that only reads, is not asked to write.
    let found = found(db)?;
    match steps_after(db, found)?.is_empty() {
        true => shards::agree(db, addresses)?,
        false => build(db, addresses)?,
    }
    Ok(db.row("SELECT id::text FROM meta", &[])?.try_get(0)?)
}

fn build(db: &Connection, addresses: &[Address]) -> Result<()> {
    db.transaction(Lasting::AtOnce, |db| {
        // Two first runs at once: the second waits here, and then finds the work done, perhaps by a newer paperpick.
        db.rows("SELECT pg_advisory_xact_lock($1)", &[&LOCK])?;
        need_vectors(db)?;
        let found = found(db)?;
        if found == 0 {
            db.batch(&format!(
                "CREATE SCHEMA IF NOT EXISTS {}; CREATE TABLE meta (schema bigint NOT NULL, id uuid NOT NULL DEFAULT gen_random_uuid());
                 INSERT INTO meta VALUES (0)",
                db.address.schema
            ))?;
        }
        for sql in steps_after(db, found)? {
            db.batch(sql)?;
        }
        if found == 0 {
            db.batch(&format!("INSERT INTO changes SELECT counter, 0 FROM generate_series(0, {COUNTERS} - 1) counter"))?;
        }
        if found < NEWEST {
            shards::build(db, addresses, found == 0)?;
        }
        db.run("UPDATE meta SET schema = $1", &[&NEWEST]).map(drop)
    })?;
    shards::agree(db, addresses)
}
