//! The calendar of the sources: which days were announced, seen and missed; and the feeds that were added.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;

use super::Postgres;
use super::connection::Connection;
use crate::config::FeedSource;
use crate::error::Result;
use crate::paper::PaperId;
use crate::store::{Calendar, DayState, SourceDay};

impl Calendar for Postgres {
    fn mark(&self, day: &SourceDay) -> Result<()> {
        self.transaction(|db| mark(db, day).map(drop))
    }

    fn calendar(&self, source: Option<&str>, first: Date, last: Date) -> Result<Vec<SourceDay>> {
        let sql = "SELECT source, day, state, announced, seen, note, at FROM calendar
                   WHERE ($1::text IS NULL OR source = $1) AND day BETWEEN $2 AND $3 ORDER BY source, day";
        let mut days = Vec::new();
        for row in self.db.rows(sql, &[&source, &first.to_string(), &last.to_string()])? {
            let (day, state, at): (&str, &str, &str) = (row.try_get(1)?, row.try_get(2)?, row.try_get(6)?);
            let (announced, seen): (Option<i64>, i64) = (row.try_get(3)?, row.try_get(4)?);
            days.push(SourceDay {
                source: row.try_get(0)?,
                day: day.parse().unwrap_or(Date::ZERO),
                state: DayState::parse(state),
                announced: announced.map(|n| n as usize),
                seen: seen as usize,
                note: row.try_get(5)?,
                at: at.parse().unwrap_or(Timestamp::UNIX_EPOCH),
            });
        }
        Ok(days)
    }

    fn calendar_span(&self) -> Result<Option<(Date, Date)>> {
        let row = self.db.row("SELECT min(day), max(day) FROM calendar", &[])?;
        let day = |text: Option<&str>| text.and_then(|text| text.parse().ok());
        Ok(day(row.try_get(0)?).zip(day(row.try_get(1)?)))
    }

    fn listed_days(&self, source: &str, ids: &[PaperId]) -> Result<BTreeMap<PaperId, BTreeSet<Date>>> {
        let sql = "SELECT i.id, l.day FROM ids i LEFT JOIN listings l
                     ON l.paper = i.paper AND l.source = $2 AND l.announced IN ('new', 'cross')
                   WHERE i.id = ANY($1)";
        let asked: Vec<&str> = ids.iter().map(PaperId::as_str).collect();
        let by_name: BTreeMap<&str, &PaperId> = asked.iter().copied().zip(ids).collect();
        let mut known: BTreeMap<PaperId, BTreeSet<Date>> = BTreeMap::new();
        for row in self.db.rows(sql, &[&asked, &source])? {
            let (id, day): (&str, Option<&str>) = (row.try_get(0)?, row.try_get(1)?);
            let Some(id) = by_name.get(id) else { continue };
            let days = known.entry((*id).clone()).or_default();
            days.extend(day.and_then(|day| day.parse::<Date>().ok()));
        }
        Ok(known)
    }

    fn take_back(&self, source: &str, day: Date) -> Result<()> {
        let sql = "DELETE FROM listings WHERE day = $1 AND source = $2 AND source LIKE 'arxiv:%'";
        self.transaction(|db| db.run(sql, &[&day.to_string(), &source]).map(drop))
    }

    fn feeds(&self) -> Result<Vec<FeedSource>> {
        let rows = self.db.rows("SELECT name, url FROM feeds ORDER BY name, url", &[])?;
        rows.iter().map(|row| Ok(FeedSource { name: row.try_get(0)?, url: row.try_get(1)? })).collect()
    }

    fn add_feeds(&mut self, feeds: &[FeedSource]) -> Result<usize> {
        self.durably(|db| feeds.iter().try_fold(0, |n, feed| Ok(n + usize::from(add_feed(db, feed)?))))
    }
}

/// Notes what was found of a day; whether that changed what was known.
pub(super) fn mark(db: &Connection, day: &SourceDay) -> Result<bool> {
    let sql = "INSERT INTO calendar AS c VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (source, day)
               DO UPDATE SET state = excluded.state, announced = excluded.announced,
                 seen = excluded.seen, note = excluded.note, at = excluded.at
               WHERE (excluded.state IN ('announced', 'nothing')
                   OR c.state IN ('failed', 'not-yet')
                   OR (c.state = 'partly' AND excluded.state = 'partly' AND excluded.seen >= c.seen))
                 AND (rtrim(excluded.at, 'Z') >= rtrim(c.at, 'Z')
                   OR (excluded.state IN ('announced', 'nothing') AND c.state NOT IN ('announced', 'nothing')))
                 AND (c.state, c.announced, c.seen, c.note, c.at) IS DISTINCT FROM
                   (excluded.state, excluded.announced, excluded.seen, excluded.note, excluded.at)";
    let (announced, seen) = (day.announced.map(|n| n as i64), day.seen as i64);
    let (on, at) = (day.day.to_string(), day.at.to_string());
    Ok(db.run(sql, &[&day.source, &on, &day.state.word(), &announced, &seen, &day.note, &at])? > 0)
}

/// Adds a feed; whether its address is new.
pub(super) fn add_feed(db: &Connection, feed: &FeedSource) -> Result<bool> {
    Ok(db.run("INSERT INTO feeds VALUES ($1, $2) ON CONFLICT DO NOTHING", &[&feed.url, &feed.name])? > 0)
}
