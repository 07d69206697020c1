//! What lists of papers show of each.

use jiff::civil::Date;
use paperpick::paper::Brief;

use super::print::{authors, clean, counted};

/// `2024-04-25`, or `2024-04-22 to 2024-04-25`.
pub fn span(first: Date, last: Date) -> String {
    if first == last { first.to_string() } else { format!("{first} to {last}") }
}

/// The title of a paper that may not be there yet.
pub fn title_of(title: Option<&str>) -> String {
    title.map_or_else(|| "(not in the library yet)".to_owned(), clean)
}

/// Identifier, votes and first authors on one line.
pub fn facts(paper: &Brief) -> String {
    facts_on(paper, None)
}

/// The same with the first day on which it was listed, where papers of many days are shown.
pub fn dated_facts(paper: &Brief) -> String {
    facts_on(paper, paper.listed)
}

fn facts_on(paper: &Brief, day: Option<Date>) -> String {
    let votes = paper.votes.map(|n| counted(n as usize, "vote"));
    let day = day.map(|day| day.to_string());
    let parts = [Some(paper.id.clone()), day, votes, Some(clean(&authors(&paper.authors)))];
    parts.into_iter().flatten().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ")
}
