//! Today: the day's picks.

use askama::Template;
use axum::http::Uri;
use axum::response::Html;
use jiff::civil::Date;
use serde::Deserialize;

use super::calendar::{self, Calendar};
use super::card::{Card, Opinion, Topic};
use super::{Frame, html};
use crate::error::Result;
use crate::library::{Days, Library};
use crate::paper::Right;
use crate::serve::api::{Asked, days_of};
use crate::serve::problem::Problem;
use crate::serve::words::Language;
use crate::verbs::likes::RatingCounts;
use crate::verbs::pick::{Basis, Remark};
use crate::verbs::today::{RankDays, Today};
use crate::verbs::topics::Topics;
use crate::verbs::{Count, Verb};

/// So many topics stand beside the list.
const MOST_TOPICS: usize = 15;

/// The most picks on one page: a whole day of a large category.
const MOST: usize = 500;

#[derive(Debug, Deserialize)]
pub struct TodayQuery {
    #[serde(default)]
    by: By,
    /// How many picks.
    n: Option<usize>,
    /// The month that the calendar shows, as any day of it.
    month: Option<Date>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum By {
    #[default]
    Rank,
    Topic,
    Interest,
}

#[derive(Template)]
#[template(path = "today.html", config = "src/serve/askama.toml")]
struct TodayPage {
    f: Frame,
    heading: String,
    n_listed: usize,
    basis: Basis,
    remark: Option<Remark>,
    ratings: RatingCounts,
    by: By,
    /// The address of this day without a view.
    day: String,
    groups: Vec<CardGroup>,
    /// The largest topics of the days, with the number of their papers.
    topics: Vec<(Topic, usize)>,
    /// Papers of these days that the reader likes already.
    liked: Vec<Card>,
    /// Picks of topics that the reader does not want.
    muted: Vec<Card>,
    /// The address with more picks, if there are more.
    more: Option<String>,
    calendar: Calendar,
}

/// Picks under one heading; none where all are in one list.
struct CardGroup {
    name: Option<String>,
    anchor: String,
    cards: Vec<Card>,
}

#[derive(Template)]
#[template(path = "welcome.html", config = "src/serve/askama.toml")]
struct Welcome {
    f: Frame,
    /// Whether the settings name a source.
    has_sources: bool,
}

/// What of a page comes from the library.
struct TodayParts {
    heading: String,
    n_listed: usize,
    basis: Basis,
    remark: Option<Remark>,
    ratings: RatingCounts,
    groups: Vec<CardGroup>,
    topics: Vec<(Topic, usize)>,
    liked: Vec<Card>,
    muted: Vec<Card>,
    has_more: bool,
    calendar: Calendar,
}

/// The page.
pub async fn page(f: Frame, uri: Uri, Asked(query): Asked<TodayQuery>) -> Result<Html<String>, Problem> {
    let (language, by) = (f.visitor.language, query.by);
    let wanted = days_of(&uri)?;
    let n = query.n.unwrap_or(f.site.n.max(20)).clamp(1, MOST);
    let found = f.site.look(f.visitor.who, move |library, context| {
        let today = RankDays::first(wanted, Count::new(n)?).run(library, context)?;
        // More papers than can be grouped are shown without topics.
        let topics = Topics::if_groupable(library, wanted)?;
        find(library, language, today, by, n, query.month, &topics)
    });
    let found = found.await;
    let found = match found {
        Err(problem) if problem.is_nothing() && wanted == Days::Newest => {
            return html(&Welcome { has_sources: !f.site.sources.is_empty(), f });
        }
        found => found?,
    };
    let day = match wanted {
        Days::One(day) => format!("/?date={day}"),
        Days::Last(n) => format!("/?days={n}"),
        _ => "/?".to_owned(),
    };
    let view = match by {
        By::Rank => "",
        By::Topic => "&by=topic",
        By::Interest => "&by=interest",
    };
    html(&TodayPage {
        more: found.has_more.then(|| format!("{day}{view}&n={}", (n + 30).min(MOST))),
        heading: found.heading,
        n_listed: found.n_listed,
        basis: found.basis,
        remark: found.remark,
        ratings: found.ratings,
        groups: found.groups,
        topics: found.topics,
        liked: found.liked,
        muted: found.muted,
        calendar: found.calendar,
        by,
        day,
        f,
    })
}

fn find(
    library: &Library,
    language: Language,
    today: Today,
    by: By,
    n: usize,
    month: Option<Date>,
    topics: &Topics,
) -> Result<TodayParts> {
    let opinion = Opinion::of(library)?;
    let cards = today.picks.iter().map(|pick| Card {
        rank: Some(pick.rank),
        score: pick
            .band
            .map(|band| (language.words().likelihood(band, pick.above), f64::from(pick.above.unwrap_or(0)))),
        reason: Some(language.words().reason(&pick.reason)).filter(|_| today.basis == Basis::Ratings),
        topic: Topic::of(topics, &pick.paper.id),
        listed: None,
        ..Card::of(library, &opinion, language, &pick.paper)
    });
    let cards: Vec<Card> = cards.collect();
    let n_shown = cards.len();
    let liked = opinion.liked(library, today.first, today.last)?;
    let liked = liked.iter().map(|brief| Card {
        topic: Topic::of(topics, &brief.id),
        ..Card::of(library, &opinion, language, brief)
    });
    let interests = today.picks.iter().map(|pick| pick.interest.as_deref());
    let shown = cards.into_iter().zip(interests).filter(|(card, _)| card.rating != "like");
    let (muted, shown): (Vec<_>, Vec<_>) = shown.partition(|(card, _)| card.muted_as().is_some());
    let (cards, interests): (Vec<Card>, Vec<_>) = shown.into_iter().unzip();
    Ok(TodayParts {
        heading: calendar::span(language, today.first, today.last),
        n_listed: today.n_listed,
        basis: today.basis,
        remark: Remark::of(today.basis, &today.picks),
        ratings: today.ratings,
        has_more: n_shown < today.n_listed && n_shown >= n && n < MOST,
        groups: match by {
            By::Rank => vec![CardGroup::all(cards)],
            By::Topic => by_topic(topics, cards),
            By::Interest => by_interest(cards, interests.into_iter()),
        },
        topics: Topic::largest(topics, MOST_TOPICS),
        liked: liked.collect(),
        muted: muted.into_iter().map(|(card, _)| card).collect(),
        calendar: Calendar::around(library, language, month.unwrap_or(today.last), today.first, today.last)?,
    })
}

/// The picks under their topics: the topic with the best pick first, within it as ranked.
fn by_topic(topics: &Topics, cards: Vec<Card>) -> Vec<CardGroup> {
    let group = |(topic, cards): (Option<usize>, Vec<Card>)| CardGroup {
        name: Some(topic.map_or_else(String::new, |i| topics.groups[i].name.clone())),
        anchor: topic.map_or_else(|| "t-alone".into(), |i| format!("t-{i}")),
        cards,
    };
    topics.grouped(cards, |card| &card.id).into_iter().map(group).collect()
}

/// The picks under the interests that they belong to, each where its first pick stands.
fn by_interest<'a>(cards: Vec<Card>, interests: impl Iterator<Item = Option<&'a str>>) -> Vec<CardGroup> {
    let mut groups: Vec<CardGroup> = Vec::new();
    for (card, interest) in cards.into_iter().zip(interests) {
        let name = interest.unwrap_or_default();
        match groups.iter_mut().find(|group| group.name.as_deref() == Some(name)) {
            Some(group) => group.cards.push(card),
            None => {
                let anchor = format!("i-{}", groups.len());
                groups.push(CardGroup { name: Some(name.to_owned()), anchor, cards: vec![card] });
            }
        }
    }
    groups.sort_by_key(|group| group.name.as_deref() == Some(""));
    groups
}

impl CardGroup {
    fn all(cards: Vec<Card>) -> Self {
        Self { name: None, anchor: "t-all".into(), cards }
    }
}
