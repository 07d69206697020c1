//! What a crash between two shards' commits leaves.
//!
//! The coordinator commits last: before it does, each shard has. If one of them does not get there, a shard may have
//! what the coordinator knows nothing of: papers of an edition that was never reached. Nobody was told that they were
//! stored. They are taken back as far as they are new; of those that were there, the names in the coordinator's tables
//! are made to fit. Papers that a shard has removed are forgotten where their names are met.

use super::connection::Connection;
use super::record::title_row;
use super::schema::OF_A_PAPER;
use super::table::Table;
use crate::error::Result;
use crate::paper::Row;

/// The papers of editions after this one.
pub(super) fn beyond(db: &Connection, edition: i64) -> Result<Vec<Row>> {
    if db.n_shards.get() == 0 {
        return Ok(Vec::new());
    }
    let papers = db.of_parts("papers", |papers| format!("SELECT row FROM {papers} WHERE edition > $1"));
    db.numbers(&format!("SELECT row FROM {papers} AS beyond"), &[&edition])
}

/// Settles what is beyond the last edition, within a transaction that holds the counter of papers. `last` is the last row
/// that was given away.
pub(super) fn settle(db: &Connection, edition: i64, last: Row) -> Result<()> {
    let beyond = beyond(db, edition)?;
    if beyond.is_empty() {
        return Ok(());
    }
    tracing::warn!("{} papers of a write that was not finished are put right", beyond.len());
    let (new, changed): (Vec<Row>, Vec<Row>) = beyond.into_iter().partition(|row| *row > last);
    for table in db.rows("SELECT number, dimensions FROM models", &[])?.iter().map(Table::read) {
        db.run(&format!("DELETE FROM {} WHERE row = ANY ($1)", table?.name()), &[&new])?;
    }
    for (table, column) in OF_A_PAPER {
        db.run(&format!("DELETE FROM {table} WHERE {column} = ANY ($1)"), &[&new])?;
    }
    // What a paper is called is the coordinator's to say; its title is the shard's.
    for row in db.rows("SELECT id, paper FROM ids WHERE paper = ANY ($1)", &[&changed])? {
        let (id, paper): (&str, Row) = (row.try_get(0)?, row.try_get(1)?);
        db.run("UPDATE papers SET id = $2 WHERE row = $1 AND id != $2", &[&paper, &id])?;
    }
    db.run("DELETE FROM titles WHERE paper = ANY ($1)", &[&changed])?;
    for row in db.rows("SELECT row, title FROM papers WHERE row = ANY ($1)", &[&changed])? {
        title_row(db, row.try_get(0)?, row.try_get(1)?)?;
    }
    count_words(db)
}

/// Counts the words anew.
pub(super) fn count_words(db: &Connection) -> Result<()> {
    let words =
        db.of_parts("words", |words| format!("SELECT count(*) AS n, sum(length) AS length FROM {words}"));
    let sql = format!(
        "UPDATE counters SET value = coalesce((SELECT sum(CASE name WHEN 'indexed' THEN n ELSE length END)::bigint
                                               FROM {words} AS words), 0)
         WHERE name IN ('indexed', 'tokens')"
    );
    db.run(&sql, &[]).map(drop)
}
