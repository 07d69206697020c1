//! Words in papers, through SQLite's FTS5.

use rusqlite::{Connection, params};

use super::{Sqlite, within};
use crate::error::Result;
use crate::paper::{Paper, ReaderId, Row, Within, is_cjk, is_hangul};
use crate::store::Search;
use crate::store::search::{
    MANY, Query, Term, Words, has_any, indexed, indexed_texts, n_saying, rows_saying, search,
};

/// BM25, with a title counting four times and people twice.
const RANK: &str = "ORDER BY bm25(words, 4.0, 1.0, 2.0), rowid";

const MATCHING: &str = "SELECT rowid FROM words WHERE words MATCH ?1";

impl Search for Sqlite {
    fn search(&self, words: &str, n: usize, meant: Option<&[Row]>) -> Result<Vec<Row>> {
        search(&self.db, words, n, meant, MANY)
    }

    fn has_any(&self, words: &str) -> Result<bool> {
        has_any(&self.db, words)
    }

    fn n_saying(&self, word: &str, is_begun: bool, most: usize) -> Result<usize> {
        n_saying(&self.db, word, is_begun, most)
    }

    fn rows_saying(&self, phrases: &[String], unwanted: &[String], people: &[String]) -> Result<Vec<Row>> {
        rows_saying(&self.db, phrases, unwanted, people, || {
            self.rows_within(&Within::default(), ReaderId::OWNER)
        })
    }

    fn rows_within(&self, within: &Within, reader: ReaderId) -> Result<Vec<Row>> {
        within::rows(&self.db, within, reader)
    }
}

#[cfg(test)]
impl Sqlite {
    /// A search in which `many` papers are too many to rank them all.
    pub(in crate::store) fn search_among(
        &self,
        words: &str,
        n: usize,
        meant: Option<&[Row]>,
        many: usize,
    ) -> Result<Vec<Row>> {
        search(&self.db, words, n, meant, many)
    }
}

impl Words for Connection {
    fn newest(&self) -> Result<Row> {
        let newest: Option<Row> = self.query_row("SELECT max(row) FROM papers", [], |row| row.get(0))?;
        Ok(newest.unwrap_or_default())
    }

    fn newest_with(&self, query: &Query<'_>, n: usize, meant: Option<&[Row]>) -> Result<Vec<Row>> {
        // No more rows are looked at than are wanted.
        let mut search = self.prepare_cached(&format!("{MATCHING} ORDER BY rowid DESC"))?;
        let mut rows = search.query([matching(query)])?;
        let mut found = Vec::new();
        while found.len() < n
            && let Some(row) = rows.next()?
        {
            let row: Row = row.get(0)?;
            if meant.is_none_or(|meant| meant.binary_search(&row).is_ok()) {
                found.push(row);
            }
        }
        Ok(found)
    }

    fn n_holding(&self, term: &Term, after: Row, n: Row) -> Result<Row> {
        let sql = "SELECT count(*) FROM words WHERE words MATCH ?1 AND rowid > ?2 AND rowid <= ?2 + ?3";
        let mut query = self.prepare_cached(sql)?;
        Ok(query.query_row(params![quoted(term), after, n], |row| row.get(0))?)
    }

    fn ranked(&self, terms: &[Term], rows: &[Row], n: usize) -> Result<Vec<Row>> {
        // The plus keeps SQLite from asking for each of them by itself.
        let sql = format!(
            "{MATCHING} AND rowid >= ?2 AND +rowid IN (SELECT value FROM json_each(?3)) {RANK} LIMIT ?4"
        );
        let first = rows.iter().min();
        let rows = serde_json::Value::from(rows).to_string();
        let mut search = self.prepare_cached(&sql)?;
        let found = search.query_map(params![all_of(terms), first, rows, n as i64], |row| row.get(0))?;
        Ok(found.collect::<Result<_, _>>()?)
    }
}

/// What is asked, in FTS5's words.
fn matching(query: &Query<'_>) -> String {
    let title = Some(query.in_title).filter(|terms| !terms.is_empty());
    let title = title.map(|terms| format!("(title : ({}))", all_of(terms)));
    let people = query.in_people.iter().map(|term| format!("(people : {})", quoted(term)));
    let anywhere = query.anywhere.into_iter().filter(|terms| !terms.is_empty()).map(all_of);
    title.into_iter().chain(people).chain(anywhere).collect::<Vec<_>>().join(" AND ")
}

fn all_of(terms: &[Term]) -> String {
    terms.iter().map(quoted).collect::<Vec<_>>().join(" AND ")
}

fn quoted(term: &Term) -> String {
    format!("\"{}\"{}", term.text, if term.is_begun { "*" } else { "" })
}

/// Writes a paper's words, in place of those that were there.
pub(super) fn index(db: &Connection, row: Row, paper: &Paper) -> Result<()> {
    write(db, row, indexed(paper))
}

fn write(db: &Connection, row: Row, [title, body, people]: [String; 3]) -> Result<()> {
    db.prepare_cached("INSERT OR REPLACE INTO words (rowid, title, body, people) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![row, title, body, people])?;
    Ok(())
}

/// Forgets a paper's words.
pub(super) fn forget(db: &Connection, row: Row) -> Result<()> {
    db.prepare_cached("DELETE FROM words WHERE rowid = ?1")?.execute([row])?;
    Ok(())
}

/// Writes the words of all papers anew that hold Chinese or Japanese: before, when the pairs were for Korean only,
/// a sentence of theirs was one word. One paper is in memory at a time.
pub(super) fn reindex_cjk(db: &Connection) -> Result<()> {
    let last: Row = db.query_row("SELECT coalesce(max(row), 0) FROM papers", [], |row| row.get(0))?;
    let mut find = db.prepare(
        "SELECT row, title, abstract, authors,
           coalesce((SELECT group_concat(text, char(10)) FROM summaries WHERE paper = row), '')
         FROM papers WHERE row > ?1 ORDER BY row LIMIT 1",
    )?;
    let mut done: Row = 0;
    while done < last {
        let (row, texts): (Row, [String; 4]) = find.query_row([done], |found| {
            Ok((found.get(0)?, [found.get(1)?, found.get(2)?, found.get(3)?, found.get(4)?]))
        })?;
        let [title, abstract_text, authors, summaries] = texts;
        let is_new = |c: char| is_cjk(c) && !is_hangul(c);
        if [&title, &abstract_text, &authors, &summaries].iter().any(|text| text.contains(is_new)) {
            let authors: Vec<String> = serde_json::from_str(&authors).unwrap_or_default();
            let body = format!("{abstract_text} {summaries}");
            write(db, row, indexed_texts(&title, &body, &authors))?;
        }
        done = row;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
