//! What went wrong, as problem details (RFC 9457).

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Serialize;

use crate::error::Error;

/// What went wrong, what was expected, and what to do.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Problem {
    /// The kind of problem; explained on the API's page.
    #[serde(rename = "type")]
    #[schemars(extend("example" = "/api#unknown-paper"))]
    pub kind: String,
    /// The kind of problem, in words.
    pub title: &'static str,
    /// The HTTP status.
    #[serde(serialize_with = "as_number")]
    #[schemars(with = "u16", extend("example" = 404))]
    pub status: StatusCode,
    /// What came, and what was expected.
    pub detail: String,
    /// What to do about it, if there is one thing to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// After how many seconds to try again.
    #[serde(skip)]
    pub retry_after: Option<u64>,
}

fn as_number<S: serde::Serializer>(status: &StatusCode, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_u16(status.as_u16())
}

/// Every kind of problem: its name, its status and its words.
pub const KINDS: &[(&str, StatusCode, &str)] = &[
    ("bad-request", StatusCode::BAD_REQUEST, "the request cannot be understood"),
    ("bad-identifier", StatusCode::BAD_REQUEST, "this is not a paper's identifier"),
    ("unknown-paper", StatusCode::NOT_FOUND, "the paper is not in the library"),
    ("nothing-listed", StatusCode::NOT_FOUND, "there is nothing to show"),
    ("not-found", StatusCode::NOT_FOUND, "there is nothing at this address"),
    ("method-not-allowed", StatusCode::METHOD_NOT_ALLOWED, "this cannot be done at this address"),
    ("not-signed-in", StatusCode::UNAUTHORIZED, "sign in first"),
    ("not-allowed", StatusCode::FORBIDDEN, "your account may not do this"),
    ("foreign-origin", StatusCode::FORBIDDEN, "another site asked for this"),
    ("foreign-host", StatusCode::MISDIRECTED_REQUEST, "this server has another name"),
    ("unrecognised-file", StatusCode::UNPROCESSABLE_ENTITY, "no reader recognises the file"),
    ("too-large", StatusCode::PAYLOAD_TOO_LARGE, "the request is too large"),
    ("too-many", StatusCode::TOO_MANY_REQUESTS, "too many attempts"),
    ("over-quota", StatusCode::TOO_MANY_REQUESTS, "more than you may bring in today"),
    ("too-slow", StatusCode::SERVICE_UNAVAILABLE, "the answer took too long"),
    ("busy", StatusCode::SERVICE_UNAVAILABLE, "the server is busy"),
    ("library-gone", StatusCode::SERVICE_UNAVAILABLE, "the library is not where it was"),
    ("failed", StatusCode::INTERNAL_SERVER_ERROR, "the server failed"),
];

impl Problem {
    /// A problem of one of the [`KINDS`].
    pub fn new(name: &str, detail: impl Into<String>) -> Self {
        let known = KINDS.iter().find(|(kind, ..)| *kind == name);
        let (_, status, title) = known.copied().unwrap_or(KINDS[KINDS.len() - 1]);
        Self {
            kind: format!("/api#{name}"),
            title,
            status,
            detail: detail.into(),
            hint: None,
            retry_after: None,
        }
    }

    /// The same, with something to do about it.
    pub fn with_hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    /// There are more requests than can be worked on.
    pub fn busy() -> Self {
        Self { retry_after: Some(2), ..Self::new("busy", "too many requests are waiting for their turn") }
    }

    /// Work on the library panicked: a bug, which is logged, not shown.
    pub fn panicked(panic: &tokio::task::JoinError) -> Self {
        tracing::error!("a request panicked: {panic}");
        Self::new("failed", "a bug in paperpick; the server's log has more")
    }

    /// Whether there was nothing to show, which is no failure.
    pub fn is_nothing(&self) -> bool {
        self.kind.ends_with("#nothing-listed")
    }

    /// Whether that is because there is no paper at all: the first page leads on.
    pub fn is_empty_library(&self) -> bool {
        self.is_nothing() && self.detail.starts_with("the library is empty")
    }

    /// What an outer part of the server answers with a bare status.
    pub fn of_status(status: StatusCode) -> Self {
        let known = KINDS.iter().find(|(_, s, _)| *s == status);
        let name = match status {
            StatusCode::NOT_FOUND => "not-found",
            StatusCode::SERVICE_UNAVAILABLE => "too-slow",
            _ => known.map_or("bad-request", |(name, ..)| name),
        };
        let problem = Self::new(name, known.map_or("", |(.., title)| title));
        Self { status, detail: problem.title.to_owned(), ..problem }
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let name = match &error {
            Error::BadId { .. } => "bad-identifier",
            Error::UnknownPaper { .. } => "unknown-paper",
            Error::NothingListed(_) => "nothing-listed",
            Error::UnknownFormat { .. } => "unrecognised-file",
            Error::Invalid(_)
            | Error::UnknownField { .. }
            | Error::BadSettings { .. }
            | Error::AccountExists { .. }
            | Error::LastOwner { .. } => "bad-request",
            Error::NotAllowed { .. } => "not-allowed",
            Error::OverQuota { .. } => "over-quota",
            Error::TooMany { .. } | Error::TooManyPapers { .. } => "too-large",
            Error::Gone { .. } => {
                tracing::error!("a request was refused: {error}");
                return Self::new("library-gone", "its files were removed or replaced while the server ran")
                    .with_hint("put them back, or start the server again");
            }
            Error::NoServer { .. } => {
                tracing::error!("a request failed: {error}");
                let away =
                    Self::new("library-gone", "the database does not answer; what was acknowledged is kept");
                return Self { retry_after: Some(2), ..away.with_hint("try again in a moment") };
            }
            Error::GivenUp => "too-slow",
            Error::ReadOnly | Error::DiskFull => "failed",
            // What the server's own disk or model did is for its log, not for whoever asked.
            _ => {
                tracing::error!("a request failed: {error}");
                return Self::new("failed", "the library could not be worked on; the server's log has more")
                    .with_hint("`paperpick doctor` on the server says what is broken");
            }
        };
        Self { hint: error.hint(), ..Self::new(name, error.to_string()) }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(&self)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        // Pages show it in their own way.
        response.extensions_mut().insert(self);
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_that_is_away_for_a_moment_is_asked_again_and_not_named() {
        let away =
            Error::NoServer { server: "postgres://db.example.org/lab".into(), reason: "closed".into() };
        let problem = Problem::from(away);
        assert_eq!((problem.status, problem.retry_after), (StatusCode::SERVICE_UNAVAILABLE, Some(2)));
        assert!(!problem.detail.contains("example.org"), "{}", problem.detail);
    }
}
