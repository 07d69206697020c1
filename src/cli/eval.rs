//! `eval`: how good rankings and vectors are, on files that hold the right answers.

mod embed;
mod history;
mod replay;
mod similar;
mod start;
mod summaries;
mod topics;

use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result};
use clap::{Args, Subcommand};
use paperpick::files;

use super::Outcome;
use super::session::settings::Session;
pub use embed::{APART, library_apart, lines, on_library};
pub use similar::on_texts;

/// Measure how good rankings and vectors are.
#[derive(Debug, Args)]
pub struct Eval {
    #[command(subcommand)]
    what: EvalVerb,
}

#[derive(Debug, Subcommand)]
enum EvalVerb {
    Embed(embed::Embed),
    Replay(replay::Replay),
    Similar(similar::Similar),
    Start(start::Start),
    Summaries(summaries::Summaries),
    Topics(topics::Topics),
}

impl Eval {
    /// Measures it.
    pub fn run(self, session: &Session) -> Result<Outcome> {
        match self.what {
            EvalVerb::Embed(embed) => embed.run(session),
            EvalVerb::Replay(replay) => replay.run(session),
            EvalVerb::Similar(similar) => similar.run(session),
            EvalVerb::Start(start) => start.run(session),
            EvalVerb::Summaries(summaries) => summaries.run(session),
            EvalVerb::Topics(topics) => topics.run(session),
        }
    }
}

/// Writes the content of a file.
type Fill<'a> = &'a dyn Fn(&mut dyn Write) -> std::io::Result<()>;

/// Makes a file; an error names it.
fn written(path: &Path, fill: Fill) -> Result<()> {
    let mut bytes = Vec::new();
    fill(&mut bytes).with_context(|| path.display().to_string())?;
    Ok(files::write(path, &bytes)?)
}
