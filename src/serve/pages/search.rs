//! Search: papers that say it, and papers that mean it.

use askama::Template;
use axum::response::Html;
use serde::Deserialize;

use super::card::{Card, Opinion};
use super::{Frame, html};
use crate::error::Result;
use crate::library::Library;
use crate::paper::Right;
use crate::serve::api::Asked;
use crate::serve::problem::Problem;
use crate::serve::words::Language;
use crate::verbs::search::{Search, SearchBy, SearchResults, Unsaid};
use crate::verbs::{Context, Count, Filter, Text, Verb};

/// How many papers one page shows.
const SHOWN: usize = 30;

#[derive(Debug, Default, Clone, Deserialize)]
pub struct SearchForm {
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
struct SearchPage {
    f: Frame,
    query: SearchForm,
    is_filtered: bool,
    categories: Vec<String>,
    found: Found,
}

/// What was found, as the page shows it.
#[derive(Default)]
struct Found {
    cards: Vec<Card>,
    missing: Option<String>,
    unsaid: Vec<Unsaid>,
}

/// The page.
pub async fn page(f: Frame, Asked(query): Asked<SearchForm>) -> Result<Html<String>, Problem> {
    let filter = query.filter()?;
    let is_filtered = filter != Filter::default();
    let language = f.visitor.language;
    let (mut categories, found) = match query.q.trim() {
        "" => <(Vec<String>, Found)>::default(),
        words => {
            let words = Text::new(words)?;
            let request = Search { words, by: SearchBy::Both, filter, n: Count::new(SHOWN)? };
            f.site
                .look(f.visitor.who, move |library, context| find(library, context, language, request))
                .await?
        }
    };
    if !query.category.is_empty() && !categories.contains(&query.category) {
        categories.insert(0, query.category.clone());
    }
    html(&SearchPage { f, query, is_filtered, categories, found })
}

/// The papers, and the categories among them.
fn find(
    library: &mut Library,
    context: &Context<'_>,
    language: Language,
    request: Search,
) -> Result<(Vec<String>, Found)> {
    let SearchResults { papers, missing, unsaid, .. } = request.run(library, context)?;
    let mut categories: Vec<String> = papers.iter().flat_map(|paper| paper.categories.clone()).collect();
    categories.sort();
    categories.dedup();
    let opinion = Opinion::of(library)?;
    let cards = papers.iter().map(|paper| Card::of(library, &opinion, language, paper)).collect();
    Ok((categories, Found { cards, missing, unsaid }))
}

impl SearchForm {
    fn filter(&self) -> Result<Filter, Problem> {
        fn given<T: std::str::FromStr>(name: &str, text: &str) -> Result<Option<T>, Problem> {
            if text.is_empty() {
                return Ok(None);
            }
            let wrong = |_| Problem::new("bad-request", format!("`{text}` is no {name}"));
            text.parse().map(Some).map_err(wrong)
        }
        Ok(Filter {
            since: given("day, such as 2024-04-25", &self.from)?,
            until: given("day, such as 2024-04-25", &self.to)?,
            category: Some(self.category.clone())
                .filter(|category| !category.is_empty())
                .into_iter()
                .collect(),
            rated: None,
            votes: given("number of votes", &self.votes)?,
            unmuted: false,
        })
    }
}
