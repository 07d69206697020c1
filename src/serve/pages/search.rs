//! Search: papers that say it, and papers that mean it.

use askama::Template;
use axum::response::Html;
use serde::Deserialize;

use super::card::{Card, Opinion};
use super::{Frame, html};
use crate::app::App;
use crate::error::Result;
use crate::paper::Within;
use crate::serve::api::Asked;
use crate::serve::problem::Problem;
use crate::serve::words::Language;

/// How many papers one page shows.
const SHOWN: usize = 30;

#[derive(Debug, Default, Clone, Deserialize)]
pub struct Query {
    #[serde(default)]
    q: String,
    #[serde(default)]
    category: String,
    /// Days and numbers are texts here: a form sends empty ones.
    #[serde(default)]
    from: String,
    #[serde(default)]
    to: String,
    #[serde(default)]
    votes: String,
}

#[derive(Template)]
#[template(path = "search.html", config = "src/serve/askama.toml")]
struct Page {
    f: Frame,
    query: Query,
    is_filtered: bool,
    categories: Vec<String>,
    cards: Vec<Card>,
}

/// The page.
pub async fn page(f: Frame, Asked(query): Asked<Query>) -> Result<Html<String>, Problem> {
    if query.q.len() > 1_000 {
        return Err(Problem::new("bad-request", "a search has up to 1000 letters"));
    }
    let within = query.within()?;
    let is_filtered = within != Within::default();
    let (language, words) = (f.visitor.language, query.q.trim().to_owned());
    let (mut categories, cards) = match words.is_empty() {
        true => (Vec::new(), Vec::new()),
        false => f.site.work(f.visitor.reader, move |app| find(app, language, &words, &within)).await?,
    };
    if !query.category.is_empty() && !categories.contains(&query.category) {
        categories.insert(0, query.category.clone());
    }
    html(&Page { f, query, is_filtered, categories, cards })
}

/// The papers, and the categories among them.
fn find(app: &App, language: Language, words: &str, within: &Within) -> Result<(Vec<String>, Vec<Card>)> {
    let papers = app.find(words, false, SHOWN, within)?.papers;
    let mut categories: Vec<String> = papers.iter().flat_map(|paper| paper.categories.clone()).collect();
    categories.sort();
    categories.dedup();
    let opinion = Opinion::of(app)?;
    Ok((categories, papers.iter().map(|paper| Card::of(app, &opinion, language, paper)).collect()))
}

impl Query {
    fn within(&self) -> Result<Within, Problem> {
        fn given<T: std::str::FromStr>(name: &str, text: &str) -> Result<Option<T>, Problem> {
            if text.is_empty() {
                return Ok(None);
            }
            let wrong = |_| Problem::new("bad-request", format!("`{text}` is no {name}"));
            text.parse().map(Some).map_err(wrong)
        }
        Ok(Within {
            since: given("day, such as 2024-04-25", &self.from)?,
            until: given("day, such as 2024-04-25", &self.to)?,
            categories: Some(self.category.clone())
                .filter(|category| !category.is_empty())
                .into_iter()
                .collect(),
            rated: None,
            votes: given("number of votes", &self.votes)?,
            unmuted: false,
        })
    }
}
