//! Which address is answered by what, and what every request goes through.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::{DefaultBodyLimit, State};
use axum::http::{Method, StatusCode, header};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Json, Router};
use serde_json::Value;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::timeout::TimeoutLayer;

use super::problem::Problem;
use super::turns::Turns;
use super::{Site, access, answer, api, feeds, mcp, pages, static_files};

/// How long a request may take, from its head to the head of its answer.
const ANSWER_TIME: Duration = Duration::from_secs(30);
/// Whoever holds every turn for so long keeps others from theirs: nothing should take half of it.
const STUCK: Duration = Duration::from_secs(10);
/// The largest request but for files.
const LARGEST_REQUEST: usize = 256 << 10;

/// The whole server. What others (feeds, MCP) serve is merged here, inside the same limits.
pub fn router(site: Arc<Site>) -> Router {
    let document = Arc::new(api::document());
    let options = Arc::new(api::options(&document));
    let asked = api::router()
        .route_layer(from_fn_with_state(options, api::know_options))
        .route("/api/v1/openapi.json", get(description))
        .route("/metrics", get(metrics))
        .merge(pages::routes())
        .merge(feeds::routes())
        .nest_service("/mcp", mcp::Mcp::of_site(site.clone()))
        .fallback(|| async { Problem::of_status(StatusCode::NOT_FOUND) })
        .method_not_allowed_fallback(|| async { Problem::of_status(StatusCode::METHOD_NOT_ALLOWED) })
        .layer(from_fn_with_state(site.clone(), answer::keep))
        .layer(from_fn_with_state(site.clone(), access::enter))
        .layer(from_fn_with_state(site.clone(), pages::problems))
        .layer(Extension(document));
    Router::new()
        .route("/healthz", get(healthz))
        .route("/static/{version}/{name}", get(static_files::file))
        .merge(asked)
        .layer(CompressionLayer::new())
        .layer(DefaultBodyLimit::max(LARGEST_REQUEST))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, ANSWER_TIME))
        .layer(from_fn(explained))
        .layer(from_fn_with_state(site.clone(), answer::finish))
        .with_state(site)
}

/// Whether the server and its library answer, and work goes on.
async fn healthz(State(site): State<Arc<Site>>) -> Result<&'static str, Problem> {
    goes_on(&site.pool.turns, Instant::now())?;
    site.glance(|library| library.version()).await.map(|_| "ok\n")
}

fn goes_on(turns: &Turns, now: Instant) -> Result<(), Problem> {
    let Some(stuck) = turns.stuck_for(now).filter(|stuck| *stuck > STUCK) else { return Ok(()) };
    let detail = format!("the same requests have held every turn for {} seconds", stuck.as_secs());
    Err(Problem { detail, ..Problem::busy() })
}

/// The API's description.
async fn description(Extension(document): Extension<Arc<Value>>) -> Json<Value> {
    Json(Value::clone(&document))
}

/// Figures for Prometheus.
async fn metrics(State(site): State<Arc<Site>>) -> Result<Response, Problem> {
    let size = site.glance(|library| library.size()).await?;
    let text = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    Ok(([(header::CONTENT_TYPE, text)], site.metrics.text(size.papers, site.pool.turns.taken()))
        .into_response())
}

/// Failures of the outer layers, which answer with a bare status, in the same form as all others.
async fn explained(request: axum::extract::Request, next: axum::middleware::Next) -> Response {
    let head = request.method() == Method::HEAD;
    let response = next.run(request).await;
    let status = response.status();
    let bare = response.extensions().get::<Problem>().is_none()
        && response.headers().get(header::CONTENT_TYPE).is_none();
    if !head && bare && (status.is_client_error() || status.is_server_error()) {
        return Problem::of_status(status).into_response();
    }
    response
}

fn panicked(panic: Box<dyn std::any::Any + Send>) -> Response {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or_default();
    tracing::error!("a request panicked: {text}");
    Problem::new("failed", "a bug in paperpick; the server's log has more").into_response()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::paper::ReaderId;

    #[tokio::test]
    async fn a_server_whose_every_turn_is_held_for_long_is_not_healthy() {
        let turns = Arc::new(Turns::new(1));
        let _turn = turns.clone().take(ReaderId::OWNER).await.unwrap();
        assert!(goes_on(&turns, Instant::now() + Duration::from_secs(5)).is_ok());
        let problem = goes_on(&turns, Instant::now() + Duration::from_secs(60)).unwrap_err();
        assert!(problem.detail.contains("have held every turn for 60 seconds"), "{}", problem.detail);
        assert_eq!(problem.into_response().status(), StatusCode::SERVICE_UNAVAILABLE);
    }
}
