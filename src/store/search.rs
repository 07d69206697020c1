//! Words in papers, through SQLite's FTS5.
//!
//! The trigram tokenizer needs three letters, but most Korean nouns have two syllables. So Korean
//! is written to the index as pairs of neighbouring syllables ("대조학습" as 대조 조학 학습), and a
//! Korean word in a query becomes the phrase of its pairs: any two syllables are found, inside any
//! word, whatever particle follows.

use rusqlite::{Connection, params};

use super::{Row, Store};
use crate::error::Result;
use crate::paper::{Paper, is_hangul};

impl Store {
    /// The rows that hold all of the words (the last one may be unfinished), best first by BM25
    /// with a title counting four times, ties by row. Never an error, whatever the words.
    ///
    /// # Errors
    /// [`crate::Error::Sqlite`].
    pub fn search(&self, words: &str, n: usize) -> Result<Vec<Row>> {
        let query = fts_query(words);
        if query.is_empty() {
            return Ok(Vec::new());
        }
        let sql = "SELECT rowid FROM words WHERE words MATCH ?1 ORDER BY bm25(words, 4.0, 1.0, 2.0), rowid LIMIT ?2";
        let mut search = self.db.prepare_cached(sql)?;
        Ok(search.query_map(params![query, n as i64], |row| row.get(0))?.collect::<Result<_, _>>()?)
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

/// A query in FTS5's language: all words, each quoted, the last one a prefix.
fn fts_query(words: &str) -> String {
    let mut terms = Vec::new();
    for word in words.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()) {
        for (korean, run) in runs(word) {
            // A single syllable is the beginning of a pair.
            let prefix = if korean && run.chars().count() == 1 { "*" } else { "" };
            let phrase = if korean { pairs(&run) } else { run };
            terms.push(format!("\"{phrase}\"{prefix}"));
        }
    }
    if let Some(last) = terms.last_mut().filter(|t| !t.ends_with('*')) {
        last.push('*');
    }
    terms.join(" ")
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
