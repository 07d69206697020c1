//! A paper: all about it.

use std::borrow::Cow;
use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use jiff::civil::Date;

use super::card::{Card, Opinion, Topic, href};
use super::{Frame, html};
use crate::error::Result;
use crate::library::{Days, Library};
use crate::paper::{Language as Spoken, PaperId, Rating, Right, readable};
use crate::present::{probability, references};
use crate::serve::Site;
use crate::serve::access::Visitor;
use crate::serve::answer::Pending;
use crate::serve::problem::Problem;
use crate::serve::words::{Language, Words};
use crate::verbs::show::{ShowPaper, Shown};
use crate::verbs::similar::{Subject, similar_among};
use crate::verbs::summarize::Summarize;
use crate::verbs::sync::pictures;
use crate::verbs::why::{Reasons, reasons};
use crate::verbs::{Context, Verb};

/// How many similar papers stand below it.
const N_SIMILAR: usize = 8;

#[derive(Template)]
#[template(path = "paper.html", config = "src/serve/askama.toml")]
struct PaperPage {
    f: Frame,
    title: String,
    shown: Shown,
    rating: &'static str,
    saved: bool,
    topic: Option<Topic>,
    /// The day whose topics are being made.
    pending: Option<Date>,
    /// Names and addresses of pages elsewhere.
    links: Vec<(&'static str, String)>,
    texts: Vec<Text>,
    /// Whether a summary can be asked for.
    can_summarize: bool,
    bibtex: String,
    why: Option<Picture>,
    similar: Vec<Card>,
}

/// Why a paper has its score: bars that add up.
struct Picture {
    score: String,
    /// What speaks for the paper, and against it: a heading, and what.
    said: Vec<(&'static str, String)>,
    bars: Vec<Bar>,
    total: Vec<Bar>,
    interest: Option<String>,
    /// The ratings that add most, up or down.
    ratings: Vec<Bar>,
}

/// A number to the right or left of zero.
pub struct Bar {
    pub name: String,
    pub href: Option<String>,
    pub adds: f64,
    /// Where it begins and how wide it is, 0 to 100, with zero at 50.
    pub from: f64,
    pub width: f64,
}

struct Text {
    name: Cow<'static, str>,
    language: Cow<'static, str>,
    text: String,
}

struct PaperParts {
    why: Option<Picture>,
    shown: Shown,
    rating: &'static str,
    saved: bool,
    topic: Option<Topic>,
    pending: Option<Date>,
    similar: Vec<Card>,
}

/// The page.
pub async fn page(f: Frame, Path(id): Path<String>) -> Result<Response, Problem> {
    let (id, language) = (PaperId::parse(&id)?.0, f.visitor.language);
    let site = f.site.clone();
    let PaperParts { shown, rating, saved, topic, pending, similar, why } = f
        .site
        .look(f.visitor.who, move |library, context| find(&site, library, context, id, language))
        .await?;
    let mut response = html(&PaperPage {
        links: links(&shown),
        texts: texts(&f, &shown),
        can_summarize: can_summarize(&f, &shown),
        bibtex: references::citation(&shown.paper),
        title: readable(&shown.paper.title),
        why,
        f,
        shown,
        rating,
        saved,
        topic,
        pending,
        similar,
    })?
    .into_response();
    if pending.is_some() {
        response.extensions_mut().insert(Pending);
    }
    Ok(response)
}

/// Its picture, if `sync` fetched one.
pub async fn picture(
    State(site): State<Arc<Site>>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let id = PaperId::parse(&id)?.0;
    let found = site.look(visitor.who, move |library, _| Ok(pictures::picture(library, &id))).await?;
    let (bytes, kind) =
        found.ok_or_else(|| Problem::new("not-found", "there is no picture of this paper"))?;
    Ok(([(header::CONTENT_TYPE, kind)], bytes).into_response())
}

fn find(
    site: &Arc<Site>,
    library: &mut Library,
    context: &Context<'_>,
    id: PaperId,
    language: Language,
) -> Result<PaperParts> {
    let (shown, opinion) = (ShowPaper { id: id.clone() }.run(library, context)?, Opinion::of(library)?);
    // Nothing explains a score as long as nothing is rated.
    let why = reasons(library, &id).ok().map(|why| Picture::of(&why, language.words()));
    let (rating, saved) = (opinion.rating(id.as_str()), opinion.is_saved(id.as_str()));
    let similar = similar_among(library, &Subject::Paper(id), N_SIMILAR, None)?.neighbours;
    let similar = similar.iter().map(|neighbour| Card {
        score: Some((format!("{:.2}", neighbour.score), neighbour.score.clamp(0.0, 1.0) * 100.0)),
        ..Card::of(library, &opinion, language, &neighbour.paper)
    });
    let similar = similar.collect();
    let day = shown.paper.first_listed();
    let topics = day.map(|day| site.topics_soon(library, Days::One(day))).transpose()?.flatten();
    let pending = day.filter(|_| topics.is_none());
    let topic = topics.and_then(|topics| Topic::of(&topics, shown.paper.id.as_str()));
    Ok(PaperParts { why, similar, topic, pending, shown, rating, saved })
}

/// How many ratings the picture has of each kind.
const N_RATINGS: usize = 3;

impl Picture {
    fn of(why: &Reasons, w: &Words) -> Self {
        let rated = why.likes.iter().take(N_RATINGS).chain(why.dislikes.iter().take(N_RATINGS));
        let rated: Vec<_> = rated.filter(|rated| rated.adds != 0.0).collect();
        let blocks = why.blocks.iter().map(|block| (w.part(&block.name), None, block.adds));
        let rest = [(w.every_paper.to_owned(), None, why.constant), (String::new(), None, why.logit)];
        let is_liked = |id: &PaperId| why.likes.iter().any(|like| like.id == *id);
        let rated = rated.iter().map(|r| {
            let sign = if is_liked(&r.id) { "♥" } else { "✕" };
            (format!("{sign} {}", r.title), Some(href(r.id.as_str())), r.adds)
        });
        // One scale for all of them.
        let mut bars = Bar::all(blocks.chain(rest).chain(rated));
        let ratings = bars.split_off(why.blocks.len() + 2);
        let total = bars.split_off(why.blocks.len() + 1);
        let (likes, words) = (&why.said.near, [why.said.words.as_slice(), &why.said.names].concat());
        let against = [why.said.near_dislikes.as_slice(), &why.said.against].concat();
        let own = why.rated.map_or(String::new(), |rating| match rating {
            Rating::Like => format!(" · {}", w.you_liked_it),
            Rating::Dislike => format!(" · {}", w.you_disliked_it),
        });
        let said = [
            (w.why_near, likes.join(" · ")),
            (w.why_words, words.join(", ")),
            (w.why_against, against.join(", ")),
        ];
        Self {
            score: format!("{} ({}){own}", w.likelihood(why.band, why.above), probability(why.score)),
            said: said.into_iter().filter(|(_, what)| !what.is_empty()).collect(),
            bars,
            total,
            interest: why.interest.clone(),
            ratings,
        }
    }
}

impl Bar {
    /// Names, addresses and numbers as bars of one scale.
    pub fn all(values: impl Iterator<Item = (String, Option<String>, f64)>) -> Vec<Self> {
        let values: Vec<_> = values.collect();
        let widest = values.iter().map(|(_, _, adds)| adds.abs()).fold(f64::MIN_POSITIVE, f64::max);
        let bar = |(name, href, adds): (String, Option<String>, f64)| {
            let width = adds.abs() / widest * 50.0;
            Self { name, href, adds, from: if adds < 0.0 { 50.0 - width } else { 50.0 }, width }
        };
        values.into_iter().map(bar).collect()
    }
}

/// Where else it can be read; only addresses that a browser fetches.
fn links(shown: &Shown) -> Vec<(&'static str, String)> {
    let paper = &shown.paper;
    let id = paper.id.as_str();
    let mut links = Vec::new();
    match &shown.url {
        Some(url) if paper.id.is_arxiv() => {
            links.push(("arXiv", url.clone()));
            links.push(("PDF", format!("https://arxiv.org/pdf/{id}")));
            links.push(("Hugging Face", format!("https://huggingface.co/papers/{id}")));
        }
        Some(url) if id.starts_with("doi:") => links.push(("DOI", url.clone())),
        Some(url) => links.push(("Page", url.clone())),
        None => {}
    }
    for (name, fact) in [("Code", "code"), ("Project", "project"), ("Video", "video")] {
        links.extend(paper.facts.get(fact).map(|address| (name, address.clone())));
    }
    links.retain(|(_, address)| address.starts_with("https://") || address.starts_with("http://"));
    links
}

/// Whether a language model is there, may be asked by this reader, and has not written of the paper yet.
fn can_summarize(f: &Frame, shown: &Shown) -> bool {
    f.site.summaries.is_some()
        && f.may(Summarize::RIGHT)
        && shown.made.is_empty()
        && !shown.paper.abstract_text.is_empty()
}

/// Summaries and abstract, the reader's language first.
fn texts(f: &Frame, shown: &Shown) -> Vec<Text> {
    let summary = |spoken, language: &'static str| {
        shown.paper.summaries.get(&spoken).map(|text| Text {
            name: f.w.summary.into(),
            language: language.into(),
            text: readable(text),
        })
    };
    let english = Some(readable(&shown.paper.abstract_text)).filter(|text| !text.is_empty());
    let mut texts: Vec<Text> = [
        english.map(|text| Text { name: f.w.abstract_.into(), language: "en".into(), text }),
        summary(Spoken::En, "en"),
        summary(Spoken::Ko, "ko"),
    ]
    .into_iter()
    .flatten()
    .collect();
    texts.extend(shown.made.iter().map(|made| Text {
        name: f.w.summary_by.replace("{}", &made.recipe.model).into(),
        language: made.recipe.language.clone().into(),
        text: readable(&made.text),
    }));
    texts.sort_by_key(|text| text.language != f.w.code);
    // Two summaries are told apart by their languages.
    let n_summaries = texts.iter().filter(|text| text.name == f.w.summary).count();
    for text in texts.iter_mut().filter(|text| n_summaries > 1 && text.name == f.w.summary) {
        text.name = if text.language == "ko" { f.w.summary_ko } else { f.w.summary_en }.into();
    }
    texts
}
