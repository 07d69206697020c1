//! `summarize`: summaries by the language model of the settings.

use anyhow::Result;
use clap::Args;
use jiff::civil::Date;
use paperpick::PaperId;
use paperpick::library::Library;
use paperpick::verbs::Count;
use paperpick::verbs::summarize::{self, Summarized};

use super::Outcome;
use super::session::print::{Bar, TerminalPage, answer, clean, counted, talk};
use super::session::settings::{Session, count, day};

/// Have the language model of the settings summarise papers, or a day's picks.
#[derive(Debug, Args)]
pub struct Summarize {
    /// The papers [default: a day's picks]
    #[arg(value_name = "ID")]
    ids: Vec<String>,
    /// The day [default: the newest one in the library]
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = day, conflicts_with = "ids", allow_negative_numbers = true)]
    date: Option<Date>,
    /// How many of its picks [default: 10]
    #[arg(short, value_name = "N", value_parser = count, conflicts_with = "ids", allow_negative_numbers = true)]
    n: Option<Count>,
}

impl Summarize {
    /// Asks for them and shows them.
    pub fn run(self, session: &Session) -> Result<Outcome> {
        let ids = self.ids.iter().map(|id| Ok(PaperId::parse(id)?.0)).collect::<Result<_>>()?;
        let request = summarize::Summarize { ids, date: self.date, n: session.count(self.n)? };
        let bar = Bar::new(session, "summaries", None);
        let done = session.ask(request, &bar)?;
        drop(bar);
        answer::<summarize::Summarize>(session, &done, &page(session, &done))?;
        match done.left_out.is_empty() {
            true => Ok(Outcome::of(!done.made.is_empty() || done.n_known > 0)),
            false if session.json => Ok(Outcome::Partly),
            false => Ok(Outcome::partly(session, format!("{} have no summary", left_out(&done)))),
        }
    }
}

fn page(session: &Session, done: &Summarized) -> TerminalPage {
    let mut page = TerminalPage::new(session);
    for made in &done.made {
        page.line(format!("{}  {}", made.id, page.bold(&clean(&made.title))));
        made.summary.text.lines().for_each(|line| page.line(format!("  - {}", clean(line))));
    }
    if !done.made.is_empty() {
        page.line(page.dim(&format!("written by {}, a language model", clean(&done.model))));
    }
    if done.n_known > 0 {
        page.line(format!("{} had one", counted(done.n_known, "paper")));
    }
    for left in &done.left_out {
        page.line(format!("{}  {}: {}", left.id, clean(&left.title), clean(&left.reason)));
    }
    page
}

fn left_out(done: &Summarized) -> String {
    counted(done.left_out.len(), "paper")
}

/// Before a digest: summaries of what it will show, where a language model is set up. What goes wrong is said, and the
/// digest goes out without.
pub fn before_a_digest(session: &Session, library: &mut Library, date: Option<Date>, n: Count) {
    if session.config.summaries.is_none() {
        return;
    }
    let bar = Bar::new(session, "summaries", None);
    let done = session.ask_of(library, summarize::Summarize { ids: Vec::new(), date, n }, &bar);
    drop(bar);
    match done {
        Ok(done) => {
            if let Some(left) = done.left_out.first() {
                talk(session, format!("{} have no summary: {}", left_out(&done), clean(&left.reason)));
            }
        }
        Err(error) => talk(session, format!("no summaries: {}", clean(&format!("{error:#}")))),
    }
}
