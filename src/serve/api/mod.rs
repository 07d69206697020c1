//! The JSON API: verbs at addresses, in the shapes of `--json`, described by their own types.

mod account;
mod document;
mod files;
mod models;
mod read;
mod route;
mod routes;

pub use document::document;
pub use files::{LARGEST_FILE, begin_likes};
pub use read::{Asked, Posted, days_of, form};
pub use routes::{know_options, options, router};

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Serialize;

use super::Site;
use super::access::Visitor;
use super::jobs::JobShown;
use super::problem::Problem;
use crate::present::feed::encoded;
use crate::verbs::{Shape, Shaped};

type Shared = State<Arc<Site>>;

/// An answer with the name of its shape.
fn shaped<T: Serialize>(shape: Shape, answer: T) -> Response {
    Json(Shaped { shape, answer }).into_response()
}

/// A piece of a list, with the cursor of the next one.
#[derive(Serialize)]
struct Piece<T> {
    #[serde(flatten)]
    answer: T,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// A piece of a list, and a link to the next one.
fn piece<T: Serialize>(
    shape: Shape,
    answer: T,
    asked: &[(String, String)],
    next: Option<String>,
) -> Response {
    let link = next.as_ref().and_then(|next| {
        let asked = asked.iter().filter(|(name, _)| name != "cursor");
        let asked: String = asked.map(|(name, text)| format!("{name}={}&", encoded(text))).collect();
        HeaderValue::from_str(&format!("<?{asked}cursor={}>; rel=\"next\"", encoded(next))).ok()
    });
    let mut response = shaped(shape, Piece { answer, next });
    if let Some(link) = link {
        response.headers_mut().insert(header::LINK, link);
    }
    response
}

/// Work that has begun.
fn begun(job: JobShown) -> Response {
    (StatusCode::ACCEPTED, shaped("job/1", job)).into_response()
}

/// Your last long work of each kind.
#[derive(Debug, Clone, Serialize, JsonSchema)]
struct JobsShown {
    /// The last work of each kind, as in `job/1`.
    jobs: Vec<JobShown>,
}

/// How your long work stands.
async fn jobs(State(site): Shared, visitor: Visitor) -> Result<Response, Problem> {
    Ok(shaped("jobs/1", JobsShown { jobs: site.jobs(visitor.who.reader) }))
}
