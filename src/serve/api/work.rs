//! Addresses that begin long work, and the one that tells how it stands.

use axum::extract::{Request, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use tokio::sync::OwnedSemaphorePermit;
use utoipa::{IntoParams, ToSchema};

use super::change::body;
use super::{Asked, Failures, Sent, Shaped, Shared, Unfit};
use crate::app::{App, GroupingTest, LikesIn, SyncAsk};
use crate::config::Sources;
use crate::error::Result as Known;
use crate::paper::ReaderId;
use crate::progress::Progress;
use crate::serve::Site;
use crate::serve::access::Visitor;
use crate::serve::jobs::JobShown;
use crate::serve::problem::Problem;

/// Work that has begun.
pub(super) type Begun = Result<(StatusCode, Shaped<JobShown>), Problem>;

pub(super) fn begun(job: JobShown) -> (StatusCode, Shaped<JobShown>) {
    (StatusCode::ACCEPTED, Shaped::new("job/1", job))
}

/// What to sync.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SyncOrder {
    /// So many days back; as far as the calendar goes, if not given.
    #[schema(maximum = 365)]
    catch_up_days: Option<u32>,
}

/// Bring the library up to today from the sources of the server's settings
///
/// Shape `job/1`; its answer has the shape `sync/1`. One long work at a time for all readers.
#[utoipa::path(post, path = "/sync", tag = "work", request_body = SyncOrder,
    responses((status = 202, description = "`job/1`: it has begun", body = Object), Failures, Unfit))]
pub async fn sync(State(site): Shared, visitor: Visitor, Sent(order): Sent<SyncOrder>) -> Begun {
    if order.catch_up_days.is_some_and(|days| days > 365) {
        return Err(Problem::new("bad-request", "catch_up_days has 0 to 365 days"));
    }
    let sources = site.sources.clone();
    Ok(begun(begin_sync(&site, visitor.reader, sources, order.catch_up_days)?))
}

/// Begins to sync some sources.
pub fn begin_sync(
    site: &std::sync::Arc<Site>,
    reader: ReaderId,
    sources: Sources,
    catch_up_days: Option<u32>,
) -> Result<JobShown, Problem> {
    let clock = site.clock.clone();
    site.begin(reader, "sync", "sync/1", move |app, progress| {
        let seed = clock.now().as_second().unsigned_abs();
        let ask = SyncAsk { sources: &sources, catch_up_days, clock: clock.as_ref(), seed };
        let mut synced = app.sync(&ask, progress)?;
        synced.imported.embedded = app.embed_pending(progress)?;
        app.read_more(progress)?;
        if sources.pictures {
            app.fetch_pictures(&ask, progress)?;
        }
        Ok(synced)
    })
}

/// Replay your history, to see how good your order was
///
/// Shape `job/1`; its answer has the shape `eval-replay/1`, with `days`.
#[utoipa::path(post, path = "/eval", tag = "work",
    responses((status = 202, description = "`job/1`: it has begun", body = Object), Failures))]
pub async fn eval(State(site): Shared, visitor: Visitor) -> Begun {
    Ok(begun(begin_eval(&site, visitor.reader)?))
}

/// Begins to replay a reader's history.
pub fn begin_eval(site: &std::sync::Arc<Site>, reader: ReaderId) -> Result<JobShown, Problem> {
    site.begin(reader, "eval", "eval-replay/1", |app, progress| app.quality(1, progress))
}

/// Let you begin anew: how good ten questions are
///
/// Shape `job/1`; its answer has the shape `eval-start/1`. Your history as `eval` replays it, with questions
/// that `start` chooses and with questions that are drawn.
#[utoipa::path(post, path = "/eval/start", tag = "work",
    responses((status = 202, description = "`job/1`: it has begun", body = Object), Failures))]
pub async fn eval_start(State(site): Shared, visitor: Visitor) -> Begun {
    let work = |app: &mut App, progress: &dyn Progress| app.beginnings(1, progress);
    Ok(begun(site.begin(visitor.reader, "eval-start", "eval-start/1", work)?))
}

/// How many days to group.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TopicsOrder {
    /// So many of the library's days, spread evenly, 1 to 200.
    #[schema(minimum = 1, maximum = 200)]
    days: usize,
}

impl Default for TopicsOrder {
    fn default() -> Self {
        Self { days: 60 }
    }
}

#[derive(Serialize)]
struct Tests {
    tests: [GroupingTest; 1],
}

/// Judge the groups on the library's days
///
/// Shape `job/1`; its answer has the shape `eval-topics/1`.
#[utoipa::path(post, path = "/eval/topics", tag = "work", request_body = TopicsOrder,
    responses((status = 202, description = "`job/1`: it has begun", body = Object), Failures, Unfit))]
pub async fn eval_topics(State(site): Shared, visitor: Visitor, Sent(order): Sent<TopicsOrder>) -> Begun {
    if !(1..=200).contains(&order.days) {
        return Err(Problem::new("bad-request", format!("days is {}, but it is 1 to 200", order.days)));
    }
    let work = move |app: &mut App, progress: &dyn Progress| -> Known<Tests> {
        Ok(Tests { tests: [app.eval_topic_days(order.days, 50, progress)?] })
    };
    Ok(begun(site.begin(visitor.reader, "eval-topics", "eval-topics/1", work)?))
}

/// What to do with the index.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct IndexOrder {
    /// Whether to build it anew, with its graph.
    optimize: bool,
}

/// Bring the index up to the library, or build it anew
///
/// Shape `job/1`; its answer has the shape `index/1`.
#[utoipa::path(post, path = "/index", tag = "work", request_body = IndexOrder,
    responses((status = 202, description = "`job/1`: it has begun", body = Object), Failures, Unfit))]
pub async fn index(State(site): Shared, visitor: Visitor, Sent(order): Sent<IndexOrder>) -> Begun {
    let work = move |app: &mut App, progress: &dyn Progress| match order.optimize {
        true => app.optimize_index(rayon::current_num_threads(), progress),
        false => app.settle_index(),
    };
    Ok(begun(site.begin(visitor.reader, "index", "index/1", work)?))
}

/// How to take likes over.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct LikesFile {
    /// What the file is called; only named in problems.
    #[param(max_length = 300)]
    name: Option<String>,
    /// Whether to ask nobody: what the file does not say stays unknown.
    #[serde(default)]
    offline: bool,
}

/// Like every paper of a file
///
/// Shape `job/1`; its answer has the shape `likes-import/1`. BibTeX, RIS, JSON of Zotero or Semantic
/// Scholar, or identifiers, one a line; the feeds of an OPML are added to what `sync` reads.
#[utoipa::path(post, path = "/likes/import", tag = "work", params(LikesFile),
    request_body(content = String, content_type = "application/octet-stream"),
    responses((status = 202, description = "`job/1`: it has begun", body = Object), Failures,
        (status = 413, description = "More than 32 MiB.")))]
pub async fn import_likes(
    State(site): Shared,
    visitor: Visitor,
    Asked(query): Asked<LikesFile>,
    request: Request,
) -> Begun {
    // The turn is taken before the file is, as for `import`.
    let turn = site.long_turn()?;
    let file = body(request).await?;
    let name = query.name.unwrap_or_else(|| "the file sent".into());
    Ok(begun(begin_likes(&site, turn, visitor.reader, name, file, query.offline)))
}

/// Begins to like every paper of a file.
pub fn begin_likes(
    site: &std::sync::Arc<Site>,
    turn: OwnedSemaphorePermit,
    reader: ReaderId,
    name: String,
    file: axum::body::Bytes,
    offline: bool,
) -> JobShown {
    let (clock, sources) = (site.clock.clone(), site.sources.clone());
    site.begin_in(turn, reader, "likes", "likes-import/1", move |app, progress| {
        let mut likes = LikesIn::default();
        likes.read(&name, Box::new(std::io::Cursor::new(file)))?;
        let seed = clock.now().as_second().unsigned_abs();
        let ask = SyncAsk { sources: &sources, catch_up_days: None, clock: clock.as_ref(), seed };
        app.take_likes(likes, (!offline).then_some(&ask), clock.now(), progress)
    })
}

/// Your last long work of each kind.
#[derive(Debug, Clone, Serialize)]
pub struct JobsShown {
    jobs: Vec<JobShown>,
}

/// How your long work stands
///
/// Shape `jobs/1`: the last work of each kind, as in `job/1`.
#[utoipa::path(get, path = "/jobs", tag = "work",
    responses((status = 200, description = "`jobs/1`", body = Object), Failures))]
pub async fn jobs(State(site): Shared, visitor: Visitor) -> Shaped<JobsShown> {
    Shaped::new("jobs/1", JobsShown { jobs: site.jobs(visitor.reader) })
}
