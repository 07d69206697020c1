//! What readers took back, and when: what was said before that is not brought back by an older export.

use jiff::Timestamp;

use super::connection::Connection;
use crate::error::Result;
use crate::paper::ReaderId;
use crate::store::TakenBack;

/// Notes that something was taken back; whether that is news.
pub(super) fn note(
    db: &Connection,
    reader: ReaderId,
    kind: TakenBack,
    name: &str,
    at: Timestamp,
) -> Result<bool> {
    // Without its `Z` a time with a fraction of a second sorts behind the one without.
    let sql = "INSERT INTO taken_back AS t VALUES ($1, $2, $3, $4) ON CONFLICT (reader, kind, name)
               DO UPDATE SET at = excluded.at WHERE rtrim(excluded.at, 'Z') > rtrim(t.at, 'Z')";
    Ok(db.run(sql, &[&reader.get(), &kind.word(), &name, &at.to_string()])? > 0)
}

/// Takes something back where it was said before that time; whether that is news.
pub(super) fn take(
    db: &Connection,
    reader: ReaderId,
    kind: TakenBack,
    name: &str,
    at: Timestamp,
) -> Result<bool> {
    let (table, column) = kind.place();
    let sql = format!(
        "DELETE FROM {table} WHERE reader = $1 AND {column} = $2 AND rtrim(at, 'Z') < rtrim($3, 'Z')"
    );
    db.run(&sql, &[&reader.get(), &name, &at.to_string()])?;
    note(db, reader, kind, name, at)
}

/// Whether something of this time is outdated: taken back since, or said anew.
pub(super) fn is_outdated(
    db: &Connection,
    reader: ReaderId,
    kind: TakenBack,
    name: &str,
    at: Timestamp,
) -> Result<bool> {
    let (word, (table, column)) = (kind.word(), kind.place());
    let sql = format!(
        "SELECT 1 FROM taken_back WHERE reader = $1 AND kind = '{word}' AND name = $2
           AND rtrim(at, 'Z') > rtrim($3, 'Z')
         UNION ALL
         SELECT 1 FROM {table} WHERE reader = $1 AND {column} = $2 AND rtrim(at, 'Z') >= rtrim($3, 'Z')"
    );
    Ok(!db.rows(&sql, &[&reader.get(), &name, &at.to_string()])?.is_empty())
}

/// Everything that a reader took back, by kind and name.
pub(super) fn all(db: &Connection, reader: ReaderId) -> Result<Vec<(TakenBack, String, Timestamp)>> {
    let sql = "SELECT kind, name, at FROM taken_back WHERE reader = $1 ORDER BY kind, name";
    let mut all = Vec::new();
    for row in db.rows(sql, &[&reader.get()])? {
        let at: &str = row.try_get(2)?;
        if let Some(kind) = TakenBack::parse(row.try_get(0)?) {
            all.push((kind, row.try_get(1)?, at.parse().unwrap_or(Timestamp::UNIX_EPOCH)));
        }
    }
    Ok(all)
}
