//! The lines of one entry of a digest: fields, pictures, bullets.

use super::super::markdown::{self, unescape};
use super::super::{authors, leading_day};
use super::labels::{self, Label};
use crate::paper::{Paper, PaperId, Votes, latex, one_line};

/// The source's name in listings and votes.
pub(super) const SOURCE: &str = "digest";

/// An entry of which more may come.
pub(super) struct Entry {
    pub(super) paper: Paper,
    pub(super) bullets: Vec<String>,
    /// Whether it stands under a heading, so that lists belong to it.
    pub(super) is_headed: bool,
    /// Whether it may be the user's own, `### [title](link)`, whose bullets are never fields in other languages.
    pub(super) is_own: bool,
    /// Whether it is a block of labelled lines, which the next block or a rule ends.
    pub(super) is_block: bool,
    /// Whether a language model wrote its bullets.
    pub(super) is_made: bool,
}

/// What stands behind the link of an entry: `(12 votes)`, ` - Dee Diaz`.
pub(super) fn described(entry: &mut Entry, rest: &str) {
    if let Some(count) = markdown::votes(rest) {
        entry.paper.votes = vec![Votes { source: SOURCE.to_owned(), at: None, count }];
    }
    let parts = rest.split(['(', '·', '•', '|', '👍', '⬆', '🔼']);
    let said: Vec<&str> = parts.map(without_signs).collect();
    if let Some(people) = said.iter().find_map(|part| people(part)) {
        entry.paper.authors = people;
    } else if let Some(words) = said.first()
        && words.split_whitespace().count() > 3
        && !words.contains("](")
    {
        entry.bullets.push(bullet(words));
    }
}

fn without_signs(text: &str) -> &str {
    let text = text.trim_matches([' ', '*', '_', '-', '–', '—', ':', ',', '.', ')', ']']);
    text.strip_prefix("by ").unwrap_or(text)
}

/// The names of a line that is made of people's names.
fn people(text: &str) -> Option<Vec<String>> {
    let names = authors::split(text);
    let is_name = |name: &String| {
        let n_words = name.split_whitespace().count();
        let starts = |word: &str| word.starts_with(|c: char| c.is_uppercase() || !c.is_ascii());
        (2..=5).contains(&n_words)
            && name.split_whitespace().next_back().is_some_and(starts)
            && !name.contains(|c: char| c.is_ascii_digit() || "[]()<>:!?".contains(c))
            && name.split_whitespace().filter(|word| !starts(word)).all(|word| word.len() <= 3)
    };
    (!names.is_empty() && names.iter().all(is_name)).then_some(names)
}

/// One line below a heading: a field, a picture, or a bullet.
/// What stands before who wrote a summary in a digest of ours, and behind the name of a language model.
pub(crate) const WRITER: &str = "Summary by:";
pub(crate) const BY_MODEL: &str = "(a language model)";

pub(super) fn body(entry: &mut Entry, text: &str) {
    let paper = &mut entry.paper;
    if let Some(count) = text.strip_prefix("Vote:") {
        // `-` and everything else that is no number is unknown, which is not zero.
        if let Ok(count) = count.trim().parse() {
            paper.votes = vec![Votes { source: SOURCE.to_owned(), at: None, count }];
        }
    } else if let Some(names) = text.strip_prefix("Authors:") {
        paper.authors = names_of(unescape(names).trim());
    } else if let Some(writer) = text.strip_prefix(WRITER) {
        entry.is_made = writer.trim_end().ends_with(BY_MODEL);
    } else if let Some((kind, address)) = media(text) {
        paper.facts.entry(kind.to_owned()).or_insert(address);
    } else if !field(entry, text) && !is_frame(text) {
        entry.bullets.push(bullet(text));
    }
}

/// Lines that only part others: rules, and the tags of a part that folds.
fn is_frame(text: &str) -> bool {
    is_rule(text) || ["<details", "</details", "<summary", "<br"].iter().any(|tag| text.starts_with(tag))
}

/// A line across the page.
pub(super) fn is_rule(text: &str) -> bool {
    text.len() >= 3 && ["-", "*", "_", "- ", "* "].iter().any(|sign| text.replace(sign, "").is_empty())
}

/// Takes a field as other digests write it; false if the line is none.
fn field(entry: &mut Entry, text: &str) -> bool {
    let Entry { paper, bullets, is_headed, is_own, .. } = entry;
    let italic = ["*", "_"].iter().find_map(|mark| text.strip_prefix(mark)?.strip_suffix(mark));
    if let Some(names) = italic.filter(|_| paper.authors.is_empty() && bullets.is_empty()).and_then(people) {
        paper.authors = names;
        return true;
    }
    let n_words = text.split_whitespace().count();
    if let Some(count) = markdown::votes(text).filter(|_| n_words <= 4 && paper.votes.is_empty()) {
        paper.votes = vec![Votes { source: SOURCE.to_owned(), at: None, count }];
        return true;
    }
    // The list below an item of a list is all of fields.
    let item = if *is_headed { text } else { markdown::unmarked(text) };
    let Some((name, value)) = markdown::label(text).or_else(|| markdown::label(item)) else { return false };
    let is_foreign = !name.is_ascii();
    if is_foreign && *is_own && (!bullets.is_empty() || markdown::is_bullet(text)) {
        return false;
    }
    match labels::named(&name) {
        Some(Label::Authors) if is_foreign => {
            paper.authors = names_of(unescape(&value.replace(['、', '，', '；'], ", ")).trim());
        }
        Some(Label::Authors) => paper.authors = names_of(unescape(value).trim()),
        Some(Label::Votes) => {
            let Some(count) = value.split_whitespace().next().and_then(markdown::number) else {
                return false;
            };
            paper.votes = vec![Votes { source: SOURCE.to_owned(), at: None, count }];
        }
        Some(Label::Categories) => {
            let categories = markdown::categories(value);
            if categories.is_empty() {
                return false;
            }
            paper.categories = categories;
        }
        Some(Label::Abstract) if !value.is_empty() && paper.abstract_text.is_empty() => {
            paper.abstract_text = one_line(&latex::decode(&unescape(value)));
        }
        Some(Label::Summary) if !value.is_empty() => bullets.push(bullet(value)),
        Some(Label::Published) if leading_day(value).is_some() => paper.published = leading_day(value),
        Some(Label::Link) => {
            let named = markdown::link(value).map(|link| link.id);
            return named.or_else(|| Some(PaperId::parse(value).ok()?.0)).is_some_and(|id| id == paper.id);
        }
        _ => return false,
    }
    true
}

/// The names, whether separated by commas or written as a Python list.
fn names_of(text: &str) -> Vec<String> {
    let Some(list) = text.strip_prefix('[').and_then(|t| t.strip_suffix(']')) else {
        return authors::split(text);
    };
    let mut names = Vec::new();
    let mut rest = list;
    while let Some(start) = rest.find(['\'', '"']) {
        let quote = &rest[start..=start];
        let inner = &rest[start + 1..];
        // The closing quote stands before a comma or the end; others belong to a name.
        let end = inner
            .match_indices(quote)
            .map(|(at, _)| at)
            .find(|at| matches!(inner[at + 1..].trim_start().chars().next(), None | Some(',')));
        let Some(end) = end else { break };
        names.push(authors::clean(&inner[..end]));
        rest = &inner[end + 1..];
    }
    names.retain(|name| !name.is_empty());
    names
}

/// The address of a line that only shows a picture or a film.
fn media(text: &str) -> Option<(&'static str, String)> {
    if let Some(link) = text.strip_prefix("![") {
        let address = link.split_once("](")?.1.trim_end().strip_suffix(')')?;
        return (!address.is_empty()).then(|| ("image", address.to_owned()));
    }
    if let Some(link) = text.strip_prefix("[Watch Video]") {
        // Some digests left out the parentheses.
        let address = link.trim_start_matches('(').trim_end_matches(')').trim();
        return Some(("video", address.to_owned()));
    }
    if !text.starts_with('<') {
        return None;
    }
    let (kind, tag) = match (text.find("<video"), text.find("<img")) {
        (Some(at), _) => ("video", &text[at..]),
        (None, Some(at)) => ("image", &text[at..]),
        (None, None) => return None,
    };
    let value = tag.split_once("src=")?.1;
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    Some((kind, value[1..].split(quote).next()?.to_owned()))
}

/// A bullet without its marker and without emphasis. Numbers stay: they are part of the text.
fn bullet(text: &str) -> String {
    let text = text.strip_prefix("- ").or_else(|| text.strip_prefix("* ")).unwrap_or(text);
    one_line(&unescape(&text.replace("***", "").replace("**", "")))
}
