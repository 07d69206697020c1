//! `likes import`: likes from reference managers and lists, and feeds from a feed reader.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use clap::Args;
use paperpick::app::{Fetched, SyncAsk};
use paperpick::config::FeedSource;
use paperpick::source::{self, Format, Hints};
use paperpick::store::Rating;
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
/// Papers that the library does not have come from arXiv's API.
#[derive(Debug, Args)]
pub struct LikesIn {
    /// Files, or - for stdin
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
    fetched: Fetched,
}

impl LikesIn {
    /// Reads the files, fetches what is missing, and likes it all.
    pub fn run(self, session: &Session) -> Result<Outcome> {
        let mut app = session.open()?;
        let mut report = Report::default();
        let (mut papers, mut ids): (Vec<Paper>, Vec<PaperId>) = (Vec::new(), Vec::new());
        for file in &self.files {
            let name = file.display().to_string();
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
                    let feeds = source::feeds(&name, input)?;
                    let feeds: Vec<FeedSource> =
                        feeds.into_iter().map(|feed| FeedSource { name: feed.name, url: feed.url }).collect();
                    report.feeds += app.add_feeds(&feeds)?;
                }
                Ok(_) => {
                    for entry in source::read(&name, again(), &Hints::default())? {
                        match entry {
                            // A list of likes is no announcement.
                            Ok(paper) => papers.push(Paper { listings: Vec::new(), ..paper }),
                            Err(problem) => {
                                report.broken += 1;
                                talk(session, problem.to_string());
                            }
                        }
                    }
                }
                Err(Error::UnknownFormat { .. }) => {
                    read_lines(&mut ids, &name, &String::from_utf8_lossy(&bytes))?;
                }
                Err(error) => return Err(error.into()),
            }
        }
        ids.extend(papers.iter().map(|paper| paper.id.clone()));
        ids.sort();
        ids.dedup();
        app.import(papers.into_iter().map(Ok), &paperpick::embed::Silent)?;
        if !self.offline {
            let ask = SyncAsk {
                sources: &session.config.sync,
                catch_up_days: None,
                clock: &*session.clock,
                seed: u64::from(std::process::id()),
            };
            report.fetched = app.fetch(&ask, &ids, &Bar::new(session, "asking", None))?;
        }
        embed(&mut app, session)?;
        let rated = app.rate(&ids, Some(Rating::Like), session.clock.now())?;
        report.liked = rated.papers.iter().filter(|paper| paper.changed).count();
        report.already = rated.papers.len() - report.liked;
        let mut page = Page::new(session);
        let mut parts = vec![format!("{} liked", counted(report.liked, "paper"))];
        let more = [(report.already, "liked already"), (report.fetched.imported.added, "fetched from arXiv")];
        parts.extend(more.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")));
        if report.feeds > 0 {
            parts.push(format!("{} added", counted(report.feeds, "feed")));
        }
        page.line(parts.join(", "));
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
