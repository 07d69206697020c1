//! `like`, `dislike`, `unrate`, `likes`.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufRead, BufReader, Cursor, Read};
use std::path::Path;

use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand, ValueEnum};
use paperpick::paper::Rating;
use paperpick::progress::Silent;
use paperpick::source::{self, Problem};
use paperpick::verbs::likes::{self, ListLikes};
use paperpick::{Error, PaperId};

use super::super::Outcome;
use super::super::session::lists::title_of;
use super::super::session::print::{TerminalPage, answer, clean, counted, talk};
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
        let (ids, n_unread) = named_and_told(session, &self.papers)?;
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
        Ok(Outcome::unread(session, n_unread, "line"))
    }
}

/// The papers that the words name, and how many lines of files name none, which is told.
pub fn named_and_told(session: &Session, words: &[String]) -> Result<(Vec<PaperId>, usize)> {
    let Named { ids, problems } = named(words)?;
    problems.iter().for_each(|problem| talk(session, problem.to_string()));
    if ids.is_empty() && problems.is_empty() {
        bail!(Error::NothingListed("no paper was named".to_owned()));
    }
    Ok((ids, problems.len()))
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
            let title = title_of(rated.title.as_deref());
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

/// What words and the files among them name.
#[derive(Default)]
struct Named {
    /// Each once, in order.
    ids: Vec<PaperId>,
    /// Lines of files that are no identifiers.
    problems: Vec<Problem>,
}

/// Every identifier that the words name. Each word must be good, for it was typed; a file may hold remarks.
fn named(words: &[String]) -> Result<Named> {
    let mut named = Named::default();
    for word in words {
        if word == "-" {
            named.list("stdin", Box::new(BufReader::new(std::io::stdin())))?;
        } else if PaperId::parse(word).is_err() && Path::new(word).is_file() {
            let file = File::open(word).with_context(|| word.clone())?;
            named.list(word, Box::new(BufReader::new(file)))?;
        } else if PaperId::parse(word).is_err() && names_a_file(word) {
            bail!("there is no file {}, and a paper's identifier looks like 2404.15653", clean(word));
        } else {
            named.ids.push(PaperId::parse(word)?.0);
        }
    }
    let mut seen = BTreeSet::new();
    named.ids.retain(|id| seen.insert(id.clone()));
    Ok(named)
}

impl Named {
    /// Reads a list of identifiers; half of the lists that people have are bibliographies, and are told so.
    fn list(&mut self, name: &str, input: Box<dyn BufRead + Send>) -> Result<()> {
        let mut bytes = Vec::new();
        source::unpacked(name, input)?.read_to_end(&mut bytes).with_context(|| name.to_owned())?;
        // A pipe that found nothing.
        if bytes.trim_ascii().is_empty() {
            return Ok(());
        }
        let listed = source::identifiers(name, &String::from_utf8_lossy(&bytes));
        let is_list = listed.as_ref().is_ok_and(|(ids, problems)| ids.len() > problems.len());
        if !is_list && let Ok((format, _)) = source::recognise(name, Box::new(Cursor::new(bytes))) {
            let name = clean(name);
            bail!(
                "{name} is no list of identifiers but {format}: `paperpick likes import {name}` likes its papers"
            );
        }
        let (ids, problems) = listed?;
        self.ids.extend(ids);
        self.problems.extend(problems);
        Ok(())
    }
}
