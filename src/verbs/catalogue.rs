//! Every verb with the shapes of its request and its answer.

use std::sync::LazyLock;

use serde_json::Value;

use super::{Shape, schema_of, schema_whole, shaped_schema};
use super::{
    Verb, account, backup, cluster_plan, days, digest, doctor, eval, feed, import, index, interests, likes,
};
use super::{model, report, search, show, similar, start, summarize, sync, today, topics, why};
use crate::paper::Right;

/// A verb as it describes itself.
#[derive(Debug, Clone)]
pub struct Described {
    /// The verb as it is typed.
    pub name: &'static str,
    /// The name and number of its answer's shape.
    pub shape: Shape,
    /// What it takes of whoever asks.
    pub right: Right,
    /// What it may be asked, as JSON Schema with all that it refers to within it.
    pub request: Value,
    /// What it answers, likewise.
    pub answer: Value,
}

impl Described {
    /// Of a verb.
    pub fn of<V: Verb>() -> Self {
        let answer = shaped_schema(schema_of::<V::Answer>(), V::SHAPE);
        Self { name: V::NAME, shape: V::SHAPE, right: V::RIGHT, request: schema_whole::<V>(), answer }
    }
}

/// Every verb that answers in JSON, in the order of the command line's help.
pub fn catalogue() -> &'static [Described] {
    static ALL: LazyLock<Vec<Described>> = LazyLock::new(|| {
        vec![
            Described::of::<import::Import>(),
            Described::of::<sync::SyncSources>(),
            Described::of::<days::ShowCalendar>(),
            Described::of::<today::RankDays>(),
            Described::of::<today::RankByTopic>(),
            Described::of::<why::Explain>(),
            Described::of::<interests::ListInterests>(),
            Described::of::<interests::EditInterest>(),
            Described::of::<start::NextQuestion>(),
            Described::of::<similar::FindSimilar>(),
            Described::of::<topics::GroupDays>(),
            Described::of::<topics::map::DrawMap>(),
            Described::of::<topics::trend::FollowTrend>(),
            Described::of::<topics::mark::MarkTopic>(),
            Described::of::<topics::mark::ForgetTopic>(),
            Described::of::<topics::mark::ListMarked>(),
            Described::of::<search::Search>(),
            Described::of::<show::ShowPaper>(),
            Described::of::<summarize::Summarize>(),
            Described::of::<digest::MakeDigest>(),
            Described::of::<feed::MakeFeed>(),
            Described::of::<likes::rate::Rate>(),
            Described::of::<likes::ListLikes>(),
            Described::of::<likes::import::ImportLikes>(),
            Described::of::<likes::saved::Save>(),
            Described::of::<likes::saved::ListSaved>(),
            Described::of::<eval::ReplayHistory>(),
            Described::of::<eval::BeginAnew>(),
            Described::of::<eval::summaries::JudgeSummaries>(),
            Described::of::<eval::topics::JudgeGroups>(),
            Described::of::<index::SettleIndex>(),
            Described::of::<cluster_plan::PlanCluster>(),
            Described::of::<doctor::Examine>(),
            Described::of::<report::MakeReport>(),
            Described::of::<backup::BackUp>(),
            Described::of::<model::ShowModel>(),
            Described::of::<model::UseModel>(),
            Described::of::<account::ListAccounts>(),
        ]
    });
    &ALL
}
