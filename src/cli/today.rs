//! `today`: a day's papers, the best first.

use anyhow::Result;
use clap::Args;
use jiff::civil::Date;
use paperpick::library::Days;
use paperpick::present::above;
use paperpick::progress::Silent;
use paperpick::verbs::pick::{Basis, Pick, Remark};
use paperpick::verbs::today::{self, RankByTopic, RankDays, Varied};
use paperpick::verbs::{Count, Probability};

use super::Outcome;
use super::session::lists::{facts, span};
use super::session::print::{TerminalPage, answer, clean, counted, talk};
use super::session::settings::{Session, count, day, n_days, probability};

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
    #[arg(short, value_name = "N", value_parser = count, allow_negative_numbers = true)]
    n: Option<Count>,
    /// Only papers that you like with at least this probability, 0 to 1
    #[arg(long, value_name = "P", default_value = "0", value_parser = probability, allow_negative_numbers = true)]
    min_score: Probability,
    /// Only papers of this category; several may be named
    #[arg(long = "category", value_name = "CATEGORY")]
    categories: Vec<String>,
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
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = day, allow_negative_numbers = true, conflicts_with = "days")]
    date: Option<Date>,
    /// So many days up to the newest one
    #[arg(long, value_name = "N", value_parser = n_days, allow_negative_numbers = true)]
    days: Option<u32>,
}

impl DayArgs {
    /// How many days up to the newest one, if that was asked for.
    pub fn span(&self) -> Option<u32> {
        self.days
    }

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
        let days = self.days.decided();
        let request = RankDays {
            days,
            n: session.count(self.n)?,
            min_score: self.min_score,
            category: self.categories,
            variety: Varied(!self.no_variety),
            shown_on: (days == Days::Newest && !self.again).then(|| session.today()),
            reach: None,
        };
        if self.by_topic {
            let sections = session.ask(RankByTopic { papers: request }, &Silent)?;
            answer::<RankByTopic>(session, &sections, &by_topic_page(session, &sections))?;
            return Ok(Outcome::of(!sections.sections.is_empty()));
        }
        let today = session.ask(request, &Silent)?;
        if self.min_score.get() > 0.0 && today.basis == Basis::Votes {
            talk(session, "--min-score leaves nothing out yet: a paper has a probability once one is liked");
        }
        answer::<RankDays>(session, &today, &today_page(session, &today))?;
        Ok(Outcome::of(!today.picks.is_empty()))
    }
}

/// A day's picks as text.
pub fn today_page(session: &Session, today: &today::Today) -> TerminalPage {
    let mut page = TerminalPage::new(session);
    let remark = Remark::of(today.basis, &today.picks);
    let basis = match today.basis {
        Basis::Votes if remark.is_some() => {
            "nobody has voted yet; `paperpick like ID` makes the order yours".to_owned()
        }
        Basis::Votes => "by votes; `paperpick like ID` makes the order yours".to_owned(),
        Basis::Ratings => {
            let likes = counted(today.ratings.likes, "like");
            format!("by {likes} and {}", counted(today.ratings.dislikes, "dislike"))
        }
    };
    let heading = format!("{}, {}", span(today.first, today.last), counted(today.n_listed, "paper"));
    page.line(format!("{}, {basis}", page.bold(&heading)));
    if remark == Some(Remark::NoneLikely) {
        page.line("none of these is likely to be for you");
    }
    for pick in &today.picks {
        page.line("");
        page.line(format!("{:>3}. {}{}", pick.rank, band(pick), page.bold(&clean(&pick.paper.title))));
        let indent = if pick.band.is_some() { 15 } else { 5 };
        page.line(format!("{:indent$}{}", "", facts(&pick.paper)));
        let alike = match pick.alike.len() {
            0 => String::new(),
            n if n > ALIKE => format!("; and {n} alike: {}, …", pick.alike[..ALIKE].join(", ")),
            n => format!("; and {n} alike: {}", pick.alike.join(", ")),
        };
        let above = pick.band.zip(pick.above).map(|(band, n)| format!("{}; ", above(band, n)));
        let above = above.unwrap_or_default();
        let reason = clean(&format!("{above}{}{alike}", pick.reason));
        page.line(format!("{:indent$}{}", "", page.dim(&reason)));
    }
    if today.picks.is_empty() {
        page.line(format!("no paper has a score of {} or more", bound(today.min_score)));
    }
    if !today.updated.is_empty() {
        page.line("");
        page.line(page.bold("Updated, of the papers that you know"));
        for paper in &today.updated {
            page.line(format!("  {:<11} {}", paper.id, clean(&paper.title)));
        }
    }
    if today.n_compared + today.n_hidden < today.n_listed {
        page.line("");
        page.line(format!(
            "the {} that looked best at first were compared",
            counted(today.n_compared, "paper")
        ));
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

/// How likely a pick is to be liked, in a column of its own; nothing as long as votes decide.
fn band(pick: &Pick) -> String {
    pick.band.map(|band| format!("{band:<10}")).unwrap_or_default()
}

/// A bound as it was given; with two digits at least, as scores are.
fn bound(least: f64) -> String {
    let short = format!("{least:.2}");
    if short.parse() == Ok(least) { short } else { least.to_string() }
}

/// Ranked picks under the names of their topics, as text.
/// So many papers that share a place are named.
const ALIKE: usize = 5;

fn by_topic_page(session: &Session, answered: &today::TodayByTopic) -> TerminalPage {
    let mut page = TerminalPage::new(session);
    let heading = format!("{}, {}", span(answered.first, answered.last), counted(answered.n_listed, "paper"));
    let n_picks: usize = answered.sections.iter().map(|section| section.picks.len()).sum();
    page.line(format!("{}, the best {n_picks} by topic", page.bold(&heading)));
    for section in &answered.sections {
        page.line("");
        page.line(match &section.topic {
            Some(name) => {
                format!("{} ({} of {})", page.bold(&clean(name)), section.picks.len(), section.n_papers)
            }
            None => page.bold("On their own"),
        });
        for pick in &section.picks {
            page.line(format!(
                "{:>3}. {}{:<11} {}",
                pick.rank,
                band(pick),
                pick.paper.id,
                clean(&pick.paper.title)
            ));
        }
    }
    page
}
