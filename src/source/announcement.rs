//! The page `/list/<category>/new`, which says what a day announced: the check that the feed of
//! the day is neither stale nor short.

use jiff::civil::Date;

use super::excerpt;
use crate::paper::{Announced, PaperId};

/// What a category's page of new papers says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Announcement {
    /// The day of the listing.
    pub day: Date,
    /// How many new papers and cross-lists it counts.
    pub n: usize,
    /// The papers that it names, in order, each once; replacements among them.
    pub papers: Vec<(PaperId, Announced)>,
}

impl Announcement {
    /// The papers that are new or cross-listed.
    pub fn shown(&self) -> impl Iterator<Item = &(PaperId, Announced)> {
        self.papers.iter().filter(|(_, announced)| matches!(announced, Announced::New | Announced::Cross))
    }
}

/// Reads the page.
///
/// # Errors
/// What was expected and what came.
pub(super) fn read(html: &str) -> Result<Announcement, String> {
    let day = between(html, "Showing new listings for ", "<")
        .ok_or_else(|| format!("expected `Showing new listings for`, but the page is `{}`", excerpt(html)))?;
    let day =
        spelled(day).ok_or_else(|| format!("expected a day, but the heading says `{}`", excerpt(day)))?;
    let mut announcement = Announcement { day, n: 0, papers: Vec::new() };
    let mut seen = std::collections::BTreeSet::new();
    for section in html.split("<h3").skip(1) {
        let heading = between(section, ">", "</h3").unwrap_or_default();
        let announced = match heading.trim_start().split(' ').next() {
            Some("New") => Announced::New,
            Some("Cross") => Announced::Cross,
            Some("Replacement") => Announced::Replace,
            _ => continue,
        };
        // `(showing 25 of 239 entries)`
        let total = between(heading, " of ", " entr").and_then(|n| n.replace(',', "").parse::<usize>().ok());
        if announced != Announced::Replace {
            announcement.n += total.ok_or_else(|| {
                format!("expected a number of entries, but the heading is `{}`", excerpt(heading))
            })?;
        }
        for link in section.split("href").skip(1) {
            let target = link.trim_start_matches([' ', '=', '"', '\'']);
            let Some(id) = target.strip_prefix("/abs/") else { continue };
            let id = id.split(['"', '\'', '?', '#']).next().unwrap_or_default();
            if let Ok((id, _)) = PaperId::parse(id)
                && seen.insert(id.clone())
            {
                announcement.papers.push((id, announced));
            }
        }
    }
    Ok(announcement)
}

/// `Wednesday, 12 August 2026`, and the short form `Wed, 12 Aug 2026`.
fn spelled(text: &str) -> Option<Date> {
    let text = text.split_once(',').map_or(text, |(_, rest)| rest);
    let mut words = text.split_whitespace();
    let (day, month, year) = (words.next()?, words.next()?, words.next()?);
    const MONTHS: [&str; 12] =
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let month = month.get(..3)?.to_ascii_lowercase();
    let month = MONTHS.iter().position(|m| *m == month)? + 1;
    Date::new(year.parse().ok()?, month.try_into().ok()?, day.parse().ok()?).ok()
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    text.split_once(before)?.1.split_once(after).map(|(inside, _)| inside)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_day_and_what_it_announced() {
        let page = r#"<h3>Showing new listings for Wednesday, 12 August 2026</h3>
            <h3>New submissions (showing 2 of 1,002 entries)</h3>
            <dt><a href ="/abs/2608.09949" title="Abstract">x</a> [<a href="/pdf/2608.09949">pdf</a>]</dt>
            <dt><a href ="/abs/2608.09950">x</a></dt>
            <h3>Cross submissions (showing 1 of 1 entries)</h3><a href ="/abs/2608.00001">x</a><a href ="/abs/2608.09950">y</a>
            <h3>Replacement submissions (showing 1 of 1 entries)</h3><a href ="/abs/hep-th/9901001">x</a>"#;
        let read = read(page).unwrap();
        assert_eq!((read.day, read.n), (date(2026, 8, 12), 1003));
        let ids: Vec<_> = read.papers.iter().map(|(id, a)| format!("{id} {}", a.as_str())).collect();
        assert_eq!(ids, ["2608.09949 new", "2608.09950 new", "2608.00001 cross", "hep-th/9901001 replace"]);
        assert_eq!(read.shown().count(), 3);
    }

    #[test]
    fn a_page_that_says_something_else() {
        for (page, message) in [
            ("<html>Rate exceeded.", "expected `Showing new listings for`"),
            ("<h3>Showing new listings for tomorrow</h3>", "expected a day"),
            (
                "<h3>Showing new listings for Wed, 12 Aug 2026</h3><h3>New submissions</h3>",
                "expected a number",
            ),
        ] {
            assert!(read(page).unwrap_err().starts_with(message), "{page}");
        }
    }
}
