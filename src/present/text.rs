//! A digest as plain text, for mail readers without HTML and for terminals.

use super::{LONGEST_LINE, LONGEST_TITLE, basis, counted, cut, people};
use crate::paper::plain;
use crate::source::BY_MODEL;
use crate::verbs::digest::{Digest, Entry};
use crate::verbs::points::By;

/// A day's digest.
pub fn digest(digest: &Digest) -> String {
    let mut out = format!("Papers of {}: {}\n", digest.day, basis(digest));
    let named = digest.sections.iter().any(|section| section.name.is_some());
    for section in &digest.sections {
        if named {
            let name = section.name.as_deref().map_or("On their own".to_owned(), plain);
            out.push_str(&format!("\n{}\n{}\n", name, "-".repeat(name.chars().count().clamp(1, 72))));
        }
        section.entries.iter().for_each(|entry| out.push_str(&written(entry)));
    }
    out
}

fn written(entry: &Entry) -> String {
    let paper = entry.paper();
    let mut out = format!("\n{}. {}\n", entry.pick.rank, cut(&plain(&paper.title), LONGEST_TITLE));
    let address = paper.url.as_deref().unwrap_or(&paper.id);
    for line in [plain(address), facts(entry), reason(entry)] {
        if !line.is_empty() {
            out.push_str(&format!("   {line}\n"));
        }
    }
    for line in entry.lines().map(plain).filter(|line| !line.is_empty()) {
        out.push_str(&format!("   - {}\n", cut(&line, LONGEST_LINE)));
    }
    out
}

/// Score, votes and first authors on one line.
pub(super) fn facts(entry: &Entry) -> String {
    let paper = entry.paper();
    let score = super::likelihood(&entry.pick);
    let votes = paper.votes.map(|n| counted(n, "vote"));
    let written = writer(entry).map(|writer| format!("summary by {writer}"));
    let parts = [score, votes, Some(people(&paper.authors)), written];
    parts.into_iter().flatten().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ")
}

/// Who wrote the lines to read, where no source did.
pub(super) fn writer(entry: &Entry) -> Option<String> {
    match entry.points.by {
        _ if entry.points.lines.is_empty() => None,
        By::Source => None,
        By::Model => Some(format!("{} {BY_MODEL}", entry.points.model.as_deref().unwrap_or("a model"))),
        By::Abstract => Some("the authors (sentences of the abstract)".to_owned()),
    }
}

/// Why it stands here; where votes decide, the facts have said it.
pub(super) fn reason(entry: &Entry) -> String {
    entry.pick.score.map_or_else(String::new, |_| cut(&plain(&entry.pick.reason.to_string()), LONGEST_TITLE))
}
