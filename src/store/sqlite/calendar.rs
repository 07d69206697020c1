//! The calendar of the sources: which days were announced, seen and missed; and the feeds that were added.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;
use rusqlite::{Connection, params};

use super::Sqlite;
use crate::config::FeedSource;
use crate::error::Result;
use crate::paper::PaperId;
use crate::store::{Calendar, DayState, SourceDay};

impl Calendar for Sqlite {
    fn mark(&self, day: &SourceDay) -> Result<()> {
        mark(&self.db, day).map(drop)
    }

    fn calendar(&self, source: Option<&str>, first: Date, last: Date) -> Result<Vec<SourceDay>> {
        let sql = "SELECT source, day, state, announced, seen, note, at FROM calendar
                   WHERE (?1 IS NULL OR source = ?1) AND day BETWEEN ?2 AND ?3 ORDER BY source, day";
        let mut query = self.db.prepare_cached(sql)?;
        let mut rows = query.query(params![source, first.to_string(), last.to_string()])?;
        let mut days = Vec::new();
        while let Some(row) = rows.next()? {
            let (day, state, at): (String, String, String) = (row.get(1)?, row.get(2)?, row.get(6)?);
            days.push(SourceDay {
                source: row.get(0)?,
                day: day.parse().unwrap_or(Date::ZERO),
                state: DayState::parse(&state),
                announced: row.get(3)?,
                seen: row.get(4)?,
                note: row.get(5)?,
                at: at.parse().unwrap_or(Timestamp::UNIX_EPOCH),
            });
        }
        Ok(days)
    }

    fn calendar_span(&self) -> Result<Option<(Date, Date)>> {
        let span = self.db.query_row("SELECT min(day), max(day) FROM calendar", [], |row| {
            Ok((row.get::<_, Option<String>>(0)?, row.get::<_, Option<String>>(1)?))
        })?;
        let day = |text: Option<String>| text.and_then(|text| text.parse().ok());
        Ok(day(span.0).zip(day(span.1)))
    }

    fn listed_days(&self, source: &str, ids: &[PaperId]) -> Result<BTreeMap<PaperId, BTreeSet<Date>>> {
        let sql = "SELECT l.day FROM papers p LEFT JOIN listings l
                     ON l.paper = p.row AND l.source = ?2 AND l.announced IN ('new', 'cross')
                   WHERE p.id = ?1";
        let mut query = self.db.prepare_cached(sql)?;
        let mut known = BTreeMap::new();
        for id in ids {
            let days = query
                .query_map(params![id.as_str(), source], |row| row.get::<_, Option<String>>(0))?
                .collect::<Result<Vec<_>, _>>()?;
            if !days.is_empty() {
                let days = days.into_iter().flatten().filter_map(|day| day.parse().ok()).collect();
                known.insert(id.clone(), days);
            }
        }
        Ok(known)
    }

    fn take_back(&self, source: &str, day: Date) -> Result<()> {
        let sql = "DELETE FROM listings WHERE day = ?1 AND source = ?2 AND source LIKE 'arxiv:%'";
        self.db.execute(sql, params![day.to_string(), source])?;
        Ok(())
    }

    fn feeds(&self) -> Result<Vec<FeedSource>> {
        let mut query = self.db.prepare("SELECT name, url FROM feeds ORDER BY name, url")?;
        let feeds = query.query_map([], |row| Ok(FeedSource { name: row.get(0)?, url: row.get(1)? }))?;
        Ok(feeds.collect::<Result<_, _>>()?)
    }

    fn add_feeds(&mut self, feeds: &[FeedSource]) -> Result<usize> {
        self.durably(|db| feeds.iter().try_fold(0, |n, feed| Ok(n + usize::from(add_feed(db, feed)?))))
    }
}

/// Notes what was found of a day; whether that changed what was known.
pub(super) fn mark(db: &Connection, day: &SourceDay) -> Result<bool> {
    let sql = "INSERT INTO calendar VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (source, day)
               DO UPDATE SET state = excluded.state, announced = excluded.announced,
                 seen = excluded.seen, note = excluded.note, at = excluded.at
               WHERE (excluded.state IN ('announced', 'nothing')
                   OR state IN ('failed', 'not-yet')
                   OR (state = 'partly' AND excluded.state = 'partly' AND excluded.seen >= seen))
                 AND (rtrim(excluded.at, 'Z') >= rtrim(at, 'Z')
                   OR (excluded.state IN ('announced', 'nothing') AND state NOT IN ('announced', 'nothing')))
                 AND (state, announced, seen, note, at) IS NOT
                   (excluded.state, excluded.announced, excluded.seen, excluded.note, excluded.at)";
    let changed = db.prepare_cached(sql)?.execute(params![
        day.source,
        day.day.to_string(),
        day.state.word(),
        day.announced,
        day.seen,
        day.note,
        day.at.to_string()
    ])?;
    Ok(changed > 0)
}

pub(super) fn add_feed(db: &Connection, feed: &FeedSource) -> Result<bool> {
    let sql = "INSERT OR IGNORE INTO feeds VALUES (?1, ?2)";
    Ok(db.prepare_cached(sql)?.execute(params![feed.url, feed.name])? > 0)
}
