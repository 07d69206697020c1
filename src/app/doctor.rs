//! What is installed, what is stale, and how to mend it.

use serde::Serialize;

use super::{App, IndexState};
use crate::error::Result;
use crate::store::{Size, StoredModel};

/// The state of a library and of this program.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Doctor {
    /// The version of this program.
    pub version: String,
    /// The folder of the library.
    pub library: String,
    /// How much it holds.
    pub size: Size,
    /// The models of which it holds vectors.
    pub models: Vec<StoredModel>,
    /// The checks, in order.
    pub checks: Vec<Check>,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Check {
    /// What.
    pub name: String,
    /// How it is.
    pub state: State,
    /// What was found.
    pub found: String,
    /// The command that mends it, if it wants mending.
    pub mend: Option<String>,
}

/// How something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Nothing to do.
    Good,
    /// It works, and could be better.
    Stale,
    /// It does not work.
    Broken,
}

impl App {
    /// Looks at everything that can be stale or damaged.
    ///
    /// # Errors
    /// [`crate::Error::Sqlite`] if the database cannot be read at all.
    pub fn doctor(&self) -> Result<Doctor> {
        let damage = self.store.check()?;
        let check = |name: &str, state, found: String, mend: Option<&str>| Check {
            name: name.to_owned(),
            state,
            found,
            mend: mend.map(str::to_owned),
        };
        let database = if damage.is_empty() {
            check("database", State::Good, format!("whole, schema {}", self.store.schema()), None)
        } else {
            check(
                "database",
                State::Broken,
                damage.join("; "),
                Some("paperpick export > papers.jsonl, then import it into a new library"),
            )
        };
        let pending = self.n_pending()?;
        let model = self.embedder.model();
        let vectors = if pending == 0 {
            check("vectors", State::Good, format!("every paper has one of {model}"), None)
        } else {
            check(
                "vectors",
                State::Stale,
                format!("{pending} papers have none of {model}"),
                Some("paperpick import"),
            )
        };
        let index = match self.index_state()? {
            Some(IndexState { advice: Some(advice), .. }) => {
                check("index", State::Stale, advice, Some("paperpick index --optimize"))
            }
            Some(state) => {
                let graph = if state.size.graph.is_some() { "with a graph" } else { "without a graph" };
                let n = state.size.rows;
                check("index", State::Good, format!("up to the vectors: {n} papers, {graph}"), None)
            }
            None => {
                let found = "missing, stale or damaged: papers are compared one by one".into();
                check("index", State::Stale, found, Some("paperpick index"))
            }
        };
        Ok(Doctor {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            library: self.folder.display().to_string(),
            size: self.store.size()?,
            models: self.store.models()?,
            checks: vec![database, vectors, index],
        })
    }
}
