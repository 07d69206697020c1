//! Words in papers, through SQLite's FTS5.
//!
//! The trigram tokenizer needs three letters, but most Korean nouns have two syllables. So Korean
//! is written to the index as pairs of neighbouring syllables ("대조학습" as 대조 조학 학습), and a
//! Korean word in a query becomes the phrase of its pairs: any two syllables are found, inside any
//! word, whatever particle follows.

use std::collections::HashSet;

use rusqlite::{Connection, ToSql, params};

use super::{Row, Store};
use crate::error::Result;
use crate::paper::{Paper, is_hangul};

/// Among so many papers all that hold the words are ranked: each costs a third of a microsecond.
const MANY: usize = 20_000;
/// A word of fewer letters may be the beginning of so many words that to gather them takes 100 ms
/// in a large library.
const BEGUN: usize = 5;

/// BM25, with a title counting four times and people twice.
const RANK: &str = "ORDER BY bm25(words, 4.0, 1.0, 2.0), rowid";

const MATCHING: &str = "SELECT rowid FROM words WHERE words MATCH ?1";

impl Store {
    /// The rows that hold all of the words (the last one may be unfinished), best first by BM25
    /// with a title counting four times, ties by row. Never an error, whatever the words.
    ///
    /// In a library of more than 20,000 papers not all can be ranked while somebody types. There,
    /// a last word of one to four letters is taken as whole, and if too few papers hold it, those
    /// that hold the others follow. Of more than 20,000 papers that hold the words, 20,000 are ranked:
    /// the newest that hold them in the title, then the newest that hold them.
    ///
    /// # Errors
    /// [`crate::Error::Sqlite`].
    pub fn search(&self, words: &str, n: usize) -> Result<Vec<Row>> {
        self.search_among(words, n, MANY)
    }

    /// The same where `many` papers are too many to rank them all.
    pub(super) fn search_among(&self, words: &str, n: usize, many: usize) -> Result<Vec<Row>> {
        let mut others = terms(words);
        let Some(last) = others.pop() else { return Ok(Vec::new()) };
        let begun = format!("{}*", last.trim_end_matches('*'));
        let with = |last: &str| [&others[..], &[last.to_owned()]].concat().join(" AND ");
        let newest: Option<Row> = self.db.query_row("SELECT max(row) FROM papers", [], |row| row.get(0))?;
        if newest.is_none_or(|newest| newest <= many as Row) {
            return self.ranked(&with(&begun), n);
        }
        if self.newest_with(&with(&last), many + 1)?.len() > many {
            return self.ranked_in_part(&with(&last), n, many);
        }
        let letters = || last.chars().filter(|c| c.is_alphanumeric());
        if letters().count() < BEGUN && !letters().any(is_hangul) {
            let mut found = self.ranked(&with(&last), n)?;
            if found.len() < n && !others.is_empty() {
                let mut more = self.ranked_in_part(&others.join(" AND "), n, many)?;
                more.retain(|row| !found.contains(row));
                found.extend(more.into_iter().take(n - found.len()));
            }
            if !found.is_empty() {
                return Ok(found);
            }
        }
        if self.newest_with(&with(&begun), many + 1)?.len() <= many {
            return self.ranked(&with(&begun), n);
        }
        self.ranked_in_part(&with(&begun), n, many)
    }

    /// Whether any row holds any of the words; the last one may be unfinished.
    ///
    /// # Errors
    /// [`crate::Error::Sqlite`].
    pub fn has_any(&self, words: &str) -> Result<bool> {
        let mut terms = terms(words);
        terms.extend(terms.last().map(|last| format!("{}*", last.trim_end_matches('*'))));
        for term in terms {
            if !self.newest_with(&term, 1)?.is_empty() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The first `n` of all rows that match a query.
    fn ranked(&self, query: &str, n: usize) -> Result<Vec<Row>> {
        self.rows(&format!("{MATCHING} {RANK} LIMIT ?2"), &[&query, &(n as i64)])
    }

    /// The newest `n` rows that match a query; no more of them are looked at.
    fn newest_with(&self, query: &str, n: usize) -> Result<Vec<Row>> {
        self.rows(&format!("{MATCHING} ORDER BY rowid DESC LIMIT ?2"), &[&query, &(n as i64)])
    }

    /// The first `n` of those whose titles match a query, and of the newest that match it otherwise:
    /// `many` in all.
    fn ranked_in_part(&self, query: &str, n: usize, many: usize) -> Result<Vec<Row>> {
        let title = format!("title : ({query})");
        let in_titles: HashSet<Row> = self.newest_with(&title, many)?.into_iter().collect();
        let rest = self.newest_with(query, many)?.into_iter().filter(|row| !in_titles.contains(row));
        let since = rest.take(many - in_titles.len()).last().unwrap_or(Row::MAX);
        // The plus keeps SQLite from asking for each of them by itself.
        let sql = format!(
            "{MATCHING} AND (rowid >= ?3 OR +rowid IN ({} ORDER BY rowid DESC LIMIT ?5)) {RANK} LIMIT ?2",
            MATCHING.replace("?1", "?4")
        );
        self.rows(&sql, &[&query, &(n as i64), &since, &title, &(many as i64)])
    }

    fn rows(&self, sql: &str, values: &[&dyn ToSql]) -> Result<Vec<Row>> {
        let mut search = self.db.prepare_cached(sql)?;
        Ok(search.query_map(values, |row| row.get(0))?.collect::<Result<_, _>>()?)
    }
}

/// Writes a paper's words, in place of those that were there.
pub(super) fn index(db: &Connection, row: Row, paper: &Paper) -> Result<()> {
    let mut body = indexable(&paper.abstract_text);
    for summary in paper.summaries.values() {
        body.push(' ');
        body.push_str(&indexable(summary));
    }
    db.prepare_cached("INSERT OR REPLACE INTO words (rowid, title, body, people) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![row, indexable(&paper.title), body, indexable(&paper.authors.join(" "))])?;
    Ok(())
}

/// A text as the index keeps it: Korean in pairs of syllables, everything else as it is.
fn indexable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (korean, run) in runs(text) {
        out.push(' ');
        if korean { out.push_str(&pairs(&run)) } else { out.push_str(&run) }
    }
    out
}

/// The words as FTS5 looks for them, each quoted: all are wanted.
fn terms(words: &str) -> Vec<String> {
    let mut terms = Vec::new();
    for word in words.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()) {
        for (korean, run) in runs(word) {
            // A single syllable is the beginning of a pair.
            let prefix = if korean && run.chars().count() == 1 { "*" } else { "" };
            let phrase = if korean { pairs(&run) } else { run };
            terms.push(format!("\"{phrase}\"{prefix}"));
        }
    }
    terms
}

/// Runs of Korean and of anything else, in order.
fn runs(text: &str) -> Vec<(bool, String)> {
    let mut runs: Vec<(bool, String)> = Vec::new();
    for c in text.chars() {
        match runs.last_mut() {
            Some((korean, run)) if *korean == is_hangul(c) => run.push(c),
            _ => runs.push((is_hangul(c), c.to_string())),
        }
    }
    runs
}

fn pairs(run: &str) -> String {
    let syllables: Vec<char> = run.chars().collect();
    if syllables.len() < 3 {
        return run.to_owned();
    }
    syllables.windows(2).map(|pair| pair.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
}
