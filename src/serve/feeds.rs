//! Feeds for reader apps, and the list of them.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde::Deserialize;

use super::Site;
use super::access::{Visitor, bearer, guarded};
use super::api::Asked;
use super::problem::Problem;
use crate::paper::{Language, Right};
use crate::present::feed::{self, Served, Subscription, encoded};
use crate::verbs::feed::{FeedDays, FeedOf, MakeFeed, Offered, feeds as feed_list};
use crate::verbs::{Count, Verb};

/// How many days a feed reaches back, and the most that it may.
const DAYS: u32 = 7;
const MOST_DAYS: u32 = 31;

/// The feeds' routes.
pub fn routes() -> Router<Arc<Site>> {
    Router::new()
        .route("/feeds.opml", guarded(Right::Look, get(list)))
        .route("/feeds/{*name}", guarded(MakeFeed::RIGHT, get(one)))
}

#[derive(Debug, Deserialize)]
struct FeedQuery {
    /// How many days.
    days: Option<u32>,
    /// How many papers a day.
    n: Option<usize>,
    /// Lets a reader app in.
    token: Option<String>,
}

/// All feeds of a reader as an outline.
async fn list(
    State(site): State<Arc<Site>>,
    visitor: Visitor,
    headers: HeaderMap,
    Asked(query): Asked<FeedQuery>,
) -> Result<Response, Problem> {
    let token = query.token.as_deref().or_else(|| bearer(&headers));
    if token.is_none() && visitor.name.is_some() {
        let why = "a reader app shows no password, so the addresses of feeds need a token";
        let hint = "the page Me makes addresses with one; a program sends `Authorization: Bearer TOKEN`";
        return Err(Problem::new("bad-request", why).with_hint(hint));
    }
    let feeds = site.look(visitor.who, |library, _| feed_list(library)).await?;
    let outline = feed::opml(&addresses(&site.base(&headers), &feeds, token));
    Ok(([(header::CONTENT_TYPE, "text/x-opml; charset=utf-8")], outline).into_response())
}

/// One feed: `NAME.atom` or `NAME.json`.
async fn one(
    State(site): State<Arc<Site>>,
    visitor: Visitor,
    headers: HeaderMap,
    Path(name): Path<String>,
    Asked(query): Asked<FeedQuery>,
) -> Result<Response, Problem> {
    let unknown = || {
        Problem::new("not-found", "a feed is at feeds/NAME.atom or feeds/NAME.json; /feeds.opml names all")
    };
    let (name, is_json) = match (name.strip_suffix(".atom"), name.strip_suffix(".json")) {
        (Some(name), _) => (name, false),
        (_, Some(name)) => (name, true),
        _ => return Err(unknown()),
    };
    let of = FeedOf::parse(name).map_err(|_| unknown())?;
    let (n_days, n) = (query.days.unwrap_or(DAYS), query.n.unwrap_or(site.n).clamp(1, 200));
    if !(1..=MOST_DAYS).contains(&n_days) {
        return Err(Problem::new(
            "bad-request",
            format!("days is {n_days}, but a feed has 1 to {MOST_DAYS}"),
        ));
    }
    let served = |kind| Served {
        feed: Some(address(&site.base(&headers), &of, kind, query.token.as_deref())),
        page: Some(format!("{}/", site.base(&headers))),
    };
    let language = Language::named(visitor.language.words().code);
    let served = served(if is_json { "json" } else { "atom" });
    let request = MakeFeed { of, days: FeedDays::new(n_days)?, n: Count::new(n)?, language };
    let made = site.ask(visitor.who, request).await;
    // What was there when it was subscribed to may be gone.
    let gone = |problem: Problem| match problem.status {
        StatusCode::BAD_REQUEST => {
            Problem { hint: problem.hint, ..Problem::new("not-found", problem.detail) }
        }
        _ => problem,
    };
    let made = made.map_err(gone)?;
    let (kind, text) = match is_json {
        true => ("application/feed+json; charset=utf-8", feed::json(&made, &served)),
        false => ("application/atom+xml; charset=utf-8", feed::atom(&made, &served)),
    };
    Ok(([(header::CONTENT_TYPE, kind)], text).into_response())
}

/// Where some feeds are, for one who shows this token.
pub fn addresses(base: &str, feeds: &[Offered], token: Option<&str>) -> Vec<Subscription> {
    let subscription = |offered: &Offered| Subscription {
        title: offered.title.clone(),
        feed: address(base, &offered.of, "atom", token),
    };
    feeds.iter().map(subscription).collect()
}

fn address(base: &str, of: &FeedOf, kind: &str, token: Option<&str>) -> String {
    let token = token.map(|token| format!("?token={}", encoded(token))).unwrap_or_default();
    format!("{base}/feeds/{}.{kind}{token}", encoded(&of.name()))
}
