//! What a paper says in short: somebody's summary, a language model's, or sentences of the abstract.

use std::cell::OnceCell;

use schemars::JsonSchema;
use serde::Serialize;

use crate::embed::{Embedding, Role};
use crate::error::Result;
use crate::library::Library;
use crate::paper::{Language, Paper, readable, sentences};
use crate::progress::Silent;
use crate::store::MadeSummary;
use crate::summarize::{SENTENCES, extract, of};
use crate::verbs::Context;

/// What a paper says in short.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Points {
    /// Who wrote it.
    pub by: By,
    /// The model, if one wrote it.
    pub model: Option<String>,
    /// The language, as two letters of ISO 639-1.
    pub language: String,
    /// The points, in order; none if nothing is known but the title.
    pub lines: Vec<String>,
}

/// Who wrote something of a paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum By {
    /// A source that lists it.
    Source,
    /// A language model that the settings name.
    Model,
    /// Its authors: sentences of the abstract.
    Abstract,
}

/// Says in short what papers say, to one reader.
pub(crate) struct InShort<'l> {
    library: &'l Library,
    /// The language that is wanted.
    language: Option<String>,
    /// Where the reader's likes lie, if that is known; looked up for the first abstract.
    direction: OnceCell<Option<Embedding>>,
}

impl<'l> InShort<'l> {
    /// In a language before others: Korean, if that is what is spoken, or else that of the settings.
    pub fn new(library: &'l Library, spoken: Language, context: &Context<'_>) -> Self {
        let language = match spoken {
            Language::Ko => Some("ko".to_owned()),
            Language::En => context.summaries.map(|settings| settings.language.clone()),
        };
        Self { library, language, direction: OnceCell::new() }
    }

    /// Of a paper: in the language that is wanted whoever wrote it, and else a person's before a model's.
    ///
    /// # Errors
    /// [`crate::Error::Database`]; [`crate::Error::Model`].
    pub fn of(&self, paper: &Paper) -> Result<Points> {
        let made = made_of(self.library, paper)?;
        let is_wanted = |code: &str| self.language.as_deref() == Some(code);
        let own = |language: Language| paper.summaries.get(&language).filter(|text| !text.trim().is_empty());
        for (language, code) in [(Language::Ko, "ko"), (Language::En, "en")] {
            if let Some(text) = own(language).filter(|_| is_wanted(code)) {
                return Ok(lines(By::Source, code, [text.as_str()]));
            }
        }
        if let Some(made) = made.iter().find(|made| is_wanted(&made.recipe.language)) {
            return Ok(by_model(made));
        }
        let both: Vec<&str> =
            [Language::Ko, Language::En].into_iter().filter_map(own).map(String::as_str).collect();
        if let Some(first) = both.first() {
            let code = if Language::of(first) == Language::Ko { "ko" } else { "en" };
            return Ok(lines(By::Source, code, both));
        }
        match made.first() {
            Some(made) => Ok(by_model(made)),
            None => self.of_abstract(paper),
        }
    }

    fn direction(&self) -> Result<Option<&Embedding>> {
        if self.direction.get().is_none() {
            let learned = self.library.learned(self.library.embedder.as_ref())?;
            let _ = self.direction.set(learned.and_then(|learned| learned.profile.direction()));
        }
        Ok(self.direction.get().and_then(Option::as_ref))
    }

    /// Sentences of the abstract, each of which says something else.
    fn of_abstract(&self, paper: &Paper) -> Result<Points> {
        let all = sentences(&paper.abstract_text);
        let embedder = self.library.embedder.as_ref();
        // A slow model would take a second a paper.
        let chosen: Vec<usize> = match all.len() > SENTENCES && embedder.is_quick() {
            false => (0..all.len().min(SENTENCES)).collect(),
            true => {
                let vectors = embedder.embed(Role::Document, &all, &Silent)?;
                let likes = self
                    .direction()?
                    .map(|likes| vectors.iter().map(|vector| vector.cosine(likes)).collect::<Vec<f32>>());
                extract(&vectors, likes.as_deref(), SENTENCES)
            }
        };
        let code = if Language::of(&paper.abstract_text) == Language::Ko { "ko" } else { "en" };
        Ok(lines(By::Abstract, code, chosen.into_iter().map(|place| all[place])))
    }
}

/// What language models wrote of a paper as it is now, the newest first.
///
/// # Errors
/// [`crate::Error::Database`].
pub(crate) fn made_of(library: &Library, paper: &Paper) -> Result<Vec<MadeSummary>> {
    let source = of(paper);
    let mut made = library.store.made(&paper.id)?;
    made.retain(|made| made.of == source);
    Ok(made)
}

fn by_model(made: &MadeSummary) -> Points {
    let points = lines(By::Model, &made.recipe.language, [made.text.as_str()]);
    Points { model: Some(made.recipe.model.clone()), ..points }
}

fn lines<'t>(by: By, language: &str, texts: impl IntoIterator<Item = &'t str>) -> Points {
    let texts = texts.into_iter().flat_map(str::lines).map(|line| readable(line.trim()));
    let lines = texts.filter(|line| !line.is_empty()).collect();
    Points { by, model: None, language: language.to_owned(), lines }
}
