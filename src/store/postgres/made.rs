//! Summaries that language models wrote, and what was asked of them.

use jiff::Timestamp;
use jiff::civil::Date;

use super::Postgres;
use super::connection::Connection;
use crate::error::Result;
use crate::paper::PaperId;
use crate::store::made::{style_of, style_word};
use crate::store::{Made, MadeSummary, Papers, Recipe};

const COLUMNS: &str = "language, style, model, prompt, made_of, text, at";

impl Made for Postgres {
    fn made(&self, id: &PaperId) -> Result<Vec<MadeSummary>> {
        let sql = format!(
            "SELECT {COLUMNS} FROM made WHERE id = $1 ORDER BY rtrim(at, 'Z') DESC, language, style, model, prompt, made_of"
        );
        self.db.rows(&sql, &[&self.stored_as(id)?.as_str()])?.iter().map(read).collect()
    }

    fn keep_made(&mut self, id: &PaperId, summary: &MadeSummary) -> Result<()> {
        let id = self.stored_as(id)?;
        self.durably(|db| keep(db, &id, summary).map(drop))
    }

    fn all_made(&self) -> Result<Vec<(PaperId, MadeSummary)>> {
        let sql =
            format!("SELECT {COLUMNS}, id FROM made ORDER BY id, language, style, model, prompt, made_of");
        let rows = self.db.rows(&sql, &[])?;
        rows.iter().map(|row| Ok((PaperId::parse(row.try_get(7)?)?.0, read(row)?))).collect()
    }

    fn take_request(&mut self, day: Date, most: u32) -> Result<bool> {
        self.durably(|db| {
            let day = day.to_string();
            db.run("DELETE FROM asked WHERE day < $1", &[&day])?;
            let sql = "INSERT INTO asked SELECT $1, 1 WHERE $2::bigint > 0
                       ON CONFLICT (day) DO UPDATE SET n = asked.n + 1 WHERE asked.n < $2";
            Ok(db.run(sql, &[&day, &i64::from(most)])? > 0)
        })
    }
}

/// Keeps a summary unless a newer one by the same recipe is there; whether it did. `id` is the paper's stored name.
pub(super) fn keep(db: &Connection, id: &PaperId, summary: &MadeSummary) -> Result<bool> {
    let MadeSummary { recipe: Recipe { language, style, model, prompt }, of, text, at } = summary;
    let sql = "INSERT INTO made VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
               ON CONFLICT (id, language, style, model, prompt, made_of)
               DO UPDATE SET text = excluded.text, at = excluded.at WHERE rtrim(excluded.at, 'Z') > rtrim(made.at, 'Z')";
    let (id, style, at) = (id.as_str(), style_word(*style), at.to_string());
    Ok(db.run(sql, &[&id, language, &style, model, prompt, of, text, &at])? > 0)
}

fn read(row: &postgres::Row) -> Result<MadeSummary> {
    let recipe = Recipe {
        language: row.try_get(0)?,
        style: style_of(row.try_get(1)?),
        model: row.try_get(2)?,
        prompt: row.try_get(3)?,
    };
    let at = row.try_get::<_, &str>(6)?.parse().unwrap_or(Timestamp::UNIX_EPOCH);
    Ok(MadeSummary { recipe, of: row.try_get(4)?, text: row.try_get(5)?, at })
}
