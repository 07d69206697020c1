//! A paper: all about it.

use askama::Template;
use axum::extract::Path;
use axum::response::Html;

use super::card::{Card, Opinion, href};
use super::{Frame, bibtex, html};
use crate::app::{App, Shown, Subject, Why};
use crate::error::Result;
use crate::paper::{Language as Spoken, PaperId};
use crate::serve::problem::Problem;
use crate::serve::words::Language;

/// How many similar papers stand below it.
const N_SIMILAR: usize = 8;

#[derive(Template)]
#[template(path = "paper.html", config = "src/serve/askama.toml")]
struct Page {
    f: Frame,
    shown: Shown,
    rating: &'static str,
    saved: bool,
    /// Names and addresses of pages elsewhere.
    links: Vec<(&'static str, String)>,
    texts: Vec<Text>,
    bibtex: String,
    why: Option<Picture>,
    similar: Vec<Card>,
}

/// Why a paper has its score: bars that add up.
struct Picture {
    score: String,
    bars: Vec<Bar>,
    total: [Bar; 1],
    interest: Option<String>,
    /// The ratings that add most, up or down.
    ratings: Vec<Bar>,
}

/// A number to the right or left of zero.
struct Bar {
    name: String,
    href: Option<String>,
    adds: f64,
    /// Where it begins and how wide it is, 0 to 100, with zero at 50.
    from: f64,
    width: f64,
}

struct Text {
    name: &'static str,
    language: &'static str,
    text: String,
}

struct Found {
    why: Option<Picture>,
    shown: Shown,
    rating: &'static str,
    saved: bool,
    similar: Vec<Card>,
}

/// The page.
pub async fn page(f: Frame, Path(id): Path<String>) -> Result<Html<String>, Problem> {
    let (id, language) = (PaperId::parse(&id)?.0, f.visitor.language);
    let Found { shown, rating, saved, similar, why } =
        f.site.work(f.visitor.reader, move |app| find(app, id, language)).await?;
    html(&Page {
        links: links(&shown),
        texts: texts(&f, &shown),
        bibtex: bibtex::entry(&shown.paper),
        why,
        f,
        shown,
        rating,
        saved,
        similar,
    })
}

fn find(app: &App, id: PaperId, language: Language) -> Result<Found> {
    let (shown, opinion) = (app.show(&id)?, Opinion::of(app)?);
    // Nothing explains a score as long as nothing is rated.
    let why = app.why(&id).ok().map(|why| Picture::of(&why));
    let (rating, saved) = (opinion.rating(id.as_str()), opinion.is_saved(id.as_str()));
    let similar = app.similar(&Subject::Paper(id), N_SIMILAR)?.neighbours;
    let similar = similar.iter().map(|neighbour| Card {
        score: Some((format!("{:.2}", neighbour.similarity), neighbour.similarity.clamp(0.0, 1.0) * 100.0)),
        ..Card::of(app, &opinion, language, &neighbour.paper)
    });
    Ok(Found { why, similar: similar.collect(), shown, rating, saved })
}

/// How many ratings the picture has of each kind.
const N_RATINGS: usize = 3;

impl Picture {
    fn of(why: &Why) -> Self {
        let rated = why.likes.iter().take(N_RATINGS).chain(why.dislikes.iter().take(N_RATINGS));
        let rated: Vec<_> = rated.filter(|rated| rated.adds != 0.0).collect();
        let parts = why.blocks.iter().map(|block| block.adds).chain([why.constant, why.logit]);
        let widest =
            parts.chain(rated.iter().map(|rated| rated.adds)).fold(f64::MIN_POSITIVE, |a, b| a.max(b.abs()));
        let bar = |name: &str, href, adds: f64| {
            let width = adds.abs() / widest * 50.0;
            Bar {
                name: name.to_owned(),
                href,
                adds,
                from: if adds < 0.0 { 50.0 - width } else { 50.0 },
                width,
            }
        };
        let mut bars: Vec<Bar> = why.blocks.iter().map(|block| bar(&block.name, None, block.adds)).collect();
        bars.push(bar("constant", None, why.constant));
        Self {
            score: format!("{:.2}", why.score),
            bars,
            total: [bar("", None, why.logit)],
            interest: why.interest.clone(),
            ratings: rated.iter().map(|r| bar(&r.title, Some(href(r.id.as_str())), r.adds)).collect(),
        }
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
        Some(url) => links.push(("DOI", url.clone())),
        None => {}
    }
    for (name, fact) in [("Code", "code"), ("Project", "project"), ("Video", "video")] {
        links.extend(paper.facts.get(fact).map(|address| (name, address.clone())));
    }
    links.retain(|(_, address)| address.starts_with("https://") || address.starts_with("http://"));
    links
}

/// Summaries and abstract, the reader's language first.
fn texts(f: &Frame, shown: &Shown) -> Vec<Text> {
    let summary = |spoken, language: &'static str| {
        shown.paper.summaries.get(&spoken).map(|text| Text {
            name: f.w.summary,
            language,
            text: text.clone(),
        })
    };
    let english = Some(shown.paper.abstract_text.clone()).filter(|text| !text.is_empty());
    let mut texts: Vec<Text> = [
        english.map(|text| Text { name: f.w.abstract_, language: "en", text }),
        summary(Spoken::En, "en"),
        summary(Spoken::Ko, "ko"),
    ]
    .into_iter()
    .flatten()
    .collect();
    texts.sort_by_key(|text| text.language != f.w.code);
    texts
}
