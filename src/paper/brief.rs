//! A paper as lists show it.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::Serialize;

use super::{Language, Paper, readable};

/// A paper as lists show it.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Brief {
    /// The canonical identifier.
    pub id: String,
    /// The title, with its formulas in plain characters.
    pub title: String,
    /// The page to read about it.
    pub url: Option<String>,
    /// All authors.
    pub authors: Vec<String>,
    /// Categories, the primary one first.
    pub categories: Vec<String>,
    /// The highest count of votes of any source; absent means that none is known.
    pub votes: Option<u32>,
    /// The first day on which it was listed.
    pub listed: Option<Date>,
    /// A summary: the Korean one, or else the English one.
    pub summary: Option<String>,
}

impl Brief {
    /// The parts of a paper that a list shows.
    pub fn of(paper: &Paper) -> Self {
        let summary = paper.summaries.get(&Language::Ko).or_else(|| paper.summaries.get(&Language::En));
        Self {
            id: paper.id.to_string(),
            title: readable(&paper.title),
            url: paper.url(),
            authors: paper.authors.clone(),
            categories: paper.categories.clone(),
            votes: paper.top_votes(),
            listed: paper.first_listed(),
            summary: summary.map(|text| readable(text)),
        }
    }
}

/// What of a paper is compared beside its vector. A text has no more than words.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Said {
    /// The title on the first line, then what follows.
    pub text: String,
    /// Names.
    pub authors: Vec<String>,
    /// Categories, the primary one first.
    pub categories: Vec<String>,
}

impl Said {
    /// A text and nothing else.
    pub fn text(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    /// The first of several lines.
    pub fn title(&self) -> &str {
        self.text.split_once('\n').map_or("", |(title, _)| title)
    }
}
