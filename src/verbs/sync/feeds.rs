//! Any RSS or Atom feed. A feed shows its newest entries only: what fell out before it was read is
//! lost, and the calendar says so.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Cursor;

use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::{Asked, Run, back, bare, days, read};
use crate::config::FeedSource;
use crate::error::{Error, Result};
use crate::paper::{Announced, Listing, Paper};
use crate::source::fetch::{Ask, Reply};
use crate::source::{self, Hints, Problem, is_cut_off};
use crate::store::DayState;

impl Run<'_> {
    /// Brings in a feed.
    pub(super) fn feed(&mut self, feed: &FeedSource) -> Result<()> {
        let source = format!("feed:{}", feed.name);
        let (_, today) = self.today(&TimeZone::UTC);
        let validators = self.library.store.validators(&feed.url)?;
        let whole = |body: &[u8]| !is_cut_off(body);
        let answer = match self.get(&Ask { validators, whole, ..Ask::new(&feed.url) })? {
            Ok(Reply::Fresh(answer)) => answer,
            Ok(Reply::Unchanged) => {
                let first = self.first_day(&source, today, today)?;
                return self.quiet_days(&source, first, today);
            }
            Ok(Reply::Refused(status, _)) => {
                let note = format!("{}: HTTP {status}", bare(&feed.url));
                return self.mark_failed(&source, today, &note);
            }
            Err(reason) => return self.mark_failed(&source, today, &reason),
        };
        let hints = Hints { day: None, source: Some(feed.name.clone()) };
        let (mut papers, problems) = match posts(&bare(&feed.url), answer.body, &hints) {
            Ok(read) => read,
            Err(reason) => return self.mark_failed(&source, today, &reason),
        };
        self.list_undated(&mut papers, &feed.name, today)?;
        let mut n: BTreeMap<Date, usize> = BTreeMap::new();
        for day in papers.iter().filter_map(crate::Paper::first_listed) {
            *n.entry(day).or_default() += 1;
        }
        let problem = problems.first().map(ToString::to_string);
        self.complain(problems);
        self.put(papers)?;
        let oldest = n.keys().next().copied().unwrap_or(today);
        let begin = oldest.max(back(today, self.reach)).min(today);
        let first = self.first_day(&source, today, begin)?;
        let known = self.known(&source, first, today)?;
        for day in days(first, today) {
            let settled = known.get(&day).is_some_and(|known| known.state.is_settled());
            match n.get(&day) {
                Some(&n) => self.mark(&source, day, DayState::Announced, (Some(n), n), "")?,
                None if settled => {}
                None if day < oldest => {
                    let note = format!("the feed reaches back to {oldest} only");
                    self.mark(&source, day, DayState::Partly, (None, 0), &note)?;
                }
                None if day == today => self.mark(&source, day, DayState::NotYet, (None, 0), "")?,
                None => self.mark(&source, day, DayState::Nothing, (Some(0), 0), "")?,
            }
        }
        match problem {
            // It is asked for again, whole, the next time.
            Some(problem) => self.mark(&source, today, DayState::Partly, (None, 0), &problem),
            None => self.library.store.remember(&feed.url, &answer.validators),
        }
    }

    /// Lists posts without a date on the day on which they are first seen, once: the feed shows them again each
    /// day until they fall out of it.
    fn list_undated(&self, papers: &mut [Paper], source: &str, today: Date) -> Result<()> {
        let undated = papers.iter_mut().filter(|paper| paper.listings.is_empty());
        for paper in undated {
            let known =
                self.library.store.listed_days(source, &[self.library.store.stored_as(&paper.id)?])?;
            if known.values().all(BTreeSet::is_empty) {
                let listing = Listing { day: today, source: source.to_owned(), announced: Announced::New };
                paper.listings.push(listing);
            }
        }
        Ok(())
    }

    /// Days on which a feed did not change.
    fn quiet_days(&mut self, source: &str, first: Date, today: Date) -> Result<()> {
        let known = self.known(source, first, today)?;
        for day in days(first, today) {
            match known.get(&day) {
                Some(known) if known.state.is_settled() => {}
                _ if day == today => self.mark(source, day, DayState::NotYet, (None, 0), "unchanged")?,
                _ => self.mark(source, day, DayState::Nothing, (Some(0), 0), "unchanged")?,
            }
        }
        Ok(())
    }
}

/// Reads what a feed answered; what is no feed says so in few words.
fn posts(url: &str, body: Vec<u8>, hints: &Hints) -> Asked<(Vec<Paper>, Vec<Problem>)> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Err(format!("{}: the answer is empty", bare(url)));
    }
    match source::recognise(url, Box::new(Cursor::new(body.clone()))) {
        Err(Error::UnknownFormat { begins, .. }) => {
            Err(format!("{}: the answer is no feed, for it begins with {begins}", bare(url)))
        }
        _ => read(url, body, hints),
    }
}
