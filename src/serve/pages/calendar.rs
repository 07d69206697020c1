//! The days of a month as a small calendar.

use jiff::ToSpan;
use jiff::civil::{Date, Weekday};

use crate::error::Result;
use crate::library::Library;
use crate::serve::words::Language;
use crate::verbs::days;

/// How far back gaps are known.
const WEEKS: u32 = 520;

/// A month with its listed days.
pub struct Calendar {
    pub title: String,
    pub weekdays: [&'static str; 7],
    /// Weeks from Monday on; no day where the month has none.
    pub weeks: Vec<[Option<Day>; 7]>,
    /// The listed days next to those shown on the page.
    pub before: Option<Date>,
    pub after: Option<Date>,
}

/// A day of the month.
#[derive(Clone, Copy)]
pub struct Day {
    pub date: Date,
    /// How many papers were listed.
    pub n: usize,
    /// Whether a source announced papers that are not here.
    pub is_gap: bool,
    /// Whether the page shows it.
    pub current: bool,
}

impl Calendar {
    /// The month of a day, with the days from `first` to `last` marked.
    pub fn around(
        library: &Library,
        language: Language,
        month: Date,
        first: Date,
        last: Date,
    ) -> Result<Self> {
        let (begin, end) = (month.first_of_month(), month.last_of_month());
        let listed = days::papers_by_day(library, begin, end)?;
        // Only `sync` knows of days that should have come; a library without it has no gaps to show.
        let known = days::calendar(library, None, WEEKS).map(|calendar| calendar.days).unwrap_or_default();
        let gaps: Vec<Date> = known.iter().filter(|day| day.state.is_gap()).map(|day| day.day).collect();
        let mut weeks = vec![[None; 7]];
        for date in begin.series(1.day()).take_while(|date| *date <= end) {
            let column = date.weekday().to_monday_zero_offset() as usize;
            if column == 0 && date != begin {
                weeks.push([None; 7]);
            }
            let n = listed.iter().find(|(day, _)| *day == date).map_or(0, |(_, n)| *n);
            let day = Day { date, n, is_gap: gaps.contains(&date), current: (first..=last).contains(&date) };
            if let Some(week) = weeks.last_mut() {
                week[column] = Some(day);
            }
        }
        let title = match language {
            Language::En => month.strftime("%B %Y").to_string(),
            Language::Ko => format!("{}년 {}월", month.year(), month.month()),
        };
        let weekdays = match language {
            Language::En => ["Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"],
            Language::Ko => ["월", "화", "수", "목", "금", "토", "일"],
        };
        let (before, after) = (days::days_beside(library, first)?.0, days::days_beside(library, last)?.1);
        Ok(Self { title, weekdays, weeks, before, after })
    }
}

/// A day, or the first and the last of several, as a reader writes them.
pub fn span(language: Language, first: Date, last: Date) -> String {
    let one = |day: Date| match language {
        Language::En => day.strftime("%A, %-d %B %Y").to_string(),
        Language::Ko => {
            let weekday = match day.weekday() {
                Weekday::Monday => "월",
                Weekday::Tuesday => "화",
                Weekday::Wednesday => "수",
                Weekday::Thursday => "목",
                Weekday::Friday => "금",
                Weekday::Saturday => "토",
                Weekday::Sunday => "일",
            };
            format!("{}년 {}월 {}일 {weekday}요일", day.year(), day.month(), day.day())
        }
    };
    if first == last { one(last) } else { format!("{first} – {last}") }
}
