//! Reads and writes what stands of one paper in its tables.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, Row as SqlRow, params};

use super::{search, titles};
use crate::error::Result;
use crate::paper::{Announced, Listing, Paper, PaperId, Row, Votes};
use crate::store::StoredPaper;
use crate::store::papers::{indexed_words, language_code, language_of, text_hash};

const COLUMNS: &str = "row, id, version, title, abstract, authors, categories, published, updated, facts";

/// The papers of these rows, in the order of the rows given; rows that are gone are left out.
pub(super) fn read(db: &Connection, rows: &[Row]) -> Result<Vec<StoredPaper>> {
    let mut query = db.prepare_cached(&format!("SELECT {COLUMNS} FROM papers WHERE row = ?1"))?;
    let mut papers = Vec::with_capacity(rows.len());
    for row in rows {
        if let Some(core) = query.query_row([row], read_core).optional()? {
            papers.push(core);
        }
    }
    complete(db, &mut papers)?;
    Ok(papers)
}

/// Writes a paper that is not there.
pub(super) fn insert(db: &Connection, paper: &Paper) -> Result<()> {
    let sql = "INSERT INTO papers (id, version, title, abstract, authors, categories, published, updated, facts, text_hash, edition)
               SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, value + 1 FROM counters WHERE name = 'papers'";
    write_core(db, sql, paper)?;
    let row = db.last_insert_rowid();
    write_rest(db, row, paper)?;
    titles::note_title(db, row, None, &paper.title)?;
    search::index(db, row, paper)
}

/// Writes a paper in the place of what was known of it.
pub(super) fn rewrite(db: &Connection, known: &StoredPaper, paper: &Paper) -> Result<()> {
    let sql = "UPDATE papers SET version = ?2, title = ?3, abstract = ?4, authors = ?5, categories = ?6,
               published = ?7, updated = ?8, facts = ?9, text_hash = ?10,
               edition = (SELECT value + 1 FROM counters WHERE name = 'papers') WHERE id = ?1";
    write_core(db, sql, paper)?;
    // What was new on a day is not, once its source had it on an earlier one.
    let sql = "DELETE FROM listings WHERE day = ?1 AND paper = ?2 AND source = ?3 AND announced = ?4";
    for l in known.paper.listings.iter().filter(|listing| !paper.listings.contains(listing)) {
        let values = params![l.day.to_string(), known.row, l.source, l.announced.as_str()];
        db.prepare_cached(sql)?.execute(values)?;
    }
    write_rest(db, known.row, paper)?;
    titles::note_title(db, known.row, Some(&known.paper.title), &paper.title)?;
    if indexed_words(&known.paper) != indexed_words(paper) {
        search::index(db, known.row, paper)?;
    }
    Ok(())
}

fn write_core(db: &Connection, sql: &str, paper: &Paper) -> Result<()> {
    db.prepare_cached(sql)?.execute(params![
        paper.id.as_str(),
        paper.version,
        paper.title,
        paper.abstract_text,
        to_json(&paper.authors),
        to_json(&paper.categories),
        paper.published.map(|d| d.to_string()),
        paper.updated.map(|d| d.to_string()),
        to_json(&paper.facts),
        text_hash(paper),
    ])?;
    Ok(())
}

fn write_rest(db: &Connection, row: Row, paper: &Paper) -> Result<()> {
    let mut summary = db.prepare_cached("INSERT OR REPLACE INTO summaries VALUES (?1, ?2, ?3)")?;
    for (language, text) in &paper.summaries {
        summary.execute(params![row, language_code(*language), text])?;
    }
    let mut listing = db.prepare_cached("INSERT OR IGNORE INTO listings VALUES (?1, ?2, ?3, ?4)")?;
    for l in &paper.listings {
        listing.execute(params![l.day.to_string(), row, l.source, l.announced.as_str()])?;
    }
    let mut votes = db.prepare_cached("INSERT OR REPLACE INTO votes VALUES (?1, ?2, ?3, ?4)")?;
    for v in &paper.votes {
        let at = v.at.map(|d| d.to_string()).unwrap_or_default();
        votes.execute(params![row, v.source, at, v.count])?;
    }
    Ok(())
}

pub(super) fn find(db: &Connection, id: &PaperId) -> Result<Option<StoredPaper>> {
    let mut query = db.prepare_cached(&format!("SELECT {COLUMNS} FROM papers WHERE id = ?1"))?;
    let mut found: Vec<StoredPaper> =
        query.query_row([id.as_str()], read_core).optional()?.into_iter().collect();
    complete(db, &mut found)?;
    Ok(found.pop())
}

fn read_core(row: &SqlRow<'_>) -> rusqlite::Result<StoredPaper> {
    let id: String = row.get(1)?;
    let (id, _) = PaperId::parse(&id).map_err(|e| {
        rusqlite::Error::FromSqlConversionFailure(1, rusqlite::types::Type::Text, Box::new(e))
    })?;
    let day = |column| row.get::<_, Option<String>>(column).map(|d| d.and_then(|d| d.parse().ok()));
    Ok(StoredPaper {
        row: row.get(0)?,
        paper: Paper {
            id,
            version: row.get(2)?,
            title: row.get(3)?,
            abstract_text: row.get(4)?,
            summaries: BTreeMap::new(),
            authors: from_json(row, 5)?,
            categories: from_json(row, 6)?,
            listings: Vec::new(),
            votes: Vec::new(),
            published: day(7)?,
            updated: day(8)?,
            facts: from_json(row, 9)?,
        },
    })
}

/// Fills in what stands in tables of its own: summaries, listings and votes.
fn complete(db: &Connection, papers: &mut [StoredPaper]) -> Result<()> {
    let mut summaries = db.prepare_cached("SELECT language, text FROM summaries WHERE paper = ?1")?;
    let mut listings = db.prepare_cached(
        "SELECT day, source, announced FROM listings WHERE paper = ?1 ORDER BY day, source",
    )?;
    let mut votes =
        db.prepare_cached("SELECT source, at, count FROM votes WHERE paper = ?1 ORDER BY source, at")?;
    for StoredPaper { row, paper } in papers {
        let mut rows = summaries.query([*row])?;
        while let Some(row) = rows.next()? {
            let language = row.get_ref(0)?.as_str().unwrap_or_default();
            paper.summaries.insert(language_of(language), row.get(1)?);
        }
        let mut rows = listings.query([*row])?;
        while let Some(row) = rows.next()? {
            let (day, announced) = (row.get_ref(0)?.as_str(), row.get_ref(2)?.as_str());
            if let Some(day) = day.ok().and_then(|day| day.parse().ok()) {
                let announced = announced.ok().and_then(Announced::parse).unwrap_or_default();
                paper.listings.push(Listing { day, source: row.get(1)?, announced });
            }
        }
        let mut rows = votes.query([*row])?;
        while let Some(row) = rows.next()? {
            let at = row.get_ref(1)?.as_str().ok().and_then(|at| at.parse().ok());
            paper.votes.push(Votes { source: row.get(0)?, at, count: row.get(2)? });
        }
        paper.listings.sort();
        paper.votes.sort();
    }
    Ok(())
}

fn to_json(value: &impl serde::Serialize) -> String {
    // Lists and maps of strings always serialise.
    serde_json::to_string(value).unwrap_or_default()
}

pub(super) fn from_json<T: serde::de::DeserializeOwned>(
    row: &SqlRow<'_>,
    column: usize,
) -> rusqlite::Result<T> {
    let text = row.get_ref(column)?.as_str()?;
    serde_json::from_str(text).map_err(|e| {
        rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, Box::new(e))
    })
}
