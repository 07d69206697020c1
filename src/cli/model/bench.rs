//! `model bench`: how fast models read papers on this machine.

use std::time::Instant;

use anyhow::Result;
use clap::Args;
use paperpick::embed::{Embedder, Role};
use paperpick::progress::{Progress, Silent};
use paperpick::source::{self, Hints};
use serde::Serialize;

use super::super::demo::BACKGROUND;
use super::super::session::models::BUILTIN;
use super::super::session::print::{TerminalPage, shaped};
use super::super::session::settings::Session;
use super::Outcome;

/// Measure how fast models read papers.
///
/// The papers are those of the sample, as often as is wanted; each one is read as a text of its own.
#[derive(Debug, Args)]
pub struct Bench {
    /// The models, one after the other
    #[arg(value_name = "MODEL", default_value = BUILTIN)]
    pub(super) models: Vec<String>,
    /// How many papers
    #[arg(short, value_name = "N", default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(super) n: u32,
}

/// How fast they were.
#[derive(Serialize)]
pub struct Benched {
    papers: usize,
    models: Vec<Speed>,
}

#[derive(Serialize)]
struct Speed {
    model: String,
    load_ms: f64,
    papers_per_second: f64,
}

impl Bench {
    /// Measures them.
    pub fn run(self, session: &Session) -> Result<Outcome> {
        let benched = self.benched(session, &Silent)?;
        let mut page = TerminalPage::new(session);
        for model in &benched.models {
            page.line(format!(
                "{}  {:.0} papers a second, loaded in {:.0} ms",
                page.bold(&model.model),
                model.papers_per_second,
                model.load_ms
            ));
        }
        shaped(session, "model-bench/1", &benched, &page)?;
        Ok(Outcome::Done)
    }

    pub(super) fn benched(&self, session: &Session, progress: &dyn Progress) -> Result<Benched> {
        let sample = source::read("sample", Box::new(BACKGROUND.as_bytes()), &Hints::default())?;
        let texts: Vec<String> = sample.flatten().flat_map(|paper| paper.texts()).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).cycle().take(self.n as usize).collect();
        let speed = |name: &String| -> Result<Speed> {
            let started = Instant::now();
            let embedder = session.embedder(name)?;
            let load_ms = started.elapsed().as_secs_f64() * 1e3;
            let embedder: &dyn Embedder = embedder.as_ref();
            let started = Instant::now();
            embedder.embed(Role::Document, &texts, progress)?;
            let papers_per_second = texts.len() as f64 / started.elapsed().as_secs_f64();
            Ok(Speed { model: embedder.model().to_string(), load_ms, papers_per_second })
        };
        Ok(Benched { papers: texts.len(), models: self.models.iter().map(speed).collect::<Result<_>>()? })
    }
}
