//! The history that `eval replay` and `eval start` walk: the library's own, or two files.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use paperpick::Paper;
use paperpick::embed::{Embedding, embed_papers};
use paperpick::evaluate::log::Log;
use paperpick::progress::Silent;
use paperpick::verbs::eval::history;

use super::super::import::opened;
use super::super::session::print::{Bar, counted, talk};
use super::super::session::settings::Session;

/// How many lines that cannot be read are named.
const NAMED: usize = 20;

#[derive(Debug, Args)]
pub struct History {
    /// Papers as JSON lines, also compressed with gzip [default: the library's]
    #[arg(long, value_name = "FILE", requires = "ratings")]
    papers: Option<PathBuf>,
    /// Ratings as CSV: user,id,rating,at with rating 1 or -1 [default: the library's]
    #[arg(long, value_name = "FILE", requires = "papers")]
    ratings: Option<PathBuf>,
    /// The model whose vectors are compared, as for `eval embed`
    #[arg(long, value_name = "MODEL", default_value = "builtin", requires = "papers")]
    model: String,
}

impl History {
    /// The log, a vector for each of its papers, and how many lines could not be read, which are told.
    pub fn read(&self, session: &Session) -> Result<(Log, Vec<Embedding>, usize)> {
        let (Some(papers), Some(ratings)) = (&self.papers, &self.ratings) else {
            let (log, vectors) = history(&session.open()?)?;
            return Ok((log, vectors, 0));
        };
        let (log, problems) = Log::read(opened(papers)?, opened(ratings)?)?;
        for problem in problems.iter().take(NAMED) {
            talk(session, problem);
        }
        if problems.len() > NAMED {
            talk(session, format!("{} more lines like these", problems.len() - NAMED));
        }
        if log.n_unknown > 0 {
            talk(session, format!("{} of papers that are not there", counted(log.n_unknown, "rating")));
        }
        let papers: Vec<&Paper> = log.papers.iter().map(|listed| &listed.paper).collect();
        let bar = Bar::new(session, "embedding", Some(papers.len()));
        let vectors = embed_papers(session.embedder(&self.model)?.as_ref(), &papers, &bar)?;
        Ok((log, vectors, problems.len()))
    }

    /// The vectors of other papers, by the same model.
    pub fn vectors(&self, session: &Session, papers: &[&Paper]) -> Result<Vec<Embedding>> {
        Ok(embed_papers(session.embedder(&self.model)?.as_ref(), papers, &Silent)?)
    }
}
