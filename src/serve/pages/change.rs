//! Forms: what a page without a script sends. Each leads back to where it came from.

use std::sync::Arc;

use askama::Template;
use axum::body::Bytes;
use axum::extract::multipart::{Multipart, MultipartError};
use axum::extract::{FromRequest, Request, State};
use axum::http::header;
use axum::response::{Html, IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::undo::{self, Undo};
use super::{Frame, html};
use crate::paper::{PaperId, Rating};
use crate::serve::Site;
use crate::serve::access::{Visitor, local};
use crate::serve::api::{LARGEST_FILE, Posted, form};
use crate::serve::problem::Problem;
use crate::serve::words::Language;
use crate::verbs::Verb;
use crate::verbs::import::{Import, Imported};
use crate::verbs::interests::EditInterest;
use crate::verbs::likes::rate::Rate;
use crate::verbs::likes::saved::Save;

const SAMPLE: [(&str, &str); 2] = [
    ("background.jsonl", include_str!("../../../data/sample/background.jsonl")),
    ("2024-04-25.md", include_str!("../../../data/sample/2024-04-25.md")),
];

#[derive(Debug, Deserialize)]
pub struct Opinion {
    id: String,
    rating: Option<String>,
    save: Option<bool>,
    next: String,
}

/// Likes, dislikes, saves, or takes that back.
pub async fn rate(
    State(site): State<Arc<Site>>,
    visitor: Visitor,
    Posted(opinion): Posted<Opinion>,
) -> Result<Redirect, Problem> {
    let ids = vec![PaperId::parse(&opinion.id)?.0];
    let rating = match opinion.rating.as_deref() {
        None => None,
        Some("like") => Some(Some(Rating::Like)),
        Some("dislike") => Some(Some(Rating::Dislike)),
        Some("none") => Some(None),
        Some(other) => return Err(Problem::new("bad-request", format!("`{other}` is no rating"))),
    };
    let undo = (rating == Some(Some(Rating::Dislike))).then(|| Undo::Dislike(ids[0].to_string()));
    let save = opinion.save;
    if save.is_some() {
        visitor.who.check(Save::RIGHT)?;
    }
    let work = site.work(visitor.who, move |library, context| {
        if let Some(rating) = rating {
            Rate { ids: ids.clone(), rating }.run(library, context)?;
        }
        if let Some(save) = save {
            Save { ids, save }.run(library, context)?;
        }
        Ok(())
    });
    work.await?;
    Ok(undo::back(&opinion.next, undo.as_ref()))
}

/// Changes an interest.
pub async fn interests(
    State(site): State<Arc<Site>>,
    visitor: Visitor,
    Posted(fields): Posted<Vec<(String, String)>>,
) -> Result<Redirect, Problem> {
    site.change(visitor.who, form::<EditInterest>(fields)?).await?;
    Ok(Redirect::to("/me"))
}

#[derive(Debug, Deserialize)]
pub struct Choice {
    language: String,
    next: String,
}

/// Remembers the language of the pages.
pub async fn language(Posted(choice): Posted<Choice>) -> Response {
    let code = Language::named(&choice.language).words().code;
    let cookie = format!("language={code}; Path=/; Max-Age=31536000; SameSite=Lax");
    ([(header::SET_COOKIE, cookie)], Redirect::to(local(&choice.next))).into_response()
}

#[derive(Debug, Deserialize)]
pub struct ListChoice {
    short: bool,
    next: String,
}

/// Remembers whether lists are short.
pub async fn list(Posted(choice): Posted<ListChoice>) -> Response {
    let kind = if choice.short { "short" } else { "full" };
    let cookie = format!("list={kind}; Path=/; Max-Age=31536000; SameSite=Lax");
    ([(header::SET_COOKIE, cookie)], Redirect::to(local(&choice.next))).into_response()
}

#[derive(Template)]
#[template(path = "imported.html", config = "src/serve/askama.toml")]
struct ImportedPage {
    f: Frame,
    imported: Imported,
}

/// Reads a file that a form sends.
pub async fn import(f: Frame, request: Request) -> Result<Html<String>, Problem> {
    let site = f.site.clone();
    let turn = site.long_turn()?;
    let (name, file) = sent_file(request, &site).await?;
    let request = Import { name, day: None, input: None };
    let imported = site.import(turn, f.visitor.who, request, file).await?;
    html(&ImportedPage { f, imported })
}

/// The file of a form, and what it is called.
pub async fn sent_file(request: Request, site: &Arc<Site>) -> Result<(String, Bytes), Problem> {
    let wrong = |e: MultipartError| Problem { detail: e.body_text(), ..Problem::of_status(e.status()) };
    let mut form = Multipart::from_request(request, site)
        .await
        .map_err(|e| Problem { detail: e.body_text(), ..Problem::of_status(e.status()) })?;
    while let Some(field) = form.next_field().await.map_err(wrong)? {
        if field.name() != Some("file") {
            continue;
        }
        let name = field.file_name().unwrap_or("the file sent").to_owned();
        let file = field.bytes().await.map_err(wrong)?;
        if file.len() > LARGEST_FILE {
            return Err(Problem::new("too-large", "a file sent to the server has up to 32 MiB"));
        }
        return Ok((name, file));
    }
    Err(Problem::new("bad-request", "there is no file in the form"))
}

/// Takes the sample into the library.
pub async fn sample(State(site): State<Arc<Site>>, visitor: Visitor) -> Result<Redirect, Problem> {
    for (name, text) in SAMPLE {
        let request = Import { name: name.into(), day: None, input: None };
        let file = Bytes::from_static(text.as_bytes());
        site.import(site.long_turn()?, visitor.who, request, file).await?;
    }
    Ok(Redirect::to("/"))
}
