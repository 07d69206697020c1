//! Words in papers, through SQLite's FTS5.
//!
//! The trigram tokenizer needs three letters, but most Korean nouns have two syllables, and Chinese and Japanese
//! have no spaces between words. So these scripts are written to the index as pairs of neighbouring letters
//! ("대조학습" as 대조 조학 학습, "图像分割" as 图像 像分 分割), and such a word in a query becomes the phrase of its
//! pairs: any two letters are found, inside any word, whatever particle follows.

use std::collections::HashSet;

use rusqlite::{Connection, params};

use super::{Sqlite, within};
use crate::error::Result;
use crate::paper::{Paper, ReaderId, Row, Within, is_cjk, is_hangul};
use crate::store::Search;

/// So many of the papers that hold the words are ranked: each word in each of them costs a third of a
/// microsecond.
const MANY: usize = 5_000;
/// A word of fewer letters may be the beginning of so many words that to gather them takes 100 ms
/// in a large library.
const BEGUN: usize = 5;
/// Whether a word is common is seen in so many pieces of the library, and so many papers of each.
const PIECES: usize = 8;
const PIECE: usize = 64;

/// BM25, with a title counting four times and people twice.
const RANK: &str = "ORDER BY bm25(words, 4.0, 1.0, 2.0), rowid";

const MATCHING: &str = "SELECT rowid FROM words WHERE words MATCH ?1";

/// The words that are wanted, each as FTS5 looks for it.
#[derive(Clone, Default)]
struct Wanted {
    /// Those that order the papers.
    telling: Vec<String>,
    /// Those that more than half of the papers hold: BM25 gives them no weight, and counting them
    /// through the library is what would take longest.
    common: Vec<String>,
}

impl Wanted {
    /// All words, and where they are looked for the telling ones are in the title.
    fn query(&self, in_title: bool) -> String {
        let telling = self.telling.join(" AND ");
        let title = |words: &str| format!("(title : ({words}))");
        let (telling, common) = match (self.telling.is_empty(), in_title) {
            (true, true) => (String::new(), title(&self.common.join(" AND "))),
            (false, true) => (title(&telling), self.common.join(" AND ")),
            (_, false) => (telling, self.common.join(" AND ")),
        };
        let parts = [telling, common];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" AND ")
    }

    fn is_empty(&self) -> bool {
        self.telling.is_empty() && self.common.is_empty()
    }
}

impl Search for Sqlite {
    fn search(&self, words: &str, n: usize, meant: Option<&[Row]>) -> Result<Vec<Row>> {
        self.search_among(words, n, meant, MANY)
    }

    fn has_any(&self, words: &str) -> Result<bool> {
        let mut terms = terms(words);
        terms.extend(terms.last().map(|last| format!("{}*", last.trim_end_matches('*'))));
        for term in terms {
            if !self.newest_with(&term, 1, None)?.is_empty() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn n_saying(&self, word: &str, is_begun: bool, most: usize) -> Result<usize> {
        let Some(word) = phrase(word) else { return Ok(0) };
        Ok(self.newest_with(&format!("{word}{}", if is_begun { "*" } else { "" }), most, None)?.len())
    }

    fn rows_saying(&self, phrases: &[String], unwanted: &[String], people: &[String]) -> Result<Vec<Row>> {
        let phrased = |texts: &[String]| texts.iter().filter_map(|text| phrase(text)).collect::<Vec<_>>();
        let mut wanted = phrased(phrases);
        wanted.extend(people.iter().flat_map(|name| terms(name)).map(|name| format!("people : {name}")));
        let unwanted = phrased(unwanted).join(" OR ");
        let mut rows = match (wanted.join(" AND "), unwanted.as_str()) {
            (wanted, "") if wanted.is_empty() => self.rows_within(&Within::default(), ReaderId::OWNER)?,
            (wanted, "") => self.newest_with(&wanted, usize::MAX, None)?,
            (wanted, _) if wanted.is_empty() => {
                let without: HashSet<Row> =
                    self.newest_with(&unwanted, usize::MAX, None)?.into_iter().collect();
                let mut rows = self.rows_within(&Within::default(), ReaderId::OWNER)?;
                rows.retain(|row| !without.contains(row));
                rows
            }
            (wanted, _) => self.newest_with(&format!("({wanted}) NOT ({unwanted})"), usize::MAX, None)?,
        };
        rows.sort_unstable();
        Ok(rows)
    }

    fn rows_within(&self, within: &Within, reader: ReaderId) -> Result<Vec<Row>> {
        within::rows(&self.db, within, reader)
    }
}

impl Sqlite {
    /// [`search`](Search::search) where `many` papers are too many to rank them all.
    pub(super) fn search_among(
        &self,
        words: &str,
        n: usize,
        meant: Option<&[Row]>,
        many: usize,
    ) -> Result<Vec<Row>> {
        let mut words = terms(words);
        let Some(last) = words.pop() else { return Ok(Vec::new()) };
        // Said twice is said once.
        let mut said = HashSet::from([last.clone()]);
        words.retain(|word| said.insert(word.clone()));
        let begun = format!("{}*", last.trim_end_matches('*'));
        let newest: Option<Row> = self.db.query_row("SELECT max(row) FROM papers", [], |row| row.get(0))?;
        let newest = newest.unwrap_or_default();
        if newest <= many as Row {
            words.push(begun);
            return self.best(&Wanted { telling: words, ..Wanted::default() }, n, meant, many);
        }
        let mut others = Wanted::default();
        for word in words {
            let of = if self.is_common(&word, newest)? { &mut others.common } else { &mut others.telling };
            of.push(word);
        }
        let mut whole = others.clone();
        let is_common = self.is_common(&last, newest)?;
        if is_common { &mut whole.common } else { &mut whole.telling }.push(last.clone());
        let letters = || last.chars().filter(|c| c.is_alphanumeric());
        let is_short = letters().count() < BEGUN && !letters().any(is_cjk);
        if is_short || is_common {
            let mut found = self.best(&whole, n, meant, many)?;
            if is_short && found.len() < n && !others.is_empty() {
                let mut more = self.best(&others, n, meant, many)?;
                more.retain(|row| !found.contains(row));
                found.extend(more.into_iter().take(n - found.len()));
            }
            if !found.is_empty() {
                return Ok(found);
            }
        } else {
            let holding = self.newest_with(&whole.query(false), many + 1, meant)?;
            if holding.len() > many {
                return self.ranked(&whole, holding, n, meant, many);
            }
        }
        others.telling.push(begun);
        self.best(&others, n, meant, many)
    }

    /// The first `n` of those that hold what is wanted; of more than `many`, as many are ranked.
    fn best(&self, wanted: &Wanted, n: usize, meant: Option<&[Row]>, many: usize) -> Result<Vec<Row>> {
        let is_ranked = !wanted.telling.is_empty();
        let holding = self.newest_with(&wanted.query(false), if is_ranked { many + 1 } else { n }, meant)?;
        match is_ranked {
            true => self.ranked(wanted, holding, n, meant, many),
            false => self.titles_first(wanted, holding, n, meant),
        }
    }

    /// The first `n` of the newest `holding` what is wanted, of which there may be one too many.
    fn ranked(
        &self,
        wanted: &Wanted,
        mut holding: Vec<Row>,
        n: usize,
        meant: Option<&[Row]>,
        many: usize,
    ) -> Result<Vec<Row>> {
        if holding.len() > many {
            holding = self.titles_first(wanted, holding, many, meant)?;
        }
        let Some(first) = holding.iter().min() else { return Ok(holding) };
        // The plus keeps SQLite from asking for each of them by itself.
        let sql = format!(
            "{MATCHING} AND rowid >= ?2 AND +rowid IN (SELECT value FROM json_each(?3)) {RANK} LIMIT ?4"
        );
        let rows = serde_json::Value::from(holding.as_slice()).to_string();
        let mut search = self.db.prepare_cached(&sql)?;
        let query = wanted.telling.join(" AND ");
        let found = search.query_map(params![query, first, rows, n as i64], |row| row.get(0))?;
        Ok(found.collect::<Result<_, _>>()?)
    }

    /// The newest that hold the telling words in the title, then the newest `holding` them: `n` in all.
    fn titles_first(
        &self,
        wanted: &Wanted,
        holding: Vec<Row>,
        n: usize,
        meant: Option<&[Row]>,
    ) -> Result<Vec<Row>> {
        let mut found = self.newest_with(&wanted.query(true), n, meant)?;
        let in_titles: HashSet<Row> = found.iter().copied().collect();
        let rest = holding.into_iter().filter(|row| !in_titles.contains(row));
        found.extend(rest.take(n - in_titles.len()));
        Ok(found)
    }

    /// The newest `n` rows that match a query, of those that are meant; no more of them are looked at.
    fn newest_with(&self, query: &str, n: usize, meant: Option<&[Row]>) -> Result<Vec<Row>> {
        let mut search = self.db.prepare_cached(&format!("{MATCHING} ORDER BY rowid DESC"))?;
        let mut rows = search.query([query])?;
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

    /// Whether more than half of the papers hold a word, by pieces spread evenly over the library.
    pub(super) fn is_common(&self, word: &str, newest: Row) -> Result<bool> {
        // To find the words that begin so takes longer than to leave this out.
        if word.ends_with('*') {
            return Ok(false);
        }
        let sql = "SELECT count(*) FROM words WHERE words MATCH ?1 AND rowid > ?2 AND rowid <= ?2 + ?3";
        let mut query = self.db.prepare_cached(sql)?;
        let pieces = PIECES.min(newest as usize) as Row;
        let piece = (newest / pieces).min(PIECE as Row);
        let mut holding: Row = 0;
        for i in 0..pieces {
            holding +=
                query.query_row(params![word, i * newest / pieces, piece], |row| row.get::<_, Row>(0))?;
        }
        Ok(2 * holding > pieces * piece)
    }
}

/// Writes a paper's words, in place of those that were there.
pub(super) fn index(db: &Connection, row: Row, paper: &Paper) -> Result<()> {
    let mut body = paper.abstract_text.clone();
    for summary in paper.summaries.values() {
        body.push('\n');
        body.push_str(summary);
    }
    write(db, row, &paper.title, &body, &paper.authors)
}

fn write(db: &Connection, row: Row, title: &str, body: &str, authors: &[String]) -> Result<()> {
    db.prepare_cached("INSERT OR REPLACE INTO words (rowid, title, body, people) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![row, indexable(title), indexable(body), indexable(&authors.join(" "))])?;
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
            write(db, row, &title, &format!("{abstract_text} {summaries}"), &authors)?;
        }
        done = row;
    }
    Ok(())
}

/// A text as the index keeps it: Chinese, Japanese and Korean in pairs of letters, everything else as it is.
fn indexable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (paired, run) in runs(text) {
        out.push(' ');
        if paired { out.push_str(&pairs(&run)) } else { out.push_str(&run) }
    }
    out
}

/// The words as FTS5 looks for them, each quoted: all are wanted.
fn terms(words: &str) -> Vec<String> {
    let mut terms = Vec::new();
    for word in words.split(|c: char| !c.is_alphanumeric() && !is_cjk(c)).filter(|w| !w.is_empty()) {
        for (paired, run) in runs(word) {
            // A single letter is the beginning of a pair.
            let prefix = if paired && run.chars().count() == 1 { "*" } else { "" };
            let phrase = if paired { pairs(&run) } else { run };
            terms.push(format!("\"{phrase}\"{prefix}"));
        }
    }
    terms
}

/// A text as FTS5 looks for it word by word; none where it has no word.
fn phrase(text: &str) -> Option<String> {
    let words = indexable(&text.replace('"', " "));
    words.contains(char::is_alphanumeric).then(|| format!("\"{}\"", words.trim()))
}

/// Runs of letters that are indexed in pairs and of anything else, in order.
fn runs(text: &str) -> Vec<(bool, String)> {
    let mut runs: Vec<(bool, String)> = Vec::new();
    for c in text.chars() {
        match runs.last_mut() {
            Some((paired, run)) if *paired == is_cjk(c) => run.push(c),
            _ => runs.push((is_cjk(c), c.to_string())),
        }
    }
    runs
}

fn pairs(run: &str) -> String {
    let letters: Vec<char> = run.chars().collect();
    if letters.len() < 3 {
        return run.to_owned();
    }
    letters.windows(2).map(|pair| pair.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;
