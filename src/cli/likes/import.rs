//! `likes import`: likes from reference managers and lists, and feeds from a feed reader.

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;
use paperpick::PaperId;
use paperpick::verbs::likes::import::{self, ImportLikes};
use paperpick::verbs::sync::{SyncAsk, zotero};

use super::super::Outcome;
use super::super::import::input;
use super::super::session::print::{Bar, TerminalPage, answer, counted, talk};
use super::super::session::settings::Session;

/// Like every paper of a file: BibTeX, RIS, JSON of Zotero or Semantic Scholar, or a list of
/// identifiers and addresses. The feeds of an OPML are added to what `sync` reads.
///
/// Collections of Zotero become interests: name the file of collections beside the items, or the
/// library itself as zotero:users/NUMBER, with its key in PAPERPICK_ZOTERO_KEY. Of papers that the
/// library does not have, `sync` asks arXiv later, or --fetch now.
#[derive(Debug, Args)]
pub struct LikesIn {
    /// Files, - for stdin, or zotero:users/NUMBER
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Ask arXiv now for what the files do not say
    #[arg(long)]
    fetch: bool,
}

impl LikesIn {
    /// Reads the files, likes it all, and fetches what is missing if that is wanted.
    pub fn run(self, session: &Session) -> Result<Outcome> {
        let mut library = session.open_or_make()?;
        let mut likes = import::LikesIn::default();
        for file in &self.files {
            let name = file.display().to_string();
            if let Some(named) = name.strip_prefix("zotero:") {
                let key = std::env::var("PAPERPICK_ZOTERO_KEY").context("the key in PAPERPICK_ZOTERO_KEY")?;
                let bar = Bar::new(session, "asking", None);
                let ask = SyncAsk::of(&session.context(&bar));
                likes.zotero(zotero(&mut library, &ask, named, &key, &bar)?);
                continue;
            }
            let (name, input) = input(file)?;
            likes.read(&name, input)?;
        }
        likes.problems.iter().for_each(|problem| talk(session, problem.to_string()));
        let request = ImportLikes { fetch: self.fetch, read: likes, ..ImportLikes::default() };
        let report = session.ask_of(&mut library, request, &Bar::new(session, "asking", None))?;
        let mut page = TerminalPage::new(session);
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
                "{} liked without an abstract ({}{dots}): {why}",
                counted(missing.len(), "paper"),
                first.join(", ")
            ));
        }
        if report.lacking > missing.len() {
            let papers = counted(report.lacking, "paper");
            page.line(format!(
                "{papers} without an abstract: the next `paperpick sync` asks arXiv, --fetch now"
            ));
        }
        answer::<ImportLikes>(session, &report, &page)?;
        match report.broken {
            0 => Ok(Outcome::of(report.liked + report.already + report.feeds > 0)),
            n => Ok(Outcome::unread(session, n, "entry")),
        }
    }
}
