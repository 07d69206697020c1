//! Brings the files of fastembed's models from the hub into a cache folder.
//!
//! The only part of the room that reads the network, and only for files the cache does not hold.

use std::path::{Path, PathBuf};

use fastembed::{EmbeddingModel, ModelInfo, OutputKey, TextEmbedding};
use hf_hub::api::sync::{Api, ApiBuilder, ApiError};
use hf_hub::{Cache, Repo};

use crate::error::{Error, Result};

/// The hub and its cache.
#[derive(Debug, Clone)]
pub struct Hub {
    /// The folder that holds what was fetched, in the hub's own layout.
    pub cache: PathBuf,
    /// Another address than the public hub's, such as a mirror.
    pub endpoint: Option<String>,
    /// For models that ask who reads them.
    pub token: Option<String>,
}

/// How far the fetching of a file has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Download<'a> {
    /// The file's name in the model's repository.
    pub file: &'a str,
    /// Bytes that are here.
    pub done: u64,
    /// Bytes in all.
    pub total: u64,
}

/// A model that fastembed knows by name.
#[derive(Debug, Clone)]
pub struct Named {
    /// The name, such as `AllMiniLML6V2`.
    pub name: String,
    /// The repository on the hub.
    pub repository: String,
    /// One line about it.
    pub description: String,
    /// The length of its vectors.
    pub dimensions: usize,
    pub(super) output: Option<OutputKey>,
    /// The ONNX file's name in the repository.
    pub(super) file: String,
    more_files: Vec<String>,
}

/// Files that every one of fastembed's models has beside its weights.
const TOKENIZER_FILES: [&str; 4] =
    ["tokenizer.json", "config.json", "special_tokens_map.json", "tokenizer_config.json"];

/// All of fastembed's text models, by name.
pub fn named_models() -> Vec<Named> {
    let mut models: Vec<_> = TextEmbedding::list_supported_models().into_iter().map(Named::from).collect();
    models.sort_by(|a, b| a.name.cmp(&b.name));
    models
}

impl From<ModelInfo<EmbeddingModel>> for Named {
    fn from(info: ModelInfo<EmbeddingModel>) -> Self {
        Self {
            name: format!("{:?}", info.model),
            repository: info.model_code,
            description: info.description,
            dimensions: info.dim,
            output: info.output_key,
            file: info.model_file,
            more_files: info.additional_files,
        }
    }
}

impl Named {
    /// The model of a name, in any case of letters.
    ///
    /// # Errors
    /// [`Error::Model`] for a name that fastembed does not have.
    pub fn find(name: &str) -> Result<Self> {
        named_models().into_iter().find(|m| m.name.eq_ignore_ascii_case(name)).ok_or_else(|| Error::Model {
            model: name.into(),
            reason: "fastembed has no model of that name; `paperpick model list` names them all".into(),
        })
    }

    fn files(&self) -> impl Iterator<Item = &str> {
        let weights = [&self.file].into_iter().chain(&self.more_files).map(String::as_str);
        weights.chain(TOKENIZER_FILES)
    }
}

impl Hub {
    /// Whether all of a model's files are in the cache.
    pub fn holds(&self, model: &Named) -> bool {
        let cache = Cache::new(self.cache.clone()).repo(Repo::model(model.repository.clone()));
        model.files().all(|file| cache.get(file).is_some())
    }

    /// The folder with a model's files; what is missing is fetched, and a download that broke off
    /// goes on where it was. Does not touch the network if nothing is missing.
    ///
    /// # Errors
    /// [`Error::Unreachable`] if the hub cannot be reached or refuses.
    pub fn fetch(&self, model: &Named, progress: &dyn Fn(Download<'_>)) -> Result<PathBuf> {
        let cache = Cache::new(self.cache.clone()).repo(Repo::model(model.repository.clone()));
        let unreachable = |file: &str, error: ApiError| Error::Unreachable {
            what: format!("{file} of {}", model.repository),
            reason: error.to_string(),
        };
        for file in model.files().filter(|file| cache.get(file).is_none()) {
            let repo = self.api().map_err(|e| unreachable(file, e))?.model(model.repository.clone());
            repo.download_with_progress(file, Report { file, done: 0, total: 0, progress })
                .map_err(|e| unreachable(file, e))?;
        }
        // Every file lies in one snapshot, as deep as its name says.
        let depth = Path::new(&model.file).components().count();
        let weights = cache.get(&model.file);
        weights.and_then(|file| Some(file.ancestors().nth(depth)?.to_path_buf())).ok_or_else(|| {
            Error::Model {
                model: model.name.clone(),
                reason: format!("{} lost its files while they were fetched", self.cache.display()),
            }
        })
    }

    fn api(&self) -> Result<Api, ApiError> {
        let mut builder =
            ApiBuilder::from_cache(Cache::new(self.cache.clone())).with_progress(false).with_retries(2);
        if let Some(endpoint) = &self.endpoint {
            builder = builder.with_endpoint(endpoint.trim_end_matches('/').into());
        }
        if let Some(token) = &self.token {
            builder = builder.with_token(Some(token.clone()));
        }
        builder.build()
    }
}

/// Turns the hub's steps into how far a file has come.
struct Report<'a> {
    file: &'a str,
    done: u64,
    total: u64,
    progress: &'a dyn Fn(Download<'_>),
}

impl Report<'_> {
    fn tell(&self) {
        (self.progress)(Download { file: self.file, done: self.done, total: self.total });
    }
}

impl hf_hub::api::Progress for Report<'_> {
    // Called again when a broken download goes on.
    fn init(&mut self, size: usize, _: &str) {
        (self.done, self.total) = (0, size as u64);
        self.tell();
    }

    fn update(&mut self, size: usize) {
        self.done += size as u64;
        self.tell();
    }

    fn finish(&mut self) {
        self.done = self.total;
        self.tell();
    }
}
