//! `eval`: how good rankings and vectors are, on files that hold the right answers.

mod embed;
mod replay;
mod similar;
mod topics;

use anyhow::Result;
use clap::{Args, Subcommand};

use super::Outcome;
use super::settings::Session;
pub use embed::{APART, library_apart, lines};

/// Measure how good rankings and vectors are.
#[derive(Debug, Args)]
pub struct Eval {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    Embed(embed::Embed),
    Replay(replay::Replay),
    Similar(similar::Similar),
    Topics(topics::Topics),
}

impl Eval {
    /// Measures it.
    pub fn run(self, session: &Session) -> Result<Outcome> {
        match self.what {
            What::Embed(embed) => embed.run(session),
            What::Replay(replay) => replay.run(session),
            What::Similar(similar) => similar.run(session),
            What::Topics(topics) => topics.run(session),
        }
    }
}
