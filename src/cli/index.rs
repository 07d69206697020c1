//! `index`: the file that finds near papers.

use anyhow::Result;
use clap::Args;
use indicatif::HumanBytes;
use paperpick::index::{Size, Way};
use paperpick::library::IndexState;
use paperpick::verbs::index::SettleIndex;

use super::Outcome;
use super::session::print::{Bar, TerminalPage, answer, counted};
use super::session::settings::Session;

/// Bring the index up to the library and say how it is.
///
/// The index is a cache beside the database. Imports keep it up, and new papers are found at once
/// without it; it can be deleted at any time.
#[derive(Debug, Args)]
pub struct Index {
    /// Build it anew, with a graph that finds near papers without looking at all: worth it from
    /// some 200,000 papers on, and again when many have come since
    #[arg(long)]
    optimize: bool,
    /// Build on one thread, so that the same library makes the same file, byte by byte; on more, a
    /// few links are left to chance
    #[arg(long, requires = "optimize")]
    deterministic: bool,
}

impl Index {
    /// Settles or builds it.
    pub fn run(self, session: &Session) -> Result<Outcome> {
        let request = SettleIndex { optimize: self.optimize, deterministic: self.deterministic };
        let state = session.ask(request, &Bar::new(session, "graph", None))?;
        answer::<SettleIndex>(session, &state, &page(session, &state))?;
        Ok(Outcome::of(state.size.rows > 0))
    }
}

fn page(session: &Session, state: &IndexState) -> TerminalPage {
    let mut page = TerminalPage::new(session);
    let Size { rows, tail, gone, outside_graph, graph, file_bytes, search_bytes } = state.size;
    let papers = page.bold(&counted(rows, "paper"));
    page.line(format!("{papers} of {} in {} dimensions", state.model, state.dimensions));
    let (file, search) = (HumanBytes(file_bytes), HumanBytes(search_bytes));
    page.line(match file_bytes {
        0 => format!("kept:    by the server at {}", state.path),
        _ => format!("file:    {file}, of which searches go through {search}"),
    });
    page.line(match (graph, outside_graph) {
        (Some(shape), Some(outside)) => format!(
            "graph:   {} links and more a paper, {} outside of it",
            shape.links,
            counted(outside, "paper")
        ),
        _ => "graph:   none".to_owned(),
    });
    page.line(match state.way {
        Way::Graph { .. } => "search:  by the graph",
        Way::Signs { .. } => "search:  by signs, then the best by their vectors",
        Way::Codes | Way::Fastest => "search:  exact, every paper is looked at",
    });
    if tail + gone > 0 {
        page.line(format!(
            "changes: {} newer than the file, {gone} of its rows replaced",
            counted(tail, "paper")
        ));
    }
    if let Some(advice) = &state.advice {
        page.line(format!("{advice}: `paperpick index --optimize`"));
    }
    page
}
