//! `like`, `dislike`, `unrate`, `likes`.

use std::collections::BTreeSet;
use std::io::Cursor;
use std::path::Path;

use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand, ValueEnum};
use paperpick::PaperId;
use paperpick::paper::Rating;
use paperpick::progress::Silent;
use paperpick::source;
use paperpick::verbs::likes::{self, ListLikes};

use super::super::Outcome;
use super::super::session::print::{TerminalPage, answer, clean, counted};
use super::super::session::settings::Session;
use super::import::LikesIn;

/// Papers by identifier, address, or from a file.
#[derive(Debug, Args)]
pub struct Rate {
    /// Identifiers (2404.15653), addresses, files with one of these a line, or - for stdin
    #[arg(required = true, value_name = "ID")]
    papers: Vec<String>,
}

/// List what you have rated, the newest first.
#[derive(Debug, Args)]
pub struct Likes {
    /// Only these
    #[arg(long)]
    only: Option<Kind>,
    #[command(subcommand)]
    verb: Option<LikesVerb>,
}

#[derive(Debug, Subcommand)]
enum LikesVerb {
    Import(LikesIn),
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Kind {
    Likes,
    Dislikes,
}

impl Rate {
    /// Rates them, or takes their ratings back.
    pub fn run(self, session: &Session, rating: Option<Rating>) -> Result<Outcome> {
        let ids = identifiers(&self.papers)?;
        let done = session.ask(likes::rate::Rate { ids, rating }, &Silent)?;
        let mut page = TerminalPage::new(session);
        for paper in &done.papers {
            let verb = match (rating, paper.changed) {
                (Some(Rating::Like), true) => "liked",
                (Some(Rating::Like), false) => "liked already",
                (Some(Rating::Dislike), true) => "disliked",
                (Some(Rating::Dislike), false) => "disliked already",
                (None, true) => "no longer rated",
                (None, false) => "was not rated",
            };
            let waits = match rating {
                Some(_) => "(not in the library yet; the rating waits for it)",
                None => "(not in the library)",
            };
            page.line(format!("{verb}: {} {}", paper.id, paper.title.as_deref().map_or(waits.into(), clean)));
        }
        answer::<likes::rate::Rate>(session, &done, &page)?;
        Ok(Outcome::Done)
    }
}

impl Likes {
    /// Lists them.
    pub fn run(self, session: &Session) -> Result<Outcome> {
        if let Some(LikesVerb::Import(import)) = self.verb {
            return import.run(session);
        }
        let only = self.only.map(|kind| match kind {
            Kind::Likes => Rating::Like,
            Kind::Dislikes => Rating::Dislike,
        });
        let likes = session.ask(ListLikes { only }, &Silent)?;
        let mut page = TerminalPage::new(session);
        for rated in &likes.ratings {
            let sign = if rated.rating == Rating::Like { '+' } else { '-' };
            let title = rated.title.as_deref().map_or("(not in the library yet)".into(), clean);
            page.line(format!("{sign} {}  {:<16} {title}", rated.at.strftime("%Y-%m-%d"), rated.id));
        }
        page.line(match likes.ratings.len() {
            0 => "nothing rated yet: `paperpick like ID`".to_owned(),
            n => counted(n, "rating"),
        });
        answer::<ListLikes>(session, &likes, &page)?;
        Ok(Outcome::of(!likes.ratings.is_empty()))
    }
}

/// Whether a word has the end of a file's name.
fn names_a_file(word: &str) -> bool {
    let end = Path::new(word).extension().and_then(|end| end.to_str());
    !word.contains("://") && end.is_some_and(|end| end.len() <= 5 && end.starts_with(char::is_alphabetic))
}

/// Every identifier that the words name, each once, in order. All of them must be good: half a
/// list of likes is worse than an error.
fn identifiers(words: &[String]) -> Result<Vec<PaperId>> {
    let mut ids = Vec::new();
    for word in words {
        if word == "-" {
            ids.extend(source::identifiers(
                "stdin",
                &std::io::read_to_string(std::io::stdin()).context("stdin")?,
            )?);
        } else if PaperId::parse(word).is_err() && Path::new(word).is_file() {
            let bytes = std::fs::read(word).with_context(|| word.clone())?;
            let text = String::from_utf8_lossy(&bytes).into_owned();
            // Half of the lists that people have are bibliographies.
            if let Ok((format, _)) = source::recognise(word, Box::new(Cursor::new(bytes)))
                && !text.trim().is_empty()
            {
                let word = clean(word);
                bail!(
                    "{word} is no list of identifiers but {format}: `paperpick likes import {word}` likes its papers"
                );
            }
            ids.extend(source::identifiers(word, &text)?);
        } else if PaperId::parse(word).is_err() && names_a_file(word) {
            bail!("there is no file {}, and a paper's identifier looks like 2404.15653", clean(word));
        } else {
            ids.push(PaperId::parse(word)?.0);
        }
    }
    let mut seen = BTreeSet::new();
    ids.retain(|id| seen.insert(id.clone()));
    Ok(ids)
}
