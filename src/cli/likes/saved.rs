//! `save`, `saved`.

use anyhow::Result;
use clap::Args;
use paperpick::progress::Silent;
use paperpick::verbs::likes::saved::{ListSaved, Save};

use super::super::Outcome;
use super::super::session::lists::title_of;
use super::super::session::print::{TerminalPage, answer, counted};
use super::super::session::settings::Session;
use super::rate::named_and_told;

/// Keep papers for later.
#[derive(Debug, Args)]
pub struct Keep {
    /// Identifiers (2404.15653), addresses, files with one of these a line, or - for stdin
    #[arg(required = true, value_name = "ID")]
    papers: Vec<String>,
    /// Keep them no longer
    #[arg(long)]
    remove: bool,
}

impl Keep {
    /// Keeps them, or no longer.
    pub fn run(self, session: &Session) -> Result<Outcome> {
        let (ids, n_unread) = named_and_told(session, &self.papers)?;
        let done = session.ask(Save { ids, save: !self.remove }, &Silent)?;
        let mut page = TerminalPage::new(session);
        for paper in &done.papers {
            let verb = match (self.remove, paper.changed) {
                (false, true) => "saved",
                (false, false) => "saved already",
                (true, true) => "no longer saved",
                (true, false) => "was not saved",
            };
            page.line(format!("{verb}: {} {}", paper.id, title_of(paper.title.as_deref())));
        }
        answer::<Save>(session, &done, &page)?;
        Ok(Outcome::unread(session, n_unread, "line"))
    }
}

/// Lists what is kept for later, the newest first.
pub fn list(session: &Session) -> Result<Outcome> {
    let saved = session.ask(ListSaved {}, &Silent)?;
    let mut page = TerminalPage::new(session);
    for paper in &saved.papers {
        let title = title_of(paper.title.as_deref());
        page.line(format!("{}  {:<16} {title}", paper.at.strftime("%Y-%m-%d"), paper.id));
    }
    page.line(match saved.papers.len() {
        0 => "nothing saved yet: `paperpick save ID`".to_owned(),
        n => counted(n, "saved paper"),
    });
    answer::<ListSaved>(session, &saved, &page)?;
    Ok(Outcome::of(!saved.papers.is_empty()))
}
