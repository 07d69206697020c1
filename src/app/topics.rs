//! Days in named groups, and where they lie.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use serde::Serialize;

use super::threads::Followed;
use super::{App, Brief, Days, Pick, Today};
use crate::embed::{Embedding, Role};
use crate::error::{Error, Result};
use crate::paper::{Mark, Paper, PaperId, Rating};
use crate::progress::Silent;
use crate::store::StoredPaper;
use crate::topics::thread::Core;
use crate::topics::{self, Calibration, Document, Map, Topic};

/// Enough pairs (80,000) to know the middle of their cosines to the third digit.
const CALIBRATION_SAMPLE: usize = 400;

/// How many groups an answer about a text has at most, where none holds its words.
const NEAREST_GROUPS: usize = 3;

/// A day's topics.
#[derive(Debug, Clone, PartialEq, Serialize)]
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
#[derive(Debug, Clone, PartialEq, Serialize)]
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
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TopicPicks {
    /// The topic; absent for picks that stand alone.
    pub topic: Option<String>,
    /// How many papers the topic has in all.
    pub n_papers: usize,
    /// The picks, the best first.
    pub picks: Vec<Pick>,
}

/// A day's picks under their topics.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TodayByTopic {
    /// The first day.
    pub first: Date,
    /// The last day.
    pub last: Date,
    /// How many papers were listed.
    pub n_listed: usize,
    /// The topics, each where its best pick stands; without those that are muted.
    pub sections: Vec<TopicPicks>,
}

impl Today {
    /// The picks under the topics of their days.
    pub fn by_topic(self, topics: &Topics) -> TodayByTopic {
        let Self { first, last, n_listed, picks, .. } = self;
        TodayByTopic { first, last, n_listed, sections: topics.sections(picks) }
    }
}

impl Topics {
    /// Things under the groups of their papers: each group by its place, where its first thing stands; what
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
    pub(super) fn sections(&self, picks: Vec<Pick>) -> Vec<TopicPicks> {
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

/// Some days in two dimensions.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DayMap {
    /// The first day.
    pub first: Date,
    /// The last day.
    pub last: Date,
    /// Where papers and topics lie.
    #[serde(flatten)]
    pub map: Map,
}

impl DayMap {
    /// A picture of it.
    pub fn svg(&self) -> String {
        let counted = |n: usize, one: &str| format!("{n} {one}{}", if n == 1 { "" } else { "s" });
        let days = match self.first == self.last {
            true => self.first.to_string(),
            false => format!("{} to {}", self.first, self.last),
        };
        let (papers, topics) = (self.map.papers.len(), self.map.topics.len());
        self.map.svg(&format!("{days}: {}, {}", counted(papers, "paper"), counted(topics, "topic")))
    }
}

/// Some days' papers, grouped.
pub(super) struct Grouped {
    pub first: Date,
    pub last: Date,
    pub listed: Vec<(StoredPaper, Embedding)>,
    pub topics: Vec<Topic>,
}

impl Grouped {
    /// The core of each topic.
    pub fn cores(&self) -> Vec<Core> {
        let vectors: BTreeMap<&PaperId, &Embedding> =
            self.listed.iter().map(|(stored, vector)| (&stored.paper.id, vector)).collect();
        let core =
            |topic: &Topic| Core::of(topic.papers.iter().filter_map(|id| Some((id, *vectors.get(id)?))));
        self.topics.iter().map(core).collect()
    }
}

impl App {
    /// The days' papers in named groups.
    ///
    /// # Errors
    /// [`Error::NothingListed`].
    pub fn topics(&self, days: Days) -> Result<Topics> {
        let calibration = self.calibration()?;
        let grouped = self.grouped(self.resolve(days)?, calibration)?;
        let everything: BTreeSet<usize> = (0..grouped.topics.len()).collect();
        self.shown(&grouped, &everything, calibration)
    }

    /// The days' groups about something: a paper's group, the group of a name, the groups whose papers
    /// have the words, or else those nearest in meaning.
    ///
    /// # Errors
    /// [`Error::NothingListed`].
    pub fn topics_about(&self, days: Days, about: &str) -> Result<Topics> {
        let calibration = self.calibration()?;
        let grouped = self.grouped(self.resolve(days)?, calibration)?;
        let chosen = self.about(&grouped, about, calibration, true)?;
        self.shown(&grouped, &chosen, calibration)
    }

    /// The days in two dimensions.
    ///
    /// # Errors
    /// [`Error::NothingListed`].
    pub fn topic_map(&self, days: Days) -> Result<DayMap> {
        let grouped = self.grouped(self.resolve(days)?, self.calibration()?)?;
        let texts = vec![String::new(); grouped.listed.len()];
        let liked: BTreeSet<PaperId> = self
            .store
            .ratings(self.reader)?
            .into_iter()
            .filter(|rated| rated.rating == Rating::Like)
            .map(|rated| rated.id)
            .collect();
        let map = Map::of(&documents(&grouped.listed, &texts), &grouped.topics, |id| liked.contains(id));
        Ok(DayMap { first: grouped.first, last: grouped.last, map })
    }

    pub(super) fn grouped(&self, (first, last): (Date, Date), calibration: Calibration) -> Result<Grouped> {
        let listed = self.with_vectors(&self.store.listed(first, last)?)?;
        let texts = bodies(&listed);
        let topics = topics::group(&documents(&listed, &texts), calibration);
        Ok(Grouped { first, last, listed, topics })
    }

    fn shown(&self, grouped: &Grouped, chosen: &BTreeSet<usize>, calibration: Calibration) -> Result<Topics> {
        let marks = self.marked_cores()?;
        let briefs: BTreeMap<&PaperId, Brief> =
            grouped.listed.iter().map(|(stored, _)| (&stored.paper.id, Brief::of(&stored.paper))).collect();
        let cores = grouped.cores();
        let mut groups: Vec<Group> = chosen
            .iter()
            .map(|&i| {
                let topic = &grouped.topics[i];
                let marked = super::threads::mark_of(&cores[i], &marks, calibration);
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
        let followed = self.followed_among(&marks, calibration)?;
        Ok(Topics {
            first: grouped.first,
            last: grouped.last,
            n_listed: grouped.listed.len(),
            followed,
            groups,
        })
    }

    /// The places of the groups that something is about; words that no group holds are looked for by
    /// their meaning only where that is wanted.
    pub(super) fn about(
        &self,
        grouped: &Grouped,
        about: &str,
        calibration: Calibration,
        by_meaning: bool,
    ) -> Result<BTreeSet<usize>> {
        let topics = &grouped.topics;
        if let Ok((id, _)) = PaperId::parse(about) {
            let within = topics.iter().position(|topic| topic.papers.contains(&id));
            let nearest = || -> Result<Vec<usize>> {
                let paper = self.with_vectors(&[self.store.paper(&id)?.row])?;
                Ok(paper
                    .first()
                    .map_or(Vec::new(), |(_, vector)| nearest_groups(grouped, vector, calibration)))
            };
            return Ok(match within {
                Some(place) => BTreeSet::from([place]),
                None => nearest()?.into_iter().collect(),
            });
        }
        let same = |topic: &Topic| topic.name.to_lowercase() == about.trim().to_lowercase();
        if let Some(place) = topics.iter().position(same) {
            return Ok(BTreeSet::from([place]));
        }
        let texts: BTreeMap<&PaperId, String> = grouped
            .listed
            .iter()
            .map(|(stored, _)| (&stored.paper.id, format!("{}\n{}", stored.paper.title, body(&stored.paper))))
            .collect();
        // Half of a group's papers or more hold the words, or its name does.
        let holds = |topic: &Topic| {
            let with = topic
                .papers
                .iter()
                .filter_map(|id| texts.get(id))
                .filter(|text| topics::mentions(text, about));
            topics::mentions(&topic.name, about) || with.count() * 2 >= topic.papers.len()
        };
        let chosen: BTreeSet<usize> = (0..topics.len()).filter(|&i| holds(&topics[i])).collect();
        if !chosen.is_empty() || !by_meaning {
            return Ok(chosen);
        }
        let vector = self.embedder.embed(Role::Query, &[about], &Silent)?.pop().ok_or(Error::NoDirection)?;
        Ok(nearest_groups(grouped, &vector, calibration).into_iter().collect())
    }

    /// What unrelated papers of this library have in common under the present model.
    pub(super) fn calibration(&self) -> Result<Calibration> {
        let sample = self.with_vectors(&self.store.sample(CALIBRATION_SAMPLE, 0)?)?;
        let texts = bodies(&sample);
        Ok(Calibration::measure(&documents(&sample, &texts)))
    }
}

/// The few groups most like a paper that is in none of them, or a question, among those that are like it
/// at all.
fn nearest_groups(grouped: &Grouped, vector: &Embedding, calibration: Calibration) -> Vec<usize> {
    let likeness = |core: &Core| core.likeness_of(vector, calibration.dense);
    let mut scored: Vec<(f32, usize)> =
        grouped.cores().iter().enumerate().map(|(i, core)| (likeness(core), i)).collect();
    scored.retain(|(likeness, _)| *likeness >= 0.7);
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    scored.into_iter().take(NEAREST_GROUPS).map(|(_, i)| i).collect()
}

/// Papers as grouping needs them; `texts` are their [`bodies`].
pub(super) fn documents<'a>(
    papers: &'a [(StoredPaper, Embedding)],
    texts: &'a [String],
) -> Vec<Document<'a>> {
    let document = |((stored, embedding), text): (&'a (StoredPaper, Embedding), &'a String)| Document {
        id: &stored.paper.id,
        title: &stored.paper.title,
        text,
        embedding,
        votes: stored.paper.top_votes(),
    };
    papers.iter().zip(texts).map(document).collect()
}

/// Abstract and summaries of each paper, one after the other.
pub(super) fn bodies(papers: &[(StoredPaper, Embedding)]) -> Vec<String> {
    papers.iter().map(|(stored, _)| body(&stored.paper)).collect()
}

fn body(paper: &Paper) -> String {
    let texts = [&paper.abstract_text].into_iter().chain(paper.summaries.values());
    texts.filter(|text| !text.is_empty()).cloned().collect::<Vec<_>>().join("\n")
}
