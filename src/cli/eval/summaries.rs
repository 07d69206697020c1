//! `eval summaries`: how well chosen sentences say what people say.

use anyhow::Result;
use clap::Args;
use paperpick::verbs::eval::summaries::{JudgeSummaries, JudgedPapers, SummaryTest};

use super::super::session::print::{Bar, TerminalPage, answer};
use super::super::session::settings::Session;
use super::Outcome;

/// Judge the sentences that stand for an abstract, by what summaries in Korean say.
#[derive(Debug, Args)]
pub struct Summaries {
    /// How many papers at most
    #[arg(long, value_name = "N", default_value_t = 2_000)]
    papers: u32,
}

impl Summaries {
    /// Judges them.
    pub fn run(self, session: &Session) -> Result<Outcome> {
        let bar = Bar::new(session, "papers", None);
        let test = session.ask(JudgeSummaries { papers: JudgedPapers::new(self.papers)? }, &bar)?;
        drop(bar);
        answer::<JudgeSummaries>(session, &test, &table(session, &test))?;
        Ok(Outcome::Done)
    }
}

fn table(session: &Session, test: &SummaryTest) -> TerminalPage {
    let mut page = TerminalPage::new(session);
    let SummaryTest { papers, sentences, points, about_own, about_another, .. } = test;
    page.line(page.bold(&format!("{papers} papers: {sentences:.1} sentences, {points:.1} points")));
    page.line(format!("{:<8} {:>8} {:>12} {:>6}", "", "coverage", "above first", "±"));
    for m in &test.methods {
        page.line(format!("{:<8} {:>8.4} {:>12.4} {:>6.4}", m.method, m.coverage, m.above_first, m.error));
    }
    page.line(format!(
        "about its paper: {about_own:.3} of summaries, {about_another:.3} of those of another paper"
    ));
    page
}
