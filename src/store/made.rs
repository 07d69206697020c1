//! Summaries that language models wrote: kept by what they were made of and by, so that none is paid for twice; never
//! taken for a person's, and never part of what is ranked.

use jiff::Timestamp;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::SummaryStyle;
use crate::error::Result;
use crate::paper::PaperId;

/// What a summary was made by. The same made of the same text is the same summary.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Recipe {
    /// The language, as two letters of ISO 639-1.
    pub language: String,
    /// How it is written.
    pub style: SummaryStyle,
    /// The model, as its endpoint calls it.
    pub model: String,
    /// Which prompt it was asked with.
    pub prompt: String,
}

/// A summary that a language model wrote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MadeSummary {
    /// What it was made by.
    #[serde(flatten)]
    pub recipe: Recipe,
    /// Which text it was made of: another version of the paper has another.
    pub of: String,
    /// Its points, a line each, or its sentence.
    pub text: String,
    /// When.
    pub at: Timestamp,
}

/// What language models made, and what was asked of them.
pub trait Made {
    /// The summaries that were made of a paper, the newest first; ties by recipe.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    fn made(&self, id: &PaperId) -> Result<Vec<MadeSummary>>;

    /// Keeps a summary of a paper in the place of one by the same recipe of the same text.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    fn keep_made(&mut self, id: &PaperId, summary: &MadeSummary) -> Result<()>;

    /// Every summary that was made, in the order of papers and recipes.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    fn all_made(&self) -> Result<Vec<(PaperId, MadeSummary)>>;

    /// Takes one of a day's requests, of which there are `most` for all processes together; false if none is left.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    fn take_request(&mut self, day: Date, most: u32) -> Result<bool>;
}

/// A style's word, as engines keep it.
pub(super) fn style_word(style: SummaryStyle) -> &'static str {
    match style {
        SummaryStyle::Bullets => "bullets",
        SummaryStyle::Sentence => "sentence",
    }
}

/// The style of a word.
pub(super) fn style_of(word: &str) -> SummaryStyle {
    if word == "sentence" { SummaryStyle::Sentence } else { SummaryStyle::Bullets }
}
