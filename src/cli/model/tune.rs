//! `model tune`: a table for the library's own field.

use std::time::Instant;

use anyhow::{Result, bail};
use clap::Args;
use paperpick::embed::Embedder;
use paperpick::embed::builtin::Builtin;
use paperpick::embed::train::{Corpus, Epoch, Options, train};
use paperpick::evaluate::embedding::Found;
use paperpick::evaluate::models;
use paperpick::files;
use paperpick::library::Library;
use paperpick::progress::Progress;
use serde::Serialize;

use super::super::eval::library_apart;
use super::super::session::models::BUILTIN;
use super::super::session::print::{Bar, TerminalPage, counted, shaped, talk};
use super::super::session::settings::Session;
use super::Outcome;
use super::train::table;

/// Make a table for the library's own field, from the one that is there.
///
/// A tenth of the papers is not learned from: on these it says whether it helped. The table is used
/// after `paperpick model use NAME`, and no longer after `paperpick model use builtin`.
#[derive(Debug, Args)]
pub struct Tune {
    /// The name of the new table
    #[arg(long, value_name = "NAME", default_value = "tuned")]
    pub(super) name: String,
    /// The table to go on from
    #[arg(long, value_name = "TABLE", default_value = BUILTIN)]
    pub(super) from: String,
    /// How often each paper is seen
    #[arg(long, value_name = "N", default_value_t = 2)]
    pub(super) epochs: usize,
    /// The learning rate
    #[arg(long, value_name = "X", default_value_t = 0.03)]
    pub(super) rate: f32,
    /// Decides everything that is drawn
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(super) seed: u64,
}

/// What tuning came to.
#[derive(Serialize)]
pub struct Tuned {
    name: String,
    model: String,
    documents: usize,
    seconds: f64,
    before: Found,
    after: Found,
}

/// With fewer papers nothing can be said of it.
const FEWEST: usize = 100;

impl Tune {
    /// Tunes it, and says whether that helped.
    pub fn run(self, session: &Session) -> Result<Outcome> {
        let heard = |epoch: Epoch| talk(session, format!("epoch {}: loss {:.4}", epoch.epoch, epoch.loss));
        let report = self.tuned(session, &session.open()?, heard, &Bar::new(session, "judging", None))?;
        shaped(session, "model-tune/1", &report, &page(session, &report))?;
        Ok(Outcome::Done)
    }

    pub(super) fn tuned(
        self,
        session: &Session,
        app: &Library,
        heard: impl FnMut(Epoch),
        progress: &dyn Progress,
    ) -> Result<Tuned> {
        if self.name == BUILTIN || !self.name.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '_') {
            bail!("--name is `{}`, but letters, digits, - and _ are wanted, and not `{BUILTIN}`", self.name);
        }
        let started = Instant::now();
        let from = table(session, &self.from)?;
        let (judging, learning) = library_apart(app)?;
        if judging.len() + learning.len() < FEWEST {
            bail!(
                "the library has {} with an abstract; tuning wants {FEWEST} and more",
                counted(judging.len() + learning.len(), "paper")
            );
        }
        let mut corpus = Corpus::default();
        learning.iter().for_each(|paper| corpus.add(paper));
        let options = Options {
            name: self.name.clone(),
            dimensions: from.dimensions(),
            epochs: self.epochs,
            rate: self.rate,
            seed: self.seed,
            batch: Options::default().batch.min(learning.len()),
            // What few Korean summaries there are would replace what thousands have taught.
            korean: false,
            ..Options::default()
        };
        let bytes = train(&corpus, &[from.table()], &options, heard)?;
        let tuned = Builtin::from_bytes(bytes)?;
        let file = session.own_table(&self.name);
        files::write(&file, tuned.table().as_bytes())?;
        let papers: Vec<_> = judging.iter().collect();
        Ok(Tuned {
            model: tuned.model().to_string(),
            documents: corpus.documents.len(),
            seconds: started.elapsed().as_secs_f64(),
            before: models::titles(&from, &papers, progress)?,
            after: models::titles(&tuned, &papers, progress)?,
            name: self.name,
        })
    }
}

fn page(session: &Session, report: &Tuned) -> TerminalPage {
    let mut page = TerminalPage::new(session);
    let (before, after) = (report.before, report.after);
    let papers = counted(report.documents, "paper");
    page.line(format!("{} learned from {papers} in {:.0} s", page.bold(&report.model), report.seconds));
    page.line(format!(
        "a title finds its abstract among {} held back: {:.1} % of the time, before {:.1} %",
        before.n,
        100.0 * after.recall_at_1,
        100.0 * before.recall_at_1
    ));
    page.line(match after.mrr > before.mrr {
        true => format!(
            "it helped: `paperpick model use {}`; back with `paperpick model use {BUILTIN}`",
            report.name
        ),
        false => "it did not help: leave it, or give more papers".to_owned(),
    });
    page
}
