//! What is installed, what is stale, and how to mend it.

mod check;
mod deep;
mod mend;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use self::check::{Check, State};
use self::check::{MEND, check, counted, examined};
pub use self::mend::{Mended, mend};
use super::{Context, Verb};
use crate::error::Result;
use crate::library::{IndexState, Library};
use crate::paper::Right;
use crate::store::{Size, StoredModel};

/// What is there and what is stale, and how to mend it.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Examine {
    /// Whether to compare everything with what it should be: every row of each table, vectors with the texts that they
    /// were made of, full-text search with the papers, the index with the vectors. It takes minutes in a large library.
    pub deep: bool,
}

impl Verb for Examine {
    const NAME: &'static str = "doctor";
    const SHAPE: &'static str = "doctor/1";
    const RIGHT: Right = Right::Own;
    type Answer = Doctor;

    /// # Errors
    /// [`crate::Error::Database`] if the database cannot be read at all.
    fn run(self, library: &mut Library, context: &Context<'_>) -> Result<Doctor> {
        let mut doctor = doctor(library)?;
        if self.deep {
            doctor.checks.extend(deep::checks(library, context.progress)?);
        }
        library.store.still_wanted()?;
        if let Some(remedy) = library.store.remedy() {
            doctor.checks.iter_mut().for_each(|check| check.mend_by(remedy));
        }
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

fn doctor(library: &Library) -> Result<Doctor> {
    let checks = vec![
        examined("database", database(library))?,
        examined("vectors", vectors(library))?,
        examined("index", index(library))?,
        examined("names", names(library))?,
        files(library),
    ];
    Ok(Doctor {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        library: library.store.place(),
        size: library.store.size_at_least(),
        models: library.store.models().unwrap_or_default(),
        checks,
    })
}

fn database(library: &Library) -> Result<Check> {
    let mut damage = library.store.check();
    library.store.still_wanted()?;
    if damage.is_empty() {
        let found = format!("whole, schema {}", library.store.schema());
        return Ok(check("database", State::Good, found, None));
    }
    damage.extend(library.store.unread()?.iter().map(deep::told));
    Ok(check("database", State::Broken, damage.join("; "), Some(MEND)))
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
        counted(shared.len() as u64, "entry"),
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
