//! `eval start`: what chosen first questions are worth.

use anyhow::{Result, bail};
use clap::Args;
use jiff::civil::Date;
use paperpick::Error;
use paperpick::evaluate::metrics::Estimate;
use paperpick::evaluate::start::{self, Beginnings, Figures, Setup};
use serde::Serialize;

use super::super::session::print::{Bar, TerminalPage, counted, shaped};
use super::super::session::settings::{Session, day};
use super::Outcome;
use super::history::History;
use super::replay::cell;

/// Let the readers of a history begin anew: answer questions that `start` chooses, or as many that
/// are drawn, and rank the days after by nothing else.
///
/// There is a number of papers to ask about: all that the reader liked of those listed before the
/// first day, and others listed then. An answer is yes for a paper that the reader liked. The history
/// is the library's own, or two files, as for `eval replay`.
#[derive(Debug, Args)]
pub struct Start {
    #[command(flatten)]
    history: History,
    /// The first day to rank [default: after the first half of each user's ratings]
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = day, allow_negative_numbers = true)]
    from: Option<Date>,
    /// How many questions are answered
    #[arg(short, value_name = "N", default_value_t = 10)]
    n: usize,
    /// How many papers there are to ask about
    #[arg(long, value_name = "N", default_value_t = 1_000)]
    pool: usize,
    /// How often each reader begins, with other papers to ask about each time
    #[arg(long, value_name = "N", default_value_t = 20)]
    repetitions: usize,
    /// For all draws
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
}

#[derive(Serialize)]
struct Answer {
    #[serde(flatten)]
    beginnings: Beginnings,
    n_problems: usize,
}

impl Start {
    /// Lets them begin.
    pub fn run(self, session: &Session) -> Result<Outcome> {
        if self.n == 0 || self.repetitions == 0 || self.pool < self.n {
            bail!("there must be a question, a repetition, and as many papers to ask about as questions");
        }
        let (log, vectors, n_problems) = self.history.read(session)?;
        let setup = Setup {
            questions: self.n,
            pool: self.pool,
            repetitions: self.repetitions,
            from: self.from,
            seed: self.seed,
        };
        let bar = Bar::new(session, "beginning", None);
        let beginnings = start::begin(&log, &vectors, &setup, &bar);
        drop(bar);
        if beginnings.users.is_empty() {
            let why = "no reader liked a paper listed before the first day and another after it, or fewer papers were \
                       listed before it than there are to ask about (--pool)";
            return Err(Error::NothingListed(why.into()).into());
        }
        let page = page(session, &beginnings);
        shaped(session, "eval-start/1", &Answer { beginnings, n_problems }, &page)?;
        Ok(Outcome::Done)
    }
}

fn page(session: &Session, found: &Beginnings) -> TerminalPage {
    let mut page = TerminalPage::new(session);
    let days: usize = found.users.iter().map(|user| user.days).sum();
    let heading = [
        counted(found.users.len(), "user"),
        counted(days, "day"),
        counted(found.questions, "question"),
        format!("{} to ask about", counted(found.pool, "paper")),
        counted(found.repetitions, "repetition"),
    ];
    page.line(page.bold(&heading.join(", ")));
    let row = |name: &str, f: &Figures| {
        let Estimate { mean, low, high } = f.found;
        let found = format!("{mean:.2} ({low:.2}-{high:.2})");
        let cells = [f.ndcg_10, f.recall_20, f.mrr, f.auc].map(|e| cell(Some(e))).join(" ");
        format!("{name:<10} {found:<18} {cells}").trim_end().to_owned()
    };
    let heading = ["nDCG@10", "recall@20", "MRR", "AUC"].map(|name| format!("{name:<16}")).join(" ");
    page.line(page.dim(format!("{:<10} {:<18} {heading}", "", "likes found").trim_end()));
    page.line(row("chosen", &found.chosen));
    page.line(row("drawn", &found.drawn));
    page.line(row("ahead", &found.ahead));
    page
}
