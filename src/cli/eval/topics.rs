//! `eval topics`: how good the groups are.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::Args;
use paperpick::source::{self, Hints};
use paperpick::verbs::eval::topics::{self, GroupingTest, GroupingTests, JudgeGroups};

use super::super::session::print::{Bar, TerminalPage, answer};
use super::super::session::settings::Session;
use super::Outcome;

/// Judge the groups: on the library's days, or against groups that people made.
#[derive(Debug, Args)]
pub struct Topics {
    /// How many of the library's days, spread evenly; with `--categories` or `--list` none
    #[arg(long, value_name = "N", default_value_t = 60)]
    days: usize,
    /// How many papers of a day to leave out in turn
    #[arg(long, value_name = "N", default_value_t = 50)]
    draws: usize,
    /// Files of papers whose primary categories are the gold groups
    #[arg(long, value_name = "FILE", num_args = 1..)]
    categories: Vec<PathBuf>,
    /// Files of `{"id", "section"}` a line, whose sections are the gold groups
    #[arg(long, value_name = "FILE", num_args = 1..)]
    list: Vec<PathBuf>,
}

impl Topics {
    /// Judges them.
    pub fn run(self, session: &Session) -> Result<Outcome> {
        let app = session.open()?;
        let mut tests = Vec::new();
        if !self.categories.is_empty() {
            let mut papers = Vec::new();
            for path in &self.categories {
                let name = path.display().to_string();
                let entries = source::read(&name, Box::new(BufReader::new(open(path)?)), &Hints::default())?;
                papers.extend(entries.flatten());
            }
            tests.push(topics::eval_topic_categories(&app, papers, 60, 60)?);
        }
        for path in &self.list {
            let name = path.file_stem().unwrap_or_default().to_string_lossy();
            tests.push(topics::eval_topic_sections(&app, &name, BufReader::new(open(path)?))?);
        }
        if tests.is_empty() {
            let bar = Bar::new(session, "days", Some(self.days));
            tests.push(topics::eval_topic_days(&app, self.days, self.draws, &bar)?);
        }
        let mut page = TerminalPage::new(session);
        tests.iter().for_each(|test| table(&mut page, test));
        answer::<JudgeGroups>(session, &GroupingTests { tests }, &page)?;
        Ok(Outcome::Done)
    }
}

fn open(path: &Path) -> Result<File> {
    File::open(path).with_context(|| path.display().to_string())
}

fn table(page: &mut TerminalPage, test: &GroupingTest) {
    let gold = test.gold.map(|n| format!(" in {n} gold groups")).unwrap_or_default();
    let days = if test.gold.is_none() { format!("{}, ", test.n) } else { String::new() };
    page.line(page.bold(&format!("{days}{}: {:.0} papers{gold}", test.name, test.papers)));
    page.line(format!(
        "{:<36} {:>7} {:>6} {:>10} {:>13} {:>9} {:>6}",
        "", "groups", "alone", "silhouette", "leave-one-out", "V-measure", "ARI"
    ));
    let figure = |x: Option<f64>| x.map_or("–".to_owned(), |x| format!("{x:.3}"));
    for m in &test.methods {
        page.line(format!(
            "{:<36} {:>7.1} {:>6.3} {:>10} {:>13} {:>9} {:>6}",
            m.method,
            m.groups,
            m.alone,
            figure(m.silhouette),
            figure(m.leave_one_out),
            figure(m.v_measure),
            figure(m.adjusted_rand)
        ));
    }
    page.line("");
}
