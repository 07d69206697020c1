//! The daily digest in Markdown, in the shape that `import` reads: what is written here and
//! imported again gives the same papers with the same votes, authors and summaries.
//!
//! The sentences of an abstract stand in where there is no summary; they come back as one.

use super::section_name;
use super::text::writer;
use crate::paper::{Brief, encoded, plain};
use crate::source::{WRITER, day_in_name};
use crate::verbs::digest::{Digest, Entry};

/// A day's digest.
pub fn digest(digest: &Digest) -> String {
    let mut out = format!("## Daily Papers ({})\n", digest.day);
    let named = digest.sections.iter().any(|section| section.name.is_some());
    for section in &digest.sections {
        if named {
            let name = escaped(&section_name(digest, section));
            // A heading with a day in it would date what follows.
            let name = if day_in_name(&name).is_some() { name.replace('-', "\u{2011}") } else { name };
            out.push_str(&format!("\n## {name}\n"));
        }
        section.entries.iter().for_each(|entry| out.push_str(&written(entry)));
    }
    out
}

fn written(entry: &Entry) -> String {
    let paper = entry.paper();
    let mut out = format!("\n### [{}]({})\n", escaped(&plain(&paper.title)), target(paper));
    let address = |address: &Option<String>| address.clone().filter(|address| is_address(address));
    if let Some(address) = address(&entry.image) {
        out.push_str(&format!("\n![]({address})\n"));
    }
    if let Some(address) = address(&entry.video) {
        out.push_str(&format!("\n[Watch Video]({address})\n"));
    }
    if let Some(votes) = paper.votes {
        out.push_str(&format!("\nVote: {votes}\n"));
    }
    if !paper.authors.is_empty() {
        out.push_str(&format!("\nAuthors: {}\n", names(&paper.authors)));
    }
    if let Some(writer) = writer(entry) {
        out.push_str(&format!("\n{WRITER} {}\n", escaped(&plain(&writer))));
    }
    for (i, line) in entry.lines().map(plain).filter(|line| !line.is_empty()).enumerate() {
        out.push_str(&format!("{}- {}\n", if i == 0 { "\n" } else { "" }, escaped(&line)));
    }
    out
}

/// Where the heading points: the paper's page, or its own name where it has none. Behind a page that does not
/// tell which paper it is of stands the name, as the title of the link.
fn target(paper: &Brief) -> String {
    let name = || encoded(&paper.id, b"-._:/~");
    match &paper.url {
        // An address is encoded already.
        Some(url) if paper.id.starts_with("own:") => {
            format!("{} \"{}\"", encoded(url, b"-._:/~%?&=+,;@!$"), name())
        }
        Some(url) => encoded(url, b"-._:/~%"),
        None => name(),
    }
}

fn is_address(text: &str) -> bool {
    let web = text.starts_with("https://") || text.starts_with("http://");
    web && text.bytes().all(|b| b.is_ascii_graphic() && !b"()<>\"'`\\[]*".contains(&b))
}

/// Names between commas, or as a quoted list where a name holds something that would part it.
fn names(names: &[String]) -> String {
    let names: Vec<String> = names.iter().map(|name| plain(name)).collect();
    let parts = |name: &String| name.contains([',', ';', '(', ')', '[', ']']) || name.contains("and ");
    if !names.iter().any(parts) {
        return escaped(&names.join(", "));
    }
    let quoted = names.iter().map(|name| match name.contains('\'') {
        true => format!("\"{}\"", escaped(&name.replace('"', "”"))),
        false => format!("'{}'", escaped(name)),
    });
    format!("[{}]", quoted.collect::<Vec<_>>().join(", "))
}

/// A text that Markdown prints as it is. Only what Markdown would take as its own is escaped, so
/// that `$\lambda_1$` stays readable and mathematics still renders.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let mut before = None;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let after = chars.peek().copied();
        let is_letter = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        let marks = match c {
            '[' | ']' | '*' | '`' | '<' => true,
            '\\' => after.is_none_or(|c| c.is_ascii_punctuation()),
            '_' => !(is_letter(before) && is_letter(after)),
            '&' => is_letter(after) || after == Some('#'),
            '#' | '>' => before.is_none(),
            _ => false,
        };
        match c {
            // `\~` is no escape to an importer: TeX writes its accent so.
            '~' => out.push_str("&#126;"),
            c if marks => out.extend(['\\', c]),
            c => out.push(c),
        }
        before = Some(c);
    }
    out
}
