//! `likes import`: likes from reference managers and lists, and feeds from a feed reader.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use clap::Args;
use paperpick::PaperId;
use paperpick::app::{self, SyncAsk};

use super::Outcome;
use super::print::{Bar, Page, answer, counted, talk};
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

impl LikesIn {
    /// Reads the files, fetches what is missing, and likes it all.
    pub fn run(self, session: &Session) -> Result<Outcome> {
        let mut app = session.open()?;
        let mut likes = app::LikesIn::default();
        let ask = SyncAsk {
            sources: &session.config.sync,
            catch_up_days: None,
            clock: &*session.clock,
            seed: u64::from(std::process::id()),
        };
        for file in &self.files {
            let name = file.display().to_string();
            if let Some(library) = name.strip_prefix("zotero:") {
                let key = std::env::var("PAPERPICK_ZOTERO_KEY").context("the key in PAPERPICK_ZOTERO_KEY")?;
                likes.zotero(app.zotero(&ask, library, &key, &Bar::new(session, "asking", None))?);
                continue;
            }
            let input: Box<dyn BufRead + Send> = if name == "-" {
                Box::new(BufReader::new(std::io::stdin()))
            } else {
                Box::new(BufReader::new(File::open(file).with_context(|| name.clone())?))
            };
            likes.read(&name, input)?;
        }
        likes.problems.iter().for_each(|problem| talk(session, problem.to_string()));
        let ask = (!self.offline).then_some(&ask);
        let report = app.take_likes(likes, ask, session.clock.now(), &Bar::new(session, "asking", None))?;
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
