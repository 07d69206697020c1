//! The day of a date, in the forms in which programs and people write one.
//!
//! Always the day in the time zone in which it was written: the calendar of whoever published.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::paper::unaccented;

/// Reads exactly `YYYY-MM-DD`.
pub(super) fn parse_day(text: &str) -> Option<Date> {
    let shape = |(i, b): (usize, u8)| if i == 4 || i == 7 { b == b'-' } else { b.is_ascii_digit() };
    (text.len() == 10 && text.bytes().enumerate().all(shape)).then(|| text.parse().ok()).flatten()
}

/// The day at the beginning of a time stamp, in the calendar in which it was written.
pub(super) fn leading_day(stamp: &str) -> Option<Date> {
    parse_day(stamp.trim().get(..10)?)
}

/// The day of `Mon, 2 Apr 2007 19:18:42 GMT`, in the time zone in which it was written.
pub(super) fn mail_day(stamp: &str) -> Option<Date> {
    jiff::fmt::rfc2822::parse(stamp).ok().map(|zoned| zoned.date())
}

/// Longer texts are no dates.
const LONGEST: usize = 80;

/// The day of a date in any of the forms that feeds have: RFC 822 and its misspellings, ISO 8601, numbers with
/// slashes or points, month names. `None` where the day is not said, as in `May 2024`, and where it is
/// ambiguous: `04/05/2024` is April for some and May for others, and a wrong day is worse than none.
pub(super) fn any_day(text: &str) -> Option<Date> {
    let text = text.trim();
    if text.chars().count() > LONGEST {
        return None;
    }
    // `2024年4月25日`
    let text = text.replace(['年', '月', '日', '년', '월', '일'], "-");
    let text = unaccented(&text).to_lowercase();
    let parts = parts(&text);
    compact(&parts).or_else(|| numeric(&text, &parts)).or_else(|| with_month_name(&text, &parts))
}

/// A run of digits or of letters.
#[derive(Debug, Clone, Copy)]
struct Part<'a> {
    text: &'a str,
    at: usize,
}

impl Part<'_> {
    fn end(&self) -> usize {
        self.at + self.text.len()
    }

    /// The number, if it has one of these lengths.
    fn number(&self, digits: std::ops::RangeInclusive<usize>) -> Option<i16> {
        let fits = digits.contains(&self.text.len()) && self.text.bytes().all(|b| b.is_ascii_digit());
        fits.then(|| self.text.parse().ok()).flatten()
    }
}

fn parts(text: &str) -> Vec<Part<'_>> {
    let kind = |c: char| if c.is_ascii_digit() { 1 } else { 2 * u8::from(c.is_alphabetic()) };
    let (mut parts, mut begin, mut before) = (Vec::new(), 0, 0);
    for (at, now) in text.char_indices().map(|(at, c)| (at, kind(c))).chain([(text.len(), 0)]) {
        if now != before {
            if before != 0 {
                parts.push(Part { text: &text[begin..at], at: begin });
            }
            (begin, before) = (at, now);
        }
    }
    parts
}

fn date(year: i16, month: i16, day: i16) -> Option<Date> {
    // Zero of .NET and of databases is year 1; nobody announces for the next century.
    let date = Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()?;
    (1900..2200).contains(&year).then_some(date)
}

/// A year of two digits, by the rule of RFC 2822.
fn full_year(year: i16) -> i16 {
    year + if year < 50 { 2000 } else { 1900 }
}

/// `20240425`, `20240425T100000Z`, and the seconds or milliseconds since 1970.
fn compact(parts: &[Part<'_>]) -> Option<Date> {
    let first = parts.first()?;
    if !first.text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    match first.text.len() {
        8 | 12 | 14 => {
            let number = |range: std::ops::Range<usize>| first.text[range].parse().ok();
            date(number(0..4)?, number(4..6)?, number(6..8)?)
        }
        10 | 13 if parts.len() == 1 => {
            let second = first.text[..10].parse().ok()?;
            Some(TimeZone::UTC.to_datetime(Timestamp::from_second(second).ok()?).date())
        }
        _ => None,
    }
}

/// Three numbers with one separator between them: `2024-04-25`, `2024/4/25`, `25.04.2024`.
fn numeric(text: &str, parts: &[Part<'_>]) -> Option<Date> {
    parts.windows(3).find_map(|three| {
        let [a, b, c] = three else { return None };
        let between = |a: &Part<'_>, b: &Part<'_>| text[a.end()..b.at].trim_end().to_owned();
        let separator = between(a, b);
        if separator != between(b, c) || !["-", "/", "."].contains(&separator.as_str()) {
            return None;
        }
        if let (Some(year), Some(month), Some(day)) = (a.number(4..=4), b.number(1..=2), c.number(1..=2)) {
            return date(year, month, day);
        }
        let (first, second) = (a.number(1..=2)?, b.number(1..=2)?);
        let is_point = separator == ".";
        let year = c.number(4..=4).or_else(|| c.number(2..=2).filter(|_| is_point).map(full_year))?;
        // Points stand in Europe, where the day comes first; slashes stand everywhere.
        match separator != "/" && second <= 12 || first > 12 || first == second {
            true => date(year, second, first),
            false if second > 12 => date(year, first, second),
            false => None,
        }
    })
}

/// What the names of months begin with, in the languages of Western Europe.
const MONTHS: [(&str, i16); 33] = [
    ("jan", 1),
    ("ene", 1),
    ("gen", 1),
    ("feb", 2),
    ("fev", 2),
    ("mar", 3),
    ("maar", 3),
    ("mrt", 3),
    ("apr", 4),
    ("avr", 4),
    ("abr", 4),
    ("may", 5),
    ("mai", 5),
    ("mag", 5),
    ("mei", 5),
    ("jun", 6),
    ("juin", 6),
    ("giu", 6),
    ("jul", 7),
    ("juil", 7),
    ("lug", 7),
    ("aug", 8),
    ("aou", 8),
    ("ago", 8),
    ("sep", 9),
    ("set", 9),
    ("oct", 10),
    ("okt", 10),
    ("ott", 10),
    ("out", 10),
    ("nov", 11),
    ("dec", 12),
    ("dez", 12),
];

fn month_named(word: &str) -> Option<i16> {
    let italian = word.starts_with("dic").then_some(12);
    MONTHS.iter().find(|(begin, _)| word.starts_with(begin)).map(|(_, month)| *month).or(italian)
}

/// `25 Apr 2024`, `April 25, 2024`, `25-Apr-24`, `Thu Apr 25 10:00:00 2024`, the weekday right or wrong.
fn with_month_name(text: &str, parts: &[Part<'_>]) -> Option<Date> {
    let in_time = |part: &Part<'_>| text[part.end()..].starts_with(':') || text[..part.at].ends_with(':');
    let time = parts.iter().position(in_time).unwrap_or(parts.len());
    // The last before the time: a weekday may begin like a month (`mar. 23 avr. 2024`), a zone too.
    let month = |parts: &[Part<'_>]| parts.iter().rposition(|part| month_named(part.text).is_some());
    let at = month(&parts[..time]).or_else(|| month(parts))?;
    let month = month_named(parts[at].text)?;
    let numbers = || parts.iter().enumerate().filter(|(_, part)| !in_time(part));
    let mut short = numbers().filter_map(|(i, part)| Some((i, part.number(1..=2)?)));
    let (_, day) = short.next()?;
    let year = numbers().find_map(|(_, part)| part.number(4..=4));
    // After the time stands the zone: `+02`.
    let two_digits = || short.find(|(i, _)| *i < time || time < at).map(|(_, year)| full_year(year));
    date(year.or_else(two_digits)?, month, day)
}

#[cfg(test)]
mod tests {
    use super::any_day;

    #[test]
    fn a_day_in_every_form() {
        for text in [
            "2024-04-25",
            "2024-04-25T23:30:00-11:00",
            "2024-04-25 10:00",
            "2024-4-25T1:2:3Z",
            "2024/04/25 10:00:00",
            "2024.04.25",
            "2024. 4. 25.",
            "2024年4月25日",
            "2024년 4월 25일",
            "20240425",
            "20240425T100000Z",
            "1714039200",
            "Thu, 25 Apr 2024 10:00:00 +0000",
            "Mon, 25 Apr 2024 10:00:00 CEST",
            "Thu, 25 Apr 24 10:00 GMT",
            "25 Apr 2024",
            "Thursday, 25 April 2024 23:59:59 -0700",
            "thu, apr 25 2024 02:54:55 pdt",
            "Thu Apr 25 10:00:00 2024",
            "Thu Apr 25 10:00:00 NOVT 2024",
            "April 25, 2024",
            "Apr. 25th, 2024, 3:04 p.m.",
            "25-Apr-2024",
            "25-APR-24",
            "25. April 2024",
            "2024 April 25",
            "10:00 25 Apr 2024 +0200",
            "jeu. 25 avr. 2024",
            "mar., 25 abril 2024",
            "25.04.2024 10:00",
            "25.04.24",
            "25-04-2024",
            "25/04/2024",
            "04/25/2024 3:04 PM",
            "Thu, 25 Apr 2024 10:00:00GMT",
            "Thu,25 Apr 2024",
        ] {
            assert_eq!(any_day(text).map(|day| day.to_string()).as_deref(), Some("2024-04-25"), "{text}");
        }
        for (text, day) in [
            ("Wed, 18 Sept 2024 15:53:56 +0300", "2024-09-18"),
            ("1 März 2024", "2024-03-01"),
            ("3 de diciembre de 2024", "2024-12-03"),
            ("14 juillet 99", "1999-07-14"),
            ("31 Dec 2023 23:59:00 EST", "2023-12-31"),
        ] {
            assert_eq!(any_day(text).map(|day| day.to_string()).as_deref(), Some(day), "{text}");
        }
    }

    #[test]
    fn what_is_no_day() {
        for text in [
            "",
            "yesterday",
            "2024",
            "2024-04",
            "May 2024",
            "04/05/2024",
            "2024-13-01",
            "2024-02-30",
            "31 Jun 2024",
            "0001-01-01T00:00:00Z",
            "Mon, 2 Jan 15:04:05 +02",
            "10.1000/2024",
            "99999999999999999999",
        ] {
            assert_eq!(any_day(text), None, "{text}");
        }
        assert_eq!(any_day(&"1 Jan 2024 ".repeat(100_000)), None);
    }
}
