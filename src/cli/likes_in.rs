//! `likes import`: likes from reference managers and lists, and feeds from a feed reader.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use clap::Args;
use paperpick::app::{Fetched, SyncAsk};
use paperpick::config::FeedSource;
use paperpick::source::{self, Collection, Format, Hints, Item, Problem};
use paperpick::store::{InterestState, KeptInterest, Rating};
use paperpick::{Error, Paper, PaperId};
use serde::Serialize;

use super::Outcome;
use super::import::embed;
use super::print::{Bar, Page, answer, counted, talk};
use super::rate::read_lines;
use super::settings::Session;

/// Like every paper of a file: BibTeX, RIS, JSON of Zotero or Semantic Scholar, or a list of
/// identifiers and addresses. The feeds of an OPML are added to what `sync` reads.
///
/// Collections of Zotero become interests: name the file of collections beside the items, or the
/// library itself as zotero:users/NUMBER, with its key in PAPERPICK_ZOTERO_KEY. Papers that the
/// library does not have come from arXiv's API.
#[derive(Debug, Args)]
pub struct LikesIn {
    /// Files, - for stdin, or zotero:users/NUMBER
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Ask nobody: what the files do not say stays unknown
    #[arg(long)]
    offline: bool,
}

#[derive(Default, Serialize)]
struct Report {
    liked: usize,
    already: usize,
    broken: usize,
    feeds: usize,
    interests: usize,
    fetched: Fetched,
}

/// What the files hold.
#[derive(Default)]
struct Taken {
    papers: Vec<Paper>,
    ids: Vec<PaperId>,
    /// Papers by the key of the collection that they lie in.
    members: BTreeMap<String, Vec<PaperId>>,
    collections: Vec<Collection>,
}

impl Taken {
    fn item(&mut self, item: Item) {
        for key in item.collections {
            self.members.entry(key).or_default().push(item.paper.id.clone());
        }
        self.papers.push(item.paper);
    }

    /// The interests that collections with names become: `parent / name`.
    fn interests(&self) -> Vec<KeptInterest> {
        let named = |key: &str| self.collections.iter().find(|collection| collection.key == key);
        let name = |collection: &Collection| match collection.parent.as_deref().and_then(named) {
            Some(parent) => format!("{} / {}", parent.name, collection.name),
            None => collection.name.clone(),
        };
        let interest = |collection: &Collection| {
            let papers = self.members.get(&collection.key)?.clone();
            Some(KeptInterest { name: name(collection), state: InterestState::Live, papers })
        };
        self.collections.iter().filter_map(interest).collect()
    }
}

impl LikesIn {
    /// Reads the files, fetches what is missing, and likes it all.
    pub fn run(self, session: &Session) -> Result<Outcome> {
        let mut app = session.open()?;
        let mut report = Report::default();
        let mut taken = Taken::default();
        let ask = SyncAsk {
            sources: &session.config.sync,
            catch_up_days: None,
            clock: &*session.clock,
            seed: u64::from(std::process::id()),
        };
        let mut broken = |problem: Problem| {
            report.broken += 1;
            talk(session, problem.to_string());
        };
        for file in &self.files {
            let name = file.display().to_string();
            if let Some(library) = name.strip_prefix("zotero:") {
                let key = std::env::var("PAPERPICK_ZOTERO_KEY").context("the key in PAPERPICK_ZOTERO_KEY")?;
                let found = app.zotero(&ask, library, &key, &Bar::new(session, "asking", None))?;
                found.problems.into_iter().for_each(&mut broken);
                found.items.into_iter().for_each(|item| taken.item(item));
                taken.collections.extend(found.collections);
                continue;
            }
            let input: Box<dyn BufRead + Send> = if name == "-" {
                Box::new(BufReader::new(std::io::stdin()))
            } else {
                Box::new(BufReader::new(File::open(file).with_context(|| name.clone())?))
            };
            // A list of identifiers is no format of its own, so the text must be at hand twice.
            let mut bytes = Vec::new();
            source::unpacked(&name, input)?
                .take(1 << 30)
                .read_to_end(&mut bytes)
                .with_context(|| name.clone())?;
            let again = || Box::new(std::io::Cursor::new(bytes.clone()));
            match source::recognise(&name, again()) {
                Ok((Format::Opml, input)) => {
                    let feeds = source::feeds(&name, input)?.into_iter();
                    let feeds: Vec<_> =
                        feeds.map(|feed| FeedSource { name: feed.name, url: feed.url }).collect();
                    report.feeds += app.add_feeds(&feeds)?;
                }
                Ok((Format::Zotero, input)) => {
                    for item in source::items(&name, input) {
                        item.map_or_else(&mut broken, |item| taken.item(item));
                    }
                }
                Ok((Format::ZoteroCollections, input)) => {
                    for found in source::collections(&name, input) {
                        found.map_or_else(&mut broken, |collection| taken.collections.push(collection));
                    }
                }
                Ok(_) => {
                    for entry in source::read(&name, again(), &Hints::default())? {
                        entry.map_or_else(&mut broken, |paper| taken.papers.push(paper));
                    }
                }
                Err(Error::UnknownFormat { .. }) => {
                    read_lines(&mut taken.ids, &name, &String::from_utf8_lossy(&bytes))?;
                }
                Err(error) => return Err(error.into()),
            }
        }
        let interests = taken.interests();
        let Taken { papers, mut ids, .. } = taken;
        ids.extend(papers.iter().map(|paper| paper.id.clone()));
        ids.sort();
        ids.dedup();
        // A list of likes is no announcement.
        let papers = papers.into_iter().map(|paper| Paper { listings: Vec::new(), ..paper });
        app.import(papers.map(Ok), &paperpick::embed::Silent)?;
        if !self.offline {
            report.fetched = app.fetch(&ask, &ids, &Bar::new(session, "asking", None))?;
        }
        embed(&mut app, session)?;
        let rated = app.rate(&ids, Some(Rating::Like), session.clock.now())?;
        report.liked = rated.papers.iter().filter(|paper| paper.changed).count();
        report.already = rated.papers.len() - report.liked;
        report.interests = interests.len();
        for interest in interests {
            app.keep_interest(interest)?;
        }
        let mut page = Page::new(session);
        let mut parts = Vec::new();
        if report.liked > 0 {
            parts.push(format!("{} liked", counted(report.liked, "paper")));
        }
        let more = [(report.already, "liked already"), (report.fetched.imported.added, "fetched from arXiv")];
        parts.extend(more.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")));
        if report.feeds > 0 {
            parts.push(format!("{} added", counted(report.feeds, "feed")));
        }
        if report.interests > 0 {
            parts.push(format!("{} of collections", counted(report.interests, "interest")));
        }
        page.line(if parts.is_empty() { "nothing to like".to_owned() } else { parts.join(", ") });
        let missing = &report.fetched.missing;
        if !missing.is_empty() {
            let why = report.fetched.why.as_deref().unwrap_or("arXiv does not know them");
            let first: Vec<&str> = missing.iter().take(5).map(PaperId::as_str).collect();
            let dots = if missing.len() > 5 { ", …" } else { "" };
            page.line(format!(
                "{} liked without being known ({}{dots}): {why}",
                counted(missing.len(), "paper"),
                first.join(", ")
            ));
        }
        answer(session, "likes-import/1", &report, &page)?;
        match report.broken {
            0 => Ok(Outcome::of(report.liked + report.already + report.feeds > 0)),
            n => bail!("{} could not be read; the others were taken over", counted(n, "entry")),
        }
    }
}
