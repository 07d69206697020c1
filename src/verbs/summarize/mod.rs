//! Summaries by the language model that the settings name: asked for once, checked, and kept.

mod rounds;
mod subject;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::pick::Ranking;
use super::shapes::fields::all_named;
use super::{Context, Count, Verb, today};
use crate::error::{Error, Result};
use crate::library::{Days, Library};
use crate::paper::{Language, Paper, PaperId, Right};
use crate::store::MadeSummary;
use crate::summarize::{Endpoint, of, recipe};
use rounds::Rounds;
pub(in crate::verbs) use subject::Subjects;

/// Have summaries written of some papers, or of a day's picks, by the language model of the settings.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Summarize {
    /// The papers; a day's picks if none is given.
    #[serde(deserialize_with = "all_named")]
    #[schemars(with = "Vec<String>", length(max = 1000), extend("example" = ["2404.15653"]))]
    pub ids: Vec<PaperId>,
    /// The day; the newest one if not given.
    pub date: Option<Date>,
    /// How many of its picks.
    pub n: Count,
}

impl Verb for Summarize {
    const NAME: &'static str = "summarize";
    const SHAPE: &'static str = "summarized/1";
    const RIGHT: Right = Right::Bring;
    type Answer = Summarized;

    /// # Errors
    /// [`Error::Invalid`] without a language model; [`Error::UnknownPaper`], [`Error::NothingListed`]. What the model
    /// does wrong costs its own summary alone.
    fn run(self, library: &mut Library, context: &Context<'_>) -> Result<Summarized> {
        let Some(settings) = context.summaries else {
            let missing =
                "no language model is set up: the settings need a table [summaries] with url and model";
            return Err(Error::Invalid(missing.into()));
        };
        let papers = match self.ids.is_empty() {
            true => picks(library, self.date, self.n)?,
            false => self.ids.iter().map(|id| library.paper(id)).collect::<Result<_>>()?,
        };
        let (recipe, key) = (recipe(settings), settings.key()?);
        let mut answer = Summarized { model: recipe.model.clone(), ..Summarized::default() };
        let mut open = Vec::new();
        for paper in papers {
            let source = of(&paper);
            let known = library.store.made(&paper.id)?;
            let is_known = known.iter().any(|made| made.recipe == recipe && made.of == source);
            if is_known || has_its_own(&paper, &recipe.language) {
                answer.n_known += 1;
            } else if paper.abstract_text.trim().is_empty() {
                answer.left_out.push(LeftOut::of(&paper, "its abstract is not known"));
            } else {
                open.push(paper);
            }
        }
        let endpoint = Endpoint { settings, key: key.as_ref() };
        Rounds { library, context, endpoint, recipe, answer }.all(open)
    }
}

/// What asking for summaries came to.
#[derive(Debug, Clone, Default, PartialEq, Serialize, JsonSchema)]
pub struct Summarized {
    /// The model.
    pub model: String,
    /// Those that were written now.
    pub made: Vec<NewSummary>,
    /// Of so many papers there was a summary in the language already.
    pub n_known: usize,
    /// Papers without one.
    pub left_out: Vec<LeftOut>,
}

/// A summary that was written now.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct NewSummary {
    /// The paper.
    pub id: PaperId,
    /// Its title.
    pub title: String,
    /// The summary.
    #[serde(flatten)]
    pub summary: MadeSummary,
}

/// A paper of which no summary could be had.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LeftOut {
    /// The paper.
    pub id: PaperId,
    /// Its title.
    pub title: String,
    /// Why.
    pub reason: String,
}

impl LeftOut {
    fn of(paper: &Paper, reason: impl Into<String>) -> Self {
        Self { id: paper.id.clone(), title: paper.title.clone(), reason: reason.into() }
    }
}

/// Whether a person has written one in the language; what sources say in English may be in any language but Korean.
fn has_its_own(paper: &Paper, language: &str) -> bool {
    let known =
        |language| paper.summaries.get(&language).is_some_and(|text: &String| !text.trim().is_empty());
    match language {
        "ko" => known(Language::Ko),
        "en" => known(Language::En),
        _ => false,
    }
}

fn picks(library: &Library, date: Option<Date>, n: Count) -> Result<Vec<Paper>> {
    let days = date.map_or(Days::Newest, Days::One);
    let today = today::ranked(library, days, &Ranking::first(n.get()))?;
    today.picks.iter().map(|pick| library.paper(&PaperId::parse(&pick.paper.id)?.0)).collect()
}

#[cfg(test)]
mod tests;
