//! Which verb is at which address. A verb is here in one line.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, Method, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::{Value, json};

use super::route::{Nothing, Route, Sent};
use super::{JobsShown, Shared, account, begun, files, jobs, models, piece, read, shaped};
use crate::paper::Right;
use crate::serve::Site;
use crate::serve::access::{Visitor, guarded};
use crate::serve::paging::Cut;
use crate::serve::problem::Problem;
use crate::verbs::{Paged, Verb};
use crate::verbs::{
    cluster_plan, days, digest, doctor, eval, feed, index, interests, likes, model, search, show,
};
use crate::verbs::{report, similar, start, summarize, sync, today, topics, why};

/// Looks: the request is in the options.
fn look<V: Verb>(path: &'static str) -> Route {
    look_within::<V>(path, &[])
}

/// The same, with narrower bounds of some numbers than at the command line: what takes one reader a minute is
/// not asked of a server that many share.
fn look_within<V: Verb>(path: &'static str, bounds: &'static [(&'static str, u64)]) -> Route {
    let handler = get(move |State(site): Shared, visitor: Visitor, uri: Uri| async move {
        read::within(&uri, bounds)?;
        let answer = site.ask(visitor.who, read::options::<V>(&uri, &site, &[])?).await?;
        Ok::<_, Problem>(shaped(V::SHAPE, answer))
    });
    let mut route = Route::of::<V>(path, "look", Sent::Options);
    for (name, most) in bounds {
        route.request["properties"][*name]["maximum"] = json!(most);
    }
    Route { handler, ..route }
}

/// Looks at a list in pieces: `n` at a time, the next one by the `cursor` of the one before. `limit` is an
/// older name of `n`.
fn pieces<V: Paged>(path: &'static str) -> Route {
    let handler = get(|State(site): Shared, visitor: Visitor, uri: Uri| async move {
        let asked = read::pairs(&uri)?;
        let of = |name: &str| asked.iter().find(|(known, _)| known == name).map(|(_, text)| text.as_str());
        let n = match of("limit").or(of("n")) {
            Some(text) => text.parse().map_err(|_| {
                Problem::new("bad-request", format!("n is `{text}`, but a piece has 1 to 1000 items"))
            })?,
            None => site.n,
        };
        let cut = Cut::new(n, of("cursor"))?;
        let request = read::options::<V>(&uri, &site, &["n", "limit", "cursor"])?;
        let mut answer = site.ask(visitor.who, request.reaching(cut.first, cut.reach())).await?;
        let items = std::mem::take(V::items(&mut answer));
        let (items, next) = cut.cut(items, V::id);
        *V::items(&mut answer) = items;
        Ok::<_, Problem>(piece(V::SHAPE, answer, &asked, next))
    });
    Route { handler, ..Route::of::<V>(path, "look", Sent::Pieces) }
}

/// Changes something: the request is a body of JSON.
fn change<V: Verb>(path: &'static str) -> Route {
    let handler = post(
        |State(site): Shared, visitor: Visitor, headers: HeaderMap, read::Sent(body): read::Sent| async move {
            let answer = site.change(visitor.who, read::json::<V>(&headers, &body)?).await?;
            Ok::<_, Problem>(shaped(V::SHAPE, answer))
        },
    );
    Route { handler, ..Route::of::<V>(path, "change", Sent::Json) }
}

/// Begins long work.
fn work<V: Verb>(path: &'static str) -> Route {
    let handler = post(
        |State(site): Shared, visitor: Visitor, headers: HeaderMap, read::Sent(body): read::Sent| async move {
            let request = read::json::<V>(&headers, &body)?;
            Ok::<_, Problem>(begun(site.begin(visitor.who, request)?))
        },
    );
    let route = Route::of::<V>(path, "work", Sent::Json);
    Route { handler, ..route }.with_job(V::SHAPE)
}

/// Every address of the API.
pub fn table() -> Vec<Route> {
    let mut table = vec![
        pieces::<today::RankDays>("/today"),
        look::<today::RankByTopic>("/today/by-topic"),
        pieces::<similar::FindSimilar>("/similar"),
        look::<topics::GroupDays>("/topics"),
        change::<topics::mark::MarkTopic>("/topics"),
        look_within::<topics::trend::FollowTrend>("/topics/trend", &[("days", 92)]),
        look::<topics::mark::ListMarked>("/topics/marked"),
        change::<topics::mark::ForgetTopic>("/topics/forget"),
        pieces::<search::Search>("/search"),
        look::<show::ShowPaper>("/show"),
        look::<why::Explain>("/why"),
        look::<interests::ListInterests>("/interests"),
        change::<interests::EditInterest>("/interests"),
        pieces::<likes::ListLikes>("/likes"),
        change::<likes::rate::Rate>("/rate"),
        pieces::<likes::saved::ListSaved>("/saved"),
        change::<likes::saved::Save>("/save"),
        look_within::<feed::MakeFeed>("/feed", &[("days", 31)]),
        look::<start::NextQuestion>("/start"),
        look::<days::ShowCalendar>("/days"),
        look::<doctor::Examine>("/doctor"),
        look::<cluster_plan::PlanCluster>("/cluster-plan"),
        look::<report::MakeReport>("/doctor/report"),
        look::<model::ShowModel>("/model"),
        work::<model::UseModel>("/model"),
        work::<summarize::Summarize>("/summarize"),
        work::<sync::SyncSources>("/sync"),
        work::<eval::ReplayHistory>("/eval"),
        work::<eval::BeginAnew>("/eval/start"),
        work::<eval::summaries::JudgeSummaries>("/eval/summaries"),
        work::<eval::topics::JudgeGroups>("/eval/topics"),
        work::<index::SettleIndex>("/index"),
        Route {
            handler: get(files::digest),
            ..Route::of::<digest::MakeDigest>("/digest", "look", Sent::Options)
        }
        .with::<files::DigestForm>("format")
        .also(&["text/markdown", "text/html", "text/plain"]),
        Route {
            handler: get(files::map),
            ..Route::of::<topics::map::DrawMap>("/topics/map", "look", Sent::Options)
        }
        .with::<files::MapForm>("format")
        .also(&["image/svg+xml", "image/png"]),
        Route::special::<Nothing, JobsShown>(
            "/jobs",
            ("work", "How your long work stands: the last work of each kind."),
            Sent::Options,
            "jobs/1",
            get(jobs),
        )
        .needs(Right::Look),
    ];
    table.extend(files::table());
    table.extend(models::table());
    table.extend(account::table());
    table
}

/// The routes.
pub fn router() -> Router<Arc<Site>> {
    table().into_iter().fold(Router::new(), |router, route| {
        router.route(&format!("/api/v1{}", route.path), guarded(route.right, route.handler))
    })
}

/// The options that each method and address knows.
pub type Options = BTreeMap<(String, String), Vec<String>>;

/// The options of each method and address, as the description has them.
pub fn options(document: &Value) -> Options {
    let mut options = Options::new();
    for (path, methods) in document["paths"].as_object().into_iter().flatten() {
        for (method, about) in methods.as_object().into_iter().flatten() {
            let parameters = about["parameters"].as_array().into_iter().flatten();
            let names = parameters.filter_map(|parameter| parameter["name"].as_str()).map(str::to_owned);
            options.insert((method.to_uppercase(), path.clone()), names.collect());
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
    let asked = read::pairs(request.uri()).unwrap_or_default();
    if let Some(known) = known
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
