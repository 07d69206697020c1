//! Transformer models: any of fastembed's by name, or any folder that holds one.
//!
//! ```text
//! runtime: finds ONNX Runtime's library and checks it ──┐
//! hub:     brings a named model's files into a folder ──┼──▶ Onnx, an Embedder
//! packages: the same, and the library, from packages  ──┤
//! folder:  reads what a folder says about its model   ──┘
//! ```
//!
//! Knows no environment and no home folder: places, addresses and tokens are arguments.

mod family;
mod folder;
mod hub;
mod packages;
mod runtime;
mod sessions;

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use fastembed::{InitOptionsUserDefined, UserDefinedEmbeddingModel};

use super::{Embedder, Embedding, Role};
use crate::error::Result;
use crate::paper::ModelId;
use crate::progress::{Progress, Silent};
pub use family::Prompts;
use folder::Folder;
pub use hub::{Download, Hub, Named, named_models};
pub use packages::{InstallStep, Member, PACKAGED, Packaged, Wheel, is_laid_out, lay_out, runtime_wheel};
pub use runtime::{Runtime, RuntimePlaces};
use sessions::Sessions;

/// A transformer that is loaded and has been tried out.
pub struct Onnx {
    model: ModelId,
    dimensions: usize,
    facts: Facts,
    // One caller embeds at a time, with all sessions.
    sessions: Mutex<Sessions>,
}

/// What was found out about a model and how it is run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// Tokens of a text that are read; the rest is cut off.
    pub max_tokens: usize,
    /// What is put before a text.
    pub prompts: Prompts,
    /// How the vectors of a text's tokens become one: `mean` or `cls`.
    pub pooling: &'static str,
}

impl Onnx {
    /// Loads the model in a folder: an ONNX file, `tokenizer.json`, and the configuration files
    /// of Hugging Face and sentence-transformers where they are there. `path` may also be the
    /// ONNX file itself, for a folder that holds several. `threads` is at least 1.
    ///
    /// # Errors
    /// [`crate::Error::Model`] if a file is missing or broken, or if the model does not make vectors.
    pub fn open(_: &Runtime, path: &Path, threads: usize) -> Result<Self> {
        let folder = Folder::read(path)?;
        let name = folder.name.clone();
        Self::load(folder, &name, threads)
    }

    /// Loads one of fastembed's models by its name, such as `MultilingualE5Small`; fetches what
    /// `hub`'s cache does not hold yet.
    ///
    /// # Errors
    /// [`crate::Error::Model`] for a name that fastembed does not have, and as in [`Onnx::open`];
    /// [`crate::Error::Unreachable`] if files are missing and the hub does not answer.
    pub fn named(
        _: &Runtime,
        name: &str,
        hub: &Hub,
        threads: usize,
        progress: &dyn Fn(Download<'_>),
    ) -> Result<Self> {
        let named = Named::find(name)?;
        let root = hub.fetch(&named, progress)?;
        Self::load(Folder::of_named(&named, &root)?, &named.name, threads)
    }

    /// What is known of the model.
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    fn load(folder: Folder, name: &str, threads: usize) -> Result<Self> {
        let model = ModelId::new(format!("{name}@{:08x}", folder.fingerprint()));
        let weights = folder.bytes();
        let facts = Facts {
            max_tokens: folder.max_tokens,
            prompts: folder.prompts,
            pooling: if folder.pooling == fastembed::Pooling::Cls { "cls" } else { "mean" },
        };
        let options = InitOptionsUserDefined::new()
            .with_max_length(folder.max_tokens)
            // Threads that spin while they wait take the cores from everything else.
            .with_session_config("session.intra_op.allow_spinning", "0")
            // Weights in files of their own are mapped from there instead of read into memory.
            .with_session_config(
                "session.model_external_initializers_file_folder_path",
                folder.directory.to_string_lossy(),
            );
        let mut user_defined =
            UserDefinedEmbeddingModel::new(folder.onnx, folder.tokenizer).with_pooling(folder.pooling);
        user_defined.output_key = folder.output;
        let mut sessions = Sessions::load(name, user_defined, options, threads, weights)?;
        // A first text shows what cannot be read off the files: whether the model runs at all,
        // and how long its vectors are.
        let first = sessions.embed(&["A first text."], &Silent)?;
        let dimensions = first.first().map_or(0, |vector| vector.as_slice().len());
        Ok(Self { model, dimensions, facts, sessions: Mutex::new(sessions) })
    }
}

impl Embedder for Onnx {
    fn model(&self) -> &ModelId {
        &self.model
    }

    fn dimensions(&self) -> usize {
        self.dimensions
    }

    fn embed(&self, role: Role, texts: &[&str], progress: &dyn Progress) -> Result<Vec<Embedding>> {
        let prompt = match role {
            Role::Document => &self.facts.prompts.document,
            Role::Query => &self.facts.prompts.query,
        };
        let texts: Vec<String> = texts.iter().map(|text| format!("{prompt}{text}")).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner).embed(&texts, progress)
    }
}
