//! What a reader said of topics.

use jiff::Timestamp;

use super::connection::Connection;
use super::{Postgres, taken_back};
use crate::error::{Error, Result};
use crate::paper::{Mark, PaperId, ReaderId};
use crate::store::{MarkedTopic, TakenBack, Topics};

impl Topics for Postgres {
    fn mark_topic(&mut self, reader: ReaderId, topic: &MarkedTopic) -> Result<()> {
        self.durably(|db| mark(db, reader, topic))
    }

    fn unmark_topic(&mut self, reader: ReaderId, name: &str, at: Timestamp) -> Result<bool> {
        self.durably(|db| {
            count_change(db)?;
            let sql = r#"DELETE FROM topic_marks WHERE reader = $1 AND lower(name) = lower($2 COLLATE "C") RETURNING name"#;
            let gone = db.rows(sql, &[&reader.get(), &name])?;
            for row in &gone {
                taken_back::note(db, reader, TakenBack::Topic, row.try_get(0)?, at)?;
            }
            Ok(!gone.is_empty())
        })
    }

    fn topic_marks(&self, reader: ReaderId) -> Result<Vec<MarkedTopic>> {
        let sql = "SELECT name, mark, at, first, papers FROM topic_marks WHERE reader = $1";
        let mut marks = Vec::new();
        for row in self.db.rows(sql, &[&reader.get()])? {
            let (mark, at, papers): (&str, &str, &str) = (row.try_get(1)?, row.try_get(2)?, row.try_get(4)?);
            let ids: Vec<String> = serde_json::from_str(papers).unwrap_or_default();
            marks.push(MarkedTopic {
                name: row.try_get(0)?,
                mark: [Mark::Mute, Mark::Like]
                    .into_iter()
                    .find(|m| m.as_str() == mark)
                    .unwrap_or(Mark::Follow),
                at: at.parse().unwrap_or(Timestamp::UNIX_EPOCH),
                first: row.try_get::<_, Option<&str>>(3)?.and_then(|day| day.parse().ok()),
                papers: ids.iter().filter_map(|id| Some(PaperId::parse(id).ok()?.0)).collect(),
            });
        }
        marks.sort_by(|a, b| a.at.cmp(&b.at).then_with(|| a.name.cmp(&b.name)));
        Ok(marks)
    }
}

/// Marks a topic; an earlier mark under the same name is replaced.
pub(super) fn mark(db: &Connection, reader: ReaderId, topic: &MarkedTopic) -> Result<()> {
    count_change(db)?;
    let papers: Vec<&str> = topic.papers.iter().map(PaperId::as_str).collect();
    let papers = serde_json::to_string(&papers).map_err(|e| Error::Invalid(e.to_string()))?;
    let first = topic.first.map(|day| day.to_string());
    let sql =
        "INSERT INTO topic_marks (reader, name, mark, at, first, papers) VALUES ($1, $2, $3, $4, $5, $6)
               ON CONFLICT (reader, name) DO UPDATE
               SET mark = excluded.mark, at = excluded.at, first = excluded.first, papers = excluded.papers";
    let at = topic.at.to_string();
    db.run(sql, &[&reader.get(), &topic.name, &topic.mark.as_str(), &at, &first, &papers]).map(drop)
}

/// Marks change how topics are shown, and so the [edition](crate::store::Upkeep::edition).
fn count_change(db: &Connection) -> Result<()> {
    db.run("UPDATE counters SET value = value + 1 WHERE name = 'topics'", &[]).map(drop)
}
