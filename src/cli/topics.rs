//! `topics`: a day in groups, a map of it, and topics over days.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use clap::{Args, Subcommand};
use jiff::civil::Date;
use paperpick::files;
use paperpick::library::Days;
use paperpick::paper::{Brief, Mark};
use paperpick::progress::Silent;
use paperpick::topics::png;
use paperpick::verbs::Text;
use paperpick::verbs::topics::map::DrawMap;
use paperpick::verbs::topics::mark::{Followed, ForgetTopic, Forgotten, ListMarked, MarkTopic};
use paperpick::verbs::topics::trend::{FollowTrend, Trend, TrendDays};
use paperpick::verbs::topics::{GroupDays, Topics as Grouped};

use super::Outcome;
use super::session::lists::span;
use super::session::print::{TerminalPage, answer, clean, counted, talk};
use super::session::settings::{Session, day};
use super::today::DayArgs;

/// With more papers than this, a group shows its first few only.
const LONG_DAY: usize = 40;
const FIRST_FEW: usize = 3;

/// Pixels for each unit of a map.
const ZOOM: f32 = 1.5;

/// Group a day's papers into named topics, draw them, and follow topics over days.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct Topics {
    #[command(subcommand)]
    mark: Option<Marking>,
    #[command(flatten)]
    days: DayArgs,
    /// Only the topics about a word, a paper or a topic's name
    #[arg(long, value_name = "WHAT", conflicts_with_all = ["trend", "map"])]
    about: Option<String>,
    /// What grows: topics over days, this week against the weeks before
    #[arg(long, conflicts_with = "date")]
    trend: bool,
    /// So far back: 30d, 4w [default with --trend: 4w]
    #[arg(long, value_name = "SPAN", value_parser = span_of_days, conflicts_with_all = ["date", "days"])]
    since: Option<u32>,
    /// Draw the papers as a map, alike ones near each other, into an .svg or .png
    #[arg(long, value_name = "FILE", conflicts_with = "trend")]
    map: Option<PathBuf>,
    /// All papers of each topic, on long days too
    #[arg(long)]
    all: bool,
}

#[derive(Debug, Subcommand)]
enum Marking {
    /// Hear of each new paper of a topic
    Follow(Name),
    /// Show a topic last, by its name only
    Mute(Name),
    /// Show a topic first
    Like(Name),
    /// Take back what was said of a topic
    Forget(Name),
    /// Show the topics that are followed, liked or muted, and what is new
    Marked,
}

#[derive(Debug, Args)]
struct Name {
    /// A topic's name, a word, or a paper of it
    #[arg(required = true, value_name = "WHAT")]
    words: Vec<String>,
    /// A day that has the topic [default: the last seven]
    #[arg(long = "on", value_name = "YYYY-MM-DD", value_parser = day, allow_negative_numbers = true)]
    day: Option<Date>,
}

fn span_of_days(text: &str) -> Result<u32, String> {
    let (number, unit) = text.split_at(text.len() - text.chars().last().map_or(0, char::len_utf8));
    let times = match unit {
        "d" => 1,
        "w" => 7,
        _ => return Err("a number with d for days or w for weeks, such as 30d".into()),
    };
    match number.parse::<u32>() {
        Ok(n @ 1..=3650) => Ok(n * times),
        _ => Err(format!("`{number}` is no number from 1 to 3650")),
    }
}

impl Topics {
    /// Does what was asked of topics.
    pub fn run(self, session: &Session) -> Result<Outcome> {
        if let Some(marking) = self.mark {
            return marking.run(session);
        }
        if self.trend {
            let asked = self.since.or(self.days.span()).map(TrendDays::new).transpose()?;
            let request = asked.map_or_else(FollowTrend::default, |days| FollowTrend { days });
            let trend = session.ask(request, &Silent)?;
            answer::<FollowTrend>(session, &trend, &trend_page(session, &trend))?;
            return Ok(Outcome::of(!trend.threads.is_empty()));
        }
        let days = self.since.map_or_else(|| Ok(self.days.decided()), Days::last)?;
        if let Some(path) = &self.map {
            return draw(session, days, path);
        }
        let about = self.about.as_deref().map(Text::new).transpose()?;
        let topics = session.ask(GroupDays { days, about }, &Silent)?;
        let few = !self.all && self.about.is_none() && topics.n_listed > LONG_DAY;
        let mut page = topics_page(session, &topics, if few { FIRST_FEW } else { usize::MAX });
        if topics.groups.is_empty() {
            page.line(format!("no topic is about {}", clean(self.about.as_deref().unwrap_or_default())));
        }
        answer::<GroupDays>(session, &topics, &page)?;
        Ok(Outcome::of(!topics.groups.is_empty()))
    }
}

impl Marking {
    fn run(self, session: &Session) -> Result<Outcome> {
        let (name, mark) = match self {
            Self::Follow(name) => (name, Mark::Follow),
            Self::Mute(name) => (name, Mark::Mute),
            Self::Like(name) => (name, Mark::Like),
            Self::Forget(name) => {
                let request = ForgetTopic { name: Text::new(name.words.join(" "))? };
                let forgotten = session.ask(request, &Silent)?;
                let Forgotten { name, changed } = &forgotten;
                let mut page = TerminalPage::new(session);
                page.line(format!(
                    "{}: {}",
                    if *changed { "forgotten" } else { "was not marked" },
                    clean(name)
                ));
                answer::<ForgetTopic>(session, &forgotten, &page)?;
                return Ok(Outcome::of(*changed));
            }
            Self::Marked => {
                let marked = session.ask(ListMarked {}, &Silent)?;
                let mut page = TerminalPage::new(session);
                for topic in &marked.topics {
                    news(&mut page, topic);
                    topic.this_week.iter().for_each(|paper| member(&mut page, paper));
                }
                if marked.topics.is_empty() {
                    page.line("no topic is marked: `paperpick topics follow NAME`");
                }
                answer::<ListMarked>(session, &marked, &page)?;
                return Ok(Outcome::of(!marked.topics.is_empty()));
            }
        };
        let about = Text::new(name.words.join(" "))?;
        let marked = session.ask(MarkTopic { about, mark, date: name.day, days: None }, &Silent)?;
        let mut page = TerminalPage::new(session);
        news(&mut page, &marked);
        marked.this_week.iter().for_each(|paper| member(&mut page, paper));
        answer::<MarkTopic>(session, &marked, &page)?;
        Ok(Outcome::Done)
    }
}

/// `followed CLIP: 3 new papers this week, first seen 2024-03-12`.
fn news(page: &mut TerminalPage, topic: &Followed) {
    let word = word(topic.mark);
    let new = counted(topic.this_week.len(), "new paper");
    let first = topic.first_seen.map(|day| format!(", first seen {day}")).unwrap_or_default();
    page.line(format!("{word} {}: {new} this week{first}", page.bold(&clean(&topic.name))));
}

fn word(mark: Mark) -> &'static str {
    match mark {
        Mark::Follow => "followed",
        Mark::Mute => "muted",
        Mark::Like => "liked",
    }
}

fn member(page: &mut TerminalPage, paper: &Brief) {
    page.line(format!("  {:<11} {}", paper.id, clean(&paper.title)));
}

/// A day's topics as text, the first `most` papers of each.
pub fn topics_page(session: &Session, topics: &Grouped, most: usize) -> TerminalPage {
    let mut page = TerminalPage::new(session);
    let (groups, alone): (Vec<_>, Vec<_>) = topics.groups.iter().partition(|group| group.papers.len() > 1);
    let heading = format!("{}, {}", span(topics.first, topics.last), counted(topics.n_listed, "paper"));
    page.line(format!("{}, {}", page.bold(&heading), counted(groups.len(), "topic")));
    if !topics.followed.is_empty() {
        page.line("");
        topics.followed.iter().for_each(|followed| news(&mut page, followed));
    }
    let (muted, shown): (Vec<_>, Vec<_>) =
        groups.into_iter().partition(|group| group.mark == Some(Mark::Mute));
    for group in shown {
        let mark = group.mark.map(|mark| format!(", {}", word(mark))).unwrap_or_default();
        page.line("");
        page.line(format!("{} ({}{mark})", page.bold(&clean(&group.name)), group.papers.len()));
        group.papers.iter().take(most).for_each(|paper| member(&mut page, paper));
        if group.papers.len() > most {
            page.line(page.dim(&format!("  and {} more", group.papers.len() - most)));
        }
    }
    if !alone.is_empty() {
        page.line("");
        page.line(page.bold("On their own"));
        alone.iter().flat_map(|group| &group.papers).for_each(|paper| member(&mut page, paper));
    }
    if !muted.is_empty() {
        let names: Vec<String> =
            muted.iter().map(|group| format!("{} ({})", clean(&group.name), group.papers.len())).collect();
        page.line("");
        page.line(format!("{} {}", page.bold("Muted"), names.join(", ")));
    }
    page
}

fn trend_page(session: &Session, trend: &Trend) -> TerminalPage {
    let mut page = TerminalPage::new(session);
    let heading = page.bold(&span(trend.first, trend.last));
    page.line(format!("{heading}, {} with three papers or more", counted(trend.threads.len(), "topic")));
    if !trend.threads.is_empty() {
        page.line("");
        page.line(page.dim(&format!(
            "{:>9} {:>11} {:>6}  {:<10}  {}",
            "this week", "a week before", "all", "first seen", "topic"
        )));
    }
    for thread in &trend.threads {
        let before = thread.before.map_or("–".to_owned(), |n| format!("{n:.1}"));
        let first = thread.first_seen.map(|day| day.to_string()).unwrap_or_default();
        let mark = thread.mark.map(|mark| format!(", {}", word(mark))).unwrap_or_default();
        page.line(format!(
            "{:>9} {before:>13} {:>6}  {first:<10}  {}{mark}",
            thread.this_week,
            thread.n_papers,
            page.bold(&clean(&thread.name))
        ));
    }
    page
}

fn draw(session: &Session, days: Days, path: &Path) -> Result<Outcome> {
    let drawn = session.ask(DrawMap { days }, &Silent)?;
    let map = &drawn.map;
    let svg = drawn.svg();
    let bytes = match path.extension().and_then(|e| e.to_str()) {
        Some("svg") => svg.into_bytes(),
        Some("png") => png(&svg, ZOOM)?,
        _ => bail!("--map wants a file that ends in .svg or .png, not {}", path.display()),
    };
    files::write(path, &bytes)?;
    talk(session, format!("drawn: {}", path.display()));
    if session.json {
        answer::<DrawMap>(session, &drawn, &TerminalPage::new(session))?;
    }
    Ok(Outcome::of(!map.papers.is_empty()))
}
