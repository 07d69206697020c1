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
    let quoted = |category: &String| {
        let quoted = serde_json::Value::from(category.to_lowercase()).to_string();
        format!("%{}%", quoted.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_"))
    };
    let categories: Vec<String> = within.categories.iter().map(quoted).collect();
    let (reader, votes) = (reader.get(), within.votes.map(i64::from));
    let mut sql = "SELECT p.row FROM papers p WHERE true".to_owned();
    let mut params: Vec<&(dyn postgres::types::ToSql + Sync)> = Vec::new();
    if is_dated {
        params.extend::<[&(dyn postgres::types::ToSql + Sync); 2]>([&since, &until]);
        let dated = "SELECT paper FROM listings WHERE day BETWEEN $1 AND $2 UNION ALL
                     SELECT o.row FROM papers o LEFT JOIN listings l ON l.paper = o.row
                     WHERE substr(o.published, 1, 10) BETWEEN $1 AND $2 AND l.paper IS NULL";
        sql += &format!(" AND {}", db.among("p.row", dated));
    }
    if !categories.is_empty() {
        params.push(&categories);
        let number = params.len();
        sql += &format!(" AND lower(p.categories) LIKE ANY (${number}::text[])");
    }
    if let Some(rated) = within.rated {
        params.push(&reader);
        let (not, number) = (if rated { "" } else { "NOT " }, params.len());
        let is_rated = db.among("p.id", &format!("SELECT id FROM ratings WHERE reader = ${number}"));
        sql += &format!(" AND {not}({is_rated})");
    }
    if votes.is_some() {
        params.push(&votes);
        let voted = format!("SELECT paper FROM votes WHERE count >= ${}", params.len());
        sql += &format!(" AND {}", db.among("p.row", &voted));
    }
    let params: Values<'_> = &params;
    db.numbers(&(sql + " ORDER BY p.row"), params)
}
