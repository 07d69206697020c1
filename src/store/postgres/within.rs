//! Which papers of the library are meant.

use jiff::civil::Date;

use super::connection::{Connection, Values};
use crate::error::Result;
use crate::paper::{ReaderId, Row, Within};

/// The rows that are meant, ascending, muted or not.
pub(super) fn rows(db: &Connection, within: &Within, reader: ReaderId) -> Result<Vec<Row>> {
    let is_dated = within.since.is_some() || within.until.is_some();
    let day = |day: Option<Date>, otherwise: Date| day.unwrap_or(otherwise).to_string();
    let (since, until) = (day(within.since, Date::ZERO), day(within.until, Date::MAX));
    // As they stand in the JSON list: whole, between their quotation marks.
    let quoted = |category: &String| serde_json::Value::from(category.to_lowercase()).to_string();
    let categories: Vec<String> = within.categories.iter().map(quoted).collect();
    let (reader, votes) = (reader.get(), within.votes.map(i64::from));
    let mut sql = "SELECT p.row FROM papers p WHERE true".to_owned();
    let mut params: Vec<&(dyn postgres::types::ToSql + Sync)> = Vec::new();
    if is_dated {
        params.extend::<[&(dyn postgres::types::ToSql + Sync); 2]>([&since, &until]);
        sql += " AND (p.row IN (SELECT paper FROM listings WHERE day BETWEEN $1 AND $2)
                 OR (substr(p.published, 1, 10) BETWEEN $1 AND $2
                     AND NOT EXISTS (SELECT 1 FROM listings l WHERE l.paper = p.row)))";
    }
    if !categories.is_empty() {
        params.push(&categories);
        let number = params.len();
        sql += &format!(
            " AND EXISTS (SELECT 1 FROM unnest(${number}::text[]) AS asked
                          WHERE strpos(lower(p.categories), asked) > 0)"
        );
    }
    if let Some(rated) = within.rated {
        params.push(&reader);
        let (not, number) = (if rated { "" } else { "NOT " }, params.len());
        sql +=
            &format!(" AND {not}EXISTS (SELECT 1 FROM ratings r WHERE r.reader = ${number} AND r.id = p.id)");
    }
    if votes.is_some() {
        params.push(&votes);
        sql += &format!(" AND p.row IN (SELECT paper FROM votes WHERE count >= ${})", params.len());
    }
    let params: Values<'_> = &params;
    db.numbers(&(sql + " ORDER BY p.row"), params)
}
