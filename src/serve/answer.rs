//! Around every answer: its name (ETag), whether it still holds, what a browser may do with it,
//! and the count of it.

use std::sync::Arc;
use std::time::Instant;

use axum::body::{Body, Bytes, HttpBody, to_bytes};
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use tracing::Instrument;

use super::access::Visitor;
use super::pool::KeptAnswer;
use super::problem::Problem;
use super::{Site, slow};
use crate::hash::{hex, sha256};

/// More than any page or list has.
const LONGEST_ANSWER: usize = 64 << 20;

/// Path prefixes never cached: volatile or streamed, or other for another key of one reader.
const NOT_KEPT: [&str; 8] =
    ["/feeds.opml", "/me", "/metrics", "/api/v1/export", "/api/v1/jobs", "/work", "/sign-in", "/mcp"];

/// Only what this server sends itself, no script or style within a page, and no frame around it.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; \
    manifest-src 'self'";

const HEADERS: [(HeaderName, &str); 6] = [
    (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "same-origin"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

/// Said of an answer that will have more the next time, though nothing changes.
#[derive(Debug, Clone, Copy)]
pub struct Pending;

/// Counts the answer, and says what a browser may do with it.
pub async fn finish(State(site): State<Arc<Site>>, request: Request, next: Next) -> Response {
    let begin = Instant::now();
    // Methods are the client's words: only known ones become a label.
    let method = match *request.method() {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::DELETE => "DELETE",
        _ => "other",
    };
    let route = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let route = route.as_deref().unwrap_or("none");
    let account = slow::Account::default();
    let span = tracing::info_span!("request", method, route);
    let mut response = slow::counted(account.clone(), next.run(request)).instrument(span).await;
    for (name, value) in HEADERS {
        response.headers_mut().entry(name).or_insert(HeaderValue::from_static(value));
    }
    let (status, took) = (response.status().as_u16(), begin.elapsed());
    slow::tell(&account, took, route, status, response.body().size_hint().exact());
    site.metrics.answered(method, route, status, took);
    response
}

/// Answers a question again if nothing has changed in the library since; names answers, and sends
/// none that the client has.
pub async fn keep(State(site): State<Arc<Site>>, visitor: Visitor, request: Request, next: Next) -> Response {
    if request.method() != Method::GET || NOT_KEPT.iter().any(|path| request.uri().path().starts_with(path)) {
        return next.run(request).await;
    }
    let wanted = request.headers().get(header::IF_NONE_MATCH).cloned();
    let looks = (visitor.language.words().code, visitor.is_short);
    let question = format!("{} {looks:?} {}", visitor.who.reader, request.uri());
    // Whoever asks the same at the same time waits for the one answer: work that many wait for is
    // not done by each of them.
    let flight = site.flight(&question);
    let _turn = match site.kept(&question, visitor.version) {
        Some(_) => None,
        None => Some(flight.lock().await),
    };
    let answer = match site.kept(&question, visitor.version) {
        Some(answer) => {
            site.metrics.kept();
            answer
        }
        None => {
            let (parts, body) = next.run(request).await.into_parts();
            let is_pending = parts.extensions.get::<Pending>().is_some();
            let Ok(body) = to_bytes(body, LONGEST_ANSWER).await else {
                return Problem::new("failed", "the answer is longer than any should be").into_response();
            };
            let answer = KeptAnswer {
                version: visitor.version,
                status: parts.status,
                headers: named(parts.headers, &body),
                body,
            };
            // What is not yet whole is not kept.
            if parts.status != StatusCode::OK || is_pending {
                let mut response = answer.into_response();
                *response.extensions_mut() = parts.extensions;
                return response;
            }
            site.keep(question, answer.clone());
            answer
        }
    };
    let name = answer.headers.get(header::ETAG).and_then(|name| name.to_str().ok()).unwrap_or_default();
    let has = |wanted: &HeaderValue| {
        let wanted = wanted.to_str().unwrap_or_default();
        wanted.split(',').any(|w| w.trim() == "*" || w.trim() == name)
    };
    if wanted.as_ref().is_some_and(has) {
        let unchanged = KeptAnswer { status: StatusCode::NOT_MODIFIED, body: Bytes::new(), ..answer };
        return unchanged.into_response();
    }
    answer.into_response()
}

/// Adds a name made of the content: weak, for the same content is also sent compressed.
fn named(mut headers: HeaderMap, body: &[u8]) -> HeaderMap {
    let name = hex(&sha256(body)[..12]);
    if let Ok(name) = HeaderValue::from_str(&format!("W/\"{name}\"")) {
        headers.insert(header::ETAG, name);
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    headers.insert(header::VARY, HeaderValue::from_static("accept-language, cookie, authorization"));
    headers.remove(header::CONTENT_LENGTH);
    headers
}

impl IntoResponse for KeptAnswer {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        response
    }
}
