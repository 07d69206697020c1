//! Which language model writes summaries, and how many.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::Secret;

/// How a summary is written.
#[derive(
    Debug,
    Clone,
    Copy,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum SummaryStyle {
    /// Three to seven points, a line each.
    #[default]
    Bullets,
    /// One sentence.
    Sentence,
}

/// An endpoint of the chat API that Ollama, llama.cpp, vLLM and services offer, and what it is asked for.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Summaries {
    /// The address that `/chat/completions` is put behind, such as `http://127.0.0.1:11434/v1`.
    pub url: String,
    /// The model, as the endpoint calls it.
    pub model: String,
    /// The language, as two letters of ISO 639-1 [default: `en`].
    #[serde(default = "english")]
    pub language: String,
    /// How they are written.
    #[serde(default)]
    pub style: SummaryStyle,
    /// So many requests on one day (UTC) at most, 1 to 100,000 [default: 100].
    #[serde(default = "most_a_day")]
    pub most_a_day: u32,
    /// So many requests at once, 1 to 16 [default: 2].
    #[serde(default = "at_once")]
    pub at_once: usize,
    /// How long an answer may take, 1 to 600 seconds [default: 60].
    #[serde(default = "patience")]
    pub patience_seconds: u16,
    /// The file that holds the key, where the endpoint wants one.
    pub key_file: Option<PathBuf>,
    /// The key that the environment knows.
    #[serde(skip)]
    pub(super) known_key: Option<Secret>,
}

fn english() -> String {
    "en".into()
}

fn most_a_day() -> u32 {
    100
}

fn at_once() -> usize {
    2
}

fn patience() -> u16 {
    60
}

/// The names of settings in this table, for suggestions.
pub(super) const KEYS: [&str; 7] =
    ["summaries", "model", "language", "most_a_day", "at_once", "key_file", "patience_seconds"];

impl Summaries {
    /// Checks the settings and makes their paths relative to the file that holds them.
    pub(super) fn checked(mut self, folder: &Path) -> Result<Self, String> {
        if !super::is_address(&self.url) {
            return Err(format!(
                "summaries.url is `{}`: expected an http: or https: address such as http://127.0.0.1:11434/v1",
                super::without_keys(&self.url)
            ));
        }
        if self.model.trim().is_empty() {
            return Err("summaries.model is empty: expected the name of a model at the endpoint".into());
        }
        language(&self.language)?;
        in_range("most_a_day", self.most_a_day, 1..=100_000)?;
        in_range("at_once", self.at_once, 1..=16)?;
        in_range("patience_seconds", self.patience_seconds, 1..=600)?;
        self.key_file = self.key_file.map(|file| folder.join(file));
        Ok(self)
    }
}

impl Summaries {
    /// Takes the key from the environment, where it is called `PAPERPICK_SUMMARIES_KEY`.
    pub fn learn_key(&mut self, variable: impl Fn(&str) -> Option<String>) {
        let key = variable("PAPERPICK_SUMMARIES_KEY").filter(|key| !key.trim().is_empty());
        self.known_key = key.map(|key| Secret::new(&key));
    }

    /// The key, if there is one: the environment's, or else that of the file.
    ///
    /// # Errors
    /// Those of [`Secret::read`].
    pub fn key(&self) -> crate::error::Result<Option<Secret>> {
        match (&self.known_key, &self.key_file) {
            (Some(key), _) => Ok(Some(key.clone())),
            (None, file) => file.as_deref().map(Secret::read).transpose(),
        }
    }
}

/// The English name of a language that summaries are written in.
///
/// # Errors
/// What was expected instead.
pub fn language(code: &str) -> Result<&'static str, String> {
    LANGUAGES.iter().find(|(known, _)| *known == code).map(|(_, name)| *name).ok_or_else(|| {
        let known: Vec<&str> = LANGUAGES.iter().map(|(code, _)| *code).collect();
        format!("`{code}` is no language that summaries are written in: expected one of {}", known.join(", "))
    })
}

const LANGUAGES: [(&str, &str); 16] = [
    ("ar", "Arabic"),
    ("de", "German"),
    ("en", "English"),
    ("es", "Spanish"),
    ("fr", "French"),
    ("hi", "Hindi"),
    ("id", "Indonesian"),
    ("it", "Italian"),
    ("ja", "Japanese"),
    ("ko", "Korean"),
    ("nl", "Dutch"),
    ("pt", "Portuguese"),
    ("ru", "Russian"),
    ("tr", "Turkish"),
    ("vi", "Vietnamese"),
    ("zh", "Chinese"),
];

fn in_range<T: PartialOrd + std::fmt::Display>(
    name: &str,
    value: T,
    range: std::ops::RangeInclusive<T>,
) -> Result<(), String> {
    match range.contains(&value) {
        true => Ok(()),
        false => {
            Err(format!("summaries.{name} is {value}, but {} to {} are taken", range.start(), range.end()))
        }
    }
}
