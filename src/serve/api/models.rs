//! Addresses for the models that read papers: which there are, and long work with them.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::{get, post};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::route::{Nothing, Route, Sent};
use super::{Asked, Shared, begun, files, read, shaped};
use crate::error::Result as Known;
use crate::library::Library;
use crate::paper::Right;
use crate::serve::Site;
use crate::serve::access::Visitor;
use crate::serve::problem::Problem;
use crate::verbs::model::{ModelName, ModelWork};
use crate::verbs::{Context, Shape};

/// The most papers that a bench reads.
const MOST_READ: u32 = 10_000;
/// The most models in one request.
const MOST_MODELS: usize = 8;

/// The addresses.
pub fn table() -> Vec<Route> {
    let list = ("look", "Which models can be used.");
    let info = ("look", "What is known of a model. It is loaded for that, if it is on the server.");
    let tune = (
        "work",
        "Make a table for the library's own field. The answer says whether it helped; `POST /model` uses it.",
    );
    let bench = ("work", "Measure how fast models read papers on the server.");
    let embed = (
        "work",
        "Judge models on the library's own papers. Titles that find their abstracts, and neighbours that share a \
         category, on the tenth of the papers that `models/tune` does not learn from.",
    );
    let similar =
        ("work", "Rank judged candidates as `similar` does, and measure the order. A body of up to 32 MiB.");
    vec![
        Route::special::<Nothing, AnyObject>("/models", list, Sent::Options, "model-list/1", get(models))
            .needs(Right::Look),
        Route::special::<ModelQuery, AnyObject>(
            "/models/info",
            info,
            Sent::Options,
            "model-info/1",
            get(about),
        ),
        Route::special::<TuneOrder, AnyObject>(
            "/models/tune",
            tune,
            Sent::Json,
            "model-tune/1",
            post(tune_table),
        )
        .with_job("model-tune/1"),
        Route::special::<BenchOrder, AnyObject>(
            "/models/bench",
            bench,
            Sent::Json,
            "model-bench/1",
            post(measure),
        )
        .with_job("model-bench/1"),
        Route::special::<EmbedOrder, AnyObject>(
            "/eval/embed",
            embed,
            Sent::Json,
            "eval-embed/1",
            post(judge),
        )
        .with_job("eval-embed/1"),
        Route::special::<SimilarOrder, AnyObject>(
            "/eval/similar",
            similar,
            Sent::Json,
            "eval-similar/1",
            post(rank),
        )
        .with_job("eval-similar/1"),
    ]
}

/// An object whose fields the program that loads models knows.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its schema is wanted")]
struct AnyObject {
    #[serde(flatten)]
    fields: std::collections::BTreeMap<String, Value>,
}

async fn models(State(site): Shared, visitor: Visitor) -> Result<Response, Problem> {
    let list = site.look(visitor.who, |library, context| context.models.list(library)).await?;
    Ok(shaped("model-list/1", list))
}

#[derive(Debug, Deserialize, JsonSchema)]
struct ModelQuery {
    /// A name that `GET /models` shows.
    model: Option<ModelName>,
}

async fn about(
    State(site): Shared,
    visitor: Visitor,
    Asked(query): Asked<ModelQuery>,
) -> Result<Response, Problem> {
    let name = query.model.map_or_else(|| "builtin".to_owned(), |model| model.as_str().to_owned());
    let info = site.look(visitor.who, move |library, context| context.models.info(library, &name)).await?;
    let info = info.ok_or_else(|| {
        Problem::new("not-found", "there is no such model on the server")
            .with_hint("GET /api/v1/models names them")
    })?;
    Ok(shaped("model-info/1", info))
}

/// A table to make.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct TuneOrder {
    /// The name of the new table; one of the same name is replaced.
    name: ModelName,
    /// The table to go on from.
    from: ModelName,
    /// How often each paper is seen.
    #[schemars(range(min = 1, max = 20))]
    epochs: usize,
    /// The learning rate.
    #[schemars(extend("exclusiveMinimum" = 0.0, "maximum" = 1.0))]
    rate: f64,
    /// Decides everything that is drawn.
    seed: u32,
}

impl Default for TuneOrder {
    fn default() -> Self {
        Self { name: ModelName::of("tuned"), from: ModelName::of("builtin"), epochs: 2, rate: 0.03, seed: 1 }
    }
}

async fn tune_table(
    State(site): Shared,
    visitor: Visitor,
    headers: HeaderMap,
    read::Sent(body): read::Sent,
) -> Result<Response, Problem> {
    let TuneOrder { name, from, epochs, rate, seed } = read::body(&headers, &body)?;
    if name.as_str() == "builtin" {
        return Err(Problem::new("bad-request", "`builtin` is the table in the program: give another name"));
    }
    if !(1..=20).contains(&epochs) {
        return Err(Problem::new("bad-request", format!("epochs is {epochs}, but it is 1 to 20")));
    }
    if !(rate > 0.0 && rate <= 1.0) {
        return Err(Problem::new("bad-request", format!("rate is {rate}, but it is more than 0, at most 1")));
    }
    let (name, from) = (name.as_str().to_owned(), from.as_str().to_owned());
    let work = ModelWork::Tune { name, from, epochs, rate: rate as f32, seed: seed.into() };
    begin(&site, &visitor, "model-tune", "model-tune/1", work)
}

/// Models to measure.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct BenchOrder {
    /// Names that `GET /models` shows.
    #[schemars(length(min = 1, max = 8))]
    models: Vec<ModelName>,
    /// How many papers each reads.
    #[schemars(range(min = 1, max = 10_000))]
    n: u32,
}

impl Default for BenchOrder {
    fn default() -> Self {
        Self { models: vec![ModelName::of("builtin")], n: 200 }
    }
}

async fn measure(
    State(site): Shared,
    visitor: Visitor,
    headers: HeaderMap,
    read::Sent(body): read::Sent,
) -> Result<Response, Problem> {
    let BenchOrder { models, n } = read::body(&headers, &body)?;
    if !(1..=MOST_READ).contains(&n) {
        return Err(Problem::new("bad-request", format!("n is {n}, but it is 1 to {MOST_READ}")));
    }
    let work = ModelWork::Bench { models: names(models)?, n };
    begin(&site, &visitor, "model-bench", "model-bench/1", work)
}

/// Models to judge.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct EmbedOrder {
    /// Names that `GET /models` shows.
    #[schemars(length(min = 1, max = 8))]
    models: Vec<ModelName>,
}

impl Default for EmbedOrder {
    fn default() -> Self {
        Self { models: vec![ModelName::of("builtin")] }
    }
}

async fn judge(
    State(site): Shared,
    visitor: Visitor,
    headers: HeaderMap,
    read::Sent(body): read::Sent,
) -> Result<Response, Problem> {
    let EmbedOrder { models } = read::body(&headers, &body)?;
    begin(&site, &visitor, "eval-embed", "eval-embed/1", ModelWork::Embed { models: names(models)? })
}

/// Judged candidates.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SimilarOrder {
    /// A name that `GET /models` shows; `builtin` if not given.
    model: Option<ModelName>,
    /// Papers, lines of JSON: `id`, `title`, `abstract`.
    papers: String,
    /// Query, facet, candidate and relevance (0 to 3), with a header, between tabs.
    judgements: String,
    /// The folds of the queries as JSON; without them all queries are alike.
    splits: Option<String>,
}

async fn rank(State(site): Shared, visitor: Visitor, request: Request) -> Result<Response, Problem> {
    // The turn is taken before the texts are, as for `import`.
    let turn = site.long_turn()?;
    let headers = request.headers().clone();
    let body = files::body(request).await?;
    let SimilarOrder { model, papers, judgements, splits } = read::body(&headers, &body)?;
    let model = model.map_or_else(|| "builtin".to_owned(), |model| model.as_str().to_owned());
    let work = ModelWork::Similar { model, papers, judgements, splits };
    Ok(begun(site.begin_work(turn, visitor.who, "eval-similar", "eval-similar/1", does(work))))
}

fn names(models: Vec<ModelName>) -> Result<Vec<String>, Problem> {
    if !(1..=MOST_MODELS).contains(&models.len()) {
        let n = models.len();
        return Err(Problem::new("bad-request", format!("{n} models, but 1 to {MOST_MODELS} are taken")));
    }
    Ok(models.iter().map(|model| model.as_str().to_owned()).collect())
}

fn begin(
    site: &Arc<Site>,
    visitor: &Visitor,
    verb: &'static str,
    shape: Shape,
    work: ModelWork,
) -> Result<Response, Problem> {
    Ok(begun(site.begin_work(site.long_turn()?, visitor.who, verb, shape, does(work))))
}

/// Work on models, as a job does it.
fn does(work: ModelWork) -> impl FnOnce(&mut Library, &Context<'_>) -> Known<Value> + Send + 'static {
    move |library, context| context.models.work(library, work, context.progress)
}
