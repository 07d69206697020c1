//! Addresses that change the library.

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use jiff::civil::Date;
use serde::{Deserialize, Deserializer};
use utoipa::{IntoParams, ToSchema};

use super::{Asked, Failures, Sent, Shaped, Shared, Unfit};
use crate::app::{Edit, Imported, Interests, RatedNow};
use crate::error::Error;
use crate::paper::{InterestState, PaperId, Rating};
use crate::serve::access::Visitor;
use crate::serve::problem::Problem;

/// The largest file that is taken over HTTP: a year of arXiv's listings. What is larger goes
/// through `paperpick import`.
pub const LARGEST_FILE: usize = 32 << 20;
/// Ratings in one request.
const MOST_RATINGS: usize = 1_000;

/// Papers and what you think of them.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Opinion {
    /// Identifiers or addresses; the papers need not be in the library yet.
    #[schema(max_items = 1000, example = json!(["2404.15653"]))]
    ids: Vec<String>,
    /// `like`, `dislike`, or null to take ratings back.
    #[schema(value_type = Option<String>, pattern = "^(dis)?like$", required = true)]
    rating: Option<Rating>,
}

/// Like, dislike, or take ratings back
///
/// Shape `rate/1`. All identifiers must be good, or none is rated.
#[utoipa::path(post, path = "/rate", tag = "change", request_body = Opinion,
    responses((status = 200, description = "`rate/1`", body = Object), Failures, Unfit))]
pub async fn rate(
    State(site): Shared,
    visitor: Visitor,
    Sent(opinion): Sent<Opinion>,
) -> Result<Shaped<RatedNow>, Problem> {
    let (ids, at) = (parsed(&opinion.ids)?, site.now());
    let rated = site.work(visitor.reader, move |app| app.rate(&ids, opinion.rating, at)).await?;
    Ok(Shaped::new("rate/1", rated))
}

/// Papers to keep for later.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Keeping {
    /// Identifiers or addresses; the papers need not be in the library yet.
    #[schema(max_items = 1000, example = json!(["2404.15653"]))]
    ids: Vec<String>,
    /// Whether to keep them, or no longer.
    save: bool,
}

/// Keep papers for later, or no longer
///
/// Shape `rate/1`.
#[utoipa::path(post, path = "/save", tag = "change", request_body = Keeping,
    responses((status = 200, description = "`rate/1`", body = Object), Failures, Unfit))]
pub async fn save(
    State(site): Shared,
    visitor: Visitor,
    Sent(keeping): Sent<Keeping>,
) -> Result<Shaped<RatedNow>, Problem> {
    let (ids, at) = (parsed(&keeping.ids)?, site.now());
    let done = site.work(visitor.reader, move |app| app.save(&ids, keeping.save, at)).await?;
    Ok(Shaped::new("rate/1", done))
}

/// A change of one interest: exactly one of the others beside it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InterestChange {
    /// Its number in the list, or its name.
    #[schema(example = "1")]
    interest: String,
    /// A name to give it.
    name: Option<String>,
    /// Another one to join with it.
    merge: Option<String>,
    /// Whether to cut it in two.
    #[serde(default)]
    split: bool,
    /// What becomes of its papers: `live`, `pinned` or `muted`.
    #[schema(value_type = Option<String>, pattern = "^(live|pinned|muted)$")]
    state: Option<InterestState>,
    /// How many places of a list it keeps, 0 to 1000; null: as its likes are.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<u32>, maximum = 1000)]
    places: Option<Option<u32>>,
}

/// A number that was given: by a form as a text, which may be empty.
fn given<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Option<u32>>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Given {
        Number(u32),
        Text(String),
        Nothing,
    }
    Ok(Some(match Given::deserialize(from)? {
        Given::Number(number) => Some(number),
        Given::Text(text) if text.is_empty() => None,
        Given::Text(text) => Some(text.parse().map_err(serde::de::Error::custom)?),
        Given::Nothing => None,
    }))
}

impl InterestChange {
    /// The one change that is meant.
    pub fn decided(self) -> Result<Edit, Problem> {
        match (self.name, self.merge, self.split, self.state, self.places) {
            (Some(name), None, false, None, None) => Ok(Edit::Name(self.interest, name)),
            (None, Some(other), false, None, None) => Ok(Edit::Merge(self.interest, other)),
            (None, None, true, None, None) => Ok(Edit::Split(self.interest)),
            (None, None, false, Some(state), None) => Ok(Edit::Set(self.interest, state)),
            (None, None, false, None, Some(places)) => Ok(Edit::Places(self.interest, places)),
            _ => Err(Problem::new("bad-request", "give exactly one of name, merge, split, state and places")),
        }
    }
}

/// Name an interest, join it with another, cut it, pin or mute it, or say how many places it keeps
///
/// Shape `interests/1`: the interests after it.
#[utoipa::path(post, path = "/interests", tag = "change", request_body = InterestChange,
    responses((status = 200, description = "`interests/1`", body = Object), Failures, Unfit))]
pub async fn interests(
    State(site): Shared,
    visitor: Visitor,
    Sent(change): Sent<InterestChange>,
) -> Result<Shaped<Interests>, Problem> {
    let edit = change.decided()?;
    let work = site.work(visitor.reader, move |app| app.edit_interests(&edit));
    Ok(Shaped::new("interests/1", work.await?))
}

/// All of the identifiers, or what is wrong with one.
fn parsed(ids: &[String]) -> Result<Vec<PaperId>, Problem> {
    if ids.len() > MOST_RATINGS {
        return Err(Problem::new("too-large", format!("{} papers, but at most {MOST_RATINGS}", ids.len())));
    }
    let ids: Result<Vec<PaperId>, Error> =
        ids.iter().map(|id| PaperId::parse(id).map(|(id, _)| id)).collect();
    Ok(ids?)
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ImportQuery {
    /// What the file is called; only named in problems, and a day in it is the listing's day.
    #[param(max_length = 300)]
    name: Option<String>,
    /// The day of a listing that names none.
    day: Option<Date>,
}

/// Read papers from a file
///
/// Shape `import/1`. The body is the file, up to 32 MiB: a digest in Markdown, Hugging Face's daily
/// papers, arXiv's Atom, JSON lines, each also compressed with gzip. One at a time for all readers.
#[utoipa::path(post, path = "/import", tag = "change", params(ImportQuery),
    request_body(content = String, content_type = "application/octet-stream"),
    responses((status = 200, description = "`import/1`", body = Object), Failures,
        (status = 413, description = "More than 32 MiB."),
        (status = 422, description = "No reader recognises the file.")))]
pub async fn import(
    State(site): Shared,
    Asked(query): Asked<ImportQuery>,
    request: Request,
) -> Result<Shaped<Imported>, Problem> {
    // The turn is taken before the file is: whoever sends slowly holds one file's memory, not more.
    let turn = site.long_turn()?;
    let file = body(request).await?;
    let name = query.name.unwrap_or_else(|| "the file sent".into());
    let imported = site.import(turn, name, query.day, file).await?;
    Ok(Shaped::new("import/1", imported))
}

pub(super) async fn body(request: Request) -> Result<axum::body::Bytes, Problem> {
    let too_large = || {
        Problem::new("too-large", "a file sent to the server has up to 32 MiB")
            .with_hint("on the server, `paperpick import FILE` takes any size")
    };
    let length = request.headers().get(header::CONTENT_LENGTH).and_then(|n| n.to_str().ok());
    if length.and_then(|n| n.parse::<usize>().ok()).is_some_and(|n| n > LARGEST_FILE) {
        return Err(too_large());
    }
    let body: Body = request.into_body();
    to_bytes(body, LARGEST_FILE).await.map_err(|error| match Problem::of_status(StatusCode::BAD_REQUEST) {
        _ if error.to_string().contains("limit") => too_large(),
        cut => Problem { detail: format!("the file was cut off: {error}"), ..cut },
    })
}
