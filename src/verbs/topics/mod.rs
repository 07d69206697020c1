//! Days in named groups.

mod about;
pub mod map;
pub mod mark;
pub mod trend;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::pick::Pick;
use super::{Context, Text, Verb};
use crate::error::{Error, Result};
use crate::library::{Days, Grouped, Library, mark_of};
use crate::paper::{Brief, Mark, PaperId, Right};
use crate::topics::Calibration;
use mark::{Followed, followed_among};

/// A day in named groups.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct GroupDays {
    /// Which days.
    #[serde(flatten)]
    pub days: Days,
    /// Only the groups about this: a paper, a name, words, or what is nearest to them in meaning.
    pub about: Option<Text<300>>,
}

impl Verb for GroupDays {
    const NAME: &'static str = "topics";
    const SHAPE: &'static str = "topics/1";
    const RIGHT: Right = Right::Look;
    type Answer = Topics;

    /// # Errors
    /// [`crate::Error::NothingListed`]; [`crate::Error::TooManyPapers`] for days with more papers than can be grouped.
    fn run(self, library: &mut Library, _: &Context<'_>) -> Result<Topics> {
        match self.about {
            Some(about) => topics_about(library, self.days, about.as_str()),
            None => Ok(Arc::unwrap_or_clone(topics(library, self.days)?)),
        }
    }
}

/// A day's topics.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Topics {
    /// The first day.
    pub first: Date,
    /// The last day.
    pub last: Date,
    /// How many papers were listed.
    pub n_listed: usize,
    /// The topics that the reader follows, and what is new in them.
    pub followed: Vec<Followed>,
    /// The groups: those that the reader likes, then the largest first, muted ones last; a paper
    /// that fits nowhere stands alone.
    pub groups: Vec<Group>,
}

/// Papers of one topic.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Group {
    /// The name, of the group's own words.
    pub name: String,
    /// What the reader wants of it.
    pub mark: Option<Mark>,
    /// The name under which it was marked, if it is.
    pub marked_as: Option<String>,
    /// The paper most like all others of the group.
    pub representative: String,
    /// The members, the most typical first.
    pub papers: Vec<Brief>,
}

/// Picks of one topic.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct TopicPicks {
    /// The topic; absent for picks that stand alone.
    pub topic: Option<String>,
    /// How many papers the topic has in all.
    pub n_papers: usize,
    /// The picks, the best first.
    pub picks: Vec<Pick>,
}

impl Topics {
    /// No topic at all, of days that are not grouped.
    pub(crate) fn nothing() -> Self {
        let day = Date::ZERO;
        Self { first: day, last: day, n_listed: 0, followed: Vec::new(), groups: Vec::new() }
    }

    /// The topics of some days, or none where there are more papers than can be grouped.
    ///
    /// # Errors
    /// Those of [`GroupDays`], but for too many papers.
    pub(crate) fn if_groupable(library: &Library, days: Days) -> Result<Arc<Self>> {
        match topics(library, days) {
            Err(Error::TooManyPapers { .. }) => Ok(Arc::new(Self::nothing())),
            topics => topics,
        }
    }

    /// Sorts things by the group of their paper: each group by its place, where its first thing stands; what
    /// is alone comes last, under none.
    pub fn grouped<T>(&self, things: Vec<T>, id: impl Fn(&T) -> &str) -> Vec<(Option<usize>, Vec<T>)> {
        let group_of = |id: &str| {
            let has = |group: &Group| group.papers.len() > 1 && group.papers.iter().any(|p| p.id == id);
            self.groups.iter().position(has)
        };
        let mut grouped: Vec<(Option<usize>, Vec<T>)> = Vec::new();
        for thing in things {
            let group = group_of(id(&thing));
            match grouped.iter_mut().find(|(other, _)| *other == group) {
                Some((_, things)) => things.push(thing),
                None => grouped.push((group, vec![thing])),
            }
        }
        grouped.sort_by_key(|(group, _)| group.is_none());
        grouped
    }

    /// Picks under their topics, each topic where its best pick stands; those on their own come last,
    /// and those of muted topics are left out.
    pub(crate) fn sections(&self, picks: Vec<Pick>) -> Vec<TopicPicks> {
        let grouped = self.grouped(picks, |pick| &pick.paper.id).into_iter();
        let sections = grouped.map(|(group, picks)| (group.map(|group| &self.groups[group]), picks));
        let shown = sections.filter(|(group, _)| group.is_none_or(|group| group.mark != Some(Mark::Mute)));
        let section = |(group, picks): (Option<&Group>, Vec<Pick>)| TopicPicks {
            topic: group.map(|group| group.name.clone()),
            n_papers: group.map_or(1, |group| group.papers.len()),
            picks,
        };
        shown.map(section).collect()
    }
}

/// The days' papers in named groups. They do not depend on ratings, so they are kept until papers or marks
/// change.
///
/// # Errors
/// Those of [`GroupDays`].
pub(crate) fn topics(library: &Library, days: Days) -> Result<Arc<Topics>> {
    library.kept.of::<Topics>().get(library, days, || {
        let span = library.resolve(days)?;
        library.check_groupable(span)?;
        let calibration = library.calibration()?;
        let grouped = library.grouped(span, calibration)?;
        let everything: BTreeSet<usize> = (0..grouped.topics.len()).collect();
        shown(library, &grouped, &everything, calibration)
    })
}

/// The same if they are made already.
pub(crate) fn known_topics(library: &Library, days: Days) -> Result<Option<Arc<Topics>>> {
    library.check_groupable(library.resolve(days)?)?;
    library.kept.of::<Topics>().known(library, days)
}

/// The days' groups about something: a paper's group, the group of a name, the groups whose papers
/// have the words, or else those nearest in meaning.
fn topics_about(library: &Library, days: Days, about_what: &str) -> Result<Topics> {
    let span = library.resolve(days)?;
    library.check_groupable(span)?;
    let calibration = library.calibration()?;
    let grouped = library.grouped(span, calibration)?;
    let chosen = about::about(library, &grouped, about_what, calibration, true)?;
    shown(library, &grouped, &chosen, calibration)
}

fn shown(
    library: &Library,
    grouped: &Grouped,
    chosen: &BTreeSet<usize>,
    calibration: Calibration,
) -> Result<Topics> {
    let marks = library.marked_cores()?;
    let briefs: BTreeMap<&PaperId, Brief> =
        grouped.listed.iter().map(|(stored, _)| (&stored.paper.id, Brief::of(&stored.paper))).collect();
    let cores = grouped.cores();
    let mut groups: Vec<Group> = chosen
        .iter()
        .map(|&i| {
            let topic = &grouped.topics[i];
            let marked = mark_of(&cores[i], &marks, calibration);
            Group {
                name: topic.name.clone(),
                mark: marked.map(|marked| marked.mark),
                marked_as: marked.map(|marked| marked.name.clone()),
                representative: topic.representative.to_string(),
                papers: topic.papers.iter().filter_map(|id| briefs.get(id).cloned()).collect(),
            }
        })
        .collect();
    groups.sort_by_key(|group| match group.mark {
        Some(Mark::Like) => 0,
        Some(Mark::Mute) => 2,
        _ => 1,
    });
    let followed = followed_among(library, &marks, calibration)?;
    Ok(Topics { first: grouped.first, last: grouped.last, n_listed: grouped.listed.len(), followed, groups })
}
