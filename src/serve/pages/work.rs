//! Long work that a form begins, how it stands, and the first questions.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, Request, State};
use axum::response::{Html, Redirect};
use serde::Deserialize;
use serde_json::Value;

use super::card::{Card, Opinion};
use super::change::sent_file;
use super::{Frame, html};
use crate::config::Sources;
use crate::error::Result as Known;
use crate::library::Library;
use crate::paper::{PaperId, Rating};
use crate::serve::Site;
use crate::serve::access::Visitor;
use crate::serve::api::{Asked, Posted, begin_likes};
use crate::serve::jobs::JobShown;
use crate::serve::problem::Problem;
use crate::verbs::eval::ReplayHistory;
use crate::verbs::likes::import::ImportLikes;
use crate::verbs::likes::{self, RatingCounts};
use crate::verbs::start::NextQuestion;
use crate::verbs::summarize::Summarize;
use crate::verbs::sync::SyncSources;
use crate::verbs::{Context, Verb};

/// How many questions are asked.
const QUESTIONS: usize = 10;

#[derive(Template)]
#[template(path = "work.html", config = "src/serve/askama.toml")]
struct WorkPage {
    f: Frame,
    job: JobShown,
    /// What it came to, in lines.
    lines: Vec<String>,
}

/// How some work stands.
pub async fn page(f: Frame, Path(verb): Path<String>) -> Result<Html<String>, Problem> {
    let job = f.site.job(f.visitor.who.reader, &verb);
    let job = job.ok_or_else(|| Problem::new("not-found", "no such work has begun"))?;
    let lines = job.answer.as_ref().map(lines).unwrap_or_default().into_iter();
    let lines = lines.map(|line| f.w.told(&line).unwrap_or(line)).collect();
    html(&WorkPage { f, job, lines })
}

/// An answer in lines: its counts, and what it says of days that are open.
fn lines(answer: &Value) -> Vec<String> {
    let imported = if answer["imported"].is_object() { &answer["imported"] } else { answer };
    let count = |(name, value): (&String, &Value)| value.as_u64().map(|n| format!("{name}: {n}"));
    let mut lines: Vec<String> = imported.as_object().into_iter().flatten().filter_map(count).collect();
    for gap in answer["gaps"].as_array().into_iter().flatten() {
        let word = |name: &str| gap[name].as_str().unwrap_or_default().to_owned();
        lines.push(format!("{} {}: {}", word("source"), word("day"), word("note")));
    }
    for made in answer["made"].as_array().into_iter().flatten() {
        let word = |name: &str| made[name].as_str().unwrap_or_default().to_owned();
        lines.push(format!("{} {}", word("id"), word("title")));
        lines.extend(word("text").lines().map(str::to_owned));
    }
    for left in answer["left_out"].as_array().into_iter().flatten() {
        let word = |name: &str| left[name].as_str().unwrap_or_default().to_owned();
        lines.push(format!("{} {}: {}", word("id"), word("title"), word("reason")));
    }
    lines
}

#[derive(Debug, Deserialize)]
pub struct SyncForm {
    /// Categories of arXiv, between spaces, where the settings name no source.
    #[serde(default)]
    arxiv: String,
    hugging_face: Option<String>,
}

/// Begins to sync: the sources of the settings, or those that the form names.
pub async fn sync(
    State(site): State<Arc<Site>>,
    visitor: Visitor,
    Posted(form): Posted<SyncForm>,
) -> Result<Redirect, Problem> {
    let arxiv: Vec<String> =
        form.arxiv.split([' ', ',']).filter(|name| !name.is_empty()).map(str::to_owned).collect();
    let plain = |name: &String| name.chars().all(|c| c.is_ascii_alphanumeric() || ".-".contains(c));
    if arxiv.len() > 20 || !arxiv.iter().all(plain) {
        return Err(Problem::new("bad-request", "categories are names such as cs.CV, up to twenty"));
    }
    let mut sources: Sources = site.sources.clone();
    if sources.is_empty() {
        (sources.arxiv, sources.hugging_face) = (arxiv, form.hugging_face.is_some());
    }
    site.begin(visitor.who, SyncSources { catch_up_days: None, sources: Some(sources) })?;
    Ok(Redirect::to("/work/sync"))
}

#[derive(Debug, Deserialize)]
pub struct SummarizeForm {
    id: String,
}

/// Begins to have a summary written.
pub async fn summarize(
    State(site): State<Arc<Site>>,
    visitor: Visitor,
    Posted(form): Posted<SummarizeForm>,
) -> Result<Redirect, Problem> {
    let ids = vec![PaperId::parse(&form.id)?.0];
    site.begin(visitor.who, Summarize { ids, ..Summarize::default() })?;
    Ok(Redirect::to("/work/summarize"))
}

/// Begins to measure the reader's order.
pub async fn eval(State(site): State<Arc<Site>>, visitor: Visitor) -> Result<Redirect, Problem> {
    site.begin(visitor.who, ReplayHistory {})?;
    Ok(Redirect::to("/work/eval-replay"))
}

/// Begins to take likes from a file.
pub async fn likes(
    State(site): State<Arc<Site>>,
    visitor: Visitor,
    request: Request,
) -> Result<Redirect, Problem> {
    let turn = site.long_turn()?;
    let (name, file) = sent_file(request, &site).await?;
    let request = ImportLikes { name: Some(name), ..ImportLikes::default() };
    begin_likes(&site, turn, visitor.who, request, file)?;
    Ok(Redirect::to("/work/likes-import"))
}

#[derive(Debug, Default, Deserialize)]
pub struct StartQuery {
    #[serde(default)]
    about: String,
    /// Papers of which the reader cannot say, between commas.
    #[serde(default)]
    skip: String,
    /// How many were asked.
    #[serde(default)]
    asked: usize,
}

#[derive(Template)]
#[template(path = "start.html", config = "src/serve/askama.toml")]
struct StartPage {
    f: Frame,
    about: String,
    asked: usize,
    n: usize,
    card: Option<Card>,
    likes: usize,
    dislikes: usize,
    /// This page with the next question, and the same without this paper.
    next: String,
    skip: String,
}

/// The first questions, one at a time.
pub async fn start(f: Frame, Asked(query): Asked<StartQuery>) -> Result<Html<String>, Problem> {
    let about: String = query.about.chars().take(2_000).collect();
    let skipped: Vec<PaperId> =
        query.skip.split(',').filter_map(|id| Some(PaperId::parse(id).ok()?.0)).take(100).collect();
    let (language, words, without) =
        (f.visitor.language, about.clone(), skipped.iter().map(ToString::to_string).collect());
    let is_over = query.asked >= QUESTIONS;
    let find = move |library: &mut Library, context: &Context<'_>| -> Known<(Option<Card>, RatingCounts)> {
        let paper = match is_over {
            true => None,
            false => NextQuestion { about: Some(words), skip: without }.run(library, context)?.paper,
        };
        let rated = likes::ratings(library, None)?;
        let n_likes = rated.iter().filter(|rated| rated.rating == Rating::Like).count();
        let opinion = Opinion::of(library)?;
        let card = paper.map(|paper| Card::of(library, &opinion, language, &paper));
        Ok((card, RatingCounts { likes: n_likes, dislikes: rated.len() - n_likes }))
    };
    let (card, RatingCounts { likes, dislikes }) = f.site.look(f.visitor.who, find).await?;
    let encoded = crate::present::feed::encoded;
    let address = |skip: &[String]| {
        let (about, skip) = (encoded(&about), encoded(&skip.join(",")));
        format!("/start?asked={}&about={about}&skip={skip}", query.asked + 1)
    };
    let mut skip: Vec<String> = skipped.iter().map(ToString::to_string).collect();
    let next = address(&skip);
    skip.extend(card.iter().map(|card| card.id.clone()));
    let skip = address(&skip);
    html(&StartPage { f, about, asked: query.asked, n: QUESTIONS, card, likes, dislikes, next, skip })
}
