//! The index, brought up to the library or built anew.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Context, Verb};
use crate::error::Result;
use crate::library::{IndexState, Library};
use crate::paper::Right;

/// Bring the index up to the library, or build it anew.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct SettleIndex {
    /// Whether to build it anew, with its graph.
    pub optimize: bool,
    /// Whether to build on one thread, so that the same library makes the same file; on more, a few links
    /// are left to chance.
    pub deterministic: bool,
}

impl Verb for SettleIndex {
    const NAME: &'static str = "index";
    const SHAPE: &'static str = "index/1";
    const RIGHT: Right = Right::Own;
    type Answer = IndexState;

    /// # Errors
    /// [`crate::Error::Io`] where the folder cannot be written.
    fn run(self, library: &mut Library, context: &Context<'_>) -> Result<IndexState> {
        library.sweep();
        match self.optimize {
            true => {
                let threads = if self.deterministic { 1 } else { rayon::current_num_threads() };
                library.optimize_index(threads, context.progress)
            }
            false => library.settle_index(),
        }
    }
}
