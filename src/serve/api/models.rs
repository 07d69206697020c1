//! Addresses for the models that read papers: which there are, and long work with them.

use std::sync::Arc;

use axum::extract::{FromRequest, Request, State};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::work::{Begun, begun};
use super::{Asked, Failures, Sent, Shaped, Shared, Unfit};
use crate::app::{App, ModelUse};
use crate::error::Result as Known;
use crate::progress::Progress;
use crate::serve::access::Visitor;
use crate::serve::jobs::JobShown;
use crate::serve::problem::Problem;
use crate::serve::{ModelWork, Site};

/// The most papers that a bench reads.
const MOST_READ: u32 = 10_000;
/// The most models in one request.
const MOST_MODELS: usize = 8;

/// Which model is to read.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ModelOrder {
    /// A name that `GET /models` shows.
    #[schema(max_length = 100, example = "builtin")]
    model: String,
}

/// Let another model read the papers
///
/// Shape `job/1`; its answer has the shape `model-use/1`. The old vectors serve until it has read all.
#[utoipa::path(post, path = "/model", tag = "work", request_body = ModelOrder,
    responses((status = 202, description = "`job/1`: it has begun", body = Object), Failures, Unfit))]
pub async fn choose_model(State(site): Shared, visitor: Visitor, Sent(order): Sent<ModelOrder>) -> Begun {
    by_name(&order.model)?;
    let models = site.clone();
    let work = move |app: &mut App, progress: &dyn Progress| -> Known<ModelUse> {
        let (chosen, embedder) = models.models.load(&order.model)?;
        app.use_model(chosen, embedder)?;
        app.read_more(progress)?;
        app.model_use()
    };
    Ok(begun(site.begin(visitor.reader, "model", "model-use/1", work)?))
}

/// Refuses what is no name: a path would open the server's files.
fn by_name(model: &str) -> Result<(), Problem> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
    if model.is_empty() || !model.chars().all(plain) {
        let detail = "a model is known by its name here; files only by `paperpick model` on the server";
        return Err(Problem::new("bad-request", detail));
    }
    Ok(())
}

/// What is known of a model
///
/// Shape `model-info/1`. It is loaded for that, if it is on the server.
#[utoipa::path(get, path = "/models/info", tag = "look", params(ModelQuery),
    responses((status = 200, description = "`model-info/1`", body = Object), Failures))]
pub async fn model_info(
    State(site): Shared,
    visitor: Visitor,
    Asked(query): Asked<ModelQuery>,
) -> Result<Shaped<serde_json::Value>, Problem> {
    let name = query.model.unwrap_or_else(|| "builtin".into());
    by_name(&name)?;
    let rooms = site.clone();
    let info = site.work(visitor.reader, move |app| rooms.models.info(app, &name)).await?;
    let info = info.ok_or_else(|| {
        Problem::new("not-found", "there is no such model on the server")
            .with_hint("GET /api/v1/models names them")
    })?;
    Ok(Shaped::new("model-info/1", info))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ModelQuery {
    /// A name that `GET /models` shows.
    #[param(max_length = 100, example = "builtin")]
    model: Option<String>,
}

/// Which model reads the papers
///
/// Shape `model-use/1`.
#[utoipa::path(get, path = "/model", tag = "look",
    responses((status = 200, description = "`model-use/1`", body = Object), Failures))]
pub async fn model(State(site): Shared, visitor: Visitor) -> Result<Shaped<ModelUse>, Problem> {
    Ok(Shaped::new("model-use/1", site.work(visitor.reader, |app| app.model_use()).await?))
}

/// Which models can be used
///
/// Shape `model-list/1`.
#[utoipa::path(get, path = "/models", tag = "look",
    responses((status = 200, description = "`model-list/1`", body = Object), Failures))]
pub async fn models(State(site): Shared, visitor: Visitor) -> Result<Shaped<serde_json::Value>, Problem> {
    let listing = site.clone();
    let list = site.work(visitor.reader, move |app| listing.models.list(app)).await?;
    Ok(Shaped::new("model-list/1", list))
}

/// A table to make.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TuneOrder {
    /// The name of the new table; one of the same name is replaced.
    #[schema(max_length = 100, pattern = "^[A-Za-z0-9_-]+$")]
    name: String,
    /// The table to go on from.
    #[schema(max_length = 100, pattern = "^[A-Za-z0-9_-]+$")]
    from: String,
    /// How often each paper is seen.
    #[schema(minimum = 1, maximum = 20)]
    epochs: usize,
    /// The learning rate.
    #[schema(exclusive_minimum = 0.0, maximum = 1.0)]
    rate: f64,
    /// Decides everything that is drawn.
    seed: u32,
}

impl Default for TuneOrder {
    fn default() -> Self {
        Self { name: "tuned".into(), from: "builtin".into(), epochs: 2, rate: 0.03, seed: 1 }
    }
}

/// Make a table for the library's own field
///
/// Shape `job/1`; its answer has the shape `model-tune/1` and says whether it helped. `POST /model` uses it.
#[utoipa::path(post, path = "/models/tune", tag = "work", request_body = TuneOrder,
    responses((status = 202, description = "`job/1`: it has begun", body = Object), Failures, Unfit))]
pub async fn tune(State(site): Shared, visitor: Visitor, Sent(order): Sent<TuneOrder>) -> Begun {
    let TuneOrder { name, from, epochs, rate, seed } = order;
    by_name(&name)?;
    by_name(&from)?;
    if name == "builtin" {
        return Err(Problem::new("bad-request", "`builtin` is the table in the program: give another name"));
    }
    if !(1..=20).contains(&epochs) {
        return Err(Problem::new("bad-request", format!("epochs is {epochs}, but it is 1 to 20")));
    }
    if !(rate > 0.0 && rate <= 1.0) {
        return Err(Problem::new("bad-request", format!("rate is {rate}, but it is more than 0, at most 1")));
    }
    let work = ModelWork::Tune { name, from, epochs, rate: rate as f32, seed: seed.into() };
    Ok(begun(begin(&site, &visitor, "model-tune", "model-tune/1", work)?))
}

/// Models to measure.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct BenchOrder {
    /// Names that `GET /models` shows.
    #[schema(min_items = 1, max_items = 8)]
    models: Vec<String>,
    /// How many papers each reads.
    #[schema(minimum = 1, maximum = 10000)]
    n: u32,
}

impl Default for BenchOrder {
    fn default() -> Self {
        Self { models: vec!["builtin".into()], n: 200 }
    }
}

/// Measure how fast models read papers on the server
///
/// Shape `job/1`; its answer has the shape `model-bench/1`.
#[utoipa::path(post, path = "/models/bench", tag = "work", request_body = BenchOrder,
    responses((status = 202, description = "`job/1`: it has begun", body = Object), Failures, Unfit))]
pub async fn bench(State(site): Shared, visitor: Visitor, Sent(order): Sent<BenchOrder>) -> Begun {
    if !(1..=MOST_READ).contains(&order.n) {
        return Err(Problem::new("bad-request", format!("n is {}, but it is 1 to {MOST_READ}", order.n)));
    }
    let work = ModelWork::Bench { models: by_names(order.models)?, n: order.n };
    Ok(begun(begin(&site, &visitor, "model-bench", "model-bench/1", work)?))
}

/// Models to judge.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct EmbedOrder {
    /// Names that `GET /models` shows.
    #[schema(min_items = 1, max_items = 8)]
    models: Vec<String>,
}

impl Default for EmbedOrder {
    fn default() -> Self {
        Self { models: vec!["builtin".into()] }
    }
}

/// Judge models on the library's own papers
///
/// Shape `job/1`; its answer has the shape `eval-embed/1`: titles that find their abstracts, and neighbours
/// that share a category, on the tenth of the papers that `models/tune` does not learn from.
#[utoipa::path(post, path = "/eval/embed", tag = "work", request_body = EmbedOrder,
    responses((status = 202, description = "`job/1`: it has begun", body = Object), Failures, Unfit))]
pub async fn eval_embed(State(site): Shared, visitor: Visitor, Sent(order): Sent<EmbedOrder>) -> Begun {
    let work = ModelWork::Embed { models: by_names(order.models)? };
    Ok(begun(begin(&site, &visitor, "eval-embed", "eval-embed/1", work)?))
}

/// Judged candidates.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SimilarOrder {
    /// A name that `GET /models` shows; `builtin` if not given.
    #[schema(max_length = 100)]
    model: Option<String>,
    /// Papers, lines of JSON: `id`, `title`, `abstract`.
    papers: String,
    /// Query, facet, candidate and relevance (0 to 3), with a header, between tabs.
    judgements: String,
    /// The folds of the queries as JSON; without them all queries are alike.
    splits: Option<String>,
}

/// Rank judged candidates as `similar` does, and measure the order
///
/// Shape `job/1`; its answer has the shape `eval-similar/1`. Up to 32 MiB.
#[utoipa::path(post, path = "/eval/similar", tag = "work", request_body = SimilarOrder,
    responses((status = 202, description = "`job/1`: it has begun", body = Object), Failures, Unfit))]
pub async fn eval_similar(State(site): Shared, visitor: Visitor, request: Request) -> Begun {
    // The turn is taken before the texts are, as for `import`.
    let turn = site.long_turn()?;
    let Sent(order) = Sent::<SimilarOrder>::from_request(request, &site).await?;
    let model = order.model.unwrap_or_else(|| "builtin".into());
    by_name(&model)?;
    let SimilarOrder { papers, judgements, splits, .. } = order;
    let work = ModelWork::Similar { model, papers, judgements, splits };
    let rooms = site.clone();
    let work = move |app: &mut App, progress: &dyn Progress| rooms.models.work(app, work, progress);
    Ok(begun(site.begin_in(turn, visitor.reader, "eval-similar", "eval-similar/1", work)))
}

fn by_names(models: Vec<String>) -> Result<Vec<String>, Problem> {
    if !(1..=MOST_MODELS).contains(&models.len()) {
        let n = models.len();
        return Err(Problem::new("bad-request", format!("{n} models, but 1 to {MOST_MODELS} are taken")));
    }
    models.iter().try_for_each(|model| by_name(model))?;
    Ok(models)
}

fn begin(
    site: &Arc<Site>,
    visitor: &Visitor,
    verb: &'static str,
    shape: &'static str,
    work: ModelWork,
) -> Result<JobShown, Problem> {
    let rooms = site.clone();
    let work = move |app: &mut App, progress: &dyn Progress| rooms.models.work(app, work, progress);
    site.begin(visitor.reader, verb, shape, work)
}
