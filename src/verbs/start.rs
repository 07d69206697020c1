//! The first questions to a new reader.

use std::collections::HashMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::shapes::fields::several;
use super::{Context, Verb};
use crate::embed::{Embedding, Role};
use crate::error::{Error, Result};
use crate::library::{Library, borrowed};
use crate::paper::{Brief, Paper, PaperId, Rating, Right};
use crate::progress::Silent;
use crate::recommend::ask::next_question;
use crate::recommend::{Corpus, Example, Lexicon, Options};

/// The paper whose rating would tell most about you: rate it, and ask again.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct NextQuestion {
    /// What you work on, in words.
    #[schemars(length(max = 2000))]
    pub about: Option<String>,
    /// Papers of which you cannot say, between commas.
    #[serde(deserialize_with = "several")]
    #[schemars(with = "Option<String>", length(max = 2000))]
    pub skip: Vec<String>,
}

/// The next question to a new reader.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Question {
    /// The paper to rate; absent when there is none to ask about.
    pub paper: Option<Brief>,
}

impl Verb for NextQuestion {
    const NAME: &'static str = "start";
    const SHAPE: &'static str = "question/1";
    const RIGHT: Right = Right::Look;
    type Answer = Question;

    /// # Errors
    /// [`Error::NothingListed`] if no paper is listed.
    fn run(self, library: &mut Library, _: &Context<'_>) -> Result<Question> {
        let about = self.about.as_deref().filter(|about| !about.trim().is_empty());
        let skipped: Vec<PaperId> =
            self.skip.iter().filter_map(|id| Some(PaperId::parse(id).ok()?.0)).collect();
        let mut start = start(library, about)?;
        start.skip(&skipped);
        Ok(Question { paper: start.question() })
    }
}

/// A conversation with a new reader: questions, each chosen by the answers before it.
pub struct Start {
    papers: Vec<Paper>,
    corpus: Corpus,
    about: Option<Embedding>,
    answered: Vec<Example>,
    skipped: Vec<usize>,
    options: Options,
}

/// How many papers there are to ask about: as many as `eval start` asks about (`data/evaluation.md`)...
const POOL: usize = 1_000;

/// ...spread over so many times as many of those listed last, which are the profile's pool.
const SPREAD: usize = 20;

/// Begins a conversation about the papers listed last; `about` is what the reader says of his
/// or her work, in words. Papers that are rated already count as answers.
///
/// # Errors
/// [`Error::NothingListed`] if no paper is listed.
pub fn start(library: &Library, about: Option<&str>) -> Result<Start> {
    let recent = library.store.recently_listed(SPREAD * POOL)?;
    let step = recent.len().div_ceil(POOL).max(1);
    let mut rows: Vec<_> = recent.into_iter().step_by(step).collect();
    rows.sort_unstable();
    if rows.is_empty() {
        return Err(Error::NothingListed(
            "there is no paper to ask about yet: begin with `paperpick import FILE`".into(),
        ));
    }
    let papers = library.with_vectors(&rows)?;
    let mut corpus =
        Corpus::new(Lexicon::count(papers.iter().map(|p| &p.0.paper)), library.embedder.dimensions());
    corpus.extend(&borrowed(&papers));
    let about = match about {
        Some(words) => library.embedder.embed(Role::Query, &[words], &Silent)?.pop(),
        None => None,
    };
    let papers: Vec<Paper> = papers.into_iter().map(|(stored, _)| stored.paper).collect();
    let ratings = library.store.ratings(library.reader)?;
    let row_of: HashMap<&PaperId, usize> = papers.iter().map(|paper| &paper.id).zip(0..).collect();
    let mut answered = Vec::new();
    for rated in &ratings {
        if let Some(&row) = row_of.get(&rated.id) {
            answered.push(example(row, rated.rating == Rating::Like));
        }
    }
    Ok(Start { papers, corpus, about, answered, skipped: Vec::new(), options: library.options })
}

impl Start {
    /// The paper to ask about next.
    pub fn question(&self) -> Option<Brief> {
        Some(Brief::of(&self.papers[self.next()?]))
    }

    /// Leaves out papers of which the reader cannot say.
    pub fn skip(&mut self, ids: &[PaperId]) {
        let rows = (0..self.papers.len()).filter(|&row| ids.contains(&self.papers[row].id));
        self.skipped.extend(rows);
    }

    /// Takes the answer to the question: liked, not liked, or `None` for a reader who cannot say.
    pub fn answer(&mut self, liked: Option<bool>) {
        let Some(row) = self.next() else { return };
        match liked {
            Some(liked) => self.answered.push(example(row, liked)),
            None => self.skipped.push(row),
        }
    }

    fn next(&self) -> Option<usize> {
        let pool: Vec<usize> = (0..self.papers.len()).filter(|row| !self.skipped.contains(row)).collect();
        let about = self.about.as_ref().map(Embedding::as_slice);
        next_question(&self.corpus, &pool, &self.answered, about, &self.options)
    }
}

/// An answer; questions know no interests, and are all of one age.
fn example(row: usize, liked: bool) -> Example {
    Example { row, liked, age_days: 0.0, interest: None }
}
