//! Summaries that language models wrote, and what was asked of them.

use jiff::Timestamp;
use jiff::civil::Date;
use rusqlite::{Connection, Row as SqlRow, params};

use super::Sqlite;
use crate::error::Result;
use crate::paper::PaperId;
use crate::store::identity::stored_as;
use crate::store::made::{style_of, style_word};
use crate::store::{Made, MadeSummary, Recipe};

const COLUMNS: &str = "language, style, model, prompt, made_of, text, at";

impl Made for Sqlite {
    fn made(&self, id: &PaperId) -> Result<Vec<MadeSummary>> {
        let sql = format!(
            "SELECT {COLUMNS} FROM made WHERE id = ?1 ORDER BY rtrim(at, 'Z') DESC, language, style, model, prompt, made_of"
        );
        let mut query = self.db.prepare_cached(&sql)?;
        let found = query.query_map([stored_as(&self.db, id)?.as_str()], read)?;
        Ok(found.collect::<rusqlite::Result<_>>()?)
    }

    fn keep_made(&mut self, id: &PaperId, summary: &MadeSummary) -> Result<()> {
        self.durably(|db| keep(db, id, summary).map(drop))
    }

    fn all_made(&self) -> Result<Vec<(PaperId, MadeSummary)>> {
        let sql =
            format!("SELECT {COLUMNS}, id FROM made ORDER BY id, language, style, model, prompt, made_of");
        let mut query = self.db.prepare(&sql)?;
        let found = query.query_map([], |row| Ok((row.get::<_, String>(7)?, read(row)?)))?;
        found
            .map(|found| found.map_err(Into::into).and_then(|(id, made)| Ok((PaperId::parse(&id)?.0, made))))
            .collect()
    }

    fn take_request(&mut self, day: Date, most: u32) -> Result<bool> {
        self.durably(|db| {
            db.execute("DELETE FROM asked WHERE day < ?1", [day.to_string()])?;
            let sql = "INSERT INTO asked SELECT ?1, 1 WHERE ?2 > 0
                       ON CONFLICT (day) DO UPDATE SET n = n + 1 WHERE n < ?2";
            Ok(db.execute(sql, params![day.to_string(), most])? > 0)
        })
    }
}

/// Keeps a summary unless a newer one by the same recipe is there; whether it did.
pub(super) fn keep(db: &Connection, id: &PaperId, summary: &MadeSummary) -> Result<bool> {
    let MadeSummary { recipe: Recipe { language, style, model, prompt }, of, text, at } = summary;
    let sql = "INSERT INTO made VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
               ON CONFLICT (id, language, style, model, prompt, made_of)
               DO UPDATE SET text = excluded.text, at = excluded.at WHERE rtrim(excluded.at, 'Z') > rtrim(at, 'Z')";
    let (id, style) = (stored_as(db, id)?, style_word(*style));
    let values = params![id.as_str(), language, style, model, prompt, of, text, at.to_string()];
    Ok(db.prepare_cached(sql)?.execute(values)? > 0)
}

fn read(row: &SqlRow<'_>) -> rusqlite::Result<MadeSummary> {
    let recipe = Recipe {
        language: row.get(0)?,
        style: style_of(&row.get::<_, String>(1)?),
        model: row.get(2)?,
        prompt: row.get(3)?,
    };
    let at: String = row.get(6)?;
    Ok(MadeSummary {
        recipe,
        of: row.get(4)?,
        text: row.get(5)?,
        at: at.parse().unwrap_or(Timestamp::UNIX_EPOCH),
    })
}
