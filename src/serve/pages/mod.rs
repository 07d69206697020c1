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
mod work;

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::{DefaultBodyLimit, FromRequestParts, OriginalUri, Request, State};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};

use super::Site;
use super::access::Visitor;
use super::api::LARGEST_FILE;
use super::problem::Problem;
use super::static_files::Addresses;
use super::words::Words;

/// The pages' routes.
pub fn routes() -> Router<Arc<Site>> {
    Router::new()
        .route("/", get(today::page))
        .route("/paper/{*id}", get(paper::page))
        .route("/picture/{*id}", get(paper::picture))
        .route("/topics", get(topics::page).post(topics::mark))
        .route("/topics/trend", get(topics::trend))
        .route("/start", get(work::start))
        .route("/work/{verb}", get(work::page))
        .route("/sync", post(work::sync))
        .route("/eval", post(work::eval))
        .route("/likes", post(work::likes).layer(DefaultBodyLimit::max(LARGEST_FILE + (64 << 10))))
        .route("/search", get(search::page))
        .route("/me", get(me::page))
        .route("/api", get(api::page))
        .route("/sign-in", get(account::form).post(account::sign_in))
        .route("/sign-out", post(account::sign_out))
        .route("/password", post(account::change_password))
        .route("/tokens", post(account::tokens))
        .route("/interests", post(change::interests))
        .route("/rate", post(change::rate))
        .route("/language", post(change::language))
        .route("/import", post(change::import).layer(DefaultBodyLimit::max(LARGEST_FILE + (64 << 10))))
        .route("/sample", post(change::sample))
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
