//! `eval similar`: what `similar` ranks against what experts judged.

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Args;
use paperpick::embed::Embedder;
use paperpick::evaluate::embedding::{CsfCube, Ranked};
use paperpick::evaluate::models::{self, Experts, Scores};
use paperpick::evaluate::trec;
use paperpick::progress::Progress;
use serde::Serialize;

use super::super::import::opened;
use super::super::session::print::{Bar, TerminalPage, counted, shaped, talk};
use super::super::session::settings::Session;
use super::{Outcome, written};

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
    /// Write the order of `similar` as a TREC run, and the judgements as qrels beside it
    #[arg(long, value_name = "FILE")]
    run: Option<PathBuf>,
}

/// What the ranking of judged candidates came to.
#[derive(Serialize)]
pub struct Answer {
    model: String,
    papers: usize,
    queries: usize,
    folds: usize,
    #[serde(flatten)]
    experts: Experts,
    files: Vec<PathBuf>,
}

impl Similar {
    /// Measures it.
    pub fn run(self, session: &Session) -> Result<Outcome> {
        let beside = self.qrels.with_file_name("evaluation_splits.json");
        let splits = self.splits.or_else(|| beside.exists().then_some(beside));
        let name = |path: &Path| path.display().to_string();
        let names = [name(&self.papers), name(&self.qrels), splits.as_deref().map(name).unwrap_or_default()];
        let splits = splits.as_deref().map(opened).transpose()?;
        let (papers, qrels) = (opened(&self.papers)?, opened(&self.qrels)?);
        let cube = CsfCube::read_named(names.each_ref().map(String::as_str), papers, qrels, splits)?;
        let embedder = session.embedder(&self.model)?;
        let bar = Bar::new(session, "embedding", Some(cube.papers.len()));
        let scores = models::scores(embedder.as_ref(), &cube, &bar)?;
        drop(bar);
        let files = self.run.as_deref().map(|file| write(file, &cube, &scores)).transpose()?;
        let found = Answer::of(embedder.as_ref(), &cube, &scores, files.unwrap_or_default());
        found.files.iter().for_each(|file| talk(session, format!("wrote {}", file.display())));
        shaped(session, "eval-similar/1", &found, &page(session, &found))?;
        Ok(Outcome::Done)
    }
}

impl Answer {
    fn of(embedder: &dyn Embedder, cube: &CsfCube, scores: &Scores, files: Vec<PathBuf>) -> Self {
        Self {
            model: embedder.model().to_string(),
            papers: cube.papers.len(),
            queries: cube.judgements.len(),
            folds: cube.folds.len(),
            experts: scores.judged(cube),
            files,
        }
    }
}

/// Measures the order on the texts of papers, judgements and folds.
pub fn on_texts(
    session: &Session,
    model: &str,
    [papers, judgements]: [&str; 2],
    splits: Option<&str>,
    progress: &dyn Progress,
) -> Result<Answer> {
    let names = ["papers", "judgements", "splits"];
    let splits = splits.map(str::as_bytes);
    let cube = CsfCube::read_named(names, papers.as_bytes(), judgements.as_bytes(), splits)?;
    let embedder = session.embedder(model)?;
    let scores = models::scores(embedder.as_ref(), &cube, progress)?;
    Ok(Answer::of(embedder.as_ref(), &cube, &scores, Vec::new()))
}

fn write(file: &Path, cube: &CsfCube, scores: &Scores) -> Result<Vec<PathBuf>> {
    let ranked = scores.ranked(cube);
    let qrels = file.with_extension("qrels");
    written(file, &|mut out| {
        ranked.iter().try_for_each(|(query, list)| trec::write_list(&mut out, query, list.clone(), "similar"))
    })?;
    written(&qrels, &|out| {
        let mut judged =
            ranked.iter().flat_map(|(query, _)| cube.judgements[*query].iter().map(move |j| (query, j)));
        judged.try_for_each(|(query, (id, relevance))| writeln!(out, "{query} 0 {id} {relevance}"))
    })?;
    Ok(vec![file.to_path_buf(), qrels])
}

fn page(session: &Session, found: &Answer) -> TerminalPage {
    let mut page = TerminalPage::new(session);
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
