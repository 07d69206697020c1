//! `sync` and `days`: papers from the sources of the settings, and the calendar of what came.

use std::collections::BTreeMap;

use anyhow::{Result, bail};
use clap::Args;
use jiff::civil::Date;
use paperpick::progress::Silent;
use paperpick::store::{DayState, SourceDay};
use paperpick::verbs::days::{Calendar, ShowCalendar};
use paperpick::verbs::sync::{DaysBack, SyncSources};

use super::Outcome;
use super::import::{read_more, summary};
use super::session::print::{Bar, TerminalPage, answer, clean, counted, talk};
use super::session::settings::Session;

/// Bring the library up to today from the sources of the settings.
///
/// Asks arXiv (new papers of categories, checked against the day's own count), Hugging Face's daily
/// papers, feeds and digests, politely and one after the other. Days that were missed are repaired.
/// What could not be repaired is said, and then the exit code is 2; so cron tells you only then.
#[derive(Debug, Args)]
pub struct Sync {
    /// Repair gaps up to so many days back, also before the first sync [default: 30, from the first
    /// sync on]
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(0..=365), allow_negative_numbers = true)]
    catch_up: Option<u32>,
}

/// Show which days each source announced, and what is missing.
#[derive(Debug, Args)]
pub struct Days {
    /// So many weeks up to the newest day
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=520), allow_negative_numbers = true)]
    weeks: u32,
    /// Only this source, such as arxiv:cs.CV or hf
    #[arg(long, value_name = "SOURCE")]
    source: Option<String>,
}

impl Sync {
    /// Asks every source, then makes the vectors.
    pub fn run(self, session: &Session) -> Result<Outcome> {
        let mut library = session.open_or_make()?;
        let request =
            SyncSources { catch_up_days: self.catch_up.map(DaysBack::try_from).transpose()?, sources: None };
        let synced = session.ask_of(&mut library, request, &Bar::new(session, "asking", None))?;
        synced.imported.problems.iter().for_each(|problem| talk(session, problem.to_string()));
        let mut page = TerminalPage::new(session);
        if session.talk {
            for (source, days) in by_source(&synced.days) {
                page.line(format!("{}: {}", clean(source), in_a_line(&days)));
            }
        }
        for gap in &synced.gaps {
            page.line(format!("could not repair {} {}: {}", clean(&gap.source), gap.day, why(gap)));
        }
        if session.talk {
            let requests = counted(synced.requests, "request");
            page.line(format!("{}; {requests}", summary(&synced.imported)));
        }
        answer::<SyncSources>(session, &synced, &page)?;
        read_more(&mut library, session)?;
        match synced.gaps.len() {
            0 => Ok(Outcome::Done),
            n => bail!("{} could not be repaired; the next sync tries again", counted(n, "day")),
        }
    }
}

impl Days {
    /// Shows them.
    pub fn run(self, session: &Session) -> Result<Outcome> {
        let request = ShowCalendar { weeks: self.weeks.try_into()?, source: self.source };
        let calendar = session.ask(request, &Silent)?;
        let page = days_page(session, &calendar);
        answer::<ShowCalendar>(session, &calendar, &page)?;
        Ok(Outcome::of(!calendar.days.is_empty()))
    }
}

fn days_page(session: &Session, calendar: &Calendar) -> TerminalPage {
    let mut page = TerminalPage::new(session);
    let sources = by_source(&calendar.days);
    for (source, days) in &sources {
        page.line(page.bold(&clean(source)));
        page.line("              Mon    Tue    Wed    Thu    Fri    Sat    Sun");
        let known: BTreeMap<Date, &SourceDay> = days.iter().map(|day| (day.day, *day)).collect();
        let mut monday = calendar.first;
        while monday <= calendar.last {
            let week = (0..7).filter_map(|n| monday.checked_add(jiff::Span::new().days(n)).ok());
            let cells: Vec<String> =
                week.map(|day| known.get(&day).map_or(String::new(), |day| cell(day))).collect();
            if cells.iter().any(|cell| !cell.is_empty()) {
                let cells: String = cells.iter().map(|cell| format!("{cell:>7}")).collect();
                page.line(format!("{monday}{}", cells.trim_end()));
            }
            let Ok(next) = monday.checked_add(jiff::Span::new().days(7)) else { break };
            monday = next;
        }
        for day in days.iter().filter(|day| day.state.is_gap()) {
            page.line(format!("  {} {}", day.day, why(day)));
        }
        page.line("");
    }
    if sources.is_empty() {
        page.line(format!(
            "no source has a calendar of {} to {}: only `paperpick sync` makes one; a day that was \
             imported is shown by `paperpick today --date DAY`",
            calendar.first, calendar.last
        ));
    } else {
        page.line("a number: announced, and all of them here · –: nothing announced · …: not yet");
        page.line("3/9: partly here · 3/?: here, and no one knows of how many · !: failed");
    }
    page
}

/// A day in a few letters.
fn cell(day: &SourceDay) -> String {
    match (day.state, day.announced) {
        (DayState::Announced, n) => n.unwrap_or(day.seen).to_string(),
        (DayState::Nothing, _) => "–".into(),
        (DayState::NotYet, _) => "…".into(),
        (DayState::Failed, _) => "!".into(),
        (DayState::Partly, Some(n)) => format!("{}/{n}", day.seen),
        (DayState::Partly, None) => format!("{}/?", day.seen),
    }
}

/// What is missing of a day, and why.
fn why(day: &SourceDay) -> String {
    let state = match (day.state, day.announced) {
        (DayState::Failed, _) => "failed".to_owned(),
        (_, Some(n)) => format!("{} of {}", day.seen, counted(n, "paper")),
        (_, None) => format!("{}, unchecked", counted(day.seen, "paper")),
    };
    if day.note.is_empty() { state } else { format!("{state}: {}", clean(&day.note)) }
}

fn by_source(days: &[SourceDay]) -> BTreeMap<&str, Vec<&SourceDay>> {
    let mut sources: BTreeMap<&str, Vec<&SourceDay>> = BTreeMap::new();
    for day in days {
        sources.entry(&day.source).or_default().push(day);
    }
    sources
}

/// `230 papers on 2 days, the last 2024-04-25; 1 day not yet`
fn in_a_line(days: &[&SourceDay]) -> String {
    let count = |state| days.iter().filter(|day| day.state == state).count();
    let announced: Vec<_> = days.iter().filter(|day| day.state == DayState::Announced).collect();
    let n: usize = announced.iter().map(|day| day.seen).sum();
    let mut parts = Vec::new();
    match announced[..] {
        [] => {}
        [day] => parts.push(format!("{} on {}", counted(n, "paper"), day.day)),
        [.., last] => {
            parts.push(format!(
                "{} on {}, the last {}",
                counted(n, "paper"),
                counted(announced.len(), "day"),
                last.day
            ));
        }
    }
    for (state, what) in [
        (DayState::Nothing, "with nothing announced"),
        (DayState::NotYet, "not announced yet"),
        (DayState::Partly, "partly here"),
        (DayState::Failed, "failed"),
    ] {
        if count(state) > 0 {
            parts.push(format!("{} {what}", counted(count(state), "day")));
        }
    }
    parts.join("; ")
}
