//! Addresses for those who read elsewhere, for topics, and for the first questions.

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{Asked, DayQuery, Failures, Sent, Shaped, Shared, Unfit, checked};
use crate::app::{App, Brief, Days, Feed, FeedOf, Followed, MarkedTopics, Trend};
use crate::error::Result as Known;
use crate::paper::{Mark, PaperId};
use crate::present::{html, markdown, text};
use crate::serve::access::Visitor;
use crate::serve::problem::Problem;
use crate::topics::png;

/// Pixels for each unit of a map.
const ZOOM: f32 = 1.5;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct DigestQuery {
    /// The day; the newest one if not given.
    date: Option<Date>,
    /// How many papers, 1 to 1000; the server's own number if not given.
    #[param(minimum = 1, maximum = 1000)]
    n: Option<usize>,
    /// Whether to put the papers under the topics of the day.
    #[serde(default)]
    topics: bool,
    /// As what; JSON if not given.
    #[serde(default)]
    #[param(inline)]
    format: Format,
}

#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    #[default]
    Json,
    Markdown,
    Html,
    Text,
}

/// A day's picks with all their texts
///
/// Shape `digest/1`, or the same written as Markdown, HTML or text.
#[utoipa::path(get, path = "/digest", tag = "look", params(DigestQuery),
    responses((status = 200, description = "`digest/1`", body = Object), Failures))]
pub async fn digest(
    State(site): Shared,
    visitor: Visitor,
    Asked(query): Asked<DigestQuery>,
) -> Result<Response, Problem> {
    let n = checked(query.n, site.n)?;
    let work = site.work(visitor.reader, move |app| app.digest(query.date, n, query.topics));
    let digest = work.await?;
    let (kind, text) = match query.format {
        Format::Json => return Ok(Shaped::new("digest/1", digest).into_response()),
        Format::Markdown => ("text/markdown; charset=utf-8", markdown::digest(&digest)),
        // To be taken away: within a page of this server it may have no style of its own.
        Format::Html => ("text/html; charset=utf-8", html::digest(&digest, None)),
        Format::Text => ("text/plain; charset=utf-8", text::digest(&digest)),
    };
    Ok(([(header::CONTENT_TYPE, kind)], text).into_response())
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct FeedQuery {
    /// `picks`, `interests/NAME` or `topics/NAME`; the picks if not given.
    #[param(max_length = 300, example = "picks")]
    of: Option<String>,
    /// How many days, 1 to 31; 7 if not given.
    #[param(minimum = 1, maximum = 31)]
    days: Option<usize>,
    /// How many papers a day, 1 to 1000; the server's own number if not given.
    #[param(minimum = 1, maximum = 1000)]
    n: Option<usize>,
}

/// The last days' picks, or those of an interest or a topic
///
/// Shape `feed/1`. For reader apps the same is at `/feeds/NAME.atom` and `/feeds/NAME.json`.
#[utoipa::path(get, path = "/feed", tag = "look", params(FeedQuery),
    responses((status = 200, description = "`feed/1`", body = Object), Failures))]
pub async fn feed(
    State(site): Shared,
    visitor: Visitor,
    Asked(query): Asked<FeedQuery>,
) -> Result<Shaped<Feed>, Problem> {
    let of = FeedOf::parse(query.of.as_deref().unwrap_or("picks"))?;
    let (n, days) = (checked(query.n, site.n)?, query.days.unwrap_or(7));
    if !(1..=31).contains(&days) {
        return Err(Problem::new("bad-request", format!("days is {days}, but a feed has 1 to 31")));
    }
    let work = site.work(visitor.reader, move |app| app.feed(&of, days, n));
    Ok(Shaped::new("feed/1", work.await?))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct StartQuery {
    /// What you work on, in words.
    #[param(max_length = 2_000)]
    about: Option<String>,
    /// Papers of which you cannot say, between commas.
    #[param(max_length = 2_000)]
    skip: Option<String>,
}

/// The next question to a new reader.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Question {
    /// The paper to rate; absent when there is none to ask about.
    pub paper: Option<Brief>,
}

/// The paper whose rating would tell most about you
///
/// Shape `question/1`. Rate it, and ask again: ratings count as answers.
#[utoipa::path(get, path = "/start", tag = "look", params(StartQuery),
    responses((status = 200, description = "`question/1`", body = Object), Failures))]
pub async fn start(
    State(site): Shared,
    visitor: Visitor,
    Asked(query): Asked<StartQuery>,
) -> Result<Shaped<Question>, Problem> {
    let skipped = query.skip.unwrap_or_default();
    let skipped: Vec<PaperId> =
        skipped.split(',').filter_map(|id| Some(PaperId::parse(id.trim()).ok()?.0)).collect();
    let work = site.work(visitor.reader, move |app| question(app, query.about.as_deref(), &skipped));
    Ok(Shaped::new("question/1", work.await?))
}

/// The next question, to a reader who cannot say of some papers.
pub fn question(app: &App, about: Option<&str>, skipped: &[PaperId]) -> Known<Question> {
    let mut start = app.start(about.filter(|about| !about.trim().is_empty()))?;
    start.skip(skipped);
    Ok(Question { paper: start.question() })
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct MapQuery {
    /// As what; JSON if not given.
    #[serde(default)]
    #[param(inline)]
    format: Drawn,
}

#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Drawn {
    #[default]
    Json,
    Svg,
    Png,
}

/// Some days in two dimensions
///
/// Shape `map/1`, or a picture of it.
#[utoipa::path(get, path = "/topics/map", tag = "look", params(DayQuery, MapQuery),
    responses((status = 200, description = "`map/1`", body = Object), Failures))]
pub async fn map(
    State(site): Shared,
    visitor: Visitor,
    Asked(days): Asked<DayQuery>,
    Asked(query): Asked<MapQuery>,
) -> Result<Response, Problem> {
    let days = days.decided()?;
    let work = site.work(visitor.reader, move |app| {
        let map = app.topic_map(days)?;
        Ok(match query.format {
            Drawn::Json => Shaped::new("map/1", map).into_response(),
            Drawn::Svg => ([(header::CONTENT_TYPE, "image/svg+xml")], map.svg()).into_response(),
            Drawn::Png => ([(header::CONTENT_TYPE, "image/png")], png(&map.svg(), ZOOM)?).into_response(),
        })
    });
    work.await
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct TrendQuery {
    /// So many days up to the newest one, 2 to 92; 28 if not given.
    #[param(minimum = 2, maximum = 92)]
    days: Option<u32>,
}

/// Topics over some days, what grows first
///
/// Shape `trend/1`.
#[utoipa::path(get, path = "/topics/trend", tag = "look", params(TrendQuery),
    responses((status = 200, description = "`trend/1`", body = Object), Failures))]
pub async fn trend(
    State(site): Shared,
    visitor: Visitor,
    Asked(query): Asked<TrendQuery>,
) -> Result<Shaped<Trend>, Problem> {
    let days = query.days.unwrap_or(28);
    if !(2..=92).contains(&days) {
        return Err(Problem::new("bad-request", format!("days is {days}, but a trend has 2 to 92")));
    }
    let kept = site.clone();
    let trend = site.work(visitor.reader, move |app| kept.trend_by(app, days)).await?;
    Ok(Shaped::new("trend/1", Trend::clone(&trend)))
}

/// The topics that you follow, like or mute, and what is new in them
///
/// Shape `marked-topics/1`.
#[utoipa::path(get, path = "/topics/marked", tag = "look",
    responses((status = 200, description = "`marked-topics/1`", body = Object), Failures))]
pub async fn marked(State(site): Shared, visitor: Visitor) -> Result<Shaped<MarkedTopics>, Problem> {
    Ok(Shaped::new("marked-topics/1", site.work(visitor.reader, |app| app.marked_topics()).await?))
}

/// What you want of a topic.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TopicMark {
    /// A paper of it, its name, or a word.
    #[schema(max_length = 300, example = "2404.15653")]
    about: String,
    /// `follow`, `like` or `mute`.
    #[schema(value_type = String, pattern = "^(follow|like|mute)$")]
    mark: Mark,
    /// The day of the topic; if not given, a paper's own day, or else the last week.
    date: Option<Date>,
}

/// Follow, like or mute a topic
///
/// Shape `topic/1`.
#[utoipa::path(post, path = "/topics", tag = "change", request_body = TopicMark,
    responses((status = 200, description = "`topic/1`", body = Object), Failures, Unfit))]
pub async fn mark(
    State(site): Shared,
    visitor: Visitor,
    Sent(wanted): Sent<TopicMark>,
) -> Result<Shaped<Followed>, Problem> {
    let TopicMark { about, mark, date } = wanted;
    let (days, at) = (date.map(Days::One), site.now());
    let work = site.work(visitor.reader, move |app| app.mark_topic(&about, days, mark, at));
    Ok(Shaped::new("topic/1", work.await?))
}

/// A marked topic.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TopicName {
    /// The name under which it was marked.
    #[schema(max_length = 300)]
    name: String,
}

#[derive(Debug, Serialize)]
pub struct Forgotten {
    name: String,
    changed: bool,
}

/// Take a topic's mark back
///
/// Shape `topic-forgotten/1`.
#[utoipa::path(post, path = "/topics/forget", tag = "change", request_body = TopicName,
    responses((status = 200, description = "`topic-forgotten/1`", body = Object), Failures, Unfit))]
pub async fn forget(
    State(site): Shared,
    visitor: Visitor,
    Sent(TopicName { name }): Sent<TopicName>,
) -> Result<Shaped<Forgotten>, Problem> {
    let topic = name.clone();
    let changed = site.work(visitor.reader, move |app| app.unmark_topic(&topic)).await?;
    Ok(Shaped::new("topic-forgotten/1", Forgotten { name, changed }))
}
