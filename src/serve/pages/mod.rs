//! The pages: rendered on the server, complete without a script.

pub mod account;
mod api;
mod calendar;
mod card;
mod change;
mod me;
mod paper;
mod search;
mod today;
mod topics;
mod undo;
mod work;

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::{DefaultBodyLimit, FromRequestParts, OriginalUri, Request, State};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{MethodRouter, get, post};

use undo::Undo;

use super::Site;
use super::access::{Visitor, guarded};
use super::api::LARGEST_FILE;
use super::problem::Problem;
use super::static_files::Addresses;
use super::words::Words;
use crate::paper::Right;
use crate::verbs::Verb;
use crate::verbs::eval::ReplayHistory;
use crate::verbs::import::Import;
use crate::verbs::interests::EditInterest;
use crate::verbs::likes::import::ImportLikes;
use crate::verbs::likes::rate::Rate;
use crate::verbs::summarize::Summarize;
use crate::verbs::sync::SyncSources;
use crate::verbs::topics::mark::MarkTopic;

/// Every page, with what it takes of whoever asks.
fn table() -> Vec<(&'static str, Right, MethodRouter<Arc<Site>>)> {
    let file = || DefaultBodyLimit::max(LARGEST_FILE + (64 << 10));
    vec![
        ("/", Right::Look, get(today::page)),
        ("/paper/{*id}", Right::Look, get(paper::page)),
        ("/picture/{*id}", Right::Look, get(paper::picture)),
        ("/topics", Right::Look, get(topics::page)),
        ("/topics", MarkTopic::RIGHT, post(topics::mark)),
        ("/topics/trend", Right::Look, get(topics::trend)),
        ("/start", Right::Look, get(work::start)),
        ("/work/{verb}", Right::Look, get(work::page)),
        ("/sync", SyncSources::RIGHT, post(work::sync)),
        ("/summarize", Summarize::RIGHT, post(work::summarize)),
        ("/eval", ReplayHistory::RIGHT, post(work::eval)),
        ("/likes", ImportLikes::RIGHT, post(work::likes).layer(file())),
        ("/search", Right::Look, get(search::page)),
        ("/me", Right::Look, get(me::page)),
        ("/api", Right::Look, get(api::page)),
        ("/sign-in", Right::Look, get(account::form)),
        ("/sign-in", Right::Look, post(account::sign_in)),
        ("/sign-out", Right::Look, post(account::sign_out)),
        ("/password", Right::Look, post(account::change_password)),
        ("/tokens", Right::Look, post(account::tokens)),
        ("/interests", EditInterest::RIGHT, post(change::interests)),
        ("/rate", Rate::RIGHT, post(change::rate)),
        ("/language", Right::Look, post(change::language)),
        ("/list", Right::Look, post(change::list)),
        ("/import", Import::RIGHT, post(change::import).layer(file())),
        ("/sample", Right::Own, post(change::sample)),
    ]
}

/// The pages' routes.
pub fn routes() -> Router<Arc<Site>> {
    table()
        .into_iter()
        .fold(Router::new(), |router, (path, right, handler)| router.route(path, guarded(right, handler)))
}

/// What stands around every page.
pub struct Frame {
    pub w: &'static Words,
    pub visitor: Visitor,
    pub site: Arc<Site>,
    /// The page's address on this server, without `#`.
    pub path: String,
    pub style: String,
    pub script: String,
    pub icon: String,
    /// Who is signed in.
    pub name: Option<String>,
}

impl Frame {
    /// Whether who looks may do what takes a right; what may not be done is not offered.
    fn may(&self, right: Right) -> bool {
        self.visitor.who.role.may(right)
    }

    /// What was just done and can be taken back.
    fn undo(&self) -> Option<Undo> {
        Undo::of(&self.path)
    }

    /// The pages of the menu: address, name, and whether it is this one.
    fn pages(&self) -> [(&'static str, &'static str, bool); 4] {
        let w = self.w;
        let here = self.path.split('?').next().unwrap_or_default();
        [("/", w.today), ("/topics", w.topics), ("/search", w.search), ("/me", w.me)].map(
            |(address, name)| {
                (address, name, here == address || address == "/topics" && here == "/topics/trend")
            },
        )
    }
}

impl FromRequestParts<Arc<Site>> for Frame {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, site: &Arc<Site>) -> Result<Self, Problem> {
        let Ok(visitor) = Visitor::from_request_parts(parts, site).await;
        let Ok(OriginalUri(uri)) = OriginalUri::from_request_parts(parts, site).await;
        let Addresses { style, script, icon } = Addresses::new();
        Ok(Self {
            w: visitor.language.words(),
            name: visitor.name.clone(),
            visitor,
            site: site.clone(),
            path: uri.path_and_query().map_or("/", |path| path.as_str()).to_owned(),
            style,
            script,
            icon,
        })
    }
}

/// A page, from its template.
fn html(page: &impl Template) -> Result<Html<String>, Problem> {
    page.render().map(Html).map_err(|error| {
        tracing::error!("a page could not be written: {error}");
        Problem::new("failed", "the page could not be written; the server's log has more")
    })
}

#[derive(Template)]
#[template(path = "problem.html", config = "src/serve/askama.toml")]
struct ProblemPage {
    f: Frame,
    problem: Problem,
}

/// Shows problems as pages to those who look at pages.
pub async fn problems(State(site): State<Arc<Site>>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let accepts = parts.headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    let wanted = accepts.is_some_and(|accept| accept.contains("text/html"))
        && !parts.uri.path().starts_with("/api/v1");
    let is_look = parts.method == Method::GET;
    let frame = Frame::from_request_parts(&mut parts, &site).await;
    let response = next.run(Request::from_parts(parts, body)).await;
    let (Some(problem), Ok(mut f), true) = (response.extensions().get::<Problem>(), frame, wanted) else {
        return response;
    };
    if problem.status == StatusCode::UNAUTHORIZED && is_look {
        let back = crate::present::feed::encoded(&f.path);
        return axum::response::Redirect::to(&format!("/sign-in?next={back}")).into_response();
    }
    if problem.is_empty_library() && is_look && f.path != "/" {
        return axum::response::Redirect::to("/").into_response();
    }
    if !is_look {
        f.path = "/".into();
    }
    let page = ProblemPage { f, problem: problem.clone() };
    match html(&page) {
        Ok(html) => {
            let mut shown = (problem.status, html).into_response();
            for name in [header::RETRY_AFTER, header::WWW_AUTHENTICATE] {
                if let Some(value) = response.headers().get(&name) {
                    shown.headers_mut().insert(name, value.clone());
                }
            }
            shown
        }
        Err(failed) => failed.into_response(),
    }
}
