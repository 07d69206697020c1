//! A digest as plain text, for mail readers without HTML and for terminals.

use super::{LONGEST_LINE, LONGEST_TITLE, basis, counted, cut, heading, people, said, section_name};
use crate::paper::{Language, plain};
use crate::source::BY_MODEL;
use crate::verbs::digest::{Digest, Entry};
use crate::verbs::points::By;

/// A day's digest.
pub fn digest(digest: &Digest) -> String {
    let mut out = format!("{}: {}\n", heading(digest), basis(digest));
    let named = digest.sections.iter().any(|section| section.name.is_some());
    for section in &digest.sections {
        if named {
            let name = section_name(digest, section);
            out.push_str(&format!("\n{}\n{}\n", name, "-".repeat(name.chars().count().clamp(1, 72))));
        }
        section.entries.iter().for_each(|entry| out.push_str(&written(entry, digest.language)));
    }
    out
}

fn written(entry: &Entry, language: Language) -> String {
    let paper = entry.paper();
    let mut out = format!("\n{}. {}\n", entry.pick.rank, cut(&plain(&paper.title), LONGEST_TITLE));
    let address = paper.url.as_deref().unwrap_or(&paper.id);
    for line in [plain(address), facts(entry, language), reason(entry, language)] {
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
pub(super) fn facts(entry: &Entry, language: Language) -> String {
    let paper = entry.paper();
    let score = super::likelihood(&entry.pick);
    let votes = paper.votes.map(|n| counted(n, "vote"));
    let written = writer(entry).map(|writer| format!("summary by {writer}"));
    let parts = [score, votes, Some(people(&paper.authors)), written];
    let parts: Vec<String> = parts.into_iter().flatten().filter(|part| !part.is_empty()).collect();
    parts.iter().map(|part| said(language, part)).collect::<Vec<_>>().join(" · ")
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
pub(super) fn reason(entry: &Entry, language: Language) -> String {
    let reason = || said(language, &plain(&entry.pick.reason.to_string()));
    entry.pick.score.map_or_else(String::new, |_| cut(&reason(), LONGEST_TITLE))
}
