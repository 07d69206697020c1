//! A day's picks with all that a reader wants of them: what mail, feeds and files are made of.

use std::collections::BTreeMap;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::likes::RatingCounts;
use super::pick::{Basis, Pick, Ranking};
use super::points::{InShort, Points};
use super::topics::Topics;
use super::{Context, Count, Verb, today};
use crate::error::Result;
use crate::library::{Days, Library};
use crate::paper::{Brief, Language, PaperId, Right, readable};

/// A day's picks with all their texts.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct MakeDigest {
    /// The day; the newest one if not given.
    pub date: Option<Date>,
    /// How many papers.
    pub n: Count,
    /// Whether to put the papers under the topics of the day.
    pub by_topic: bool,
    /// An older name of `by_topic`.
    #[schemars(extend("deprecated" = true))]
    pub topics: bool,
    /// The language of the digest's own words, and of the summaries where there are any in it.
    pub language: Language,
}

impl Verb for MakeDigest {
    const NAME: &'static str = "digest";
    const SHAPE: &'static str = "digest/1";
    const RIGHT: Right = Right::Look;
    type Answer = Digest;

    /// # Errors
    /// [`crate::Error::NothingListed`] with the nearest day that has papers.
    fn run(self, library: &mut Library, context: &Context<'_>) -> Result<Digest> {
        digest(library, &InShort::new(library, self.language, context), &self)
    }
}

/// A day's picks, ready to be written.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Digest {
    /// The day.
    pub day: Date,
    /// How many papers were listed.
    pub n_listed: usize,
    /// What the order rests on.
    pub basis: Basis,
    /// The ratings behind it.
    pub ratings: RatingCounts,
    /// One section without a name, or one for each topic.
    pub sections: Vec<Section>,
    /// What its own words are written in.
    #[serde(skip)]
    pub language: Language,
}

/// Entries that stand together.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Section {
    /// The topic; absent for papers that stand alone, and where topics were not asked for.
    pub name: Option<String>,
    /// The papers, the best first.
    pub entries: Vec<Entry>,
}

/// A pick with its texts.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Entry {
    /// The pick.
    #[serde(flatten)]
    pub pick: Pick,
    /// The authors' abstract; empty if it is not known.
    #[serde(rename = "abstract")]
    pub abstract_text: String,
    /// What it says in short.
    pub points: Points,
    /// Summaries by others, by language; bullets are lines.
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

    /// The lines to read.
    pub fn lines(&self) -> impl Iterator<Item = &str> {
        self.points.lines.iter().map(String::as_str)
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

/// The first `n` picks of a day (the newest one for `None`), by topic if asked.
fn digest(library: &Library, in_short: &InShort<'_>, request: &MakeDigest) -> Result<Digest> {
    let days = request.date.map_or(Days::Newest, Days::One);
    let today = today::ranked(library, days, &Ranking::first(request.n.get()))?;
    let named: Vec<(Option<String>, Vec<Pick>)> = match request.by_topic || request.topics {
        false => vec![(None, today.picks)],
        true => {
            let sections = Topics::if_groupable(library, Days::One(today.last))?.sections(today.picks);
            sections.into_iter().map(|section| (section.topic, section.picks)).collect()
        }
    };
    let mut sections = Vec::with_capacity(named.len());
    for (name, picks) in named {
        let entries = picks.into_iter().map(|pick| entry(library, in_short, pick)).collect::<Result<_>>()?;
        sections.push(Section { name, entries });
    }
    Ok(Digest {
        day: today.last,
        n_listed: today.n_listed,
        basis: today.basis,
        ratings: today.ratings,
        sections,
        language: request.language,
    })
}

/// A pick with its texts.
pub(crate) fn entry(library: &Library, in_short: &InShort<'_>, pick: Pick) -> Result<Entry> {
    let mut paper = library.store.paper(&PaperId::parse(&pick.paper.id)?.0)?.paper;
    Ok(Entry {
        pick,
        points: in_short.of(&paper)?,
        abstract_text: readable(&paper.abstract_text),
        summaries: paper.summaries.into_iter().map(|(language, text)| (language, readable(&text))).collect(),
        image: paper.facts.remove("image"),
        video: paper.facts.remove("video"),
    })
}
