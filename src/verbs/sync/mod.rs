//! The library up to today, from the sources of the settings.
//!
//! Whatever is announced is stored first, and only then is its day settled in the calendar, so a
//! crash anywhere costs only the repetition of what was not settled. No failure of one source
//! stops another.

mod arxiv;
mod digests;
mod feeds;
mod hugging_face;
mod likes;
pub mod pictures;
mod schedule;
mod zotero;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use likes::{Fetched, fetch, lacking};
pub use zotero::{ZoteroLibrary, zotero};

use super::import::{self, Imported};
use super::{Context, Verb, Whole};
use crate::config::{FeedSource, Hosts, Sources, is_address, secret_names, without_keys};
use crate::error::{Error, Result};
use crate::library::Library;
use crate::paper::{Paper, Right};
use crate::progress::Progress;
use crate::source::fetch::{Answer, Ask, Client, Clock, Policy, Reply, endpoint_of};
use crate::source::{self, Hints, Problem};
use crate::store::{DayState, SourceDay};

/// The longest list of new papers of one day that is waited for: the largest day of all of arXiv
/// had some 2,600.
const MAX_LISTED: usize = 2_000;

/// Bring the library up to today from the sources of the settings.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct SyncSources {
    /// So many days back; as far as the calendar goes, if not given.
    pub catch_up_days: Option<DaysBack>,
    /// Other sources than those of the settings.
    #[serde(skip)]
    pub sources: Option<Sources>,
}

/// How many days to look back.
pub type DaysBack = Whole<0, 365>;

impl Verb for SyncSources {
    const NAME: &'static str = "sync";
    const SHAPE: &'static str = "sync/1";
    const RIGHT: Right = Right::Own;
    const BRINGS_PAPERS: bool = true;
    type Answer = Synced;

    /// # Errors
    /// [`Error::Invalid`] if no source is set; [`Error::Database`]. What a source does wrong is no error but a
    /// gap in the answer.
    fn run(self, library: &mut Library, context: &Context<'_>) -> Result<Synced> {
        let sources = self.sources.as_ref().unwrap_or(context.sources);
        let ask =
            SyncAsk { sources, catch_up_days: self.catch_up_days.map(DaysBack::get), ..SyncAsk::of(context) };
        let mut synced = every_source(library, &ask, context.progress)?;
        synced.imported.embedded = library.embed_pending(context.progress)?;
        if sources.pictures {
            pictures::fetch_pictures(library, &ask, context.progress)?;
        }
        Ok(synced)
    }
}

impl<'a> SyncAsk<'a> {
    /// What the settings say, at the present time.
    pub fn of(context: &Context<'a>) -> Self {
        let seed = context.now().as_nanosecond() as u64;
        Self { sources: context.sources, catch_up_days: None, clock: context.clock, seed }
    }
}

/// What to bring in.
pub struct SyncAsk<'a> {
    /// The sources.
    pub sources: &'a Sources,
    /// So many days back; the default is as far as the calendar goes, up to the settings' limit.
    pub catch_up_days: Option<u32>,
    /// The time.
    pub clock: &'a dyn Clock,
    /// Decides the jitter of waits.
    pub seed: u64,
}

/// What a sync did.
#[derive(Debug, Clone, Default, PartialEq, Serialize, JsonSchema)]
pub struct Synced {
    /// What came in.
    pub imported: Imported,
    /// Requests that went out.
    pub requests: usize,
    /// The days that were looked at, and what they came to.
    pub days: Vec<SourceDay>,
    /// The days within reach that could not be repaired, and why.
    pub gaps: Vec<SourceDay>,
}

/// Asks every source in turn.
fn every_source(library: &mut Library, ask: &SyncAsk<'_>, progress: &dyn Progress) -> Result<Synced> {
    // Those that came in with a file are given no secret: whoever wrote the file would learn it.
    let names_secrets = |feed: &FeedSource| secret_names(&feed.url).next().is_some();
    let (curious, mut feeds): (BTreeSet<_>, BTreeSet<_>) =
        library.store.feeds()?.into_iter().partition(names_secrets);
    feeds.extend(ask.sources.feeds.iter().cloned());
    if ask.sources.is_empty() && feeds.is_empty() {
        return Err(Error::Invalid(
            "no source is set: name some under [sync] in config.toml, such as `arxiv = [\"cs.CV\"]`, `hugging_face = true`, \
             `feeds = [\"https://…\"]` or `digests = [\"FOLDER\"]`"
                .into(),
        ));
    }
    let mut run = Run::new(library, ask, &feeds, progress);
    let (elsewhere, here): (Vec<_>, Vec<_>) =
        ask.sources.digests.iter().partition(|digests| is_address(digests));
    for folder in here {
        run.digests(folder)?;
    }
    // What is on this machine can be read before anybody is asked, and whatever comes of that.
    if run.synced.imported.added > 0 {
        progress.tell(&format!("papers added from folders: {}", run.synced.imported.added));
        run.library.embed_pending(progress)?;
    }
    for digests in elsewhere {
        run.digests(digests)?;
    }
    if ask.sources.hugging_face {
        run.hugging_face()?;
    }
    for feed in &feeds {
        run.feed(feed)?;
    }
    for feed in &curious {
        let note = "its address names a secret, which only an address in config.toml may";
        let (_, today) = run.today(&TimeZone::UTC);
        run.mark_failed(&format!("feed:{}", feed.name), today, note)?;
    }
    for category in &ask.sources.arxiv {
        run.category(category)?;
    }
    if ask.sources.hugging_face || !ask.sources.arxiv.is_empty() {
        run.likes()?;
    }
    run.finish()
}

fn policy(ask: &SyncAsk<'_>, feeds: &BTreeSet<FeedSource>) -> Policy {
    let sources = ask.sources;
    let Hosts { list, rss, oai, api, hugging_face, zotero } = &sources.hosts;
    let arxiv = [list, rss, oai, api];
    let others = [hugging_face, zotero].into_iter().chain(feeds.iter().map(|feed| &feed.url));
    let digests = sources.digests.iter().filter(|digests| is_address(digests));
    let all = arxiv.into_iter().chain(others).chain(digests);
    Policy {
        user_agent: format!("paperpick/{} ({})", env!("CARGO_PKG_VERSION"), sources.contact),
        hosts: all.filter_map(|url| endpoint_of(url)).collect(),
        arxiv_hosts: arxiv.into_iter().filter_map(|url| endpoint_of(url)).collect(),
        private_hosts: sources.private_hosts.clone(),
        secrets: sources.secrets.clone(),
        max_bytes: sources.max_answer_megabytes * 1_000_000,
        timeout: Duration::from_secs(sources.timeout_seconds),
        seed: ask.seed,
    }
}

/// A sync under way.
struct Run<'a> {
    library: &'a mut Library,
    client: Client<'a>,
    hosts: &'a Hosts,
    /// Days back.
    reach: i64,
    /// Whether the reader asked to reach back, even before the calendar begins.
    is_asked: bool,
    progress: &'a dyn Progress,
    synced: Synced,
}

/// What asking for one thing came to, if not to a failure of this machine.
type Asked<T> = std::result::Result<T, String>;

impl<'a> Run<'a> {
    /// Feeds are those that may be asked besides the hosts of the settings.
    fn new(
        library: &'a mut Library,
        ask: &SyncAsk<'a>,
        feeds: &BTreeSet<FeedSource>,
        progress: &'a dyn Progress,
    ) -> Self {
        let back = ask.catch_up_days.unwrap_or(ask.sources.catch_up_days);
        Self {
            client: Client::new(policy(ask, feeds), ask.clock).telling(|why| progress.tell(why)),
            hosts: &ask.sources.hosts,
            reach: i64::from(back.min(365)),
            is_asked: ask.catch_up_days.is_some(),
            progress,
            synced: Synced::default(),
            library,
        }
    }
}

impl Run<'_> {
    /// Asks for a document; a failure of the network is a reason, one of the library an error.
    fn get(&mut self, ask: &Ask<'_>) -> Result<Asked<Reply>> {
        let reply = self.client.get(self.library.store.as_ref(), ask);
        self.progress.advance(1);
        match reply {
            Ok(reply) => Ok(Ok(reply)),
            Err(Error::Unreachable { what, reason }) => Ok(Err(format!("{}: {reason}", bare(&what)))),
            Err(error) => Err(error),
        }
    }

    /// Asks for a document that must be there.
    fn fresh(&mut self, url: &str, whole: fn(&[u8]) -> bool) -> Result<Asked<Answer>> {
        let reply = self.get(&Ask { whole, ..Ask::new(url) })?;
        Ok(reply.and_then(|reply| match reply {
            Reply::Fresh(answer) => Ok(answer),
            Reply::Unchanged => Err(format!("{}: HTTP 304 without having been asked for it", bare(url))),
            Reply::Refused(status, text) => Err(format!("{}: HTTP {status}: {}", bare(url), said(&text))),
        }))
    }

    /// The moment, and the day in a time zone.
    fn today(&self, zone: &TimeZone) -> (Timestamp, Date) {
        let now = self.client.now();
        (now, zone.to_datetime(now).date())
    }

    /// The first day to look at: as far back as was asked for; else where the calendar of the
    /// source begins, or `newest` where it has none.
    fn first_day(&self, source: &str, today: Date, newest: Date) -> Result<Date> {
        let reach = back(today, self.reach);
        if self.is_asked {
            return Ok(reach);
        }
        let known = self.library.store.calendar(Some(source), reach, today)?;
        Ok(known.first().map_or(newest, |day| day.day).max(reach))
    }

    /// What the calendar knows of a source from `first` on.
    fn known(&self, source: &str, first: Date, last: Date) -> Result<BTreeMap<Date, SourceDay>> {
        let days = self.library.store.calendar(Some(source), first, last)?;
        Ok(days.into_iter().map(|day| (day.day, day)).collect())
    }

    /// Notes what a day came to.
    fn mark(
        &mut self,
        source: &str,
        day: Date,
        state: DayState,
        n: (Option<usize>, usize),
        note: &str,
    ) -> Result<()> {
        if state.is_settled() {
            self.library.store.take_back(source, day)?;
        }
        let at = self.client.now();
        let entry = SourceDay {
            source: source.to_owned(),
            day,
            state,
            announced: n.0,
            seen: n.1,
            note: note.to_owned(),
            at,
        };
        self.library.store.mark(&entry)?;
        self.synced.days.push(entry);
        Ok(())
    }

    /// Notes that a day could not be read, and why.
    fn mark_failed(&mut self, source: &str, day: Date, note: &str) -> Result<()> {
        self.mark(source, day, DayState::Failed, (None, 0), note)
    }

    /// Stores papers.
    fn put(&mut self, papers: Vec<Paper>) -> Result<()> {
        let entries = papers.into_iter().map(Ok);
        let imported = import::store(self.library, entries, &crate::progress::Silent)?;
        self.synced.imported.add(imported);
        Ok(())
    }

    /// Counts what could not be read.
    fn complain(&mut self, problems: Vec<Problem>) {
        let n = problems.len();
        self.synced.imported.add(Imported { entries: n, broken: n, problems, ..Imported::default() });
    }

    fn finish(mut self) -> Result<Synced> {
        let looked_at: BTreeSet<(String, Date)> =
            self.synced.days.iter().map(|day| (day.source.clone(), day.day)).collect();
        // A day that was settled before is settled, whatever went wrong now.
        let days = self.library.store.calendar(None, Date::MIN, Date::MAX)?;
        let looked = |day: &SourceDay| looked_at.contains(&(day.source.clone(), day.day));
        self.synced.days = days.into_iter().filter(looked).collect();
        self.synced.gaps = self.synced.days.iter().filter(|day| day.state.is_gap()).cloned().collect();
        self.synced.requests = self.client.n_requests();
        Ok(self.synced)
    }
}

/// Reads a whole document of papers.
fn read(name: &str, body: Vec<u8>, hints: &Hints) -> Asked<(Vec<Paper>, Vec<Problem>)> {
    let reader =
        source::read(name, Box::new(std::io::Cursor::new(body)), hints).map_err(|e| e.to_string())?;
    let (mut papers, mut problems) = (Vec::new(), Vec::new());
    for entry in reader {
        match entry {
            Ok(paper) => papers.push(paper),
            Err(problem) => problems.push(problem),
        }
    }
    Ok((papers, problems))
}

fn back(day: Date, n: i64) -> Date {
    jiff::Span::new().try_days(n).ok().and_then(|span| day.checked_sub(span).ok()).unwrap_or(day)
}

fn days(first: Date, last: Date) -> impl Iterator<Item = Date> {
    std::iter::successors(Some(first), |day| day.tomorrow().ok()).take_while(move |day| *day <= last)
}

fn is_weekend(day: Date) -> bool {
    matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday)
}

/// An address without its question, and without name and password: what a reader needs to know of it.
fn bare(url: &str) -> String {
    let url = without_keys(url);
    url.split('?').next().unwrap_or(&url).to_owned()
}

/// The first words of what a server said, without its markup.
fn said(text: &str) -> String {
    let words = text.split(['<', '>']).step_by(2).flat_map(str::split_whitespace);
    let mut short = String::new();
    for word in words {
        if short.len() + word.len() > 100 {
            short.push('…');
            break;
        }
        if !short.is_empty() {
            short.push(' ');
        }
        short.push_str(word);
    }
    short
}

/// Whether a document ends with an element's end; a server that breaks off need not say so.
fn ends_with(body: &[u8], end: &str) -> bool {
    body.trim_ascii_end().ends_with(end.as_bytes())
}
