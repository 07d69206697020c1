//! Which papers of the library are meant.

use jiff::civil::Date;
use rusqlite::params_from_iter;

use super::{Row, Store};
use crate::error::Result;

/// What a paper must have to be meant; all papers are where nothing is wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Within {
    /// Listed on this day or later; a paper that was never listed counts by the day on which it was
    /// published.
    pub since: Option<Date>,
    /// Listed, or published, on this day or before.
    pub until: Option<Date>,
    /// In one of these categories; any will do where none is named.
    pub categories: Vec<String>,
    /// Rated by the reader, or not.
    pub rated: Option<bool>,
    /// With so many votes or more.
    pub votes: Option<u32>,
    /// Of no topic and no interest that the reader has muted. Whoever looks knows which those are, the
    /// store does not.
    pub unmuted: bool,
}

impl Store {
    /// The rows that are meant, ascending, muted or not.
    ///
    /// # Errors
    /// [`crate::Error::Sqlite`].
    pub fn rows_within(&self, within: &Within, reader: i64) -> Result<Vec<Row>> {
        let mut sql = "SELECT p.row FROM papers p WHERE 1".to_owned();
        let mut values: Vec<String> = Vec::new();
        if within.since.is_some() || within.until.is_some() {
            let day = |day: Option<Date>, otherwise: Date| day.unwrap_or(otherwise).to_string();
            values.extend([day(within.since, Date::ZERO), day(within.until, Date::MAX)]);
            // First what was listed, by its index, then the few that never were.
            sql += " AND (p.row IN (SELECT paper FROM listings WHERE day BETWEEN ?1 AND ?2)
                     OR (substr(p.published, 1, 10) BETWEEN ?1 AND ?2
                         AND NOT EXISTS (SELECT 1 FROM listings l WHERE l.paper = p.row)))";
        }
        if !within.categories.is_empty() {
            let asked = within.categories.iter().map(|category| {
                // As it stands in the JSON list: whole, between its quotation marks.
                values.push(serde_json::Value::from(category.to_lowercase()).to_string());
                format!("instr(lower(p.categories), ?{}) > 0", values.len())
            });
            sql += &format!(" AND ({})", asked.collect::<Vec<_>>().join(" OR "));
        }
        if let Some(rated) = within.rated {
            values.push(reader.to_string());
            let not = if rated { "" } else { "NOT " };
            let number = values.len();
            sql += &format!(
                " AND p.id {not}IN (SELECT id FROM ratings WHERE reader = CAST(?{number} AS INTEGER))"
            );
        }
        if let Some(votes) = within.votes {
            sql += &format!(" AND p.row IN (SELECT paper FROM votes WHERE count >= {votes})");
        }
        let mut query = self.db.prepare_cached(&(sql + " ORDER BY p.row"))?;
        Ok(query.query_map(params_from_iter(values), |row| row.get(0))?.collect::<Result<_, _>>()?)
    }
}
