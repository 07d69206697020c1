//! BM25 of papers that hold some words, computed as SQLite's FTS5 computes it, in the same order of operations: scores
//! are equal to the last bit, so lists are equal, too.

use std::error::Error as StdError;

use postgres::types::{FromSql, Type};

use super::connection::Connection;
use super::words::kept;
use crate::error::Result;
use crate::paper::Row;
use crate::store::search::{Term, Words, tokens};

/// What a place counts by the two bits of its weight: D has none, C is among the people, B in the text, A in the title.
const COUNTS: [f64; 4] = [0.0, 2.0, 1.0, 4.0];

/// How soon more of a word counts no more, and how much a paper's length does.
const K1: f64 = 1.2;
const B: f64 = 0.75;
/// The weight of a word that more than half of the papers hold.
const LEAST_WEIGHT: f64 = 1e-6;

/// The inverse document frequency of each word.
pub(super) fn weights(db: &Connection, terms: &[Term]) -> Result<Vec<f64>> {
    let n_papers = counted(db, "indexed")?;
    let weight = |term: &Term| {
        let n_holding = db.n_holding(term, 0, Row::MAX)? as f64;
        let weight = ((n_papers - n_holding + 0.5) / (n_holding + 0.5)).ln();
        Ok(if weight <= 0.0 { LEAST_WEIGHT } else { weight })
    };
    terms.iter().map(weight).collect()
}

/// The score of each of some papers, by the words and their weights.
pub(super) fn scores(
    db: &Connection,
    terms: &[Term],
    weights: &[f64],
    rows: &[Row],
) -> Result<Vec<(f64, Row)>> {
    let phrases: Vec<Phrase> = terms.iter().map(Phrase::of).collect();
    let mean_length = counted(db, "tokens")? / counted(db, "indexed")?;
    let found = db.rows("SELECT paper, length, said FROM words WHERE paper = ANY($1)", &[&rows])?;
    let score = |row: &postgres::Row| {
        let (length, said): (i64, Said<'_>) = (row.try_get(1)?, row.try_get(2)?);
        let lengthy = 1.0 - B + B * length as f64 / mean_length;
        let score = weights.iter().zip(&phrases).map(|(weight, phrase)| {
            let frequency = phrase.frequency(&said);
            weight * ((frequency * (K1 + 1.0)) / (frequency + K1 * lengthy))
        });
        Ok((score.sum(), row.try_get(0)?))
    };
    found.iter().map(score).collect()
}

fn counted(db: &Connection, name: &str) -> Result<f64> {
    let value: i64 = db.row("SELECT value FROM counters WHERE name = $1", &[&name])?.try_get(0)?;
    Ok(value as f64)
}

/// The tokens of a word, which follow each other.
struct Phrase {
    tokens: Vec<String>,
    is_begun: bool,
}

impl Phrase {
    fn of(term: &Term) -> Self {
        let tokens = tokens(&term.text).iter().map(|token| kept(token).to_owned()).collect();
        Self { tokens, is_begun: term.is_begun }
    }

    /// How often a paper holds it, by what the places count.
    fn frequency(&self, said: &Said<'_>) -> f64 {
        let Some((first, rest)) = self.tokens.split_first() else { return 0.0 };
        let follow: Vec<Vec<u16>> = rest
            .iter()
            .enumerate()
            .map(|(i, token)| said.places(token, self.is_begun && i + 1 == rest.len()).map(place).collect())
            .collect();
        let starts = said.places(first, self.is_begun && rest.is_empty());
        let whole = starts.filter(|&start| {
            follow.iter().zip(1..).all(|(places, distance)| places.contains(&(place(start) + distance)))
        });
        whole.map(|place| COUNTS[usize::from(place >> 14)]).sum()
    }
}

/// A place without its weight.
fn place(place: u16) -> u16 {
    place & 0x3fff
}

/// The tokens of a paper with their places, as PostgreSQL sends them: each ends with NUL, its places are counted, and
/// weigh in their two upper bits.
struct Said<'a>(&'a [u8]);

impl<'a> FromSql<'a> for Said<'a> {
    fn from_sql(_: &Type, raw: &'a [u8]) -> std::result::Result<Self, Box<dyn StdError + Sync + Send>> {
        // First it says how many tokens there are.
        Ok(Self(raw.get(4..).unwrap_or_default()))
    }

    fn accepts(of: &Type) -> bool {
        *of == Type::TS_VECTOR
    }
}

impl<'a> Said<'a> {
    /// The places of a token, or of all that begin so.
    fn places(&self, token: &str, is_begun: bool) -> impl Iterator<Item = u16> + use<'a> {
        let token = token.as_bytes().to_vec();
        let fits = move |held: &[u8]| if is_begun { held.starts_with(&token) } else { *held == *token };
        let places =
            |places: &'a [u8]| places.as_chunks::<2>().0.iter().map(|bytes| u16::from_be_bytes(*bytes));
        self.each().filter(move |(held, _)| fits(held)).flat_map(move |(_, found)| places(found))
    }

    fn each(&self) -> impl Iterator<Item = (&'a [u8], &'a [u8])> + use<'a> {
        let mut rest = self.0;
        std::iter::from_fn(move || {
            let end = rest.iter().position(|&byte| byte == 0)?;
            let (token, behind) = rest.split_at(end);
            let (n_places, behind) = behind.get(1..)?.split_first_chunk::<2>()?;
            let (places, behind) = behind.split_at_checked(2 * usize::from(u16::from_be_bytes(*n_places)))?;
            rest = behind;
            Some((token, places))
        })
    }
}
