//! `today`, `similar`, `search`, `show`.

use anyhow::{Result, bail};
use clap::Args;
use jiff::civil::Date;
use paperpick::PaperId;
use paperpick::app::{self, Basis, Brief, Days, Ranking, Subject};
use paperpick::config::Way;
use paperpick::paper::Within;
use paperpick::present::probability;

use super::Outcome;
use super::print::{Page, answer, authors, clean, counted, talk};
use super::settings::{Session, day, n_days, number, ways};
use super::topics::by_topic;

/// Rank a day's papers, the best first.
///
/// Of the newest day, what you were shown on an earlier day is left out; `--again` shows it, and so
/// do `--date` and `--days`, which look back.
#[derive(Debug, Args)]
pub struct Today {
    #[command(flatten)]
    days: DayArgs,
    /// Show papers again that were shown on an earlier day
    #[arg(long)]
    again: bool,
    /// How many papers [default: 10]
    #[arg(short, value_name = "N", value_parser = number, allow_negative_numbers = true)]
    n: Option<usize>,
    /// Only papers that you like with at least this probability, 0 to 1
    #[arg(long, value_name = "P", default_value_t = 0.0, allow_negative_numbers = true)]
    min_score: f64,
    /// The most probable papers, however alike they are
    #[arg(long)]
    no_variety: bool,
    /// Under the names of their topics
    #[arg(long)]
    by_topic: bool,
}

/// Which days; the newest one in the library by default.
#[derive(Debug, Args)]
pub struct DayArgs {
    /// The day [default: the newest one in the library]
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = day, conflicts_with = "days")]
    date: Option<Date>,
    /// So many days up to the newest one
    #[arg(long, value_name = "N", value_parser = n_days, allow_negative_numbers = true)]
    days: Option<u32>,
}

/// Find the papers similar to a paper or a text.
#[derive(Debug, Args)]
pub struct Similar {
    /// The paper: 2404.15653, or any address of it
    #[arg(value_name = "ID", conflicts_with = "text")]
    id: Option<String>,
    /// A text to look around instead
    #[arg(long, value_name = "WORDS")]
    text: Option<String>,
    /// Only papers that were listed on this day or later
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = day)]
    since: Option<Date>,
    /// Only papers that were listed on this day or before
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = day)]
    until: Option<Date>,
    /// Only papers of this category; several may be named
    #[arg(long = "category", value_name = "CATEGORY")]
    categories: Vec<String>,
    /// Only papers that you have rated
    #[arg(long, conflicts_with = "unrated")]
    rated: bool,
    /// Only papers that you have not rated
    #[arg(long)]
    unrated: bool,
    /// Only papers of no topic and no interest that you have muted
    #[arg(long)]
    unmuted: bool,
    /// How near papers are looked for [default: auto]
    #[arg(long, value_name = "WAY", value_parser = ways())]
    way: Option<Way>,
    /// How many papers [default: 10]
    #[arg(short, value_name = "N", value_parser = number, allow_negative_numbers = true)]
    n: Option<usize>,
}

/// Find papers by words, in English or Korean.
#[derive(Debug, Args)]
pub struct Search {
    /// All of them are wanted; the last may be unfinished
    #[arg(required = true, value_name = "WORDS")]
    words: Vec<String>,
    /// How many papers [default: 10]
    #[arg(short, value_name = "N", value_parser = number, allow_negative_numbers = true)]
    n: Option<usize>,
}

/// Show all that is known of a paper.
#[derive(Debug, Args)]
pub struct Show {
    /// The paper: 2404.15653, or any address of it
    id: String,
}

impl DayArgs {
    /// The days that were asked for.
    pub fn decided(&self) -> Days {
        match (self.date, self.days) {
            (Some(day), _) => Days::One(day),
            (None, Some(n)) => Days::Last(n),
            (None, None) => Days::Newest,
        }
    }
}

impl Today {
    /// Ranks the days.
    pub fn run(self, session: &Session) -> Result<Outcome> {
        let n = checked(self.n, session)?;
        if !(0.0..=1.0).contains(&self.min_score) {
            bail!("--min-score is {}, but a probability is 0 to 1", self.min_score);
        }
        let ranking = Ranking { n, reach: n, min_score: self.min_score, variety: !self.no_variety };
        let (mut app, days) = (session.open()?, self.days.decided());
        let today = match days {
            Days::Newest if !self.again => app.today_unseen(&ranking, session.today())?,
            days => app.ranked(days, &ranking)?,
        };
        if self.min_score > 0.0 && today.basis == Basis::Votes {
            talk(session, "--min-score leaves nothing out yet: a paper has a probability once one is liked");
        }
        if self.by_topic {
            return by_topic(session, today, &app.topics(days)?);
        }
        answer(session, "today/1", &today, &today_page(session, &today))?;
        Ok(Outcome::of(!today.picks.is_empty()))
    }
}

/// A day's picks as text.
pub fn today_page(session: &Session, today: &app::Today) -> Page {
    let mut page = Page::new(session);
    let basis = match today.basis {
        Basis::Votes => "by votes; `paperpick like ID` makes the order yours".to_owned(),
        Basis::Ratings => {
            let likes = counted(today.ratings.likes, "like");
            format!("by {likes} and {}", counted(today.ratings.dislikes, "dislike"))
        }
    };
    let heading = format!("{}, {}", span(today.first, today.last), counted(today.n_listed, "paper"));
    page.line(format!("{}, {basis}", page.bold(&heading)));
    for pick in &today.picks {
        let score = pick.score.map_or("   –".to_owned(), probability);
        page.line("");
        page.line(format!("{:>3}. {score}  {}", pick.rank, page.bold(&clean(&pick.paper.title))));
        page.line(format!("           {}", facts(&pick.paper)));
        let alike = match pick.alike.len() {
            0 => String::new(),
            n => format!("; and {n} alike: {}", pick.alike.join(", ")),
        };
        page.line(format!("           {}", page.dim(&clean(&format!("{}{alike}", pick.reason)))));
    }
    if today.picks.is_empty() {
        page.line(format!("no paper has a score of {:.2} or more", today.min_score));
    }
    if !today.updated.is_empty() {
        page.line("");
        page.line(page.bold("Updated, of the papers that you know"));
        for paper in &today.updated {
            page.line(format!("  {:<11} {}", paper.id, clean(&paper.title)));
        }
    }
    if today.n_hidden > 0 {
        page.line("");
        page.line(format!(
            "{} shown on an earlier day; `--again` shows them",
            counted(today.n_hidden, "paper")
        ));
    }
    page
}

impl Similar {
    /// Finds them.
    pub fn run(self, session: &Session) -> Result<Outcome> {
        let n = checked(self.n, session)?;
        let subject = match (self.id, self.text) {
            (Some(id), _) => Subject::Paper(PaperId::parse(&id)?.0),
            (None, Some(text)) if !text.trim().is_empty() => Subject::Text(text),
            (None, Some(_)) => bail!("--text wants some words to look around"),
            (None, None) => bail!(
                "similar to what? Name a paper (`paperpick similar 2404.15653`), or give words \
                 (`paperpick similar --text \"image matting\"`)"
            ),
        };
        let app = session.open()?.with_way(self.way.unwrap_or(session.config.way));
        let within = Within {
            since: self.since,
            until: self.until,
            categories: self.categories,
            rated: (self.rated || self.unrated).then_some(self.rated),
            votes: None,
            unmuted: self.unmuted,
        };
        let similar = app.similar_within(&subject, n, &within)?;
        answer(session, "similar/1", &similar, &similar_page(session, &similar))?;
        Ok(Outcome::of(!similar.neighbours.is_empty()))
    }
}

/// Similar papers as text.
pub fn similar_page(session: &Session, similar: &app::Similar) -> Page {
    let mut page = Page::new(session);
    let subject = match (&similar.paper, &similar.text) {
        (Some(paper), _) => format!("{} {}", paper.id, clean(&paper.title)),
        (None, text) => format!("\"{}\"", clean(text.as_deref().unwrap_or_default())),
    };
    page.line(format!("Similar to {}", page.bold(&subject)));
    for neighbour in &similar.neighbours {
        let title = page.bold(&clean(&neighbour.paper.title));
        page.line("");
        page.line(format!("{:>3}. {:.2}  {title}", neighbour.rank, neighbour.score));
        page.line(format!("           {}", facts(&neighbour.paper)));
    }
    if similar.neighbours.is_empty() {
        page.line("no other paper fits");
    }
    page
}

impl Search {
    /// Finds them.
    pub fn run(self, session: &Session) -> Result<Outcome> {
        let n = checked(self.n, session)?;
        let found = session.open()?.search(&self.words.join(" "), n)?;
        let mut page = Page::new(session);
        for paper in &found.papers {
            page.line(page.bold(&clean(&paper.title)));
            page.line(format!("    {}", facts(paper)));
        }
        if found.papers.is_empty() {
            page.line(format!("no paper holds all of: `{}`", clean(&found.words)));
        }
        answer(session, "search/1", &found, &page)?;
        Ok(Outcome::of(!found.papers.is_empty()))
    }
}

impl Show {
    /// Shows it.
    pub fn run(self, session: &Session) -> Result<Outcome> {
        let shown = session.open()?.show(&PaperId::parse(&self.id)?.0)?;
        answer(session, "show/1", &shown, &show_page(session, &shown))?;
        Ok(Outcome::Done)
    }
}

fn show_page(session: &Session, shown: &app::Shown) -> Page {
    let paper = &shown.paper;
    let mut page = Page::new(session);
    page.line(page.bold(&clean(&paper.title)));
    page.line(clean(&paper.authors.join(", ")));
    let version = paper.version.map(|v| format!(" (version {v})")).unwrap_or_default();
    let day = |day: Option<Date>| day.map(|d| d.to_string()).unwrap_or_default();
    let mut rows = vec![
        ("id", format!("{}{version}", paper.id)),
        ("page", shown.url.clone().unwrap_or_default()),
        ("categories", paper.categories.join(" ")),
        ("published", day(paper.published)),
        ("updated", day(paper.updated)),
        ("rating", shown.rating.map(|rating| format!("{rating:?}").to_lowercase()).unwrap_or_default()),
    ];
    for listing in &paper.listings {
        rows.push((
            "listed",
            format!("{} by {}, {}", listing.day, listing.source, listing.announced.as_str()),
        ));
    }
    for votes in &paper.votes {
        let at = votes.at.map(|d| format!(" on {d}")).unwrap_or_default();
        rows.push(("votes", format!("{} by {}{at}", votes.count, votes.source)));
    }
    rows.extend(paper.facts.iter().map(|(name, value)| (name.as_str(), value.clone())));
    for (name, value) in rows.iter().filter(|(_, value)| !value.is_empty()) {
        let name = page.dim(&format!("{name:<12}"));
        page.line(format!("{name} {}", clean(value)));
    }
    for text in [&paper.abstract_text].into_iter().chain(paper.summaries.values()).filter(|t| !t.is_empty()) {
        page.line("");
        text.lines().for_each(|line| page.line(clean(line)));
    }
    page
}

/// How many papers a list shows.
pub fn checked(n: Option<usize>, session: &Session) -> Result<usize> {
    match n.unwrap_or(session.config.n) {
        n @ 1..=10_000 => Ok(n),
        n => bail!("-n is {n}, but a list has 1 to 10000 papers"),
    }
}

/// `2024-04-25`, or `2024-04-22 to 2024-04-25`.
pub fn span(first: Date, last: Date) -> String {
    if first == last { first.to_string() } else { format!("{first} to {last}") }
}

/// Identifier, votes and first authors on one line.
pub fn facts(paper: &Brief) -> String {
    let votes = paper.votes.map(|n| counted(n as usize, "vote"));
    let parts = [Some(paper.id.clone()), votes, Some(clean(&authors(&paper.authors)))];
    parts.into_iter().flatten().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ")
}
