//! Which model reads the papers.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Context, Verb};
use crate::embed::Embedder;
use crate::error::{Error, Result};
use crate::library::{Chosen, Library, ModelUse};
use crate::paper::Right;
use crate::progress::Progress;

/// Where models come from: files, folders and services that only the program knows.
pub trait ModelRoom: Send + Sync {
    /// All that can be used, as `model list` shows them.
    ///
    /// # Errors
    /// Those of the store.
    fn list(&self, library: &Library) -> Result<serde_json::Value>;
    /// What is known of one that is on this machine, as `model info` shows it.
    ///
    /// # Errors
    /// [`Error::Model`] if it cannot run.
    fn info(&self, library: &Library, name: &str) -> Result<Option<serde_json::Value>>;
    /// Loads one by its name.
    ///
    /// # Errors
    /// [`Error::Model`] if it is not there or cannot run.
    fn load(&self, name: &str) -> Result<(Chosen, Box<dyn Embedder>)>;
    /// Does work on models; the answer is that of its verb.
    ///
    /// # Errors
    /// [`Error::Invalid`] for too few papers or broken judgements, and those of [`load`](Self::load).
    fn work(&self, library: &Library, work: ModelWork, progress: &dyn Progress) -> Result<serde_json::Value>;
}

/// Work on models that takes long, and a clock or files.
#[derive(Debug, Clone, PartialEq)]
pub enum ModelWork {
    /// `model tune`: make a table for the library's own field.
    Tune {
        /// The name of the new table.
        name: String,
        /// The table to go on from.
        from: String,
        /// How often each paper is seen, at least 1.
        epochs: usize,
        /// The learning rate, more than 0.
        rate: f32,
        /// Decides everything that is drawn.
        seed: u64,
    },
    /// `model bench`: measure how fast models read.
    Bench {
        /// Their names.
        models: Vec<String>,
        /// How many papers each reads, at least 1.
        n: u32,
    },
    /// `eval embed`: measure models on the library's own papers.
    Embed {
        /// Their names.
        models: Vec<String>,
    },
    /// `eval similar`: measure the order of judged candidates.
    Similar {
        /// The name of the model.
        model: String,
        /// Lines of JSON with `id`, `title` and `abstract`.
        papers: String,
        /// Query, facet, candidate and relevance, with a header, between tabs.
        judgements: String,
        /// The folds of the queries as JSON; without them all queries are alike.
        splits: Option<String>,
    },
}

/// Which model reads the papers.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
pub struct ShowModel {}

impl Verb for ShowModel {
    const NAME: &'static str = "model";
    const SHAPE: &'static str = "model-use/1";
    const RIGHT: Right = Right::Look;
    type Answer = ModelUse;

    fn run(self, library: &mut Library, _: &Context<'_>) -> Result<ModelUse> {
        library.model_use()
    }
}

/// Let another model read the papers: the old vectors serve until it has read all.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct UseModel {
    /// A name that `model list` shows.
    pub model: ModelName,
}

/// A model by its name: a path would open the server's files.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct ModelName(String);

impl JsonSchema for ModelName {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "ModelName".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string", "minLength": 1, "maxLength": 100, "pattern": "^[A-Za-z0-9_-]+$", "example": "builtin",
        })
    }
}

impl ModelName {
    /// A name that is known to be one.
    pub(crate) fn of(name: &'static str) -> Self {
        Self(name.to_owned())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for ModelName {
    type Error = Error;

    fn try_from(name: String) -> Result<Self> {
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
        if name.is_empty() || name.len() > 100 || !name.chars().all(plain) {
            return Err(Error::Invalid(
                "a model is known by its name here; files only by `paperpick model` on the server".into(),
            ));
        }
        Ok(Self(name))
    }
}

impl Verb for UseModel {
    const NAME: &'static str = "model use";
    const SHAPE: &'static str = "model-use/1";
    const RIGHT: Right = Right::Own;
    type Answer = ModelUse;

    /// # Errors
    /// [`Error::Model`] if it is not there or cannot run.
    fn run(self, library: &mut Library, context: &Context<'_>) -> Result<ModelUse> {
        let (chosen, embedder) = context.models.load(self.model.as_str())?;
        library.use_model(chosen, embedder)?;
        library.read_more(context.progress)?;
        library.model_use()
    }
}
