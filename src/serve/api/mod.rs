//! The JSON API: every verb at an address, in the shapes of `--json`.

mod account;
mod change;
mod doors;
mod look;
mod models;
mod work;

pub use change::{InterestChange, LARGEST_FILE};
pub use doors::question;
pub use look::DayQuery;
pub use work::{begin_eval, begin_likes, begin_sync};

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::rejection::{FormRejection, JsonRejection, QueryRejection};
use axum::extract::{DefaultBodyLimit, FromRequest, FromRequestParts, MatchedPath, Query, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Form, Json};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use utoipa::openapi::{OpenApi as Document, Ref, RefOr, ResponseBuilder, content::ContentBuilder};
use utoipa::{IntoResponses, OpenApi};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Site;
use super::problem::Problem;
use super::shapes;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "paperpick",
        description = "Keep up with research papers. Every verb of the command line at an address; answers have the shapes of `--json`."
    ),
    components(schemas(Problem)),
    tags(
        (name = "look", description = "Looking changes nothing. Answers carry an `ETag`; with `If-None-Match`, one that you have is not sent again."),
        (name = "change", description = "A browser may ask for a change only from this server's own pages."),
        (name = "work", description = "What takes long is begun by one request; `/jobs` tells how it stands and what it came to.")
    )
)]
struct Described;

/// The routes of the API and their description.
pub fn routes() -> OpenApiRouter<Arc<Site>> {
    let large = OpenApiRouter::new().routes(routes!(models::eval_similar));
    let large = large.layer(DefaultBodyLimit::max(LARGEST_FILE));
    let all = OpenApiRouter::new()
        .routes(routes!(look::today))
        .routes(routes!(look::today_by_topic))
        .routes(routes!(look::similar))
        .routes(routes!(look::topics, doors::mark))
        .routes(routes!(doors::map))
        .routes(routes!(doors::trend))
        .routes(routes!(doors::marked))
        .routes(routes!(doors::forget))
        .routes(routes!(doors::digest))
        .routes(routes!(doors::feed))
        .routes(routes!(doors::start))
        .routes(routes!(look::search))
        .routes(routes!(look::show))
        .routes(routes!(look::why))
        .routes(routes!(look::interests, change::interests))
        .routes(routes!(look::likes))
        .routes(routes!(look::saved))
        .routes(routes!(look::days))
        .routes(routes!(look::doctor))
        .routes(routes!(look::export))
        .routes(routes!(account::account))
        .routes(routes!(account::change_password))
        .routes(routes!(account::tokens))
        .routes(routes!(account::revoke))
        .routes(routes!(change::rate))
        .routes(routes!(change::save))
        .routes(routes!(change::import))
        .routes(routes!(work::sync))
        .routes(routes!(work::eval))
        .routes(routes!(work::eval_start))
        .routes(routes!(work::eval_topics))
        .routes(routes!(models::eval_embed))
        .merge(large)
        .routes(routes!(work::index))
        .routes(routes!(models::model, models::choose_model))
        .routes(routes!(models::models))
        .routes(routes!(models::model_info))
        .routes(routes!(models::tune))
        .routes(routes!(models::bench))
        .routes(routes!(work::import_likes))
        .routes(routes!(work::jobs));
    OpenApiRouter::with_openapi(Described::openapi()).nest("/api/v1", all)
}

/// The description with the shape of every answer.
pub fn described(document: &Document) -> Value {
    // A document that was made from code always serialises.
    let mut document = serde_json::to_value(document).unwrap_or_default();
    if let Some(schemas) = document["components"]["schemas"].as_object_mut() {
        schemas.extend(shapes::components());
    }
    let paths = document["paths"].as_object_mut().into_iter().flat_map(|paths| paths.values_mut());
    let methods = paths.filter_map(Value::as_object_mut).flat_map(|methods| methods.values_mut());
    for answers in methods.filter_map(|method| method["responses"].as_object_mut()) {
        for answer in answers.values_mut() {
            let shape = answer["description"].as_str().and_then(shapes::named_in);
            if let (Some(shape), Some(content)) = (shape, answer.pointer_mut("/content/application~1json")) {
                content["schema"] = shape;
            }
        }
    }
    document
}

/// The options that each address knows.
pub type Options = BTreeMap<(String, String), Vec<String>>;

/// The options of each method and address, as the description has them.
pub fn options(document: &Document) -> Options {
    let document = serde_json::to_value(document).unwrap_or_default();
    let mut options = Options::new();
    for (path, methods) in document["paths"].as_object().into_iter().flatten() {
        for (method, about) in methods.as_object().into_iter().flatten() {
            let parameters = about["parameters"].as_array().into_iter().flatten();
            let names = parameters.filter(|p| p["in"] == "query").filter_map(|p| p["name"].as_str());
            let names = names.map(str::to_owned).collect();
            options.insert((method.to_uppercase(), path.clone()), names);
        }
    }
    options
}

/// Refuses a request with an option that its address does not know: it would be answered as if it had
/// not been asked.
pub async fn know_options(
    State(options): State<Arc<Options>>,
    path: Option<MatchedPath>,
    request: Request,
    next: Next,
) -> Response {
    let method = if request.method() == Method::HEAD { Method::GET } else { request.method().clone() };
    let known = path.and_then(|path| options.get(&(method.to_string(), path.as_str().to_owned())));
    let query = request.uri().query().unwrap_or_default();
    let asked = Query::<Vec<(String, String)>>::try_from_uri(request.uri());
    if let (Some(known), false, Ok(Query(asked))) = (known, query.is_empty(), asked)
        && let Some((unknown, _)) = asked.iter().find(|(name, _)| !known.contains(name))
    {
        let detail = format!("`{unknown}` is no option of {}", request.uri().path());
        let hint = match known.as_slice() {
            [] => "it has none".to_owned(),
            known => format!("it has: {}", known.join(", ")),
        };
        return Problem::new("bad-request", detail).with_hint(hint).into_response();
    }
    next.run(request).await
}

/// The description itself.
pub async fn document(Extension(document): Extension<Arc<Value>>) -> Json<Value> {
    Json(Value::clone(&document))
}

/// An answer with the name of its shape, as `--json` prints it, and the cursor of the next piece.
#[derive(Serialize)]
struct Shaped<T> {
    shape: &'static str,
    #[serde(flatten)]
    value: T,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

impl<T> Shaped<T> {
    fn new(shape: &'static str, value: T) -> Self {
        Self { shape, value, next: None }
    }
}

impl<T: Serialize> IntoResponse for Shaped<T> {
    fn into_response(self) -> Response {
        let next = self.next.as_ref().map(|next| format!("<?cursor={next}>; rel=\"next\""));
        let mut response = Json(self).into_response();
        if let Some(next) = next.and_then(|next| HeaderValue::from_str(&next).ok()) {
            response.headers_mut().insert(header::LINK, next);
        }
        response
    }
}

/// The options of a request, after `?`.
pub struct Asked<T>(pub T);

impl<T: DeserializeOwned> FromRequestParts<Arc<Site>> for Asked<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, site: &Arc<Site>) -> Result<Self, Problem> {
        let asked = Query::from_request_parts(parts, site).await;
        asked.map(|Query(asked)| Self(asked)).map_err(|e: QueryRejection| {
            Problem::new("bad-request", e.body_text()).with_hint("the options of each address are on /api")
        })
    }
}

/// The JSON of a request.
pub struct Sent<T>(pub T);

impl<T: DeserializeOwned> FromRequest<Arc<Site>> for Sent<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, site: &Arc<Site>) -> Result<Self, Problem> {
        let sent = Json::from_request(request, site).await;
        sent.map(|Json(sent)| Self(sent)).map_err(|e: JsonRejection| {
            let known = Problem::of_status(e.status());
            Problem { detail: e.body_text(), ..known }
        })
    }
}

/// The fields of a form.
pub struct Posted<T>(pub T);

impl<T: DeserializeOwned> FromRequest<Arc<Site>> for Posted<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, site: &Arc<Site>) -> Result<Self, Problem> {
        let sent = Form::from_request(request, site).await;
        sent.map(|Form(sent)| Self(sent))
            .map_err(|e: FormRejection| Problem { detail: e.body_text(), ..Problem::of_status(e.status()) })
    }
}

/// What can come instead of an answer, at every address.
struct Failures;

impl IntoResponses for Failures {
    fn responses() -> BTreeMap<String, RefOr<utoipa::openapi::Response>> {
        problems(&[
            ("400", "The request cannot be understood."),
            ("401", "Sign in first: this library has accounts."),
            ("404", "There is no such paper, or nothing to show."),
            ("429", "Too many attempts."),
            ("503", "The server is busy, or the answer took too long."),
        ])
    }
}

/// What can come instead of an answer where JSON is sent.
struct Unfit;

impl IntoResponses for Unfit {
    fn responses() -> BTreeMap<String, RefOr<utoipa::openapi::Response>> {
        problems(&[
            ("403", "Another site's page asked for the change."),
            ("413", "More than a thousand papers, or 256 KiB, at once."),
            ("415", "The content type is not `application/json`."),
            ("422", "JSON, but not of this form."),
        ])
    }
}

fn problems(known: &[(&str, &str)]) -> BTreeMap<String, RefOr<utoipa::openapi::Response>> {
    let problem = || ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    let response = |description: &str| {
        let response = ResponseBuilder::new().description(description);
        RefOr::T(response.content("application/problem+json", problem()).build())
    };
    known.iter().map(|(status, text)| ((*status).to_owned(), response(text))).collect()
}

/// How many papers a list that comes whole shows.
fn checked(n: Option<usize>, default: usize) -> Result<usize, Problem> {
    let n = n.unwrap_or(default);
    if (1..=1_000).contains(&n) {
        return Ok(n);
    }
    Err(Problem::new("bad-request", format!("n is {n}, but a list shows 1 to 1000 papers")))
}

/// The header that browsers give a file's name by.
fn as_file(name: &'static str) -> (HeaderName, HeaderValue) {
    (header::CONTENT_DISPOSITION, HeaderValue::from_static(name))
}

type Shared = State<Arc<Site>>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_shape_takes_the_name_of_what_is_sent() {
        let document = serde_json::to_value(routes().split_for_parts().1).unwrap();
        let shapes = shapes::components();
        let sent = document["components"]["schemas"].as_object().unwrap().keys();
        let both: Vec<&String> = sent.filter(|name| shapes.contains_key(*name)).collect();
        assert!(both.is_empty(), "{both:?}");
    }
}
