//! The words of papers as PostgreSQL's text search keeps them: our own tokens, each with its places.
//!
//! A place has the weight of its part: A in the title, B in the text, C among the people. A part begins two places after
//! the one before, so that no phrase reaches from one into another.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::connection::Connection;
use crate::error::Result;
use crate::paper::{Paper, Row};
use crate::store::search::{indexed, tokens};

/// PostgreSQL keeps no place beyond this one, so words behind it are not indexed; an abstract has a few hundred.
const PLACES: usize = 16_383;
/// Nor more than a megabyte in all, of a token with its places.
const BYTES: usize = 1_000_000;
/// Nor a longer token.
const TOKEN: usize = 2_046;

/// What words are more in the index: papers, and tokens of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Indexed {
    pub papers: i64,
    pub tokens: i64,
}

impl std::ops::Add for Indexed {
    type Output = Self;

    fn add(self, more: Self) -> Self {
        Self { papers: self.papers + more.papers, tokens: self.tokens + more.tokens }
    }
}

/// Writes the words of papers that have none; what they add to the index.
pub(super) fn write_words(db: &Connection, papers: &[(Row, &Paper)]) -> Result<Indexed> {
    let rows: Vec<Row> = papers.iter().map(|(row, _)| *row).collect();
    let (words, lengths): (Vec<String>, Vec<i64>) =
        papers.iter().map(|(_, paper)| vector(indexed(paper))).unzip();
    let sql = "INSERT INTO words (paper, said, length)
               SELECT paper, said::tsvector, length FROM unnest($1::bigint[], $2::text[], $3::bigint[])
                 AS new (paper, said, length)";
    db.run(sql, &[&rows, &words, &lengths])?;
    Ok(Indexed { papers: rows.len() as i64, tokens: lengths.iter().sum() })
}

/// Forgets a paper's words; what the index has less, as numbers below zero.
pub(super) fn forget_words(db: &Connection, row: Row) -> Result<Indexed> {
    let before = db.numbers("DELETE FROM words WHERE paper = $1 RETURNING length", &[&row])?;
    Ok(Indexed { papers: -(before.len() as i64), tokens: -before.iter().sum::<i64>() })
}

/// The words of title, text and people, and how many they are.
pub(super) fn vector([title, body, people]: [String; 3]) -> (String, i64) {
    let mut places: BTreeMap<String, Vec<(usize, char)>> = BTreeMap::new();
    let (mut next, mut n, mut bytes) = (1, 0, 0);
    for (text, weight) in [(title, 'A'), (people, 'C'), (body, 'B')] {
        for token in tokens(&text) {
            n += 1;
            bytes += token.len() + 16;
            if next <= PLACES && bytes <= BYTES {
                places.entry(kept(&token).to_owned()).or_default().push((next, weight));
            }
            next += 1;
        }
        next += 1;
    }
    let mut vector = String::new();
    for (token, places) in places {
        let places: Vec<String> = places.iter().map(|(place, weight)| format!("{place}{weight}")).collect();
        let _ = write!(vector, "{}:{} ", quoted(&token), places.join(","));
    }
    (vector, n)
}

/// As much of a token as is kept.
pub(super) fn kept(token: &str) -> &str {
    &token[..token.floor_char_boundary(TOKEN)]
}

/// A token within a query or a list of words.
pub(super) fn quoted(token: &str) -> String {
    format!("'{}'", kept(token).replace('\\', "\\\\").replace('\'', "''"))
}
