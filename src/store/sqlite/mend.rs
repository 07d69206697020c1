//! A new library of everything that can be read of a damaged one.

use std::path::Path;

use rusqlite::types::Value;
use rusqlite::{Connection, ErrorCode, Row as SqlRow, Statement, ffi, params, params_from_iter};

use super::salvage::{self, Reach, Watch};
use super::table::{Fault, Table};
use super::{DATABASE, backup, record, schema, search, titles, vectors};
use crate::error::{Error, Result};
use crate::files;
use crate::paper::Row;
use crate::progress::Progress;
use crate::store::papers::text_hash;
use crate::store::stop::Wanted;
use crate::store::vectors::fault;
use crate::store::{MendedTable, Salvaged};

/// Tables that others refer to, which come first.
const FIRST: [&str; 4] = ["papers", "models", "accounts", "interests"];

/// Writes everything that can be read of a library into a new one: see [`mend`](crate::store::mend).
pub(in crate::store) fn mend(from: &Path, to: &Path, progress: &dyn Progress) -> Result<Salvaged> {
    let (source_path, path) = (from.join(DATABASE), to.join(DATABASE));
    std::fs::File::open(&source_path).map_err(Error::io(&source_path))?;
    let source = salvage::open(&source_path)?;
    let version = schema::written(&source, &source_path)?;
    let is_new = !to.exists();
    files::make_folder(to)?;
    let made = write(&source, version, &source_path, &path, progress);
    if made.is_err() && is_new {
        // It holds nothing: what could not be completed is gone.
        let _ = std::fs::remove_dir(to);
    }
    made
}

fn write(
    source: &Connection,
    version: i64,
    source_path: &Path,
    path: &Path,
    progress: &dyn Progress,
) -> Result<Salvaged> {
    let aside = backup::begin(path)?;
    let mut db = Connection::open(aside.path())?;
    // Nothing of the file is kept unless all of it is, so only single rows are taken back.
    db.execute_batch(
        "PRAGMA page_size = 8192; PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF;
                      PRAGMA foreign_keys = ON; PRAGMA cache_size = -32768",
    )?;
    schema::build(&db, version, path)?;
    let moment = source.unchecked_transaction()?;
    let watch = Watch { wanted: &Wanted::default(), progress };
    let mut all = Table::all(&db)?;
    all.sort_by_key(|table| {
        (FIRST.iter().position(|first| *first == table.name).unwrap_or(FIRST.len()), table.name.clone())
    });
    let mut tables = Vec::new();
    let transaction = db.unchecked_transaction()?;
    for table in &all {
        tables.push(copy(&moment, &db, table, &watch)?);
    }
    if tables.iter().all(|table| table.saved == 0 && table.unreadable.is_none()) {
        let reason =
            "the list of its tables is damaged, and without it nothing can be read; restore a backup";
        return Err(Error::NotALibrary { path: source_path.to_path_buf(), reason: reason.to_owned() });
    }
    keep_numbers(&moment, &db)?;
    transaction.commit()?;
    drop(moment);
    schema::migrate(&mut db, path)?;
    let transaction = db.unchecked_transaction()?;
    let altered = read_anew(&db, &watch)?;
    titles::note_all(&db)?;
    let stale = vectors::drop_stale(&db)?;
    count_on(&db)?;
    transaction.commit()?;
    for table in &mut tables {
        match table.table.as_str() {
            "papers" => table.altered += altered,
            "vectors" => {
                table.saved -= stale;
                table.unfit += stale;
            }
            _ => {}
        }
    }
    tables.sort_by(|a, b| a.table.cmp(&b.table));
    Ok(Salvaged { library: backup::finish(aside, db, path)?, tables })
}

/// Copies the rows of a table that can be read and that the new library can hold.
fn copy(source: &Connection, db: &Connection, table: &Table, watch: &Watch<'_>) -> Result<MendedTable> {
    let marks = vec!["?"; table.columns.len()].join(", ");
    let sql =
        format!("INSERT OR IGNORE INTO \"{}\" ({}) VALUES ({marks})", table.name, table.columns_quoted());
    let mut insert = db.prepare(&sql)?;
    let mut mended = MendedTable { table: table.name.clone(), ..MendedTable::default() };
    let reach = salvage::each_row(source, table, watch, &mut |row, faults| {
        if faults.iter().any(|fault| fault.instead.is_none()) {
            mended.unfit += 1;
            return Ok(());
        }
        let values = values(row, table, faults)?;
        match take(db, &mut insert, &table.name, &values)? {
            Taken::Saved => {
                mended.saved += 1;
                mended.altered += u64::from(!faults.is_empty());
            }
            Taken::Unfit => mended.unfit += 1,
            Taken::Orphaned => mended.orphaned += 1,
        }
        Ok(())
    })?;
    let Reach { lost, .. } = reach;
    mended.unreadable = lost.map_or(Some(0), |lost| lost.rows);
    Ok(mended)
}

/// What became of a row.
enum Taken {
    Saved,
    Unfit,
    Orphaned,
}

fn take(db: &Connection, insert: &mut Statement<'_>, table: &str, values: &[Value]) -> Result<Taken> {
    if table == "vectors"
        && let Some(taken) = unfit_vector(db, values)?
    {
        return Ok(taken);
    }
    match insert.execute(params_from_iter(values)) {
        Ok(0) => Ok(Taken::Unfit),
        Ok(_) => Ok(Taken::Saved),
        Err(error)
            if error.sqlite_error().is_some_and(|e| e.extended_code == ffi::SQLITE_CONSTRAINT_FOREIGNKEY) =>
        {
            if table != "interest_papers" {
                return Ok(Taken::Orphaned);
            }
            stand_in(db, values)?;
            let n = insert.execute(params_from_iter(values))?;
            Ok(if n > 0 { Taken::Saved } else { Taken::Unfit })
        }
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) => Ok(Taken::Unfit),
        Err(error) => Err(error.into()),
    }
}

/// Which likes belong together is what a reader said, also where the name of the interest is lost.
fn stand_in(db: &Connection, values: &[Value]) -> Result<()> {
    let [reader, _, number] = values else { return Ok(()) };
    let sql = "INSERT OR IGNORE INTO interests (number, reader, name, state)
               VALUES (?1, ?2, 'interest ' || ?1, 'live')";
    db.prepare_cached(sql)?.execute(params![number, reader])?;
    Ok(())
}

/// Why a vector is left out; it is made again.
fn unfit_vector(db: &Connection, values: &[Value]) -> Result<Option<Taken>> {
    let [Value::Integer(key), _, _, Value::Blob(blob)] = values else { return Ok(Some(Taken::Unfit)) };
    Ok(match vectors::belongs(db, *key)? {
        None => Some(Taken::Orphaned),
        Some((_, dimensions)) => fault(blob, dimensions).map(|_| Taken::Unfit),
    })
}

/// The values of a row, with what stands for those that cannot be read.
fn values(row: &SqlRow<'_>, table: &Table, faults: &[Fault]) -> Result<Vec<Value>> {
    let value = |i: usize| match faults.iter().find(|fault| fault.column == i) {
        Some(Fault { instead: Some(instead), .. }) => Ok(instead.clone()),
        _ => Ok(row.get(i)?),
    };
    (0..table.columns.len()).map(value).collect()
}

/// Sees that no number is given twice: of a paper that is gone, or to an account that took another one's ratings over.
fn keep_numbers(source: &Connection, db: &Connection) -> Result<()> {
    let kept = |name: &str| -> i64 {
        let sql = "SELECT seq FROM sqlite_sequence WHERE name = ?1";
        source.query_row(sql, [name], |row| row.get(0)).unwrap_or_default()
    };
    // Where no account was made, what the first one takes over is of reader 1.
    let readers = Table::all(db)?;
    let readers = readers.iter().filter(|t| t.columns.iter().any(|column| column.name == "reader"));
    let readers =
        readers.map(|t| format!("SELECT max(reader) AS reader FROM \"{}\" WHERE reader > 1", t.name));
    let readers =
        format!("SELECT coalesce(max(reader), 0) FROM ({})", readers.collect::<Vec<_>>().join(" UNION ALL "));
    let last_reader: i64 = db.query_row(&readers, [], |row| row.get(0))?;
    for (name, least) in [("papers", 0), ("accounts", last_reader), ("interests", 0), ("keys", 0)] {
        let seq = kept(name).max(least);
        if seq > 0
            && db.execute(
                "UPDATE sqlite_sequence SET seq = max(seq, ?2) WHERE name = ?1",
                params![name, seq],
            )? == 0
        {
            db.execute("INSERT INTO sqlite_sequence VALUES (?1, ?2)", params![name, seq])?;
        }
    }
    Ok(())
}

/// Indexes the words of every paper; how many papers have another text than the one that was stored.
fn read_anew(db: &Connection, watch: &Watch<'_>) -> Result<u64> {
    let (mut last, mut altered): (Row, u64) = (0, 0);
    // The lists of a full-text search that nothing can be read of are made anew as well.
    db.execute_batch("INSERT INTO words(words) VALUES ('delete-all')")?;
    let mut next = db.prepare("SELECT row, text_hash FROM papers WHERE row > ?1 ORDER BY row LIMIT 256")?;
    loop {
        let found = next.query_map([last], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let block: Vec<(Row, i64)> = found.collect::<Result<_, _>>()?;
        let Some(&(end, _)) = block.last() else { return Ok(altered) };
        let rows: Vec<Row> = block.iter().map(|(row, _)| *row).collect();
        for (stored, (row, hash)) in record::read(db, &rows)?.into_iter().zip(block) {
            watch.step()?;
            search::index(db, row, &stored.paper)?;
            let now = text_hash(&stored.paper);
            if now != hash {
                db.execute("UPDATE papers SET text_hash = ?2 WHERE row = ?1", params![row, now])?;
                altered += 1;
            }
        }
        last = end;
    }
}

/// Sees that the counters are there and stand behind everything that was counted by them.
fn count_on(db: &Connection) -> Result<()> {
    let sql = "INSERT INTO counters SELECT 'generation',
                 1 + max((SELECT coalesce(max(generation), 0) FROM vectors), (SELECT coalesce(max(generation), 0) FROM gone))
                 WHERE true
               ON CONFLICT (name) DO UPDATE SET value = max(value, excluded.value);
               INSERT INTO counters SELECT 'papers', (SELECT coalesce(max(edition), 0) FROM papers) WHERE true
               ON CONFLICT (name) DO UPDATE SET value = max(value, excluded.value)";
    Ok(db.execute_batch(sql)?)
}
