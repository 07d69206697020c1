//! Papers into the store, each merged with what is known of it under any of its names.

use rusqlite::Connection;

use super::record::{find, insert, rewrite};
use super::{Sqlite, aliases, identity, twins};
use crate::error::Result;
use crate::paper::Paper;
use crate::store::{Change, StoredPaper};

/// Stores papers in one transaction, each merged with what is known of it.
pub(super) fn put(store: &mut Sqlite, papers: Vec<Paper>) -> Result<Vec<Change>> {
    store.transaction(|db| {
        let changes = papers.into_iter().map(|paper| put_one(db, paper)).collect::<Result<Vec<_>>>()?;
        if changes.iter().any(|change| *change != Change::Unchanged) {
            db.execute("UPDATE counters SET value = value + 1 WHERE name = 'papers'", [])?;
        }
        Ok(changes)
    })
}

fn put_one(db: &Connection, mut paper: Paper) -> Result<Change> {
    identity::tidy_doi(&mut paper);
    let mut known = find(db, &paper.id)?;
    if let Some(other) = known.take_if(|known| identity::contradict(&known.paper, &paper)) {
        identity::part(db, other, &mut paper)?;
        known = find(db, &paper.id)?;
    }
    let known = known.map_or_else(|| identity::known_otherwise(db, &paper), |known| Ok(Some(known)))?;
    let published = identity::published_version(db, &paper)?;
    let (known, published) = with_twins(db, &paper, known, published)?;
    let Some(known) = known else { return put_new(db, paper, published) };
    let mut merged = identity::parted(db, &known, &paper)?;
    if paper.id != merged.id {
        identity::rename(db, &paper.id, &merged.id)?;
        if twins::yields_to(&paper.id, &merged.id) {
            aliases::note_alias(db, &paper.id, known.row)?;
        }
        paper.id = merged.id.clone();
    }
    merged.merge(paper);
    let known = match published {
        None => known,
        Some(published) => {
            let both = identity::absorb(db, published, &known)?;
            merged.merge(both.paper.clone());
            both
        }
    };
    if merged == known.paper {
        return Ok(Change::Unchanged);
    }
    rewrite(db, &known, &merged)?;
    Ok(Change::Updated)
}

/// What is known of a paper by its name, and what it takes in, where others have its title and authors: of two that are
/// there already the one with the better name takes in the other.
fn with_twins(
    db: &Connection,
    paper: &Paper,
    mut known: Option<StoredPaper>,
    mut published: Option<StoredPaper>,
) -> Result<(Option<StoredPaper>, Option<StoredPaper>)> {
    let row = |stored: &Option<StoredPaper>| stored.as_ref().map(|stored| stored.row);
    while let Some(twin) = twins::twin(db, paper, [row(&known), row(&published)])? {
        let yields = twins::yields_to(&paper.id, &twin.paper.id);
        let side =
            if known.is_some() || (published.is_none() && yields) { &mut known } else { &mut published };
        *side = match side.take() {
            Some(other) => Some(one_of(db, other, twin)?),
            None => Some(twin),
        };
    }
    Ok((known, published))
}

/// Two papers as one, by the better name.
fn one_of(db: &Connection, a: StoredPaper, b: StoredPaper) -> Result<StoredPaper> {
    let (gone, into) = if twins::yields_to(&a.paper.id, &b.paper.id) { (a, b) } else { (b, a) };
    identity::absorb(db, gone, &into)
}

/// Stores a paper that is new by its name; its published version, if there is one, takes that name.
fn put_new(db: &Connection, paper: Paper, published: Option<StoredPaper>) -> Result<Change> {
    if let Some(StoredPaper { row, paper: mut published }) = published {
        identity::rename_paper(db, row, &published.id, &paper.id)?;
        aliases::note_alias(db, &published.id, row)?;
        published.id = paper.id.clone();
        let mut merged = published.clone();
        merged.merge(paper);
        rewrite(db, &StoredPaper { row, paper: published }, &merged)?;
        return Ok(Change::Updated);
    }
    insert(db, &paper)?;
    identity::claim(db, &paper.id)?;
    Ok(Change::Added)
}
