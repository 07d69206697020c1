//! `model`: which model reads the papers, and how to make one.

mod train;

use anyhow::Result;
use clap::{Args, Subcommand};

use super::Outcome;
use super::settings::Session;

/// Choose, compare and make models that read papers.
#[derive(Debug, Args)]
pub struct Model {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    Train(Box<train::Train>),
}

impl Model {
    /// Does it.
    pub fn run(self, session: &Session) -> Result<Outcome> {
        match self.what {
            What::Train(train) => train.run(session),
        }
    }
}
