//! Hugging Face's daily papers, a day at a time.

use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::{Asked, Run, days, is_weekend, read, said};
use crate::error::Result;
use crate::paper::{Announced, Listing};
use crate::source::Hints;
use crate::source::fetch::{Ask, Reply};
use crate::store::{DayState, SourceDay};

const HF: &str = "hf";

/// Papers on one page; the service allows no more.
const PAGE: usize = 100;

impl Run<'_> {
    /// Brings in every day that is not settled.
    pub(super) fn hugging_face(&mut self) -> Result<()> {
        let (_, today) = self.today(&TimeZone::UTC);
        let first = self.first_day(HF, today, today)?;
        let known = self.known(HF, first, today)?;
        for day in days(first, today).filter(|day| !is_over(known.get(day))) {
            self.picks(day, today)?;
        }
        Ok(())
    }

    fn picks(&mut self, day: Date, today: Date) -> Result<()> {
        let (mut papers, mut problems) = (Vec::new(), Vec::new());
        for page in 0.. {
            let (found, broken) = match self.page(day, page)? {
                Ok(Some(read)) => read,
                Ok(None) if day >= today => {
                    return self.mark(HF, day, DayState::NotYet, (None, 0), "not open yet");
                }
                Ok(None) => {
                    return self.mark_failed(HF, day, "HTTP 400 for a day that is over");
                }
                Err(reason) => {
                    let seen = papers.len();
                    self.put(papers)?;
                    let state = if seen > 0 { DayState::Partly } else { DayState::Failed };
                    return self.mark(HF, day, state, (None, seen), &reason);
                }
            };
            let n = found.len() + broken.len();
            papers.extend(found);
            problems.extend(broken);
            if n < PAGE {
                break;
            }
        }
        for paper in &mut papers {
            // Picked late in the evening for the next day, a paper belongs to the day that shows it.
            paper.listings = vec![Listing { day, source: HF.to_owned(), announced: Announced::New }];
        }
        papers.sort_by(|a, b| a.id.cmp(&b.id));
        papers.dedup_by(|a, b| a.id == b.id);
        let (seen, n_broken) = (papers.len(), problems.len());
        let note = problems.first().map(|p| format!("{n_broken} could not be read: {p}")).unwrap_or_default();
        self.complain(problems);
        self.put(papers)?;
        let n = Some(seen + n_broken);
        match (seen + n_broken, n_broken) {
            (0, _) if day >= today && !is_weekend(day) => {
                self.mark(HF, day, DayState::NotYet, (None, 0), "nothing picked yet")
            }
            (0, _) => self.mark(
                HF,
                day,
                DayState::Nothing,
                (Some(0), 0),
                if is_weekend(day) { "weekend" } else { "" },
            ),
            (_, 0) => self.mark(HF, day, DayState::Announced, (n, seen), ""),
            _ => self.mark(HF, day, DayState::Partly, (n, seen), &note),
        }
    }

    /// One page, or nothing for a day that is not open.
    #[expect(clippy::type_complexity, reason = "the parts of a document, or none, or why not")]
    fn page(
        &mut self,
        day: Date,
        page: usize,
    ) -> Result<Asked<Option<(Vec<crate::Paper>, Vec<crate::source::Problem>)>>> {
        let base = &self.hosts.hugging_face;
        let mut url = format!("{base}/api/daily_papers?date={day}&limit={PAGE}");
        if page > 0 {
            url.push_str(&format!("&page={page}"));
        }
        let whole = |body: &[u8]| body.trim_ascii_end().ends_with(b"]");
        Ok(match self.get(&Ask { whole, ..Ask::new(&url) })? {
            Err(reason) => Err(reason),
            Ok(Reply::Refused(400, _)) => Ok(None),
            Ok(Reply::Refused(status, text)) => Err(format!("{url}: HTTP {status}: {}", said(&text))),
            Ok(Reply::Unchanged) => Err(format!("{url}: HTTP 304 without having been asked for it")),
            Ok(Reply::Fresh(answer)) => {
                let hints = Hints { day: Some(day), ..Hints::default() };
                read(&url, answer.body, &hints).map(Some)
            }
        })
    }
}

/// Whether a day was seen after it had ended, so that nothing can come any more.
pub(super) fn is_over(known: Option<&SourceDay>) -> bool {
    known.is_some_and(|known| {
        known.state.is_settled() && TimeZone::UTC.to_datetime(known.at).date() > known.day
    })
}
