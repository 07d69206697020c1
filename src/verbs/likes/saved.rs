//! What a reader keeps for later.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::rate::{Outcome, outcomes};
use crate::error::Result;
use crate::library::Library;
use crate::paper::{PaperId, Right, readable};
use crate::store::SavedPaper;
use crate::verbs::shapes::fields::all_named;
use crate::verbs::{Context, Paged, Verb};

/// Keep papers for later, or no longer.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct Save {
    /// Identifiers or addresses; the papers need not be in the library yet.
    #[serde(deserialize_with = "all_named")]
    #[schemars(with = "Vec<String>", length(max = 1000), extend("example" = ["2404.15653"]))]
    pub ids: Vec<PaperId>,
    /// Whether to keep them, or no longer.
    pub save: bool,
}

/// What keeping papers did.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct SavedNow {
    /// The papers in the order given.
    pub papers: Vec<Outcome>,
}

impl Verb for Save {
    const NAME: &'static str = "save";
    const SHAPE: &'static str = "save/1";
    const RIGHT: Right = Right::Keep;
    type Answer = SavedNow;

    /// # Errors
    /// [`crate::Error::Database`]; then nothing is changed.
    fn run(self, library: &mut Library, context: &Context<'_>) -> Result<SavedNow> {
        let changed = library.store.save(library.reader, &self.ids, self.save, context.now())?;
        Ok(SavedNow { papers: outcomes(library, &self.ids, changed) })
    }
}

/// What you keep for later, the newest first.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
pub struct ListSaved {}

/// What a reader keeps for later, the newest first.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Saved {
    /// The papers.
    pub papers: Vec<SavedPaper>,
}

impl Verb for ListSaved {
    const NAME: &'static str = "saved";
    const SHAPE: &'static str = "saved/1";
    const RIGHT: Right = Right::Look;
    type Answer = Saved;

    fn run(self, library: &mut Library, _: &Context<'_>) -> Result<Saved> {
        Ok(Saved { papers: saved(library)? })
    }
}

impl Paged for ListSaved {
    type Item = SavedPaper;

    fn reaching(self, _: usize, _: usize) -> Self {
        self
    }

    fn items(answer: &mut Saved) -> &mut Vec<SavedPaper> {
        &mut answer.papers
    }

    fn id(item: &SavedPaper) -> String {
        item.id.to_string()
    }
}

/// What the reader keeps for later, the newest first.
///
/// # Errors
/// [`crate::Error::Database`].
pub fn saved(library: &Library) -> Result<Vec<SavedPaper>> {
    let mut saved = library.store.saved(library.reader)?;
    for paper in &mut saved {
        paper.title = paper.title.as_deref().map(readable);
    }
    Ok(saved)
}
