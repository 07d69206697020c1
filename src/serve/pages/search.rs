//! Search: papers that say it, and papers that mean it.

use std::collections::HashMap;

use askama::Template;
use axum::response::Html;
use jiff::civil::Date;
use serde::Deserialize;

use super::card::{Card, Opinion};
use super::{Frame, html};
use crate::app::{App, Brief, Subject};
use crate::error::Result;
use crate::serve::api::Asked;
use crate::serve::problem::Problem;
use crate::serve::words::Language;

/// How many papers one page shows.
const SHOWN: usize = 30;
/// What a place is worth falls off from here on: the constant of the method's paper.
const RRF: f64 = 60.0;
/// From how many of the best the filters choose.
const LOOKED_AT: usize = 300;

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
    let filter = Filter::of(&query)?;
    let is_filtered = filter != Filter::default();
    let (language, words) = (f.visitor.language, query.q.trim().to_owned());
    let (mut categories, cards) = match words.is_empty() {
        true => (Vec::new(), Vec::new()),
        false => f.site.work(f.visitor.reader, move |app| find(app, language, &words, &filter)).await?,
    };
    if !query.category.is_empty() && !categories.contains(&query.category) {
        categories.insert(0, query.category.clone());
    }
    html(&Page { f, query, is_filtered, categories, cards })
}

/// Papers by both their places, among those that hold all the words and among those that mean it
/// (reciprocal rank fusion, Cormack et al. 2009). Also the categories among them.
fn find(app: &App, language: Language, words: &str, filter: &Filter) -> Result<(Vec<String>, Vec<Card>)> {
    let n = if *filter == Filter::default() { SHOWN } else { LOOKED_AT };
    let said = app.search(words, n)?.papers;
    let meant = app.similar(&Subject::Text(words.to_owned()), n)?.neighbours.into_iter().map(|n| n.paper);
    let mut found: HashMap<String, (f64, Brief)> = HashMap::new();
    for (place, paper) in said.into_iter().enumerate().chain(meant.enumerate()) {
        let entry = found.entry(paper.id.clone()).or_insert((0.0, paper));
        entry.0 += 1.0 / (RRF + place as f64);
    }
    let mut papers: Vec<(f64, Brief)> = found.into_values().collect();
    papers.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.id.cmp(&b.1.id)));
    let mut categories: Vec<String> = papers.iter().flat_map(|(_, paper)| paper.categories.clone()).collect();
    categories.sort();
    categories.dedup();
    papers.retain(|(_, paper)| filter.fits(paper));
    papers.truncate(SHOWN);
    let opinion = Opinion::of(app)?;
    let cards = papers.iter().map(|(_, paper)| Card::of(app, &opinion, language, paper));
    Ok((categories, cards.collect()))
}

/// What a paper must have.
#[derive(Debug, Default, PartialEq)]
struct Filter {
    category: Option<String>,
    from: Option<Date>,
    to: Option<Date>,
    votes: Option<u32>,
}

impl Filter {
    fn of(query: &Query) -> Result<Self, Problem> {
        fn given<T: std::str::FromStr>(name: &str, text: &str) -> Result<Option<T>, Problem> {
            if text.is_empty() {
                return Ok(None);
            }
            let wrong = |_| Problem::new("bad-request", format!("`{text}` is no {name}"));
            text.parse().map(Some).map_err(wrong)
        }
        Ok(Self {
            category: Some(query.category.clone()).filter(|category| !category.is_empty()),
            from: given("day, such as 2024-04-25", &query.from)?,
            to: given("day, such as 2024-04-25", &query.to)?,
            votes: given("number of votes", &query.votes)?,
        })
    }

    fn fits(&self, paper: &Brief) -> bool {
        self.category.as_ref().is_none_or(|category| paper.categories.contains(category))
            && self.from.is_none_or(|from| paper.listed.is_some_and(|day| day >= from))
            && self.to.is_none_or(|to| paper.listed.is_some_and(|day| day <= to))
            && self.votes.is_none_or(|votes| paper.votes.is_some_and(|n| n >= votes))
    }
}
