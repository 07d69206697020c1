//! Reads and writes what stands of one paper in its tables.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use postgres::Row as SqlRow;

use super::connection::Connection;
use super::words::{Indexed, forget_words, write_words};
use crate::error::{Error, Result};
use crate::paper::{Announced, Listing, Paper, PaperId, Row, Votes};
use crate::store::StoredPaper;
use crate::store::identity::title_hash;
use crate::store::papers::{indexed_words, language_code, language_of, text_hash};

const COLUMNS: &str =
    "p.row, p.id, p.version, p.title, p.abstract, p.authors, p.categories, p.published, p.updated, p.facts";

/// The papers of these rows, in the order of the rows given; rows that are gone are left out.
pub(super) fn read(db: &Connection, rows: &[Row]) -> Result<Vec<StoredPaper>> {
    let sql = format!("SELECT {COLUMNS} FROM papers p WHERE p.row = ANY ($1)");
    let mut found: BTreeMap<Row, StoredPaper> =
        whole(db, &db.rows(&sql, &[&rows])?)?.into_iter().map(|paper| (paper.row, paper)).collect();
    Ok(rows.iter().filter_map(|row| found.remove(row)).collect())
}

/// The paper under an identifier.
pub(super) fn find(db: &Connection, id: &PaperId) -> Result<Option<StoredPaper>> {
    let sql = format!("SELECT {COLUMNS} FROM papers p WHERE p.row = (SELECT paper FROM ids WHERE id = $1)");
    Ok(whole(db, &db.rows(&sql, &[&id.as_str()])?)?.pop())
}

/// The papers of some rows of `papers`, with what stands in tables of its own: summaries, listings and votes.
fn whole(db: &Connection, found: &[SqlRow]) -> Result<Vec<StoredPaper>> {
    let mut papers = found.iter().map(read_core).collect::<Result<Vec<_>>>()?;
    if papers.is_empty() {
        return Ok(papers);
    }
    let rows: Vec<Row> = papers.iter().map(|paper| paper.row).collect();
    let sql = "SELECT paper, 's', language, text, '', 0::bigint FROM summaries WHERE paper = ANY($1)
               UNION ALL SELECT paper, 'l', day, source, announced, 0 FROM listings WHERE paper = ANY($1)
               UNION ALL SELECT paper, 'v', source, at, '', count FROM votes WHERE paper = ANY($1)";
    let mut said: BTreeMap<Row, Vec<SqlRow>> = BTreeMap::new();
    for row in db.rows(sql, &[&rows])? {
        said.entry(row.try_get(0)?).or_default().push(row);
    }
    for StoredPaper { row, paper } in &mut papers {
        for said in said.get(row).into_iter().flatten() {
            let [kind, first, second, third]: [&str; 4] =
                [said.try_get(1)?, said.try_get(2)?, said.try_get(3)?, said.try_get(4)?];
            match kind {
                "s" => _ = paper.summaries.insert(language_of(first), second.to_owned()),
                "l" => paper.listings.extend(first.parse().ok().map(|day| Listing {
                    day,
                    source: second.to_owned(),
                    announced: Announced::parse(third).unwrap_or_default(),
                })),
                _ => paper.votes.push(Votes {
                    source: first.to_owned(),
                    at: second.parse().ok(),
                    count: u32::try_from(said.try_get::<_, i64>(5)?).unwrap_or_default(),
                }),
            }
        }
        paper.listings.sort();
        paper.votes.sort();
    }
    Ok(papers)
}

fn read_core(row: &SqlRow) -> Result<StoredPaper> {
    let day = |column| row.try_get::<_, Option<&str>>(column).map(|day| day.and_then(|day| day.parse().ok()));
    let version: Option<i64> = row.try_get(2)?;
    Ok(StoredPaper {
        row: row.try_get(0)?,
        paper: Paper {
            id: PaperId::parse(row.try_get(1)?)?.0,
            version: version.and_then(|version| version.try_into().ok()),
            title: row.try_get(3)?,
            abstract_text: row.try_get(4)?,
            summaries: BTreeMap::new(),
            authors: from_json(row.try_get(5)?)?,
            categories: from_json(row.try_get(6)?)?,
            listings: Vec::new(),
            votes: Vec::new(),
            published: day(7)?,
            updated: day(8)?,
            facts: from_json(row.try_get(9)?)?,
        },
    })
}

/// Reads a column of lists or maps.
pub(super) fn from_json<T: serde::de::DeserializeOwned>(text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|error| Error::Database(Box::new(error)))
}

fn to_json(value: &impl serde::Serialize) -> String {
    // Lists and maps of strings always serialise.
    serde_json::to_string(value).unwrap_or_default()
}

/// Writes papers that are not there; what their words add to the index.
pub(super) fn insert(db: &Connection, edition: i64, papers: &[StoredPaper]) -> Result<Indexed> {
    let column = |of: fn(&Paper) -> String| -> Vec<String> { papers.iter().map(|p| of(&p.paper)).collect() };
    let days = |of: fn(&Paper) -> Option<Date>| -> Vec<Option<String>> {
        papers.iter().map(|p| of(&p.paper).map(|day| day.to_string())).collect()
    };
    let rows: Vec<Row> = papers.iter().map(|p| p.row).collect();
    let ids: Vec<&str> = papers.iter().map(|p| p.paper.id.as_str()).collect();
    let titles: Vec<&str> = papers.iter().map(|p| p.paper.title.as_str()).collect();
    let abstracts: Vec<&str> = papers.iter().map(|p| p.paper.abstract_text.as_str()).collect();
    let sql = "INSERT INTO papers
                 (row, id, version, title, abstract, authors, categories, published, updated, facts, text_hash, edition)
               SELECT *, $12 FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::text[],
                 $7::text[], $8::text[], $9::text[], $10::text[], $11::bigint[])";
    db.run(
        sql,
        &[
            &rows,
            &ids,
            &papers.iter().map(|p| p.paper.version.map(i64::from)).collect::<Vec<_>>(),
            &titles,
            &abstracts,
            &column(|p| to_json(&p.authors)),
            &column(|p| to_json(&p.categories)),
            &days(|p| p.published),
            &days(|p| p.updated),
            &column(|p| to_json(&p.facts)),
            &papers.iter().map(|p| text_hash(&p.paper)).collect::<Vec<_>>(),
            &edition,
        ],
    )?;
    // An identifier that is there is of a paper that a shard has no more.
    let sql = "INSERT INTO ids (id, paper) SELECT * FROM unnest($1::text[], $2::bigint[])
               ON CONFLICT (id) DO UPDATE SET paper = excluded.paper";
    db.run(sql, &[&ids, &rows])?;
    let hashes: Vec<i64> = titles.iter().map(|title| title_hash(title)).collect();
    let sql = "INSERT INTO titles (hash, paper) SELECT * FROM unnest($1::bigint[], $2::bigint[])";
    db.run(sql, &[&hashes, &rows])?;
    write_rest(db, &papers.iter().map(|p| Rest::new(p.row, &p.paper)).collect::<Vec<_>>())?;
    write_words(db, &papers.iter().map(|p| (p.row, &p.paper)).collect::<Vec<_>>())
}

/// Writes a paper in the place of what was known of it; what its words add to the index.
pub(super) fn rewrite(db: &Connection, known: &StoredPaper, edition: i64, paper: &Paper) -> Result<Indexed> {
    let sql = "UPDATE papers SET version = $2, title = $3, abstract = $4, authors = $5, categories = $6,
                 published = $7, updated = $8, facts = $9, text_hash = $10, edition = $11 WHERE row = $1";
    let day = |day: Option<Date>| day.map(|day| day.to_string());
    db.run(
        sql,
        &[
            &known.row,
            &paper.version.map(i64::from),
            &paper.title,
            &paper.abstract_text,
            &to_json(&paper.authors),
            &to_json(&paper.categories),
            &day(paper.published),
            &day(paper.updated),
            &to_json(&paper.facts),
            &text_hash(paper),
            &edition,
        ],
    )?;
    let (before, now) = (title_hash(&known.paper.title), title_hash(&paper.title));
    if before != now {
        db.run("DELETE FROM titles WHERE hash = $1 AND paper = $2", &[&before, &known.row])?;
        title_row(db, known.row, &paper.title)?;
    }
    // What was new on a day is not, once its source had it on an earlier one.
    let sql = "DELETE FROM listings WHERE day = $1 AND paper = $2 AND source = $3 AND announced = $4";
    for l in known.paper.listings.iter().filter(|listing| !paper.listings.contains(listing)) {
        db.run(sql, &[&l.day.to_string(), &known.row, &l.source, &l.announced.as_str()])?;
    }
    write_rest(db, &[Rest::after(known, paper)])?;
    match indexed_words(&known.paper) == indexed_words(paper) {
        true => Ok(Indexed::default()),
        false => Ok(forget_words(db, known.row)? + write_words(db, &[(known.row, paper)])?),
    }
}

/// Notes what a paper's title shares with other spellings of it.
pub(super) fn title_row(db: &Connection, row: Row, title: &str) -> Result<()> {
    let sql = "INSERT INTO titles (hash, paper) VALUES ($1, $2) ON CONFLICT DO NOTHING";
    db.run(sql, &[&title_hash(title), &row]).map(drop)
}

/// What of a paper stands in tables of its own and is not there yet.
struct Rest<'a> {
    row: Row,
    summaries: Vec<(&'static str, &'a str)>,
    listings: BTreeSet<&'a Listing>,
    /// Counts by source and day; of two of one source and day the later one stands.
    votes: BTreeMap<(&'a str, String), i64>,
    /// Summaries and votes that others take the place of.
    is_replacing: bool,
}

impl<'a> Rest<'a> {
    fn new(row: Row, paper: &'a Paper) -> Self {
        let votes = paper.votes.iter().map(|votes| {
            let at = votes.at.map(|day| day.to_string()).unwrap_or_default();
            ((votes.source.as_str(), at), i64::from(votes.count))
        });
        Self {
            row,
            summaries: paper.summaries.iter().map(|(of, text)| (language_code(*of), text.as_str())).collect(),
            listings: paper.listings.iter().collect(),
            votes: votes.collect(),
            is_replacing: false,
        }
    }

    fn after(known: &'a StoredPaper, paper: &'a Paper) -> Self {
        let (before, mut rest) = (Self::new(known.row, &known.paper), Self::new(known.row, paper));
        rest.summaries.retain(|summary| !before.summaries.contains(summary));
        rest.listings.retain(|listing| !before.listings.contains(listing));
        rest.votes.retain(|of, count| before.votes.get(of) != Some(count));
        rest.is_replacing = true;
        rest
    }
}

/// Writes it. Where another server holds the table it says of no row whether it is there, so what is to be replaced is
/// deleted first.
fn write_rest(db: &Connection, papers: &[Rest<'_>]) -> Result<()> {
    let (mut rows, mut languages, mut texts) = (Vec::new(), Vec::new(), Vec::new());
    for (rest, (language, text)) in papers.iter().flat_map(|p| p.summaries.iter().map(move |s| (p, *s))) {
        if rest.is_replacing {
            let sql = "DELETE FROM summaries WHERE paper = $1 AND language = $2";
            db.run(sql, &[&rest.row, &language])?;
        }
        rows.push(rest.row);
        languages.push(language);
        texts.push(text);
    }
    if !rows.is_empty() {
        let sql = "INSERT INTO summaries (paper, language, text) SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[])";
        db.run(sql, &[&rows, &languages, &texts])?;
    }
    let (mut rows, mut days, mut sources, mut announced) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (rest, listing) in papers.iter().flat_map(|p| p.listings.iter().map(move |listing| (p, listing))) {
        rows.push(rest.row);
        days.push(listing.day.to_string());
        sources.push(listing.source.as_str());
        announced.push(listing.announced.as_str());
    }
    if !rows.is_empty() {
        let sql = "INSERT INTO listings (paper, day, source, announced)
                   SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[]) ON CONFLICT DO NOTHING";
        db.run(sql, &[&rows, &days, &sources, &announced])?;
    }
    let (mut rows, mut sources, mut days, mut counts) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (rest, ((source, at), count)) in papers.iter().flat_map(|p| p.votes.iter().map(move |v| (p, v))) {
        if rest.is_replacing {
            let sql = "DELETE FROM votes WHERE paper = $1 AND source = $2 AND at = $3";
            db.run(sql, &[&rest.row, source, at])?;
        }
        rows.push(rest.row);
        sources.push(*source);
        days.push(at.as_str());
        counts.push(*count);
    }
    if !rows.is_empty() {
        let sql = "INSERT INTO votes (paper, source, at, count)
                   SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::bigint[])";
        db.run(sql, &[&rows, &sources, &days, &counts])?;
    }
    Ok(())
}
