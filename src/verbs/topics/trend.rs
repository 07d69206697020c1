//! Topics over days: what grows.

use std::sync::Arc;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::mark::WEEK;
use crate::error::Result;
use crate::library::{Days, Library, back, mark_of};
use crate::paper::{Mark, Right};
use crate::topics::thread::{DayOfTopics, threads};
use crate::verbs::{Context, Verb, Whole};

/// Topics over some days, what grows first.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default)]
pub struct FollowTrend {
    /// So many days up to the newest one.
    pub days: TrendDays,
}

/// How many days a trend is of, up to a year.
pub type TrendDays = Whole<2, 366>;

impl Default for FollowTrend {
    fn default() -> Self {
        Self { days: TrendDays::known(28) }
    }
}

impl Verb for FollowTrend {
    const NAME: &'static str = "topics --trend";
    const SHAPE: &'static str = "trend/1";
    const RIGHT: Right = Right::Look;
    type Answer = Trend;

    /// # Errors
    /// [`Error::NothingListed`](crate::Error::NothingListed).
    fn run(self, library: &mut Library, _: &Context<'_>) -> Result<Trend> {
        Ok(Arc::unwrap_or_clone(trend(library, self.days)?))
    }
}

/// Topics over some days.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Trend {
    /// The first day.
    pub first: Date,
    /// The last day.
    pub last: Date,
    /// The topics with three papers or more; what grows fastest first.
    pub threads: Vec<Thread>,
}

/// A topic over some days.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Thread {
    /// Its name.
    pub name: String,
    /// What the reader wants of it.
    pub mark: Option<Mark>,
    /// Its papers on all of the days.
    pub n_papers: usize,
    /// New papers of the last seven days.
    pub this_week: usize,
    /// New papers a week on the days before; absent if there are none.
    pub before: Option<f64>,
    /// How many times more this week than before; a topic of this week has as much as it has papers.
    pub growth: f64,
    /// The first of these days on which it was there.
    pub first_seen: Option<Date>,
    /// New papers of each day on which it was there.
    pub days: Vec<DayCount>,
}

/// New papers of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DayCount {
    /// The day.
    pub day: Date,
    /// How many.
    pub papers: usize,
}

/// The topics of the last days, kept until papers or marks change.
///
/// # Errors
/// Those of [`FollowTrend`].
pub(crate) fn trend(library: &Library, days: TrendDays) -> Result<Arc<Trend>> {
    let n_days = days.get();
    library.kept.of::<Trend>().get(library, Days::Last(n_days), || grow(library, n_days))
}

/// The topics of the last `n_days` days with papers that are new to them, by what grows.
fn grow(library: &Library, n_days: u32) -> Result<Trend> {
    let calibration = library.calibration()?;
    let (first, last) = library.resolve(Days::Last(n_days))?;
    let mut days: Vec<DayOfTopics> = Vec::new();
    for grouped in library.days_grouped((first, last), calibration)? {
        let grouped = grouped?;
        let cores = grouped.cores().into_iter().zip(&grouped.topics);
        let shared = cores.filter(|(core, _)| core.papers().len() > 1);
        days.push((grouped.last, shared.map(|(core, topic)| (topic.name.clone(), core)).collect()));
    }
    let marks = library.marked_cores()?;
    let week = back(last, WEEK)?;
    let weeks_before = f64::from(n_days.saturating_sub(WEEK)) / f64::from(WEEK);
    let mut found: Vec<Thread> = threads(&days, calibration.dense)
        .into_iter()
        .filter(|thread| thread.core.papers().len() > 2)
        .map(|thread| {
            let this_week = thread.new_papers(week, last);
            let n_before = thread.new_papers(Date::MIN, last) - this_week;
            let before = (weeks_before > 0.0).then(|| n_before as f64 / weeks_before);
            Thread {
                mark: mark_of(&thread.core, &marks, calibration).map(|marked| marked.mark),
                n_papers: thread.core.papers().len(),
                this_week,
                before,
                // A paper more or less is no trend: both sides start at one.
                growth: (this_week as f64 + 1.0) / (before.unwrap_or(0.0) + 1.0),
                first_seen: thread.first(),
                days: thread.days.iter().map(|(day, p)| DayCount { day: *day, papers: p.len() }).collect(),
                name: thread.name,
            }
        })
        .collect();
    found.sort_by(|a, b| {
        b.growth.total_cmp(&a.growth).then(b.n_papers.cmp(&a.n_papers)).then_with(|| a.name.cmp(&b.name))
    });
    Ok(Trend { first, last, threads: found })
}
