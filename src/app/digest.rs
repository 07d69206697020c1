//! A day's picks with all that a reader wants of them: what mail, feeds and files are made of.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::Serialize;

use super::{App, Basis, Brief, Days, Pick, Ratings};
use crate::error::Result;
use crate::paper::{Language, PaperId};

/// A day's picks, ready to be written.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Digest {
    /// The day.
    pub day: Date,
    /// How many papers were listed.
    pub n_listed: usize,
    /// What the order rests on.
    pub basis: Basis,
    /// The ratings behind it.
    pub ratings: Ratings,
    /// One section without a name, or one for each topic.
    pub sections: Vec<Section>,
}

/// Entries that stand together.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Section {
    /// The topic; absent for papers that stand alone, and where topics were not asked for.
    pub name: Option<String>,
    /// The papers, the best first.
    pub entries: Vec<Entry>,
}

/// A pick with its texts.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Entry {
    /// The pick.
    #[serde(flatten)]
    pub pick: Pick,
    /// The authors' abstract; empty if it is not known.
    #[serde(rename = "abstract")]
    pub abstract_text: String,
    /// Summaries by language; bullets are lines.
    pub summaries: BTreeMap<Language, String>,
    /// The address of a picture.
    pub image: Option<String>,
    /// The address of a film.
    pub video: Option<String>,
}

impl Entry {
    /// The paper.
    pub fn paper(&self) -> &Brief {
        &self.pick.paper
    }

    /// The lines to read: those of the summaries, Korean first, or else the abstract.
    pub fn lines(&self) -> impl Iterator<Item = &str> {
        let summaries = self.summaries.values().rev().flat_map(|text| text.lines());
        let instead = self.summaries.is_empty().then_some(self.abstract_text.as_str());
        summaries.chain(instead).map(str::trim).filter(|line| !line.is_empty())
    }
}

impl Digest {
    /// All entries, section by section.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.sections.iter().flat_map(|section| &section.entries)
    }

    /// Whether there is anything to say.
    pub fn is_empty(&self) -> bool {
        self.entries().next().is_none()
    }
}

impl App {
    /// The first `n` picks of a day (the newest one for `None`), by topic if asked.
    ///
    /// # Errors
    /// [`crate::Error::NothingListed`] with the nearest day that has papers.
    pub fn digest(&self, day: Option<Date>, n: usize, by_topic: bool) -> Result<Digest> {
        let today = self.today(day.map_or(Days::Newest, Days::One), n)?;
        let sections = match by_topic {
            false => vec![(None, today.picks)],
            true => {
                let sections = self.topics(Days::One(today.last))?.sections(today.picks);
                sections.into_iter().map(|section| (section.topic, section.picks)).collect()
            }
        };
        let section = |(name, picks): (Option<String>, Vec<Pick>)| -> Result<Section> {
            Ok(Section {
                name,
                entries: picks.into_iter().map(|pick| self.entry(pick)).collect::<Result<_>>()?,
            })
        };
        let sections = sections.into_iter().map(section).collect::<Result<_>>()?;
        let Ratings { likes, dislikes } = today.ratings;
        Ok(Digest {
            day: today.last,
            n_listed: today.n_listed,
            basis: today.basis,
            ratings: Ratings { likes, dislikes },
            sections,
        })
    }

    /// A pick with its texts.
    pub(super) fn entry(&self, pick: Pick) -> Result<Entry> {
        let mut paper = self.store.paper(&PaperId::parse(&pick.paper.id)?.0)?.paper;
        Ok(Entry {
            pick,
            abstract_text: paper.abstract_text,
            summaries: paper.summaries,
            image: paper.facts.remove("image"),
            video: paper.facts.remove("video"),
        })
    }
}
