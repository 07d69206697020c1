//! Addresses that take or give files: imports and exports, digests, pictures of maps.

use std::io::Cursor;
use std::sync::Arc;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use http_body_util::LengthLimitError;
use schemars::JsonSchema;
use serde::Deserialize;
use tokio::sync::OwnedSemaphorePermit;
use tokio_stream::wrappers::ReceiverStream;

use super::route::{Nothing, Route, Sent};
use super::{Asked, Shared, begun, read, shaped};
use crate::error::{Error, Result as Known};
use crate::library::Library;
use crate::paper::Right;
use crate::present::references::Form;
use crate::present::{html, markdown, text};
use crate::serve::Site;
use crate::serve::access::{Visitor, Who};
use crate::serve::jobs::JobShown;
use crate::serve::problem::Problem;
use crate::store::Whose;
use crate::topics::png;
use crate::verbs::digest::MakeDigest;
use crate::verbs::import::{Import, Imported};
use crate::verbs::likes::import::{ImportLikes, LikesTaken};
use crate::verbs::topics::map::DrawMap;
use crate::verbs::{Verb, export};

/// The largest file that is taken over HTTP: a year of arXiv's listings. What is larger goes
/// through `paperpick import`.
pub const LARGEST_FILE: usize = 32 << 20;
/// Pixels for each unit of a map.
const ZOOM: f32 = 1.5;
/// A long answer is sent in pieces of so many bytes.
const PIECE_BYTES: usize = 64 << 10;

/// The addresses.
pub fn table() -> Vec<Route> {
    vec![
        Route::special::<Import, Imported>(
            "/import",
            (
                "change",
                "Read papers from a file. The body is the file, up to 32 MiB: whatever `paperpick import` reads, also \
                 compressed with gzip. One at a time for all readers.",
            ),
            Sent::File,
            Import::SHAPE,
            post(import),
        )
        .needs(Import::RIGHT),
        Route::special::<ImportLikes, LikesTaken>(
            "/likes/import",
            (
                "work",
                "Like every paper of a file. BibTeX, RIS, JSON of Zotero or Semantic Scholar, or identifiers, one a \
                 line; the feeds of an OPML are added to what `sync` reads.",
            ),
            Sent::File,
            ImportLikes::SHAPE,
            post(import_likes),
        )
        .needs(ImportLikes::RIGHT)
        .with_job(ImportLikes::SHAPE),
        Route::special::<ExportQuery, Nothing>(
            "/export",
            (
                "look",
                "Every paper, and what you said of them, as lines of JSON. The lines that `paperpick export` writes \
                 and `import` reads; or the papers as BibTeX or RIS. One at a time for all readers.",
            ),
            Sent::Options,
            "export",
            get(export),
        )
        .needs(Right::Keep)
        .no_json()
        .also(&["application/jsonl", "application/x-bibtex", "application/x-research-info-systems"]),
    ]
}

async fn import(
    State(site): Shared,
    visitor: Visitor,
    uri: Uri,
    request: Request,
) -> Result<Response, Problem> {
    let asked = read::options::<Import>(&uri, &site, &[])?;
    // The turn is taken before the file is: whoever sends slowly holds one file's memory, not more.
    let turn = site.long_turn()?;
    let file = body(request).await?;
    Ok(shaped(Import::SHAPE, site.import(turn, visitor.who, asked, file).await?))
}

async fn import_likes(
    State(site): Shared,
    visitor: Visitor,
    uri: Uri,
    request: Request,
) -> Result<Response, Problem> {
    let asked = read::options::<ImportLikes>(&uri, &site, &[])?;
    // The turn is taken before the file is, as for `import`.
    let turn = site.long_turn()?;
    let file = body(request).await?;
    Ok(begun(begin_likes(&site, turn, visitor.who, asked, file)?))
}

/// Begins to like every paper of a file.
pub fn begin_likes(
    site: &Arc<Site>,
    turn: OwnedSemaphorePermit,
    who: Who,
    request: ImportLikes,
    file: Bytes,
) -> Result<JobShown, Problem> {
    site.begin_in(turn, who, ImportLikes { input: Some(Box::new(Cursor::new(file))), ..request })
}

/// The body of a request, up to [`LARGEST_FILE`].
pub async fn body(request: Request) -> Result<Bytes, Problem> {
    let too_large = || {
        Problem::new("too-large", "a file sent to the server has up to 32 MiB")
            .with_hint("on the server, `paperpick import FILE` takes any size")
    };
    let length = request.headers().get(header::CONTENT_LENGTH).and_then(|n| n.to_str().ok());
    if length.and_then(|n| n.parse::<usize>().ok()).is_some_and(|n| n > LARGEST_FILE) {
        return Err(too_large());
    }
    to_bytes(request.into_body(), LARGEST_FILE).await.map_err(|error| match is_over_the_limit(&error) {
        true => too_large(),
        false => Problem {
            detail: format!("the file was cut off: {error}"),
            ..Problem::of_status(StatusCode::BAD_REQUEST)
        },
    })
}

fn is_over_the_limit(error: &axum::Error) -> bool {
    std::error::Error::source(error).is_some_and(|cause| cause.is::<LengthLimitError>())
}

/// As what; JSON if not given.
#[derive(Debug, Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum DigestForm {
    #[default]
    Json,
    Markdown,
    Html,
    Text,
}

#[derive(Debug, Default, Deserialize)]
pub struct As<F> {
    format: Option<F>,
}

/// A day's picks with all their texts, as JSON, Markdown, HTML or text.
pub async fn digest(
    State(site): Shared,
    visitor: Visitor,
    uri: Uri,
    Asked(form): Asked<As<DigestForm>>,
) -> Result<Response, Problem> {
    let request = read::options::<MakeDigest>(&uri, &site, &["format"])?;
    let digest = site.ask(visitor.who, request).await?;
    let (kind, text) = match form.format.unwrap_or_default() {
        DigestForm::Json => return Ok(shaped(MakeDigest::SHAPE, digest)),
        DigestForm::Markdown => ("text/markdown; charset=utf-8", markdown::digest(&digest)),
        // To be taken away: within a page of this server it may have no style of its own.
        DigestForm::Html => ("text/html; charset=utf-8", html::digest(&digest, None)),
        DigestForm::Text => ("text/plain; charset=utf-8", text::digest(&digest)),
    };
    Ok(([(header::CONTENT_TYPE, kind)], text).into_response())
}

/// As what; JSON if not given.
#[derive(Debug, Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum MapForm {
    #[default]
    Json,
    Svg,
    #[cfg_attr(not(feature = "png"), schemars(skip))]
    Png,
}

/// Some days in two dimensions, as JSON or a picture.
pub async fn map(
    State(site): Shared,
    visitor: Visitor,
    uri: Uri,
    Asked(form): Asked<As<MapForm>>,
) -> Result<Response, Problem> {
    let request = read::options::<DrawMap>(&uri, &site, &["format"])?;
    let work = site.look(visitor.who, move |library, context| {
        let map = request.run(library, context)?;
        Ok(match form.format.unwrap_or_default() {
            MapForm::Json => shaped(DrawMap::SHAPE, map),
            MapForm::Svg => ([(header::CONTENT_TYPE, "image/svg+xml")], map.svg()).into_response(),
            MapForm::Png => ([(header::CONTENT_TYPE, "image/png")], png(&map.svg(), ZOOM)?).into_response(),
        })
    });
    work.await
}

/// What to write out.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
struct ExportQuery {
    /// The papers alone, for a reference manager: `bibtex` or `ris`.
    #[serde(rename = "as")]
    form: Option<Form>,
    /// Of them, only the papers that you like.
    #[serde(default)]
    likes: bool,
}

async fn export(
    State(site): Shared,
    visitor: Visitor,
    Asked(query): Asked<ExportQuery>,
) -> Result<Response, Problem> {
    let (kind, file) = match (query.form, query.likes) {
        (None, true) => {
            let detail = "likes goes with as=bibtex or as=ris: the lines of JSON hold everything";
            return Err(Problem::new("bad-request", detail));
        }
        (None, false) => ("application/jsonl", "attachment; filename=\"papers.jsonl\""),
        (Some(Form::Bibtex), _) => {
            ("application/x-bibtex; charset=utf-8", "attachment; filename=\"papers.bib\"")
        }
        (Some(Form::Ris), _) => {
            ("application/x-research-info-systems; charset=utf-8", "attachment; filename=\"papers.ris\"")
        }
    };
    let turn = site.long_turn()?;
    let (pieces, received) = tokio::sync::mpsc::channel::<Result<Bytes, std::io::Error>>(4);
    tokio::task::spawn_blocking(move || {
        let _turn = turn;
        let send = |piece: Vec<u8>| {
            let gone = |_| Error::Invalid("the client is gone".into());
            pieces.blocking_send(Ok(Bytes::from(piece))).map_err(gone)
        };
        let done = site.open().and_then(|mut library| {
            library.set_reader(visitor.who.reader);
            exported(&library, query, send)
        });
        if let Err(error) = done {
            // Cuts the answer off, so that half an export is not taken for a whole one.
            let _ = pieces.blocking_send(Err(std::io::Error::other(error)));
        }
    });
    let kind = (header::CONTENT_TYPE, HeaderValue::from_static(kind));
    Ok(([kind, as_file(file)], Body::from_stream(ReceiverStream::new(received))).into_response())
}

/// Writes what was asked for, in pieces.
fn exported(library: &Library, query: ExportQuery, send: impl Fn(Vec<u8>) -> Known<()>) -> Known<()> {
    let mut piece = Vec::new();
    let mut add = |text: &[u8]| {
        piece.extend(text);
        if piece.len() > PIECE_BYTES { send(std::mem::take(&mut piece)) } else { Ok(()) }
    };
    match query.form {
        Some(form) => export::papers(library, query.likes, |paper| add(form.entry(paper).as_bytes()))?,
        None => export::lines(library, Whose::Own, |line| add(line))?,
    }
    send(piece)
}

/// The header that browsers give a file's name by.
fn as_file(name: &'static str) -> (HeaderName, HeaderValue) {
    (header::CONTENT_DISPOSITION, HeaderValue::from_static(name))
}
