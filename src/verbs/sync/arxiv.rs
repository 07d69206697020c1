//! One category of arXiv: the page of new papers says what the day announced, the feed brings it,
//! the API brings what the feed lacks, and OAI-PMH brings the days that were missed.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::schedule::{AnnouncedOn, place, set_of, submission_window};
use super::{Asked, MAX_LISTED, Run, days, ends_with, is_weekend, read};
use crate::error::{Error, Result};
use crate::paper::{Announced, Listing, Paper, PaperId};
use crate::source::{self, Announcement, Hints};
use crate::store::DayState;

/// The name of arXiv in listings.
const ARXIV: &str = "arxiv";

/// Identifiers in one request to the API.
const BATCH: usize = 100;

/// Answers in one harvest. A page has some hundred records, and a month of the largest category
/// some ten thousand.
const MAX_PAGES: usize = 500;

impl Run<'_> {
    /// Brings in a category.
    pub(super) fn category(&mut self, category: &str) -> Result<()> {
        let source = format!("arxiv:{category}");
        let eastern = TimeZone::get("America/New_York")
            .map_err(|e| Error::Invalid(format!("the time zone of arXiv's announcements is unknown: {e}")))?;
        let (_, today) = self.today(&eastern);
        let listed = self.announcement(category)?;
        let newest = listed.as_ref().map_or(today, |listed| listed.day);
        let first = self.first_day(&source, today, newest.min(today))?;
        let known = self.known(&source, first, today)?;
        let is_settled = |day: Date| known.get(&day).is_some_and(|known| known.state.is_settled());
        match &listed {
            Ok(listed) if !is_settled(listed.day) => self.announced(category, &source, listed)?,
            Ok(_) => {}
            Err(reason) if !is_settled(today) && !is_weekend(today) => {
                self.unchecked(category, &source, today, reason)?;
            }
            Err(_) => {}
        }
        // The day of the page is done; what is before it and open was missed.
        let before = listed.as_ref().map_or(today, |listed| listed.day);
        let mut gaps = BTreeSet::new();
        for day in days(first, today).filter(|day| !is_settled(*day)) {
            if is_weekend(day) {
                self.mark(&source, day, DayState::Nothing, (None, 0), "weekend")?;
            } else if day < before {
                gaps.insert(day);
            } else if day > before {
                let note = format!("the newest announcement is of {before}");
                self.mark(&source, day, DayState::NotYet, (None, 0), &note)?;
            }
        }
        if !gaps.is_empty() {
            self.fill(category, &source, &gaps)?;
        }
        Ok(())
    }

    /// The page of new papers.
    fn announcement(&mut self, category: &str) -> Result<Asked<Announcement>> {
        let url = format!("{}/list/{category}/new?show={MAX_LISTED}", self.hosts.list);
        let whole = |body: &[u8]| ends_with(body, "</html>");
        let page = self.fresh(&url, whole)?;
        Ok(page.and_then(|page| {
            source::announcement(&String::from_utf8_lossy(&page.body)).map_err(|why| format!("{url}: {why}"))
        }))
    }

    /// The feed of the day.
    fn rss(&mut self, category: &str) -> Result<Asked<Vec<Paper>>> {
        let url = format!("{}/rss/{category}", self.hosts.rss);
        let whole = |body: &[u8]| ends_with(body, "</rss>") || ends_with(body, "</feed>");
        let answer = self.fresh(&url, whole)?;
        let read = answer.and_then(|answer| read(&url, answer.body, &Hints::default()));
        Ok(match read {
            Ok((papers, problems)) => match problems.first() {
                Some(problem) if papers.is_empty() => Err(problem.to_string()),
                _ => {
                    self.complain(problems);
                    Ok(papers)
                }
            },
            Err(reason) => Err(reason),
        })
    }

    /// Brings in the day that the page of new papers names, whole.
    fn announced(&mut self, category: &str, source: &str, listed: &Announcement) -> Result<()> {
        let feed = self.rss(category)?;
        let mut note = String::new();
        match feed {
            Err(reason) => note = format!("the feed failed ({reason})"),
            Ok(papers) => {
                let days: BTreeSet<Date> = papers.iter().filter_map(Paper::first_listed).collect();
                if let Some(day) = days.last().filter(|day| **day < listed.day) {
                    note = format!("the feed was stale, of {day}");
                }
                self.take(papers)?;
            }
        }
        let shown: Vec<(PaperId, Announced)> = listed.shown().cloned().collect();
        let missing = self.missing(&shown, listed.day)?;
        if !missing.is_empty() {
            let because = if note.is_empty() { "the feed was short".to_owned() } else { note.clone() };
            note = format!("{because}; {} came from the API", papers_of(missing.len()));
            if let Err(reason) = self.by_id(&missing, listed.day)? {
                note = format!("{because}, and the API failed ({reason})");
            }
        }
        let missing = self.missing(&shown, listed.day)?.len();
        let (n, seen) = (listed.n, shown.len() - missing);
        if seen == n {
            let state = if n == 0 { DayState::Nothing } else { DayState::Announced };
            return self.mark(source, listed.day, state, (Some(n), seen), &note);
        }
        let short = n.saturating_sub(shown.len());
        if short > 0 {
            note = format!("{note}{}the page names only {} of {n}", joint(&note), shown.len());
        }
        if missing > 0 {
            note = format!("{note}{}{} could not be had", joint(&note), papers_of(missing));
        }
        self.mark(source, listed.day, DayState::Partly, (Some(n), seen), &note)
    }

    /// Without the page, the feed's papers are taken, and no one knows whether they are all.
    fn unchecked(&mut self, category: &str, source: &str, today: Date, reason: &str) -> Result<()> {
        let note = format!("no check of how many there are: {reason}");
        match self.rss(category)? {
            Err(feed) => self.mark_failed(source, today, &format!("{reason}; {feed}")),
            Ok(papers) => {
                let mut by_day: BTreeMap<Date, usize> = BTreeMap::new();
                for day in papers.iter().filter(|paper| is_shown(paper)).filter_map(Paper::first_listed) {
                    *by_day.entry(day).or_default() += 1;
                }
                self.take(papers)?;
                let seen = by_day.get(&today).copied().unwrap_or(0);
                let state = if seen > 0 { DayState::Partly } else { DayState::Failed };
                self.mark(source, today, state, (None, seen), &note)
            }
        }
    }

    /// Stores what is new or cross-listed, and of replacements those of papers that are here.
    fn take(&mut self, papers: Vec<Paper>) -> Result<()> {
        let replaced: Vec<PaperId> = papers.iter().filter(|p| !is_shown(p)).map(|p| p.id.clone()).collect();
        let here = self.library.store.listed_days(ARXIV, &replaced)?;
        self.put(papers.into_iter().filter(|p| is_shown(p) || here.contains_key(&p.id)).collect())
    }

    /// The papers that the library does not hold as announced on that day.
    fn missing(&self, shown: &[(PaperId, Announced)], day: Date) -> Result<Vec<(PaperId, Announced)>> {
        let ids: Vec<PaperId> = shown.iter().map(|(id, _)| id.clone()).collect();
        let known = self.library.store.listed_days(ARXIV, &ids)?;
        let is_missing = |id: &PaperId| !known.get(id).is_some_and(|days| days.contains(&day));
        Ok(shown.iter().filter(|(id, _)| is_missing(id)).cloned().collect())
    }

    /// Papers by their identifiers, from the API, as announced on a day.
    fn by_id(&mut self, wanted: &[(PaperId, Announced)], day: Date) -> Result<Asked<()>> {
        for batch in wanted.chunks(BATCH) {
            let ids: Vec<PaperId> = batch.iter().map(|(id, _)| id.clone()).collect();
            let mut papers = match self.papers_by_id(&ids)? {
                Ok(papers) => papers,
                Err(reason) => return Ok(Err(reason)),
            };
            for paper in &mut papers {
                let announced = batch.iter().find(|(id, _)| *id == paper.id).map(|(_, announced)| *announced);
                paper.listings = vec![listing(day, announced.unwrap_or_default())];
            }
            self.put(papers)?;
        }
        Ok(Ok(()))
    }

    /// Up to a hundred papers by their identifiers, from the API. Those that it does not know, or
    /// leaves out, are left out.
    pub(super) fn papers_by_id(&mut self, ids: &[PaperId]) -> Result<Asked<Vec<Paper>>> {
        let list: Vec<&str> = ids.iter().map(PaperId::as_str).collect();
        let n = list.len();
        let url = format!("{}/api/query?id_list={}&start=0&max_results={n}", self.hosts.api, list.join(","));
        let mut papers: BTreeMap<PaperId, Paper> = BTreeMap::new();
        // Empty and short pages happen, and are whole ones a moment later.
        for _ in 0..3 {
            let answer = match self.fresh(&url, |body| ends_with(body, "</feed>"))? {
                Ok(answer) => answer,
                Err(reason) => return Ok(Err(reason)),
            };
            match read(&url, answer.body, &Hints::default()) {
                Ok((found, _)) => papers.extend(found.into_iter().map(|paper| (paper.id.clone(), paper))),
                Err(reason) => return Ok(Err(reason)),
            }
            if papers.len() >= n {
                break;
            }
        }
        papers.retain(|id, _| ids.contains(id));
        Ok(Ok(papers.into_values().collect()))
    }

    /// Brings in days that were missed.
    fn fill(&mut self, category: &str, source: &str, gaps: &BTreeSet<Date>) -> Result<()> {
        let Some(&first) = gaps.first() else { return Ok(()) };
        let harvest = match self.harvest(category, first)? {
            Ok(harvest) => harvest,
            Err(reason) => return self.by_submission(category, source, gaps, &reason),
        };
        let ids: Vec<PaperId> = harvest.records.keys().cloned().collect();
        let known = self.library.store.listed_days(ARXIV, &ids)?;
        let mut n: BTreeMap<Date, usize> = gaps.iter().map(|day| (*day, 0)).collect();
        let mut papers = Vec::new();
        for (id, (stamp, mut paper)) in harvest.records {
            let announced = announced_in(category, &paper);
            match place(stamp, &paper, known.get(&id), gaps) {
                AnnouncedOn::Announced(day) => {
                    *n.entry(day).or_default() += 1;
                    paper.listings = vec![listing(day, announced)];
                    papers.push(paper);
                }
                AnnouncedOn::Replaced(day) => {
                    paper.listings = vec![listing(day, Announced::Replace)];
                    papers.push(paper);
                }
                AnnouncedOn::Elsewhere => {}
            }
        }
        self.put(papers)?;
        for (day, n) in n {
            let state = match (harvest.n_unread, n) {
                (0, 0) => DayState::Nothing,
                (0, _) => DayState::Announced,
                _ => DayState::Partly,
            };
            let note = match harvest.n_unread {
                0 => "from OAI-PMH".to_owned(),
                n => format!("from OAI-PMH, where {} could not be read", papers_of(n)),
            };
            self.mark(source, day, state, (Some(n).filter(|_| harvest.n_unread == 0), n), &note)?;
        }
        Ok(())
    }

    /// Every record of a category that changed on a day or later, with the day of its last change.
    fn harvest(&mut self, category: &str, from: Date) -> Result<Asked<Harvested>> {
        let base = self.hosts.oai.clone();
        // Without `until`: a record that changed again since then would be in neither answer.
        let start =
            format!("{base}?verb=ListRecords&metadataPrefix=arXiv&set={}&from={from}", set_of(category));
        let mut url = start.clone();
        let mut all = Harvested::default();
        let (mut n_restarts, mut n_failed) = (0, 0);
        for _ in 0..MAX_PAGES {
            let answer = match self.fresh(&url, |body| ends_with(body, "</OAI-PMH>"))? {
                Ok(answer) => answer,
                // A harvest that ends at its first bad page never ends where one page in twelve is
                // bad, since its gap grows every day.
                Err(_) if n_failed < 3 => {
                    n_failed += 1;
                    continue;
                }
                Err(reason) => return Ok(Err(reason)),
            };
            n_failed = 0;
            let page = source::harvest(&answer.body[..]);
            match page.error {
                Some((code, _)) if code == "noRecordsMatch" && url == start => return Ok(Ok(all)),
                // Tokens expire, and then a list can seem to end; what was read stays, and reading
                // begins again.
                Some((code, _))
                    if ["badResumptionToken", "noRecordsMatch"].contains(&&*code) && n_restarts < 3 =>
                {
                    n_restarts += 1;
                    url.clone_from(&start);
                    continue;
                }
                Some((code, text)) => return Ok(Err(format!("{base}: {code}: {text}"))),
                None => {}
            }
            all.n_unread += page.problems.len();
            all.records.extend(page.records.into_iter().map(|(day, paper)| (paper.id.clone(), (day, paper))));
            match page.token {
                None => return Ok(Ok(all)),
                Some(token) => url = format!("{base}?verb=ListRecords&resumptionToken={}", escaped(&token)),
            }
        }
        Ok(Err(format!("{base}: the list does not end after {MAX_PAGES} pages")))
    }

    /// Where OAI-PMH fails: what was submitted for those days comes in from the API. It stands on
    /// them under the name of this source, until OAI-PMH tells which day announced it.
    fn by_submission(
        &mut self,
        category: &str,
        source: &str,
        gaps: &BTreeSet<Date>,
        why: &str,
    ) -> Result<()> {
        for &day in gaps {
            let (state, seen, note) = match self.submitted_for(category, day)? {
                Ok(mut papers) => {
                    let ids: Vec<PaperId> = papers.iter().map(|paper| paper.id.clone()).collect();
                    let known = self.library.store.listed_days(ARXIV, &ids)?;
                    for paper in papers.iter_mut().filter(|p| known.get(&p.id).is_none_or(BTreeSet::is_empty))
                    {
                        let announced = announced_in(category, paper);
                        paper.listings = vec![Listing { day, source: source.to_owned(), announced }];
                    }
                    let n = papers.len();
                    self.put(papers)?;
                    let note = format!("submitted for that day, from the API, as OAI-PMH is away ({why})");
                    (DayState::Partly, n, note)
                }
                Err(reason) => (DayState::Failed, 0, format!("{why}; {reason}")),
            };
            self.mark(source, day, state, (None, seen), &note)?;
        }
        Ok(())
    }

    fn submitted_for(&mut self, category: &str, day: Date) -> Result<Asked<Vec<Paper>>> {
        let (from, to) = submission_window(day)?;
        let mut papers: BTreeMap<PaperId, Paper> = BTreeMap::new();
        let (mut start, mut n_empty) = (0, 0);
        while start < 30_000 {
            let url = format!(
                "{}/api/query?search_query=cat:{category}+AND+submittedDate:[{from}+TO+{to}]\
                 &start={start}&max_results={MAX_LISTED}&sortBy=submittedDate&sortOrder=ascending",
                self.hosts.api
            );
            let answer = match self.fresh(&url, |body| ends_with(body, "</feed>"))? {
                Ok(answer) => answer,
                Err(reason) => return Ok(Err(reason)),
            };
            let total = total_results(&answer.body);
            let found = match read(&url, answer.body, &Hints::default()) {
                Ok((found, problems)) if problems.is_empty() => found,
                Ok((_, problems)) => return Ok(Err(problems[0].to_string())),
                Err(reason) => return Ok(Err(reason)),
            };
            if found.is_empty() && start < total {
                n_empty += 1;
                if n_empty > 3 {
                    return Ok(Err(format!("the API has {total} papers and shows none from {start} on")));
                }
                continue;
            }
            start += found.len();
            papers.extend(found.into_iter().map(|paper| (paper.id.clone(), paper)));
            if start >= total {
                break;
            }
        }
        Ok(Ok(papers.into_values().collect()))
    }
}

#[derive(Default)]
struct Harvested {
    records: BTreeMap<PaperId, (Date, Paper)>,
    n_unread: usize,
}

/// How many results a query of the API has in all.
fn total_results(body: &[u8]) -> usize {
    let text = String::from_utf8_lossy(&body[..body.len().min(8_000)]).into_owned();
    let number = text.split("totalResults").nth(1).and_then(|rest| rest.split(['>', '<']).nth(1));
    number.and_then(|number| number.trim().parse().ok()).unwrap_or(0)
}

fn escaped(token: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~".contains(&b);
    token.bytes().map(|b| if plain(b) { (b as char).to_string() } else { format!("%{b:02X}") }).collect()
}

/// How a category announces a paper for the first time.
fn announced_in(category: &str, paper: &Paper) -> Announced {
    let is_primary = paper.categories.first().is_some_and(|first| first == category);
    if is_primary { Announced::New } else { Announced::Cross }
}

fn is_shown(paper: &Paper) -> bool {
    paper.listings.iter().any(|l| matches!(l.announced, Announced::New | Announced::Cross))
}

fn listing(day: Date, announced: Announced) -> Listing {
    Listing { day, source: ARXIV.to_owned(), announced }
}

fn papers_of(n: usize) -> String {
    if n == 1 { "1 paper".to_owned() } else { format!("{n} papers") }
}

fn joint(note: &str) -> &'static str {
    if note.is_empty() { "" } else { "; " }
}
