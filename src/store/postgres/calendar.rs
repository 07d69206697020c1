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
        let day =
            |column| row.try_get::<_, Option<&str>>(column).map(|day| day.and_then(|day| day.parse().ok()));
        Ok(day(0)?.zip(day(1)?))
    }

    fn listed_days(&self, source: &str, ids: &[PaperId]) -> Result<BTreeMap<PaperId, BTreeSet<Date>>> {
        let sql = "WITH asked AS MATERIALIZED (SELECT id, paper FROM ids WHERE id = ANY ($1))
                   SELECT a.id, l.day FROM asked a LEFT JOIN listings l
                     ON l.paper = a.paper AND l.source = $2 AND l.announced IN ('new', 'cross')
                       AND l.paper = ANY (ARRAY(SELECT paper FROM asked))";
        let ids: Vec<&str> = ids.iter().map(PaperId::as_str).collect();
        let mut known: BTreeMap<PaperId, BTreeSet<Date>> = BTreeMap::new();
        for row in self.db.rows(sql, &[&ids, &source])? {
            let days = known.entry(PaperId::parse(row.try_get(0)?)?.0).or_default();
            days.extend(row.try_get::<_, Option<&str>>(1)?.and_then(|day| day.parse::<Date>().ok()));
        }
        Ok(known)
    }

    fn take_back(&self, source: &str, day: Date) -> Result<()> {
        let sql = "DELETE FROM listings WHERE day = $1 AND source = $2 AND source LIKE 'arxiv:%'";
        self.transaction(|db| match db.run(sql, &[&day.to_string(), &source])? {
            0 => Ok(()),
            _ => db.note_change(),
        })
    }

    fn feeds(&self) -> Result<Vec<FeedSource>> {
        let feed = |row: &postgres::Row| Ok(FeedSource { name: row.try_get(0)?, url: row.try_get(1)? });
        self.db.rows("SELECT name, url FROM feeds ORDER BY name, url", &[])?.iter().map(feed).collect()
    }

    fn add_feeds(&mut self, feeds: &[FeedSource]) -> Result<usize> {
        self.durably(|db| feeds.iter().try_fold(0, |n, feed| Ok(n + usize::from(add_feed(db, feed)?))))
    }
}

/// Notes what was found of a day; whether that changed what was known.
pub(super) fn mark(db: &Connection, day: &SourceDay) -> Result<bool> {
    let sql = "INSERT INTO calendar AS known (source, day, state, announced, seen, note, at)
               VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (source, day)
               DO UPDATE SET state = excluded.state, announced = excluded.announced,
                 seen = excluded.seen, note = excluded.note, at = excluded.at
               WHERE (excluded.state IN ('announced', 'nothing')
                   OR known.state IN ('failed', 'not-yet')
                   OR (known.state = 'partly' AND excluded.state = 'partly' AND excluded.seen >= known.seen))
                 AND (rtrim(excluded.at, 'Z') >= rtrim(known.at, 'Z')
                   OR (excluded.state IN ('announced', 'nothing')
                       AND known.state NOT IN ('announced', 'nothing')))
                 AND (known.state, known.announced, known.seen, known.note, known.at) IS DISTINCT FROM
                   (excluded.state, excluded.announced, excluded.seen, excluded.note, excluded.at)";
    let changed = db.run(
        sql,
        &[
            &day.source,
            &day.day.to_string(),
            &day.state.word(),
            &day.announced.map(|n| n as i64),
            &(day.seen as i64),
            &day.note,
            &day.at.to_string(),
        ],
    )?;
    Ok(changed > 0)
}

/// Adds a feed; whether its address was new.
pub(super) fn add_feed(db: &Connection, feed: &FeedSource) -> Result<bool> {
    let sql = "INSERT INTO feeds (url, name) VALUES ($1, $2) ON CONFLICT DO NOTHING";
    Ok(db.run(sql, &[&feed.url, &feed.name])? > 0)
}
