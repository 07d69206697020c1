//! Which papers of the library are meant.

use jiff::civil::Date;
use rusqlite::{Connection, params_from_iter};

use crate::error::Result;
use crate::paper::{ReaderId, Row, Within};

/// The rows that are meant, ascending, muted or not.
pub(super) fn rows(db: &Connection, within: &Within, reader: ReaderId) -> Result<Vec<Row>> {
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
        sql +=
            &format!(" AND p.id {not}IN (SELECT id FROM ratings WHERE reader = CAST(?{number} AS INTEGER))");
    }
    if let Some(votes) = within.votes {
        sql += &format!(" AND p.row IN (SELECT paper FROM votes WHERE count >= {votes})");
    }
    let mut query = db.prepare_cached(&(sql + " ORDER BY p.row"))?;
    Ok(query.query_map(params_from_iter(values), |row| row.get(0))?.collect::<Result<_, _>>()?)
}
