//! arXiv's week: when it closes, when it announces, and on which day a paper was announced.

use std::collections::BTreeSet;

use jiff::civil::{Date, Weekday};

use super::{back, days, is_weekend};
use crate::error::{Error, Result};
use crate::paper::Paper;

/// How long after its scheduled day a paper that was never revised can first be announced:
/// moderation holds some back for weeks. What is older was touched, not announced.
const MAX_HELD_DAYS: i64 = 30;

/// What a record of OAI-PMH says of a paper, as far as the open days go.
#[derive(Debug, PartialEq)]
pub(super) enum AnnouncedOn {
    /// On this open day.
    Announced(Date),
    /// The library knows it; on this open day it was replaced.
    Replaced(Date),
    /// On no open day.
    Elsewhere,
}

/// A record tells the day of its last change, not that of its announcement. A paper that was never
/// revised changed when it was announced. One that was revised was announced on the first day that
/// is open from its scheduled one to its last change.
pub(super) fn place(
    stamp: Date,
    paper: &Paper,
    known: Option<&BTreeSet<Date>>,
    gaps: &BTreeSet<Date>,
) -> AnnouncedOn {
    let changed = if is_weekend(stamp) { next_announcement(stamp) } else { stamp };
    if let Some(day) = known.and_then(|days| days.iter().find(|day| gaps.contains(day))) {
        return AnnouncedOn::Announced(*day);
    }
    if known.is_some_and(|days| !days.is_empty()) {
        return if gaps.contains(&changed) { AnnouncedOn::Replaced(changed) } else { AnnouncedOn::Elsewhere };
    }
    let scheduled = paper.published.map_or(changed, next_announcement);
    let is_old = scheduled < back(changed, MAX_HELD_DAYS);
    match paper.updated {
        None if is_old || !gaps.contains(&changed) => AnnouncedOn::Elsewhere,
        None => AnnouncedOn::Announced(changed),
        Some(_) if scheduled > changed => AnnouncedOn::Elsewhere,
        Some(_) => gaps
            .range(scheduled..=changed)
            .next()
            .map_or(AnnouncedOn::Elsewhere, |day| AnnouncedOn::Announced(*day)),
    }
}

/// The first day of announcements after a day of submission.
fn next_announcement(submitted: Date) -> Date {
    days(submitted, Date::MAX).skip(1).find(|day| !is_weekend(*day)).unwrap_or(submitted)
}

/// The moments between which a paper is submitted for a day, as the API writes them, in UTC:
/// arXiv closes at 14:00 US Eastern on working days, whatever that is in UTC, and announces at
/// 20:00 on every day but Friday and Saturday, under the next day's date.
pub(super) fn submission_window(day: Date) -> Result<(String, String)> {
    let (from, to) = match day.weekday() {
        Weekday::Monday => (4, 3),
        Weekday::Tuesday => (4, 1),
        _ => (2, 1),
    };
    let close = |n: i64| {
        let moment = back(day, n).at(14, 0, 0, 0).in_tz("America/New_York");
        let moment = moment.map_err(|e| Error::Invalid(format!("no 14:00 in New York before {day}: {e}")))?;
        Ok::<_, Error>(moment.timestamp().strftime("%Y%m%d%H%M").to_string())
    };
    Ok((close(from)?, close(to)?))
}

/// The set of a category: `cs:cs:AI`, `physics:hep-th`, `physics:astro-ph:GA`.
pub(super) fn set_of(category: &str) -> String {
    const PHYSICS: [&str; 13] = [
        "astro-ph", "cond-mat", "gr-qc", "hep-ex", "hep-lat", "hep-ph", "hep-th", "math-ph", "nlin",
        "nucl-ex", "nucl-th", "physics", "quant-ph",
    ];
    let archive = category.split('.').next().unwrap_or(category);
    let group = if PHYSICS.contains(&archive) { "physics" } else { archive };
    match category.split_once('.') {
        Some((archive, class)) => format!("{group}:{archive}:{class}"),
        None => format!("{group}:{category}"),
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::paper::PaperId;

    fn paper(created: Date, updated: Option<Date>) -> Paper {
        let mut paper = Paper::new(PaperId::parse("2404.15653").unwrap().0, "T");
        (paper.published, paper.updated) = (Some(created), updated);
        paper
    }

    #[test]
    fn a_record_is_placed_on_the_day_of_its_announcement() {
        // A Monday to a Wednesday are open.
        let gaps: BTreeSet<Date> = (22..=24).map(|d| date(2024, 4, d)).collect();
        let day = |d| date(2024, 4, d);
        let known = |d| Some(BTreeSet::from([day(d)]));
        for (what, stamp, paper, known, placed) in [
            ("new", 23, paper(day(22), None), None, AnnouncedOn::Announced(day(23))),
            ("held back for a week", 24, paper(day(15), None), None, AnnouncedOn::Announced(day(24))),
            (
                "revised within the gap",
                24,
                paper(day(19), Some(day(23))),
                None,
                AnnouncedOn::Announced(day(22)),
            ),
            (
                "revised after the gap",
                26,
                paper(day(22), Some(day(25))),
                None,
                AnnouncedOn::Announced(day(23)),
            ),
            ("announced after the gap", 25, paper(day(24), None), None, AnnouncedOn::Elsewhere),
            ("an old one, touched", 23, paper(date(2020, 1, 1), None), None, AnnouncedOn::Elsewhere),
            (
                "known, from the gap",
                24,
                paper(day(22), Some(day(23))),
                known(23),
                AnnouncedOn::Announced(day(23)),
            ),
            ("known, replaced", 24, paper(day(10), Some(day(23))), known(11), AnnouncedOn::Replaced(day(24))),
            ("known, replaced later", 26, paper(day(10), Some(day(25))), known(11), AnnouncedOn::Elsewhere),
            ("stamped on a Saturday", 20, paper(day(19), None), None, AnnouncedOn::Announced(day(22))),
        ] {
            assert_eq!(place(day(stamp), &paper, known.as_ref(), &gaps), placed, "{what}");
        }
    }

    #[test]
    fn the_close_of_submissions_follows_daylight_saving() {
        for (day, from, to) in [
            // 14:00 is 19:00 UTC in winter, 18:00 in summer; the change was on 10 March 2024.
            (date(2024, 1, 10), "202401081900", "202401091900"),
            (date(2024, 3, 11), "202403071900", "202403081900"),
            (date(2024, 3, 12), "202403081900", "202403111800"),
            (date(2024, 7, 3), "202407011800", "202407021800"),
        ] {
            let window = submission_window(day).unwrap();
            assert_eq!((window.0.as_str(), window.1.as_str()), (from, to), "{day}");
        }
    }

    #[test]
    fn sets_of_categories() {
        for (category, set) in [
            ("cs.AI", "cs:cs:AI"),
            ("hep-th", "physics:hep-th"),
            ("astro-ph.GA", "physics:astro-ph:GA"),
            ("physics.bio-ph", "physics:physics:bio-ph"),
            ("math.OC", "math:math:OC"),
        ] {
            assert_eq!(set_of(category), set);
        }
    }
}
