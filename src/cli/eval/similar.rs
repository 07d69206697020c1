//! `eval similar`: what `similar` ranks against what experts judged.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use paperpick::evaluate::embedding::{CsfCube, Ranked};
use paperpick::evaluate::models::{self, Experts};
use serde::Serialize;

use super::super::import::opened;
use super::super::print::{Bar, Page, answer, counted};
use super::super::settings::Session;
use super::Outcome;

/// Rank judged candidates of papers, as `similar` does, and measure the order.
///
/// Each query paper's own candidates are ranked, once for all of its facets. A candidate is
/// relevant at 2 or more; nDCG is taken at 20 % of a query's candidates.
#[derive(Debug, Args)]
pub struct Similar {
    /// Papers as JSON lines {id, title, abstract}, also compressed with gzip
    #[arg(long, value_name = "FILE")]
    papers: PathBuf,
    /// Judgements: query, facet, candidate and relevance (0 to 3), with a header, between tabs
    #[arg(long, value_name = "FILE")]
    qrels: PathBuf,
    /// The official folds [default: evaluation_splits.json beside the judgements, else all queries alike]
    #[arg(long, value_name = "FILE")]
    splits: Option<PathBuf>,
    /// The model whose vectors are compared, as for `eval embed`
    #[arg(long, value_name = "MODEL", default_value = "builtin")]
    model: String,
}

#[derive(Serialize)]
struct Answer {
    model: String,
    papers: usize,
    queries: usize,
    folds: usize,
    #[serde(flatten)]
    experts: Experts,
}

impl Similar {
    /// Measures it.
    pub fn run(self, session: &Session) -> Result<Outcome> {
        let beside = self.qrels.with_file_name("evaluation_splits.json");
        let splits = self.splits.or_else(|| beside.exists().then_some(beside));
        let splits = splits.as_deref().map(opened).transpose()?;
        let cube = CsfCube::read(opened(&self.papers)?, opened(&self.qrels)?, splits)?;
        let embedder = session.embedder(&self.model)?;
        let bar = Bar::new(session, "embedding", Some(cube.papers.len()));
        let found = Answer {
            model: embedder.model().to_string(),
            papers: cube.papers.len(),
            queries: cube.judgements.len(),
            folds: cube.folds.len(),
            experts: models::experts(embedder.as_ref(), &cube, &bar)?,
        };
        drop(bar);
        answer(session, "eval-similar/1", &found, &page(session, &found))?;
        Ok(Outcome::Done)
    }
}

fn page(session: &Session, found: &Answer) -> Page {
    let mut page = Page::new(session);
    let counts =
        [counted(found.papers, "paper"), counted(found.queries, "query"), counted(found.folds, "fold")];
    page.line(page.bold(&counts.join(", ")));
    page.line(page.dim(&format!("{:<30}   MAP  nDCG%20", "")));
    let mut row = |name: &str, r: Ranked| {
        page.line(format!("{name:<30} {:5.2}    {:5.2}", 100.0 * r.map, 100.0 * r.ndcg20));
    };
    row(&format!("vectors of {}", found.model), found.experts.alone);
    row("words", found.experts.words);
    row("both, as `similar` ranks", found.experts.fused);
    page
}
