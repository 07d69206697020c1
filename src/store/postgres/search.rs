//! Words in papers, through PostgreSQL's text search.

use super::bm25::{scores, weights};
use super::connection::Connection;
use super::words::quoted;
use super::{Postgres, within};
use crate::error::Result;
use crate::paper::{ReaderId, Row, Within};
use crate::store::Search;
use crate::store::search::{MANY, Query, Term, Words, has_any, n_saying, rows_saying, search, tokens};

impl Search for Postgres {
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

impl Words for Connection {
    fn newest(&self) -> Result<Row> {
        let newest = self.of_parts("papers", |papers| format!("SELECT max(row) AS row FROM {papers}"));
        Ok(self.row(&format!("SELECT coalesce(max(row), 0) FROM {newest} AS newest"), &[])?.try_get(0)?)
    }

    fn newest_with(&self, query: &Query<'_>, n: usize, meant: Option<&[Row]>) -> Result<Vec<Row>> {
        let title = query.in_title.iter().map(|term| phrase(term, "A"));
        let people = query.in_people.iter().map(|term| phrase(term, "C"));
        let anywhere = query.anywhere.into_iter().flatten().map(|term| phrase(term, ""));
        let Some(phrases) = title.chain(people).chain(anywhere).collect::<Option<Vec<_>>>() else {
            return Ok(Vec::new());
        };
        // The plan is kept: it must not be one that compares each paper with all that are meant.
        let is_meant = match meant {
            None => String::new(),
            Some(_) => format!("AND {}", self.among("paper", "SELECT unnest($3::bigint[])")),
        };
        let found = self.of_parts("words", |words| {
            format!(
                "SELECT paper FROM {words} WHERE said @@ (SELECT $1::text::tsquery) {is_meant}
                 ORDER BY paper DESC LIMIT $2"
            )
        });
        let sql = format!("SELECT paper FROM {found} AS found ORDER BY paper DESC LIMIT $2");
        let (phrases, n) = (phrases.join(" & "), i64::try_from(n).unwrap_or(i64::MAX));
        match meant {
            None => self.numbers(&sql, &[&phrases, &n]),
            Some(meant) => self.numbers(&sql, &[&phrases, &n, &meant]),
        }
    }

    fn n_holding(&self, term: &Term, after: Row, n: Row) -> Result<Row> {
        let Some(phrase) = phrase(term, "") else { return Ok(0) };
        let sql = self.count_of(
            "words",
            "said @@ (SELECT $1::text::tsquery) AND paper > $2 AND paper <= $2::bigint + $3",
        );
        Ok(self.row(&sql, &[&phrase, &after, &n])?.try_get(0)?)
    }

    fn ranked(&self, terms: &[Term], rows: &[Row], n: usize) -> Result<Vec<Row>> {
        let weights = weights(self, terms)?;
        let mut scored = scores(self, terms, &weights, rows)?;
        scored.sort_by(|(a, a_row), (b, b_row)| b.total_cmp(a).then(a_row.cmp(b_row)));
        Ok(scored.into_iter().take(n).map(|(_, row)| row).collect())
    }
}

/// A word as PostgreSQL looks for it, where it has this weight if one is given; none if nothing of it is a token.
fn phrase(term: &Term, weight: &str) -> Option<String> {
    let tokens = tokens(&term.text);
    let last = tokens.len().checked_sub(1)?;
    let begun = |i| if term.is_begun && i == last { "*" } else { "" };
    let lexeme = |(i, token): (usize, &String)| match (begun(i), weight) {
        ("", "") => quoted(token),
        (begun, weight) => format!("{}:{begun}{weight}", quoted(token)),
    };
    let lexemes: Vec<String> = tokens.iter().enumerate().map(lexeme).collect();
    Some(format!("({})", lexemes.join(" <-> ")))
}
