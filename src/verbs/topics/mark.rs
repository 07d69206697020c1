//! What a reader follows, likes or mutes, and what is new in it.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::Date;
use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::about::about;
use crate::embed::Embedding;
use crate::error::{Error, Result};
use crate::index::Allowed;
use crate::library::{Days, Library, MarkedCore, bodies, documents};
use crate::paper::{Brief, Mark, PaperId, Right, Row};
use crate::store::MarkedTopic;
use crate::topics::taste::{BELONGS, STAND_FOR, Taste};
use crate::topics::thread::Core;
use crate::topics::{Calibration, Document};
use crate::verbs::{Context, Text, Verb};

/// "This week".
pub(super) const WEEK: u32 = 7;

/// How many of the nearest papers are asked since when a topic has been there.
const NEIGHBOURS: usize = 200;

/// Follow, like or mute a topic.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct MarkTopic {
    /// A paper of it, its name, or a word.
    #[schemars(extend("example" = "2404.15653"))]
    pub about: Text<300>,
    /// `follow`, `like` or `mute`.
    pub mark: Mark,
    /// The day of the topic; if not given, a paper's own day, or else the last week.
    pub date: Option<Date>,
    /// The stretch of days, instead of one.
    #[serde(skip)]
    pub days: Option<Days>,
}

impl Verb for MarkTopic {
    const NAME: &'static str = "topics follow";
    const SHAPE: &'static str = "topic/1";
    const RIGHT: Right = Right::Keep;
    type Answer = Followed;

    /// # Errors
    /// [`Error::Invalid`] if no topic is about it, with the names that there are.
    fn run(self, library: &mut Library, context: &Context<'_>) -> Result<Followed> {
        let days = self.date.map(Days::One).or(self.days);
        mark_topic(library, self.about.as_str(), days, self.mark, context.now())
    }
}

/// Take a topic's mark back.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct ForgetTopic {
    /// The name under which it was marked.
    pub name: Text<300>,
}

/// What taking a mark back did.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Forgotten {
    /// The name.
    pub name: String,
    /// Whether a topic was marked under it.
    pub changed: bool,
}

impl Verb for ForgetTopic {
    const NAME: &'static str = "topics forget";
    const SHAPE: &'static str = "topic-forgotten/1";
    const RIGHT: Right = Right::Keep;
    type Answer = Forgotten;

    fn run(self, library: &mut Library, context: &Context<'_>) -> Result<Forgotten> {
        let name = self.name.to_string();
        let changed = library.store.unmark_topic(library.reader, name.trim(), context.now())?;
        Ok(Forgotten { name, changed })
    }
}

/// The topics that you follow, like or mute, and what is new in them.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
pub struct ListMarked {}

impl Verb for ListMarked {
    const NAME: &'static str = "topics marked";
    const SHAPE: &'static str = "marked-topics/1";
    const RIGHT: Right = Right::Look;
    type Answer = MarkedTopics;

    /// # Errors
    /// [`Error::NothingListed`].
    fn run(self, library: &mut Library, _: &Context<'_>) -> Result<MarkedTopics> {
        let week = library.resolve(Days::Last(WEEK))?;
        Ok(MarkedTopics { topics: news(library, &library.marked_cores()?, library.calibration()?, week)? })
    }
}

/// A topic that the reader marked, with what is new.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
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
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct MarkedTopics {
    /// The topics, the oldest mark first.
    pub topics: Vec<Followed>,
}

/// Marks the topic of some days that `what` is about. Where no days are given, they are the last
/// seven for a name or a word, and for a paper the day on which it was first listed.
fn mark_topic(
    library: &mut Library,
    what: &str,
    days: Option<Days>,
    mark: Mark,
    at: Timestamp,
) -> Result<Followed> {
    let days = match (days, PaperId::parse(what)) {
        (Some(days), _) => days,
        (None, Ok((id, _))) => {
            library.store.paper(&id)?.paper.first_listed().map_or(Days::Last(WEEK), Days::One)
        }
        (None, Err(_)) => Days::Last(WEEK),
    };
    let calibration = library.calibration()?;
    let (first, last) = library.resolve(days)?;
    let mut best: Option<(usize, String, Core)> = None;
    let mut names = Vec::new();
    // The newest day first; of its groups about this the largest.
    for grouped in library.days_grouped((first, last), calibration)?.rev() {
        let grouped = grouped?;
        let cores = grouped.cores();
        for i in about(library, &grouped, what, calibration, false)? {
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
    let topic = MarkedTopic { name, mark, at, first: first_seen(library, &core, calibration)?, papers };
    library.store.mark_topic(library.reader, &topic)?;
    let marks = [(topic, core)];
    Ok(news(library, &marks, calibration, library.resolve(Days::Last(WEEK))?)?.remove(0))
}

/// The followed ones of `marks` with what is new.
pub(super) fn followed_among(
    library: &Library,
    marks: &[MarkedCore],
    calibration: Calibration,
) -> Result<Vec<Followed>> {
    let followed: Vec<MarkedCore> = marks.iter().filter(|(m, _)| m.mark == Mark::Follow).cloned().collect();
    news(library, &followed, calibration, library.resolve(Days::Last(WEEK))?)
}

/// The papers from one day to another of the marked topic of this name, whatever its capitals.
pub(crate) fn papers_of_topic(library: &Library, name: &str, days: (Date, Date)) -> Result<Vec<Brief>> {
    let marks = library.marked_cores()?;
    let named = |(marked, _): &&MarkedCore| marked.name.to_lowercase() == name.to_lowercase();
    if !marks.iter().any(|marked| named(&marked)) {
        let names: Vec<&str> = marks.iter().map(|(marked, _)| marked.name.as_str()).collect();
        return Err(Error::Invalid(match names.is_empty() {
            true => format!("no topic is followed (`paperpick topics follow {name}`)"),
            false => format!("no topic `{name}` is followed; there are: {}", names.join(", ")),
        }));
    }
    let news = news(library, &marks, library.calibration()?, days)?;
    let of = news.into_iter().filter(|topic| topic.name.to_lowercase() == name.to_lowercase());
    Ok(of.flat_map(|topic| topic.this_week).collect())
}

/// What is new from one day to another in each marked topic.
fn news(
    library: &Library,
    marks: &[MarkedCore],
    calibration: Calibration,
    (first, last): (Date, Date),
) -> Result<Vec<Followed>> {
    if marks.is_empty() {
        return Ok(Vec::new());
    }
    let tastes =
        marks.iter().map(|(_, core)| taste(library, core, calibration)).collect::<Result<Vec<_>>>()?;
    let mut found: Vec<(BTreeSet<PaperId>, Vec<Brief>)> = vec![Default::default(); marks.len()];
    let mut days = library.store.days_of(1)?;
    days.retain(|day| (first..=last).contains(day));
    for day in days {
        let listed = library.with_vectors(&library.store.listed(day, day)?)?;
        let texts = bodies(&listed);
        let documents = documents(&listed, &texts);
        let of: Vec<Option<usize>> = documents.par_iter().map(|paper| topic_of(&tastes, paper)).collect();
        for ((stored, _), place) in listed.iter().zip(of) {
            let Some((seen, briefs)) = place.map(|place| &mut found[place]) else { continue };
            if seen.insert(stored.paper.id.clone()) {
                briefs.push(Brief::of(&stored.paper));
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

/// The topic that a paper belongs to, the one that it is most of.
fn topic_of(tastes: &[Taste], paper: &Document<'_>) -> Option<usize> {
    let score = |taste: &Taste| if taste.stands_for(paper.id) { f32::INFINITY } else { taste.score(paper) };
    let scored = tastes.iter().map(score).enumerate().filter(|(_, score)| *score >= BELONGS);
    scored.max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0))).map(|(place, _)| place)
}

/// What belongs to the topic of a core, by its papers and those near them.
fn taste(library: &Library, core: &Core, calibration: Calibration) -> Result<Taste> {
    let given: Vec<Row> =
        core.papers().iter().map(|id| Ok(library.store.paper(id)?.row)).collect::<Result<_>>()?;
    let near: Vec<Row> = match Embedding::normalized(core.sum().to_vec()) {
        Ok(middle) => {
            library.nearest(&middle, NEIGHBOURS, Allowed::All)?.into_iter().map(|n| n.row).collect()
        }
        Err(_) => Vec::new(),
    };
    let (given, near) = (library.with_vectors(&given)?, library.with_vectors(&near)?);
    let texts = (bodies(&given), bodies(&near));
    Ok(Taste::of(&documents(&given, &texts.0), &documents(&near, &texts.1), calibration))
}

/// The first day on which the library has a paper of a topic.
pub(super) fn first_seen(library: &Library, core: &Core, calibration: Calibration) -> Result<Option<Date>> {
    let Ok(middle) = Embedding::normalized(core.sum().to_vec()) else { return Ok(None) };
    let rows: Vec<Row> =
        library.nearest(&middle, NEIGHBOURS, Allowed::All)?.into_iter().map(|n| n.row).collect();
    let near = library.with_vectors(&rows)?;
    let within = near.iter().filter(|(stored, vector)| {
        let alone = Core::of([(&stored.paper.id, vector)]);
        core.papers().contains(&stored.paper.id) || alone.likeness(core, calibration.dense) >= 1.0
    });
    Ok(within.filter_map(|(stored, _)| stored.paper.first_listed()).min())
}
