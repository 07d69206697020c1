//! Topics over days: what grows, and what the reader follows, mutes or likes.

use std::collections::BTreeSet;

use jiff::civil::Date;
use jiff::{Span, Timestamp};
use serde::Serialize;

use super::topics::Grouped;
use super::{App, Brief, Days};
use crate::embed::Embedding;
use crate::error::{Error, Result};
use crate::index::Allowed;
use crate::paper::{Mark, PaperId, Row};
use crate::store::MarkedTopic;
use crate::topics::Calibration;
use crate::topics::thread::{Core, DayOfTopics, threads};

/// "This week".
const WEEK: u32 = 7;

/// How many of a topic's papers stand for it.
const STAND_FOR: usize = 30;

/// How many of the nearest papers are asked since when a topic has been there.
const NEIGHBOURS: usize = 200;

/// Topics over some days.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Trend {
    /// The first day.
    pub first: Date,
    /// The last day.
    pub last: Date,
    /// The topics with three papers or more; what grows fastest first.
    pub threads: Vec<Thread>,
}

/// A topic over some days.
#[derive(Debug, Clone, PartialEq, Serialize)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct DayCount {
    /// The day.
    pub day: Date,
    /// How many.
    pub papers: usize,
}

/// A topic that the reader marked, with what is new.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Followed {
    /// The name under which it was marked.
    pub name: String,
    /// What the reader wants of it.
    pub mark: Mark,
    /// The first day of a paper of it in the library.
    pub first_seen: Option<Date>,
    /// Its papers of the last seven days.
    pub this_week: Vec<Brief>,
}

/// Marked topics as they are now.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MarkedTopics {
    /// The topics, the oldest mark first.
    pub topics: Vec<Followed>,
}

/// A mark with the core of its papers.
pub(super) type MarkedCore = (MarkedTopic, Core);

/// The mark whose topic a group is, the most alike.
pub(super) fn mark_of<'m>(
    core: &Core,
    marks: &'m [MarkedCore],
    calibration: Calibration,
) -> Option<&'m MarkedTopic> {
    let likeness = |(_, marked): &MarkedCore| core.likeness(marked, calibration.dense);
    let best = marks
        .iter()
        .max_by(|a, b| likeness(a).total_cmp(&likeness(b)).then_with(|| b.0.name.cmp(&a.0.name)))?;
    (likeness(best) >= 1.0).then_some(&best.0)
}

impl App {
    /// The topics of the last `n_days` days with papers that are new to them, by what grows.
    ///
    /// # Errors
    /// [`Error::NothingListed`].
    pub fn topic_trend(&self, n_days: u32) -> Result<Trend> {
        let calibration = self.calibration()?;
        let (first, last) = self.resolve(Days::Last(n_days))?;
        let days = self.days_grouped(first, last, calibration)?;
        let days: Vec<DayOfTopics> = days
            .iter()
            .map(|grouped| {
                let cores = grouped.cores().into_iter().zip(&grouped.topics);
                let named =
                    cores.filter(|(core, _)| core.papers().len() > 1).map(|(core, t)| (t.name.clone(), core));
                (grouped.last, named.collect())
            })
            .collect();
        let marks = self.marked_cores()?;
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
                    days: thread
                        .days
                        .iter()
                        .map(|(day, p)| DayCount { day: *day, papers: p.len() })
                        .collect(),
                    name: thread.name,
                }
            })
            .collect();
        found.sort_by(|a, b| {
            b.growth.total_cmp(&a.growth).then(b.n_papers.cmp(&a.n_papers)).then_with(|| a.name.cmp(&b.name))
        });
        Ok(Trend { first, last, threads: found })
    }

    /// Marks the topic of some days that `what` is about. Where no days are given, they are the last
    /// seven for a name or a word, and for a paper the day on which it was first listed.
    ///
    /// # Errors
    /// [`Error::Invalid`] if no topic is about it, with the names that there are.
    pub fn mark_topic(
        &mut self,
        what: &str,
        days: Option<Days>,
        mark: Mark,
        at: Timestamp,
    ) -> Result<Followed> {
        let days = match (days, PaperId::parse(what)) {
            (Some(days), _) => days,
            (None, Ok((id, _))) => {
                self.store.paper(&id)?.paper.first_listed().map_or(Days::Last(WEEK), Days::One)
            }
            (None, Err(_)) => Days::Last(WEEK),
        };
        let calibration = self.calibration()?;
        let (first, last) = self.resolve(days)?;
        let mut best: Option<(usize, String, Core)> = None;
        let mut names = Vec::new();
        // The newest day first; of its groups about this the largest.
        for grouped in self.days_grouped(first, last, calibration)?.iter().rev() {
            let cores = grouped.cores();
            for i in self.about(grouped, what, calibration, false)? {
                let n = cores[i].papers().len();
                if best.as_ref().is_none_or(|(most, ..)| n > *most) {
                    best = Some((n, grouped.topics[i].name.clone(), cores[i].clone()));
                }
            }
            names.extend(grouped.topics.iter().filter(|t| t.papers.len() > 1).map(|t| t.name.clone()));
            if best.is_some() {
                break;
            }
        }
        let Some((_, name, core)) = best else {
            let names: Vec<String> = names.into_iter().take(6).collect();
            return Err(Error::Invalid(format!(
                "no topic since {first} is about `{what}`; there are: {}",
                names.join(", ")
            )));
        };
        // A name that the user chose to type is the user's name for it.
        let name = if PaperId::parse(what).is_ok() { name } else { what.trim().to_owned() };
        let papers: Vec<PaperId> = core.papers().iter().take(STAND_FOR).cloned().collect();
        let topic = MarkedTopic { name, mark, at, first: self.first_seen(&core, calibration)?, papers };
        self.store.mark_topic(self.reader, &topic)?;
        let marks = [(topic, core)];
        Ok(self.news(&marks, calibration, self.resolve(Days::Last(WEEK))?)?.remove(0))
    }

    /// Takes a topic's mark back; whether there was one of that name.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn unmark_topic(&mut self, name: &str) -> Result<bool> {
        self.store.unmark_topic(self.reader, name.trim())
    }

    /// All marked topics with what is new in them.
    ///
    /// # Errors
    /// [`Error::NothingListed`].
    pub fn marked_topics(&self) -> Result<MarkedTopics> {
        let week = self.resolve(Days::Last(WEEK))?;
        Ok(MarkedTopics { topics: self.news(&self.marked_cores()?, self.calibration()?, week)? })
    }

    /// The followed ones of `marks` with what is new.
    pub(super) fn followed_among(
        &self,
        marks: &[MarkedCore],
        calibration: Calibration,
    ) -> Result<Vec<Followed>> {
        let followed: Vec<MarkedCore> =
            marks.iter().filter(|(m, _)| m.mark == Mark::Follow).cloned().collect();
        self.news(&followed, calibration, self.resolve(Days::Last(WEEK))?)
    }

    pub(super) fn marked_cores(&self) -> Result<Vec<MarkedCore>> {
        let marks = self.store.topic_marks(self.reader)?;
        marks.into_iter().map(|marked| Ok((marked.clone(), self.core(&marked.papers)?))).collect()
    }

    /// The core of those of some papers that the library holds.
    fn core(&self, ids: &[PaperId]) -> Result<Core> {
        let mut rows: Vec<Row> = Vec::new();
        for id in ids {
            match self.store.paper(id) {
                Ok(stored) => rows.push(stored.row),
                Err(Error::UnknownPaper { .. }) => {}
                Err(other) => return Err(other),
            }
        }
        let papers = self.with_vectors(&rows)?;
        Ok(Core::of(papers.iter().map(|(stored, vector)| (&stored.paper.id, vector))))
    }

    /// The papers from one day to another of the marked topic of this name, whatever its capitals.
    pub(super) fn papers_of_topic(&self, name: &str, days: (Date, Date)) -> Result<Vec<Brief>> {
        let marks = self.marked_cores()?;
        let named = |(marked, _): &&MarkedCore| marked.name.to_lowercase() == name.to_lowercase();
        if !marks.iter().any(|marked| named(&marked)) {
            let names: Vec<&str> = marks.iter().map(|(marked, _)| marked.name.as_str()).collect();
            return Err(Error::Invalid(match names.is_empty() {
                true => format!("no topic is followed (`paperpick topics follow {name}`)"),
                false => format!("no topic `{name}` is followed; there are: {}", names.join(", ")),
            }));
        }
        let news = self.news(&marks, self.calibration()?, days)?;
        let of = news.into_iter().filter(|topic| topic.name.to_lowercase() == name.to_lowercase());
        Ok(of.flat_map(|topic| topic.this_week).collect())
    }

    /// What is new from one day to another in each marked topic.
    fn news(
        &self,
        marks: &[MarkedCore],
        calibration: Calibration,
        (first, last): (Date, Date),
    ) -> Result<Vec<Followed>> {
        if marks.is_empty() {
            return Ok(Vec::new());
        }
        let mut found: Vec<(BTreeSet<PaperId>, Vec<Brief>)> = vec![Default::default(); marks.len()];
        for grouped in &self.days_grouped(first, last, calibration)? {
            for core in grouped.cores() {
                let Some(marked) = mark_of(&core, marks, calibration) else { continue };
                let place = marks.iter().position(|(m, _)| m == marked).unwrap_or(0);
                let (seen, briefs) = &mut found[place];
                for (stored, _) in grouped.listed.iter().filter(|(s, _)| core.papers().contains(&s.paper.id))
                {
                    if seen.insert(stored.paper.id.clone()) {
                        briefs.push(Brief::of(&stored.paper));
                    }
                }
            }
        }
        let news = |((marked, _), (_, this_week)): (&MarkedCore, (_, Vec<Brief>))| Followed {
            name: marked.name.clone(),
            mark: marked.mark,
            first_seen: this_week.iter().filter_map(|brief| brief.listed).chain(marked.first).min(),
            this_week,
        };
        Ok(marks.iter().zip(found).map(news).collect())
    }

    /// The first day on which the library has a paper of a topic.
    fn first_seen(&self, core: &Core, calibration: Calibration) -> Result<Option<Date>> {
        let Ok(middle) = Embedding::normalized(core.sum().to_vec()) else { return Ok(None) };
        let rows: Vec<Row> =
            self.nearest(&middle, NEIGHBOURS, Allowed::All)?.into_iter().map(|n| n.row).collect();
        let near = self.with_vectors(&rows)?;
        let within = near.iter().filter(|(stored, vector)| {
            let alone = Core::of([(&stored.paper.id, vector)]);
            core.papers().contains(&stored.paper.id) || alone.likeness(core, calibration.dense) >= 1.0
        });
        Ok(within.filter_map(|(stored, _)| stored.paper.first_listed()).min())
    }

    /// Each day with papers, grouped, the oldest first.
    fn days_grouped(&self, first: Date, last: Date, calibration: Calibration) -> Result<Vec<Grouped>> {
        let days = self.store.days_of(1)?.into_iter().filter(|day| (first..=last).contains(day));
        days.map(|day| self.grouped((day, day), calibration)).collect()
    }
}

/// The first of `n` days up to `last`.
fn back(last: Date, n: u32) -> Result<Date> {
    let first = Span::new().try_days(i64::from(n) - 1).and_then(|span| last.checked_sub(span));
    first.map_err(|_| Error::Invalid(format!("{n} days reach back before the calendar")))
}
