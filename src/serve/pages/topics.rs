//! Topics: the day in named groups.

use askama::Template;
use axum::response::Html;

use super::card::{authors, href};
use super::{Frame, calendar, html};
use crate::app::{Brief, Days};
use crate::serve::api::{Asked, DayQuery};
use crate::serve::problem::Problem;

#[derive(Template)]
#[template(path = "topics.html", config = "src/serve/askama.toml")]
struct Page {
    f: Frame,
    heading: String,
    n_listed: usize,
    groups: Vec<Group>,
    alone: Vec<Item>,
    /// The address of the same days on Today.
    day: String,
}

struct Group {
    name: String,
    anchor: String,
    /// One of eight colours.
    hue: usize,
    papers: Vec<Item>,
}

struct Item {
    href: String,
    title: String,
    authors: String,
    votes: Option<u32>,
}

/// The page.
pub async fn page(f: Frame, Asked(days): Asked<DayQuery>) -> Result<Html<String>, Problem> {
    let wanted = days.decided()?;
    let topics = f.site.topics(f.visitor.reader, wanted).await?;
    let mut alone = Vec::new();
    let mut groups = Vec::new();
    for (i, group) in topics.groups.iter().enumerate() {
        let papers = group.papers.iter().map(Item::of);
        if group.papers.len() == 1 {
            alone.extend(papers);
        } else {
            groups.push(Group {
                name: group.name.clone(),
                anchor: format!("t-{i}"),
                hue: i % 8,
                papers: papers.collect(),
            });
        }
    }
    let day = match wanted {
        Days::One(day) => format!("/?date={day}&by=topic"),
        Days::Last(n) => format!("/?days={n}&by=topic"),
        _ => "/?by=topic".to_owned(),
    };
    html(&Page {
        heading: calendar::span(f.visitor.language, topics.first, topics.last),
        n_listed: topics.n_listed,
        groups,
        alone,
        day,
        f,
    })
}

impl Item {
    fn of(brief: &Brief) -> Self {
        Self {
            href: href(&brief.id),
            title: brief.title.clone(),
            authors: authors(&brief.authors),
            votes: brief.votes,
        }
    }
}
