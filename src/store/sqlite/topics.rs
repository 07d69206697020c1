//! What a reader said of topics.

use jiff::Timestamp;
use rusqlite::{Connection, params};

use super::Sqlite;
use super::taken_back;
use crate::error::{Error, Result};
use crate::paper::{Mark, PaperId, ReaderId};
use crate::store::{MarkedTopic, TakenBack, Topics};

impl Topics for Sqlite {
    fn mark_topic(&mut self, reader: ReaderId, topic: &MarkedTopic) -> Result<()> {
        self.durably(|db| mark(db, reader, topic))
    }

    fn unmark_topic(&mut self, reader: ReaderId, name: &str, at: Timestamp) -> Result<bool> {
        self.durably(|db| {
            let sql = "DELETE FROM topic_marks WHERE reader = ?1 AND name = ?2 COLLATE NOCASE RETURNING name";
            let mut query = db.prepare_cached(sql)?;
            let names = query.query_map(params![reader, name], |row| row.get::<_, String>(0))?;
            let names = names.collect::<Result<Vec<_>, _>>()?;
            for name in &names {
                taken_back::note(db, reader, TakenBack::Topic, name, at)?;
            }
            count_change(db)?;
            Ok(!names.is_empty())
        })
    }

    fn topic_marks(&self, reader: ReaderId) -> Result<Vec<MarkedTopic>> {
        let sql = "SELECT name, mark, at, first, papers FROM topic_marks WHERE reader = ?1";
        let mut query = self.db.prepare_cached(sql)?;
        let mut rows = query.query([reader])?;
        let mut marks = Vec::new();
        while let Some(row) = rows.next()? {
            let (mark, at, papers): (String, String, String) = (row.get(1)?, row.get(2)?, row.get(4)?);
            let ids: Vec<String> = serde_json::from_str(&papers).unwrap_or_default();
            marks.push(MarkedTopic {
                name: row.get(0)?,
                mark: [Mark::Mute, Mark::Like]
                    .into_iter()
                    .find(|m| m.as_str() == mark)
                    .unwrap_or(Mark::Follow),
                at: at.parse().unwrap_or(Timestamp::UNIX_EPOCH),
                first: row.get::<_, Option<String>>(3)?.and_then(|day| day.parse().ok()),
                papers: ids.iter().filter_map(|id| Some(PaperId::parse(id).ok()?.0)).collect(),
            });
        }
        marks.sort_by(|a, b| a.at.cmp(&b.at).then_with(|| a.name.cmp(&b.name)));
        Ok(marks)
    }
}

/// Marks a topic; an earlier mark under the same name is replaced.
pub(super) fn mark(db: &Connection, reader: ReaderId, topic: &MarkedTopic) -> Result<()> {
    let papers: Vec<&str> = topic.papers.iter().map(PaperId::as_str).collect();
    let papers = serde_json::to_string(&papers).map_err(|e| Error::Invalid(e.to_string()))?;
    let sql = "INSERT OR REPLACE INTO topic_marks (reader, name, mark, at, first, papers)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    db.prepare_cached(sql)?.execute(params![
        reader,
        topic.name,
        topic.mark.as_str(),
        topic.at.to_string(),
        topic.first.map(|day| day.to_string()),
        papers
    ])?;
    count_change(db)
}

/// Marks change how topics are shown, and so the [edition](Store::edition).
fn count_change(db: &Connection) -> Result<()> {
    let sql = "INSERT INTO counters VALUES ('topics', 1) ON CONFLICT (name) DO UPDATE SET value = value + 1";
    db.prepare_cached(sql)?.execute([])?;
    Ok(())
}
