//! What a reader app subscribes to: the picks of the last days, all or those of one interest or topic.

use std::collections::HashSet;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::digest::{Entry, entry};
use super::interests::{interest_named, interests};
use super::pick::{Pick, Ranking};
use super::points::InShort;
use super::topics::mark::papers_of_topic;
use super::{Context, Count, Verb, Whole, today};
use crate::error::{Error, Result};
use crate::library::{Days, Library};
use crate::paper::{InterestState, Language, Mark, Right};

/// More papers than a day has.
const LONGEST_DAY: usize = 10_000;

/// The last days' picks, or those of an interest or a topic.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default)]
pub struct MakeFeed {
    /// `picks`, `interests/NAME`, `interests/ID` with the identifier of a like, or `topics/NAME`.
    #[schemars(with = "String", length(max = 300), extend("example" = "picks"))]
    pub of: FeedOf,
    /// How many days.
    pub days: FeedDays,
    /// How many papers a day.
    pub n: Count,
    /// The language of the feed's own words.
    pub language: Language,
}

impl Default for MakeFeed {
    fn default() -> Self {
        Self { of: FeedOf::Picks, days: FeedDays::known(7), n: Count::default(), language: Language::En }
    }
}

/// How many days a feed reaches back.
pub type FeedDays = Whole<1, 366>;

impl Verb for MakeFeed {
    const NAME: &'static str = "feed";
    const SHAPE: &'static str = "feed/1";
    const RIGHT: Right = Right::Look;
    type Answer = Feed;

    /// # Errors
    /// [`Error::NothingListed`] in a library without days; [`Error::Invalid`] for an interest or a topic that
    /// is not there, with the names that are.
    fn run(self, library: &mut Library, context: &Context<'_>) -> Result<Feed> {
        let in_short = InShort::new(library, self.language, context);
        let feed = feed(library, &in_short, &self.of, self.days.get() as usize, self.n.get())?;
        Ok(Feed { language: self.language, ..feed })
    }
}

/// A feed's entries, the newest day first and the best of each day first.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Feed {
    /// The name of what it is of, such as `picks`; see [`FeedOf`].
    pub name: String,
    /// The title to show.
    pub title: String,
    /// The newest day of an entry.
    pub updated: Date,
    /// The entries; each paper once, on the first day on which it was an entry.
    pub entries: Vec<Dated>,
    /// What its own words are written in.
    #[serde(skip)]
    pub language: Language,
}

/// An entry and its day.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Dated {
    /// The day on which it was listed.
    pub day: Date,
    /// The entry.
    #[serde(flatten)]
    pub entry: Entry,
}

/// What a feed is of. Its name is `picks`, `interests/NAME`, `interests/ID` or `topics/NAME`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum FeedOf {
    /// The best of each day.
    Picks,
    /// What belongs to an interest, by its name or by the identifier of a like that belongs to it.
    Interest(String),
    /// The papers of a topic that the reader marked, by its name.
    Topic(String),
}

impl TryFrom<String> for FeedOf {
    type Error = Error;

    fn try_from(name: String) -> Result<Self> {
        Self::parse(&name)
    }
}

impl FeedOf {
    /// Reads a name.
    ///
    /// # Errors
    /// [`Error::Invalid`] for one of another form.
    pub fn parse(name: &str) -> Result<Self> {
        match name.split_once('/') {
            None if name == "picks" => Ok(Self::Picks),
            Some(("interests", name)) => Ok(Self::Interest(name.to_owned())),
            Some(("topics", name)) => Ok(Self::Topic(name.to_owned())),
            _ => Err(Error::Invalid(format!(
                "a feed is `picks`, `interests/NAME` or `topics/NAME`, not `{name}`"
            ))),
        }
    }

    /// The name.
    pub fn name(&self) -> String {
        match self {
            Self::Picks => "picks".to_owned(),
            Self::Interest(name) => format!("interests/{name}"),
            Self::Topic(name) => format!("topics/{name}"),
        }
    }
}

/// A feed that there is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offered {
    /// What it is of: an interest by its first like, since names and numbers change.
    pub of: FeedOf,
    /// The title that reader apps show.
    pub title: String,
}

/// The title of a feed of something.
fn titled(name: &str) -> String {
    format!("paperpick: {name}")
}

/// The first `n` papers of each of the last `n_days` days on which something was listed.
///
/// # Errors
/// [`Error::NothingListed`] in a library without days; [`Error::Invalid`] for an interest or a
/// topic that is not there, with the names that are.
fn feed(library: &Library, in_short: &InShort<'_>, of: &FeedOf, n_days: usize, n: usize) -> Result<Feed> {
    let days = library.store.last_days(n_days)?;
    let (Some(&updated), Some(&first)) = (days.first(), days.last()) else {
        return Err(Error::NothingListed("no day is listed yet".into()));
    };
    type IsOf = Box<dyn Fn(&Pick) -> bool>;
    let (title, is_of): (String, IsOf) = match of {
        FeedOf::Picks => (titled("picks"), Box::new(|_| true)),
        FeedOf::Interest(which) => {
            let name = interest_named(library, which)?;
            (titled(&name), Box::new(move |pick| pick.interest.as_ref() == Some(&name)))
        }
        FeedOf::Topic(name) => {
            let papers = papers_of_topic(library, name, (first, updated))?;
            let ids: HashSet<String> = papers.into_iter().map(|paper| paper.id).collect();
            (titled(name), Box::new(move |pick| ids.contains(&pick.paper.id)))
        }
    };
    // The best of a day are varied; what is asked for by name is all there.
    let ranking = match of {
        FeedOf::Picks => Ranking::first(n),
        _ => Ranking { n: LONGEST_DAY, reach: LONGEST_DAY, min_score: 0.0, variety: false },
    };
    let mut entries = Vec::new();
    let mut seen = HashSet::new();
    for &day in days.iter().rev() {
        let picks = today::ranked(library, Days::One(day), &ranking)?.picks;
        let first = entries.len();
        for pick in picks.into_iter().filter(&is_of).take(n) {
            if seen.insert(pick.paper.id.clone()) {
                entries.push(Dated { day, entry: entry(library, in_short, pick)? });
            }
        }
        entries[first..].reverse();
    }
    entries.reverse();
    Ok(Feed { name: of.name(), title, updated, entries, language: Language::En })
}

/// Everything that there is a feed of: the picks, interests and marked topics that are not muted.
///
/// # Errors
/// [`Error::Database`].
pub fn feeds(library: &Library) -> Result<Vec<Offered>> {
    let mut feeds = vec![Offered { of: FeedOf::Picks, title: titled("picks") }];
    let interests = interests(library)?.interests.into_iter();
    let shown = interests.filter(|interest| interest.state != InterestState::Muted);
    feeds.extend(shown.map(|interest| Offered {
        of: FeedOf::Interest(interest.address.to_string()),
        title: titled(&interest.name),
    }));
    let topics = library.store.topic_marks(library.reader)?.into_iter();
    feeds.extend(
        topics
            .filter(|topic| topic.mark != Mark::Mute)
            .map(|topic| Offered { title: titled(&topic.name), of: FeedOf::Topic(topic.name) }),
    );
    Ok(feeds)
}
