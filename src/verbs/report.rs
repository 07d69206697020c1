//! The state of a library to paste into a bug report: numbers and names that are the program's own, nothing of what
//! the library says, of whom it belongs to, or of where it lies.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::doctor::{Examine, State};
use super::{Context, Verb};
use crate::error::Result;
use crate::library::Library;
use crate::paper::Right;
use crate::store::{Size, StoredModel};

/// The state of the library to paste into a bug report; nothing in it is private.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
pub struct MakeReport {}

impl Verb for MakeReport {
    const NAME: &'static str = "doctor --report";
    const SHAPE: &'static str = "report/1";
    const RIGHT: Right = Right::Own;
    type Answer = Report;

    /// # Errors
    /// [`crate::Error::Database`] if the database cannot be read at all.
    fn run(self, library: &mut Library, context: &Context<'_>) -> Result<Report> {
        let checks = Examine::default().run(library, context)?.checks;
        let store = &library.store;
        let mut accounts: BTreeMap<String, usize> = BTreeMap::new();
        for account in store.accounts()? {
            *accounts.entry(account.role.name().to_owned()).or_default() += 1;
        }
        let serving = library.model().clone();
        let vectors = |model: StoredModel| Vectors {
            serves: model.model == serving,
            // Others have names that a person gave.
            built_in: model.model.to_string().starts_with("builtin"),
            dimensions: model.dimensions,
            vectors: model.vectors,
        };
        Ok(Report {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
            features: [("onnx", cfg!(feature = "onnx")), ("png", cfg!(feature = "png"))]
                .into_iter()
                .filter(|(_, is_on)| *is_on)
                .map(|(name, _)| name.to_owned())
                .collect(),
            schema: store.schema(),
            size: store.size().unwrap_or_default(),
            vectors: store.models().unwrap_or_default().into_iter().map(vectors).collect(),
            accounts,
            interests: store.interests(library.reader).map_or(0, |interests| interests.len()),
            sources: Sources {
                arxiv: context.sources.arxiv.len(),
                hugging_face: context.sources.hugging_face,
                feeds: context.sources.feeds.len() + store.feeds().map_or(0, |feeds| feeds.len()),
                digests: context.sources.digests.len(),
            },
            checks: checks.into_iter().map(|check| (check.name, check.state)).collect(),
        })
    }
}

/// The state of a library, without anything private.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Report {
    /// The version of this program.
    pub version: String,
    /// The operating system and the processor.
    pub system: String,
    /// What it was built with.
    pub features: Vec<String>,
    /// The schema of the database.
    pub schema: i64,
    /// How much it holds.
    pub size: Size,
    /// The vectors, model by model; no model is named.
    pub vectors: Vec<Vectors>,
    /// How many accounts there are of each role.
    pub accounts: BTreeMap<String, usize>,
    /// How many interests the reader has touched.
    pub interests: usize,
    /// How many sources `sync` asks.
    pub sources: Sources,
    /// The checks of `doctor`, and how each is.
    pub checks: BTreeMap<String, State>,
}

/// The vectors of one model.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Vectors {
    /// Whether it is the one that serves.
    pub serves: bool,
    /// Whether it came with the program.
    pub built_in: bool,
    /// The length of a vector.
    pub dimensions: usize,
    /// How many papers have one.
    pub vectors: u64,
}

/// How many sources of each kind there are.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Sources {
    /// Categories of arXiv.
    pub arxiv: usize,
    /// Whether Hugging Face is asked.
    pub hugging_face: bool,
    /// Feeds of the settings and those that were added.
    pub feeds: usize,
    /// Digests.
    pub digests: usize,
}
