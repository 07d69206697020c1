//! Requests as HTTP carries them: options after `?`, JSON, forms.

use std::sync::Arc;

use axum::Form;
use axum::body::Bytes;
use axum::extract::rejection::{FormRejection, QueryRejection};
use axum::extract::{FromRequest, FromRequestParts, Query, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::error::Error;
use crate::library::Days;
use crate::serve::Site;
use crate::serve::paging::MOST;
use crate::serve::problem::Problem;
use crate::verbs::topics::GroupDays;
use crate::verbs::{self, Verb, fields_of};

/// A request from the options of an address; `n` is the server's own where it is not given.
pub fn options<V: Verb>(uri: &Uri, site: &Site, besides: &[&str]) -> Result<V, Problem> {
    let mut pairs = pairs(uri)?;
    pairs.retain(|(name, _)| !besides.contains(&name.as_str()));
    let mut request = typed::<V>(pairs);
    let takes_n = fields_of::<V>().contains_key("n");
    if takes_n && !request.contains_key("n") {
        request.insert("n".into(), json!(site.n));
    }
    if takes_n && let Some(n) = request.get("n").and_then(Value::as_u64).filter(|n| *n > MOST as u64) {
        return Err(Problem::new("bad-request", format!("n is {n}, but a list shows 1 to {MOST} papers")));
    }
    Ok(verbs::read(Value::Object(request))?)
}

/// The options of an address, in order, each once.
pub fn pairs(uri: &Uri) -> Result<Vec<(String, String)>, Problem> {
    let asked = Query::<Vec<(String, String)>>::try_from_uri(uri);
    let Query(pairs) = asked.map_err(|error| Problem::new("bad-request", error.body_text()))?;
    let mut names: Vec<&str> = pairs.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    match names.windows(2).find(|two| two[0] == two[1]) {
        Some(two) => Err(Problem::new("bad-request", format!("`{}` is given more than once", two[0]))),
        None => Ok(pairs),
    }
}

/// Refuses numbers above a door's own bounds.
pub fn within(uri: &Uri, bounds: &[(&str, u64)]) -> Result<(), Problem> {
    for (name, text) in pairs(uri)? {
        let bound = bounds.iter().find(|(bounded, _)| *bounded == name);
        if let (Some((_, most)), Ok(n)) = (bound, text.parse::<u64>())
            && n > *most
        {
            return Err(Problem::new(
                "bad-request",
                format!("{name} is {n}, but at most {most} are taken here"),
            ));
        }
    }
    Ok(())
}

/// The days that an address names.
pub fn days_of(uri: &Uri) -> Result<Days, Problem> {
    let mut pairs = pairs(uri)?;
    pairs.retain(|(name, text)| ["date", "days"].contains(&name.as_str()) && !text.is_empty());
    Ok(verbs::read::<GroupDays>(Value::Object(typed::<GroupDays>(pairs)))?.days)
}

/// A request from the fields of a form.
pub fn form<V: Verb>(pairs: Vec<(String, String)>) -> Result<V, Problem> {
    Ok(verbs::read(Value::Object(typed::<V>(pairs)))?)
}

/// Texts as the values that a request's fields want; what cannot be one stays a text, and is refused as such.
fn typed<V: Verb>(pairs: Vec<(String, String)>) -> Map<String, Value> {
    let fields = fields_of::<V>();
    let value = |name: &str, text: String| {
        let kinds = fields.get(name).map(|schema| schema["type"].clone()).unwrap_or_default();
        let is = |kind: &str| {
            kinds == kind || kinds.as_array().is_some_and(|kinds| kinds.iter().any(|k| k == kind))
        };
        let parsed = match text.as_str() {
            "true" | "false" if is("boolean") => Some(json!(text == "true")),
            number if is("integer") => number.parse::<i64>().ok().map(|n| json!(n)),
            number if is("number") => number.parse::<f64>().ok().map(|n| json!(n)),
            _ => None,
        };
        parsed.unwrap_or(Value::String(text))
    };
    pairs.into_iter().map(|(name, text)| (name.clone(), value(&name, text))).collect()
}

/// A request from a body of JSON; a verb that can do without is also asked by no body at all.
pub fn json<V: Verb>(headers: &HeaderMap, body: &Bytes) -> Result<V, Problem> {
    from_body(headers, body, verbs::read)
}

/// The JSON of a body.
pub fn json_value(headers: &HeaderMap, body: &Bytes) -> Result<Value, Problem> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_lowercase();
    if kind != "application/json" && !(kind.starts_with("application/") && kind.ends_with("+json")) {
        return Err(Problem {
            detail: "expected a body of JSON with `Content-Type: application/json`".into(),
            ..Problem::of_status(StatusCode::UNSUPPORTED_MEDIA_TYPE)
        });
    }
    serde_json::from_slice(body)
        .map_err(|error| Problem::new("bad-request", format!("the body is no JSON: {error}")))
}

/// The bytes of a body; one that is too large is told in the form of every problem.
pub struct Sent(pub Bytes);

impl FromRequest<Arc<Site>> for Sent {
    type Rejection = Problem;

    async fn from_request(request: Request, site: &Arc<Site>) -> Result<Self, Problem> {
        let sent = Bytes::from_request(request, site).await;
        sent.map(Self)
            .map_err(|error| Problem { detail: error.body_text(), ..Problem::of_status(error.status()) })
    }
}

/// What a door's own request is in a body of JSON; none where the body is empty and nothing is needed.
pub fn body<T: DeserializeOwned>(headers: &HeaderMap, body: &Bytes) -> Result<T, Problem> {
    from_body(headers, body, |value| {
        serde_json::from_value(value).map_err(|error| Error::Invalid(error.to_string()))
    })
}

fn from_body<T>(
    headers: &HeaderMap,
    body: &Bytes,
    read: impl Fn(Value) -> crate::error::Result<T>,
) -> Result<T, Problem> {
    if body.is_empty()
        && let Ok(request) = read(json!({}))
    {
        return Ok(request);
    }
    read(json_value(headers, body)?).map_err(unfit)
}

/// JSON, but not of the form that is wanted.
pub fn unfit(error: Error) -> Problem {
    let is_unfit = matches!(error, Error::Invalid(_) | Error::UnknownField { .. });
    let problem = Problem::from(error);
    if is_unfit { Problem { status: StatusCode::UNPROCESSABLE_ENTITY, ..problem } } else { problem }
}

/// The options of a page, after `?`.
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
