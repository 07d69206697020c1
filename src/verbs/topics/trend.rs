//! Topics over days: what grows.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::mark::{WEEK, first_seen};
use crate::error::Result;
use crate::library::{Days, Library, back, mark_of};
use crate::paper::{Mark, PaperId, Right};
use crate::topics::{
    self,
    thread::{Core, threads},
};
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
    /// The first day of a paper of it in the library.
    pub first_seen: Option<Date>,
    /// New papers of each day with any.
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

/// The topics of the last `n_days` days, by what grows.
///
/// They are found in all of the days at once and then parted by day: the groups of single days are too small to
/// be known again on the next. Of a week's topics cut in two by date, 17 of 100 were in one thread where days were
/// grouped alone, and 43 are now (`data/topics.md`).
fn grow(library: &Library, n_days: u32) -> Result<Trend> {
    let calibration = library.calibration()?;
    let (first, last) = library.resolve(Days::Last(n_days))?;
    let mut stretches: Vec<Vec<(String, Core)>> = Vec::new();
    let mut came: BTreeMap<PaperId, Date> = BTreeMap::new();
    for grouped in library.stretches_grouped((first, last), calibration)? {
        let grouped = grouped?;
        let cores = grouped.cores().into_iter().zip(&grouped.topics);
        let shared = cores.filter(|(core, _)| core.papers().len() > 1);
        stretches.push(shared.map(|(core, topic)| (topic.name.clone(), core)).collect());
        for (stored, _) in grouped.listed {
            let days = stored.paper.listings.iter().map(|listing| listing.day);
            let came_on = days.filter(|day| (first..=last).contains(day)).min();
            came.extend(came_on.map(|day| (stored.paper.id, day)));
        }
    }
    let marks = library.marked_cores()?;
    let week = back(last, WEEK)?;
    let weeks_before = f64::from(n_days.saturating_sub(WEEK)) / f64::from(WEEK);
    let tied = threads(&stretches, calibration.dense).into_iter();
    let shown = |thread: topics::thread::Thread| -> Result<Thread> {
        let days = days_of(&thread.core, &came);
        let this_week =
            days.iter().filter(|count| count.day >= week).map(|count| count.papers).sum::<usize>();
        let n_before = thread.core.papers().len() - this_week;
        let before = (weeks_before > 0.0).then(|| n_before as f64 / weeks_before);
        Ok(Thread {
            mark: mark_of(&thread.core, &marks, calibration).map(|marked| marked.mark),
            n_papers: thread.core.papers().len(),
            this_week,
            before,
            // A paper more or less is no trend: both sides start at one.
            growth: (this_week as f64 + 1.0) / (before.unwrap_or(0.0) + 1.0),
            first_seen: first_seen(library, &thread.core, calibration)?,
            days,
            name: thread.name,
        })
    };
    let mut found: Vec<Thread> =
        tied.filter(|thread| thread.core.papers().len() > 2).map(shown).collect::<Result<_>>()?;
    found.sort_by(|a, b| {
        b.growth.total_cmp(&a.growth).then(b.n_papers.cmp(&a.n_papers)).then_with(|| a.name.cmp(&b.name))
    });
    Ok(Trend { first, last, threads: found })
}

/// How many papers of a topic came on each day.
fn days_of(core: &Core, came: &BTreeMap<PaperId, Date>) -> Vec<DayCount> {
    let mut counts: BTreeMap<Date, usize> = BTreeMap::new();
    core.papers().iter().filter_map(|id| came.get(id)).for_each(|day| *counts.entry(*day).or_default() += 1);
    counts.into_iter().map(|(day, papers)| DayCount { day, papers }).collect()
}
