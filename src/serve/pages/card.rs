//! A paper as lists show it.

use std::collections::{HashMap, HashSet};

use jiff::civil::Date;

use crate::error::Result;
use crate::library::Library;
use crate::paper::{Brief, Language as Spoken, Mark, PaperId, Rating, Row, readable};
use crate::serve::words::Language;
use crate::verbs::likes;
use crate::verbs::points::made_of;
use crate::verbs::sync::pictures::has_picture;
use crate::verbs::topics::Topics;

/// One paper in a list.
pub struct Card {
    pub rank: Option<usize>,
    pub id: String,
    pub anchor: String,
    pub href: String,
    pub title: String,
    pub authors: String,
    pub categories: Vec<String>,
    pub votes: Option<u32>,
    pub listed: Option<Date>,
    /// Where its picture is, if there is one.
    pub picture: Option<String>,
    pub topic: Option<Topic>,
    /// The score in words, and the width of its bar, 0 to 100.
    pub score: Option<(String, f64)>,
    pub reason: Option<String>,
    /// What it is about, and the language of that.
    pub summary: Option<(&'static str, String)>,
    /// `like`, `dislike` or `none`.
    pub rating: &'static str,
    pub saved: bool,
}

/// The topic of a paper.
pub struct Topic {
    pub name: String,
    /// Where it is shown.
    pub href: String,
    /// The day on which it is the paper's.
    pub day: Date,
    /// The name under which the reader muted it.
    pub muted_as: Option<String>,
}

impl Topic {
    /// The topic of a paper on these days, if it shares it with another.
    pub fn of(topics: &Topics, id: &str) -> Option<Self> {
        let mut groups = topics.groups.iter();
        let i = groups.position(|group| group.papers.iter().any(|paper| paper.id == id))?;
        (topics.groups[i].papers.len() > 1).then(|| Self::at(topics, i))
    }

    /// The first `n` topics of these days that the reader has not muted, with the number of their papers.
    pub fn largest(topics: &Topics, n: usize) -> Vec<(Self, usize)> {
        let groups = topics.groups.iter().enumerate();
        let shown = groups.filter(|(_, group)| group.papers.len() > 1 && group.mark != Some(Mark::Mute));
        let mut shown: Vec<_> = shown.map(|(i, group)| (Self::at(topics, i), group.papers.len())).collect();
        shown.sort_by_key(|(_, n_papers)| std::cmp::Reverse(*n_papers));
        shown.truncate(n);
        shown
    }

    fn at(topics: &Topics, i: usize) -> Self {
        let group = &topics.groups[i];
        let days = match topics.first == topics.last {
            true => format!("date={}", topics.last),
            false => {
                format!("days={}", topics.first.until(topics.last).map_or(1, |span| span.get_days() + 1))
            }
        };
        Self {
            name: group.name.clone(),
            href: format!("/topics?{days}#t-{i}"),
            day: topics.last,
            muted_as: group.marked_as.clone().filter(|_| group.mark == Some(Mark::Mute)),
        }
    }
}

/// What a reader thinks of papers, for many cards.
pub struct Opinion {
    ratings: HashMap<String, Rating>,
    /// The rows of what is liked, as far as it is in the library.
    liked: Vec<Row>,
    saved: HashSet<String>,
}

impl Opinion {
    /// Of the app's reader.
    pub fn of(library: &Library) -> Result<Self> {
        let rated = likes::ratings(library, None)?;
        let liked = rated.iter().filter(|rated| rated.rating == Rating::Like);
        Ok(Self {
            liked: liked.filter_map(|rated| rated.row).collect(),
            ratings: rated.into_iter().map(|rated| (rated.id.to_string(), rated.rating)).collect(),
            saved: likes::saved::saved(library)?.into_iter().map(|paper| paper.id.to_string()).collect(),
        })
    }

    /// The liked papers that were listed on these days, by identifier.
    pub fn liked(&self, library: &Library, first: Date, last: Date) -> Result<Vec<Brief>> {
        let listed = library.store.listed(first, last)?;
        let rows = self.liked.iter().copied().filter(|row| listed.binary_search(row).is_ok());
        let papers = library.store.papers(&rows.collect::<Vec<_>>())?;
        let mut liked: Vec<Brief> = papers.iter().map(|stored| Brief::of(&stored.paper)).collect();
        liked.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(liked)
    }

    /// `like`, `dislike` or `none`.
    pub fn rating(&self, id: &str) -> &'static str {
        match self.ratings.get(id) {
            Some(Rating::Like) => "like",
            Some(Rating::Dislike) => "dislike",
            None => "none",
        }
    }

    /// Whether a paper is saved.
    pub fn is_saved(&self, id: &str) -> bool {
        self.saved.contains(id)
    }
}

impl Card {
    /// A paper with what its reader thinks of it, in the reader's language where there is a choice.
    pub fn of(library: &Library, opinion: &Opinion, language: Language, brief: &Brief) -> Self {
        Self {
            rank: None,
            anchor: anchor(&brief.id),
            href: href(&brief.id),
            title: brief.title.clone(),
            authors: authors(&brief.authors),
            categories: brief.categories.iter().take(3).cloned().collect(),
            votes: brief.votes,
            listed: brief.listed,
            picture: picture(library, &brief.id),
            topic: None,
            score: None,
            reason: None,
            summary: summary(library, language, brief),
            rating: opinion.rating(&brief.id),
            saved: opinion.is_saved(&brief.id),
            id: brief.id.clone(),
        }
    }
}

impl Card {
    /// The name under which its topic is muted.
    pub fn muted_as(&self) -> Option<&str> {
        self.topic.as_ref()?.muted_as.as_deref()
    }
}

/// What a paper is about: in Korean the summary, in English the abstract, or else what there is.
fn summary(library: &Library, language: Language, brief: &Brief) -> Option<(&'static str, String)> {
    let known = brief.summary.as_ref().map(|text| {
        let spoken = if Spoken::of(text) == Spoken::Ko { "ko" } else { "en" };
        (spoken, text.clone())
    });
    if language == Language::Ko && known.as_ref().is_some_and(|(spoken, _)| *spoken == "ko") {
        return known;
    }
    // A card without its text is better than no card.
    let paper = PaperId::parse(&brief.id).ok().and_then(|(id, _)| library.paper(&id).ok())?;
    if language == Language::Ko
        && let Some(made) =
            made_of(library, &paper).ok()?.into_iter().find(|made| made.recipe.language == "ko")
    {
        return Some((
            "ko",
            format!(
                "{} ({})",
                readable(&made.text),
                language.words().summary_by.replace("{}", &made.recipe.model)
            ),
        ));
    }
    let english = Some(paper.abstract_text).filter(|text| !text.is_empty());
    english.or_else(|| paper.summaries.get(&Spoken::En).cloned()).map(|text| ("en", text)).or(known)
}

fn picture(library: &Library, id: &str) -> Option<String> {
    let has = has_picture(library, &PaperId::parse(id).ok()?.0);
    has.then(|| format!("/picture/{}", crate::present::feed::encoded(id)))
}

/// The page of a paper.
pub fn href(id: &str) -> String {
    format!("/paper/{}", crate::present::feed::encoded(id))
}

/// A name within a page: letters that an address and a selector can hold.
pub fn anchor(id: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
    format!("p-{}", id.chars().map(plain).collect::<String>())
}

/// The first authors, and how many more there are.
pub fn authors(names: &[String]) -> String {
    match names {
        [a, b, rest @ ..] if rest.len() > 1 => format!("{a}, {b} +{}", rest.len()),
        _ => names.join(", "),
    }
}
