//! What is installed, what is stale, and how to mend it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Context, Verb};
use crate::error::Result;
use crate::library::{IndexState, Library};
use crate::paper::Right;
use crate::store::{Size, StoredModel};

/// What is there and what is stale, and how to mend it.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
pub struct Examine {}

impl Verb for Examine {
    const NAME: &'static str = "doctor";
    const SHAPE: &'static str = "doctor/1";
    const RIGHT: Right = Right::Own;
    type Answer = Doctor;

    /// # Errors
    /// [`crate::Error::Sqlite`] if the database cannot be read at all.
    fn run(self, library: &mut Library, _: &Context<'_>) -> Result<Doctor> {
        let doctor = doctor(library)?;
        library.store.still_wanted()?;
        Ok(doctor)
    }
}

/// The state of a library and of this program.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
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
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Nothing to do.
    Good,
    /// It works, and could be better.
    Stale,
    /// It does not work.
    Broken,
}

/// What to do about a damaged database.
const MEND: &str =
    "paperpick restore, of a backup; or paperpick export > papers.jsonl, then import it into a new library";

fn doctor(library: &Library) -> Result<Doctor> {
    // What cannot be read is told, and ends nothing: the rest is examined all the same.
    let checks = vec![
        examined("database", database(library)),
        examined("vectors", vectors(library)),
        examined("index", index(library)),
        examined("names", names(library)),
        files(library),
    ];
    Ok(Doctor {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        library: library.folder.display().to_string(),
        size: library.store.size().unwrap_or_default(),
        models: library.store.models().unwrap_or_default(),
        checks,
    })
}

fn examined(name: &str, examined: Result<Check>) -> Check {
    examined.unwrap_or_else(|error| check(name, State::Broken, error.to_string(), Some(MEND)))
}

fn check(name: &str, state: State, found: String, mend: Option<&str>) -> Check {
    Check { name: name.to_owned(), state, found, mend: mend.map(str::to_owned) }
}

fn database(library: &Library) -> Result<Check> {
    let damage = library.store.check()?;
    Ok(if damage.is_empty() {
        check("database", State::Good, format!("whole, schema {}", library.store.schema()), None)
    } else {
        check("database", State::Broken, damage.join("; "), Some(MEND))
    })
}

fn vectors(library: &Library) -> Result<Check> {
    let pending = library.n_pending()?;
    let model = library.embedder.model();
    Ok(match pending {
        0 => check("vectors", State::Good, format!("every paper has one of {model}"), None),
        n => check(
            "vectors",
            State::Stale,
            format!("{n} papers have none of {model}"),
            Some("paperpick import"),
        ),
    })
}

fn index(library: &Library) -> Result<Check> {
    Ok(match library.index_state()? {
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
    })
}

/// Papers that may be two in one: an earlier version trusted names that two papers may share.
fn names(library: &Library) -> Result<Check> {
    const NAMED: usize = 5;
    let shared = library.store.shared_names()?;
    if shared.is_empty() {
        return Ok(check("names", State::Good, "no two papers share one".into(), None));
    }
    let first: Vec<String> =
        shared.iter().take(NAMED).map(|shared| format!("{} ({})", shared.id, shared.title)).collect();
    let dots = if shared.len() > NAMED { ", …" } else { "" };
    let found = format!(
        "{} of an earlier version may be two papers in one: {}{dots}",
        if shared.len() == 1 { "1 entry".to_owned() } else { format!("{} entries", shared.len()) },
        first.join(", ")
    );
    Ok(check("names", State::Stale, found, Some("paperpick import, with the files that they came from")))
}

/// What killed runs have left.
fn files(library: &Library) -> Check {
    const NAMED: usize = 5;
    let left = library.left_over();
    if left.is_empty() {
        return check("files", State::Good, "none is half written".into(), None);
    }
    let bytes: u64 = left.iter().filter_map(|path| Some(path.metadata().ok()?.len())).sum();
    let first: Vec<String> = left.iter().take(NAMED).map(|path| path.display().to_string()).collect();
    let dots = if left.len() > NAMED { ", …" } else { "" };
    let found = format!("killed runs left {} bytes in {}{dots}", bytes, first.join(", "));
    check("files", State::Stale, found, Some("paperpick index"))
}
