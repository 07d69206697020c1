//! Papers in and out of the store.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, Row as SqlRow, params};

use super::{Store, search, titles};
use crate::error::{Error, Result};
use crate::hash::fnv1a;
use crate::paper::{Announced, Language, Listing, Paper, PaperId, Row, Said, Votes};
use crate::random::mix;

/// A paper and its row.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredPaper {
    /// The row.
    pub row: Row,
    /// The paper.
    pub paper: Paper,
}

const COLUMNS: &str = "row, id, version, title, abstract, authors, categories, published, updated, facts";

/// So many papers are read at once where all are.
const BLOCK: usize = 256;

impl Store {
    /// The paper with this identifier, or the one that is [stored](Self::stored_as) under another.
    ///
    /// # Errors
    /// [`Error::UnknownPaper`].
    pub fn paper(&self, id: &PaperId) -> Result<StoredPaper> {
        find(&self.db, &self.stored_as(id)?)?.ok_or_else(|| Error::UnknownPaper { id: id.to_string() })
    }

    /// The papers of these rows, in the order of the rows given; rows that are gone are left out.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn papers(&self, rows: &[Row]) -> Result<Vec<StoredPaper>> {
        read(&self.db, rows)
    }

    /// What the papers of these rows say, title, abstract and summaries in one text each, in the
    /// order of the rows given; an empty text for a row that is gone.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn texts(&self, rows: &[Row]) -> Result<Vec<String>> {
        let sql = "SELECT title || char(10) || abstract || coalesce(
                     (SELECT char(10) || group_concat(text, char(10)) FROM summaries WHERE paper = row), '')
                   FROM papers WHERE row = ?1";
        let mut query = self.db.prepare_cached(sql)?;
        rows.iter()
            .map(|row| Ok(query.query_row([row], |found| found.get(0)).optional()?.unwrap_or_default()))
            .collect()
    }

    /// What the papers of these rows are compared by beside their vectors: texts, authors and categories, in
    /// the order of the rows given; nothing for a row that is gone.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn said(&self, rows: &[Row]) -> Result<Vec<Said>> {
        let mut query = self.db.prepare_cached("SELECT authors, categories FROM papers WHERE row = ?1")?;
        let texts = self.texts(rows)?;
        rows.iter()
            .zip(texts)
            .map(|(row, text)| {
                let read = |found: &SqlRow<'_>| Ok((from_json(found, 0)?, from_json(found, 1)?));
                let (authors, categories) = query.query_row([row], read).optional()?.unwrap_or_default();
                Ok(Said { text, authors, categories })
            })
            .collect()
    }

    /// Hashes of what the papers of these rows say, title, abstract and summaries; rows that are gone
    /// are left out.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn text_hashes(&self, rows: &[Row]) -> Result<Vec<i64>> {
        let mut query = self.db.prepare_cached("SELECT text_hash FROM papers WHERE row = ?1")?;
        let hashes = rows.iter().map(|row| query.query_row([row], |found| found.get(0)).optional());
        Ok(hashes.filter_map(Result::transpose).collect::<Result<_, _>>()?)
    }

    /// The rows of papers that were added or changed after an [edition of the papers](Self::papers_edition), in
    /// order.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn changed_since(&self, edition: u64) -> Result<Vec<Row>> {
        // Named, or all papers would be read for their order.
        let sql = "SELECT row FROM papers INDEXED BY papers_by_edition WHERE edition > ?1";
        let mut query = self.db.prepare_cached(sql)?;
        let mut rows: Vec<Row> =
            query.query_map([edition], |found| found.get(0))?.collect::<Result<_, _>>()?;
        rows.sort_unstable();
        Ok(rows)
    }

    /// Every paper in the order of rows; a few hundred are held at a time.
    ///
    /// # Errors
    /// [`Error::Sqlite`], or the first error of `visit`.
    pub fn each_paper(&self, mut visit: impl FnMut(StoredPaper) -> Result<()>) -> Result<()> {
        let mut query = self.db.prepare_cached("SELECT row FROM papers ORDER BY row")?;
        let rows: Vec<Row> = query.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
        for block in rows.chunks(BLOCK) {
            self.papers(block)?.into_iter().try_for_each(&mut visit)?;
        }
        Ok(())
    }

    /// Up to `n` rows spread evenly over the whole library, in order; another seed gives others.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn sample(&self, n: usize, seed: u64) -> Result<Vec<Row>> {
        self.sample_up_to(self.last_row()?, n, seed)
    }

    /// The highest row; 0 for an empty library.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn last_row(&self) -> Result<Row> {
        let last: Option<Row> = self.db.query_row("SELECT max(row) FROM papers", [], |row| row.get(0))?;
        Ok(last.unwrap_or(0))
    }

    /// As [`sample`](Self::sample), of the rows up to `last`.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn sample_up_to(&self, last: Row, n: usize, seed: u64) -> Result<Vec<Row>> {
        let last = last.max(0) as u64;
        let n = (n as u64).min(last);
        let mut query = self.db.prepare_cached("SELECT 1 FROM papers WHERE row = ?1")?;
        let mut rows = Vec::with_capacity(n as usize);
        for i in 0..n {
            // One row from each of n equal stretches, at a place that the seed decides.
            let (from, to) = (i * last / n, (i + 1) * last / n);
            let row = (from + mix(seed ^ i) % (to - from) + 1) as Row;
            if query.exists([row])? {
                rows.push(row);
            }
        }
        Ok(rows)
    }
}

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
    write_rest(db, known.row, paper)?;
    titles::note_title(db, known.row, Some(&known.paper.title), &paper.title)?;
    // A summary in English is among them also where an abstract is there to be embedded.
    let words = |p: &Paper| (p.texts(), p.summaries.clone(), p.authors.clone());
    if words(&known.paper) != words(paper) {
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
            let language =
                if row.get_ref(0)?.as_str().ok() == Some("ko") { Language::Ko } else { Language::En };
            paper.summaries.insert(language, row.get(1)?);
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

/// What a vector was made of: two papers' texts with one hash share a vector's freshness only, so
/// 64 bits of FNV-1a (which never changes) are enough.
pub(super) fn text_hash(paper: &Paper) -> i64 {
    let texts = paper.texts();
    fnv1a(texts.iter().flat_map(|text| text.bytes().chain([0]))) as i64
}

fn language_code(language: Language) -> &'static str {
    match language {
        Language::En => "en",
        Language::Ko => "ko",
    }
}

fn to_json(value: &impl serde::Serialize) -> String {
    // Lists and maps of strings always serialise.
    serde_json::to_string(value).unwrap_or_default()
}

fn from_json<T: serde::de::DeserializeOwned>(row: &SqlRow<'_>, column: usize) -> rusqlite::Result<T> {
    let text = row.get_ref(column)?.as_str()?;
    serde_json::from_str(text).map_err(|e| {
        rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, Box::new(e))
    })
}
