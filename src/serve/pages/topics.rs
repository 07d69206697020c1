//! Topics: the days in named groups and as a map, what grows, and what a reader wants of them.

use std::collections::HashMap;
use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::Uri;
use axum::response::{Html, Redirect};
use jiff::civil::Date;
use serde::Deserialize;

use super::card::{authors, href};
use super::undo::{self, Undo};
use super::{Frame, calendar, html};
use crate::error::Result as Known;
use crate::library::{Days, Library};
use crate::paper::{Brief, Mark, Rating, Right};
use crate::serve::Site;
use crate::serve::access::Visitor;
use crate::serve::api::{Asked, Posted, days_of};
use crate::serve::problem::Problem;
use crate::topics::Label;
use crate::verbs::topics::map::DayMap;
use crate::verbs::topics::mark::{Followed, ForgetTopic, MarkTopic};
use crate::verbs::topics::trend::{Thread, TrendDays};
use crate::verbs::topics::{self, Topics};
use crate::verbs::{Text, likes};

/// How many days the page of threads reaches back, if it is not asked, and at most.
const DAYS: u32 = 28;
const MOST_DAYS: u32 = 92;
/// How many papers of a topic are shown before it is opened.
const UNFOLDED: usize = 3;
/// How many threads are shown.
const THREADS: usize = 60;
/// How many papers a map can have and still be read.
const MOST_ON_MAP: usize = 1_500;

#[derive(Template)]
#[template(path = "topics.html", config = "src/serve/askama.toml")]
struct TopicsPage {
    f: Frame,
    heading: String,
    n_listed: usize,
    map: Option<Map>,
    groups: Vec<Group>,
    alone: Vec<PaperLine>,
    /// The address of the same days on Today.
    day: String,
    /// The days, as the forms name them.
    date: Option<Date>,
    days: Option<u32>,
    followed: Vec<News>,
}

struct Group {
    name: String,
    anchor: String,
    /// One of eight colours.
    hue: usize,
    papers: Vec<PaperLine>,
    mark: Option<Mark>,
    /// The name under which it is marked.
    marked_as: String,
    /// The paper that stands for it.
    paper: String,
}

impl Group {
    /// The papers that are shown at once, and those that open.
    fn first(&self) -> &[PaperLine] {
        &self.papers[..self.papers.len().min(UNFOLDED)]
    }

    fn rest(&self) -> &[PaperLine] {
        &self.papers[self.first().len()..]
    }
}

struct PaperLine {
    href: String,
    title: String,
    authors: String,
    votes: Option<u32>,
}

/// A topic that the reader follows.
struct News {
    name: String,
    papers: Vec<PaperLine>,
}

/// The days in two dimensions, ready to be drawn.
struct Map {
    width: f32,
    height: f32,
    places: Vec<Circle>,
    dots: Vec<Dot>,
    /// How wide the picture is at least, in the style sheet's words.
    class: &'static str,
    /// Names for narrow and for wide screens, which the style sheet tells apart.
    layers: [(&'static str, Vec<Label>); 2],
}

/// How wide a map is at least, in pixels, on narrow and on wide screens: `style.css` has the same widths.
fn least_widths(n_papers: usize) -> (&'static str, [f32; 2]) {
    match n_papers {
        0..=20 => ("few", [300.0, 800.0]),
        21..=300 => ("many", [640.0, 880.0]),
        _ => ("most", [1024.0, 1600.0]),
    }
}

struct Circle {
    name: String,
    anchor: String,
    hue: usize,
    x: f32,
    y: f32,
    radius: f32,
}

struct Dot {
    href: String,
    title: String,
    /// None stands alone.
    hue: Option<usize>,
    is_liked: bool,
    x: f32,
    y: f32,
    radius: f32,
}

/// The page.
pub async fn page(f: Frame, uri: Uri) -> Result<Html<String>, Problem> {
    let wanted = days_of(&uri)?;
    let work = f.site.look(f.visitor.who, move |library, _| {
        let topics = topics::topics(library, wanted)?;
        let map =
            (topics.n_listed <= MOST_ON_MAP).then(|| topics::map::topic_map(library, wanted)).transpose()?;
        let map = map.map(|map| Map::of(library, &topics, &map)).transpose()?;
        Ok((topics, map))
    });
    let (topics, map) = work.await?;
    let mut alone = Vec::new();
    let mut groups = Vec::new();
    for (i, group) in topics.groups.iter().enumerate() {
        let papers = group.papers.iter().map(PaperLine::of);
        if group.papers.len() == 1 {
            alone.extend(papers);
        } else {
            groups.push(Group {
                name: group.name.clone(),
                anchor: format!("t-{i}"),
                hue: i % 8,
                papers: papers.collect(),
                mark: group.mark,
                marked_as: group.marked_as.clone().unwrap_or_default(),
                paper: group.representative.clone(),
            });
        }
    }
    let days = match wanted {
        Days::Last(n) => Some(n),
        _ => None,
    };
    let day = match wanted {
        Days::One(day) => format!("/?date={day}&by=topic"),
        Days::Last(n) => format!("/?days={n}&by=topic"),
        _ => "/?by=topic".to_owned(),
    };
    html(&TopicsPage {
        heading: calendar::span(f.visitor.language, topics.first, topics.last),
        n_listed: topics.n_listed,
        map,
        groups,
        alone,
        day,
        date: days.is_none().then_some(topics.last),
        days,
        followed: topics.followed.iter().map(News::of).collect(),
        f,
    })
}

impl PaperLine {
    fn of(brief: &Brief) -> Self {
        Self {
            href: href(&brief.id),
            title: brief.title.clone(),
            authors: authors(&brief.authors),
            votes: brief.votes,
        }
    }
}

impl News {
    fn of(followed: &Followed) -> Self {
        Self { name: followed.name.clone(), papers: followed.this_week.iter().map(PaperLine::of).collect() }
    }
}

impl Map {
    fn of(library: &Library, topics: &Topics, days: &Arc<DayMap>) -> Known<Self> {
        let map = &days.map;
        let mut place = HashMap::new();
        for (i, group) in topics.groups.iter().enumerate().filter(|(_, group)| group.papers.len() > 1) {
            place.extend(group.papers.iter().map(|paper| (paper.id.as_str(), i)));
        }
        let likes = likes::ratings(library, Some(Rating::Like))?;
        let dots = map.papers.iter().map(|dot| Dot {
            href: href(dot.id.as_str()),
            title: dot.title.clone(),
            hue: place.get(dot.id.as_str()).map(|i| i % 8),
            is_liked: likes.iter().any(|liked| liked.id == dot.id),
            x: dot.x,
            y: dot.y,
            radius: dot.radius,
        });
        let of_topic =
            |k: usize| map.papers.iter().find(|d| d.topic == Some(k)).and_then(|d| place.get(d.id.as_str()));
        let places = map.topics.iter().enumerate().map(|(k, topic)| {
            let i = of_topic(k).copied().unwrap_or_default();
            Circle {
                name: topic.name.clone(),
                anchor: format!("t-{i}"),
                hue: i % 8,
                x: topic.x,
                y: topic.y,
                radius: topic.radius,
            }
        });
        let (class, [narrow, wide]) = least_widths(map.papers.len());
        let labels = |pixels: f32| map.labels(map.width / pixels);
        Ok(Self {
            class,
            layers: [("narrow", labels(narrow)), ("wide", labels(wide))],
            width: map.width,
            height: map.height,
            places: places.collect(),
            dots: dots.collect(),
        })
    }
}

#[derive(Debug, Deserialize)]
pub struct TrendQuery {
    days: Option<u32>,
}

#[derive(Template)]
#[template(path = "trend.html", config = "src/serve/askama.toml")]
struct TrendPage {
    f: Frame,
    heading: String,
    n_days: u32,
    threads: Vec<ThreadLine>,
}

/// A thread with its bars.
struct ThreadLine {
    thread: Thread,
    /// Where each bar stands, 0 to 100, and how high it is, 0 to 20.
    bars: Vec<(f32, f32)>,
    /// How wide a bar is.
    wide: f32,
    /// What grows and what shrinks, in a sign.
    sign: &'static str,
}

/// Threads over time.
pub async fn trend(f: Frame, Asked(query): Asked<TrendQuery>) -> Result<Html<String>, Problem> {
    let n_days = query.days.unwrap_or(DAYS).clamp(2, MOST_DAYS);
    let days = TrendDays::new(n_days)?;
    let trend = f.site.look(f.visitor.who, move |library, _| topics::trend::trend(library, days)).await?;
    let line = |thread: &Thread| {
        let most = thread.days.iter().map(|day| day.papers).max().unwrap_or(1).max(1) as f32;
        let wide = 100.0 / n_days as f32;
        let bar = |day: &crate::verbs::topics::trend::DayCount| {
            let back = day.day.until(trend.last).map_or(0, |span| span.get_days()) as f32;
            (100.0 - (back + 1.0) * wide, 20.0 * day.papers as f32 / most)
        };
        let sign = match thread.growth {
            growth if growth > 1.25 => "▲",
            growth if growth < 0.8 => "▼",
            _ => "→",
        };
        ThreadLine {
            bars: thread.days.iter().map(bar).collect(),
            wide: wide * 0.8,
            sign,
            thread: thread.clone(),
        }
    };
    html(&TrendPage {
        heading: calendar::span(f.visitor.language, trend.first, trend.last),
        threads: trend.threads.iter().take(THREADS).map(line).collect(),
        n_days,
        f,
    })
}

#[derive(Debug, Deserialize)]
pub struct Wish {
    /// A paper of the topic, or a name under which it was marked.
    id: String,
    mark: String,
    #[serde(default)]
    date: String,
    #[serde(default)]
    days: String,
    next: String,
}

/// Follows, likes or mutes a topic, or takes that back.
pub async fn mark(
    State(site): State<Arc<Site>>,
    visitor: Visitor,
    Posted(wish): Posted<Wish>,
) -> Result<Redirect, Problem> {
    let mark = match wish.mark.as_str() {
        "follow" => Some(Mark::Follow),
        "like" => Some(Mark::Like),
        "mute" => Some(Mark::Mute),
        "none" => None,
        other => return Err(Problem::new("bad-request", format!("`{other}` is nothing to do with a topic"))),
    };
    let days = match (wish.date.parse().ok(), wish.days.parse().ok()) {
        (Some(day), _) => Some(Days::One(day)),
        (None, n) => n.map(Days::last).transpose()?,
    };
    let about = Text::new(wish.id)?;
    let undo = match mark {
        Some(mark) => {
            let marked = site.change(visitor.who, MarkTopic { about, mark, date: None, days }).await?;
            (mark == Mark::Mute).then_some(Undo::Topic(marked.name))
        }
        None => {
            site.change(visitor.who, ForgetTopic { name: about }).await?;
            None
        }
    };
    Ok(undo::back(&wish.next, undo.as_ref()))
}
