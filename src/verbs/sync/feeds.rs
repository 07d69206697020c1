//! Any RSS or Atom feed. A feed shows its newest entries only: what fell out before it was read is
//! lost, and the calendar says so.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::{Run, back, days, ends_with, read};
use crate::config::FeedSource;
use crate::error::Result;
use crate::source::Hints;
use crate::source::fetch::{Ask, Reply};
use crate::store::DayState;

impl Run<'_> {
    /// Brings in a feed.
    pub(super) fn feed(&mut self, feed: &FeedSource) -> Result<()> {
        let source = format!("feed:{}", feed.name);
        let (_, today) = self.today(&TimeZone::UTC);
        let validators = self.library.store.validators(&feed.url)?;
        let whole = |body: &[u8]| ["</rss>", "</feed>", "</rdf:RDF>"].iter().any(|end| ends_with(body, end));
        let answer = match self.get(&Ask { validators, whole, ..Ask::new(&feed.url) })? {
            Ok(Reply::Fresh(answer)) => answer,
            Ok(Reply::Unchanged) => {
                let first = self.first_day(&source, today, today)?;
                return self.quiet_days(&source, first, today);
            }
            Ok(Reply::Refused(status, _)) => {
                let note = format!("{}: HTTP {status}", feed.url);
                return self.mark(&source, today, DayState::Failed, (None, 0), &note);
            }
            Err(reason) => return self.mark(&source, today, DayState::Failed, (None, 0), &reason),
        };
        let hints = Hints { day: Some(today), source: Some(feed.name.clone()) };
        let (papers, problems) = match read(&feed.url, answer.body, &hints) {
            Ok(read) => read,
            Err(reason) => return self.mark(&source, today, DayState::Failed, (None, 0), &reason),
        };
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
