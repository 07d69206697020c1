//! BibTeX and BibLaTeX, as arXiv, DBLP, ADS, Google Scholar and Zotero write it.
//!
//! The parser stops at the first entry that is broken, so the file is cut into its entries first.

use std::io::BufRead;

use biblatex::{Bibliography, ChunksExt, Entry, ParseErrorKind};

use super::lines::Lines;
use super::reference::Reference;
use super::{Parsed, Place, leading_day};
use crate::paper::Paper;

/// The longest entry: of a mark like `$`, the parser makes a hundred bytes.
const LONGEST_ENTRY: usize = 256 << 10;

/// Abbreviations (`@string`) are kept for the entries after them, up to so many bytes.
const MAX_STRINGS_BYTES: usize = 64 << 10;

/// An abbreviation that no one defined stands for its own name; more of them are a broken entry.
const MAX_UNKNOWN: usize = 20;

/// The papers of a file.
pub(super) fn papers(input: impl BufRead) -> impl Iterator<Item = Parsed> {
    let mut lines = Lines::new(input);
    let mut strings = String::new();
    let mut pending: Option<(usize, String)> = None;
    let mut ready: Vec<Parsed> = Vec::new();
    std::iter::from_fn(move || {
        loop {
            if !ready.is_empty() {
                return Some(ready.remove(0));
            }
            let Some((number, line)) = lines.next() else {
                let (start, text) = pending.take()?;
                ready = entries(start, &text, &mut strings);
                continue;
            };
            match line {
                Ok(line) if begins_entry(&line) => {
                    if let Some((start, text)) = pending.replace((number, line)) {
                        ready = entries(start, &text, &mut strings);
                    }
                }
                Ok(line) => {
                    if let Some((_, text)) = &mut pending
                        && text.len() <= LONGEST_ENTRY
                    {
                        text.push('\n');
                        text.push_str(&line);
                    }
                }
                Err(message) => {
                    // What the line belonged to cannot be whole.
                    pending = None;
                    return Some(Err((Place::Line(number), message)));
                }
            }
        }
    })
}

/// Whether a line is the first of an entry: `@misc{key,`.
pub(super) fn begins_entry(line: &str) -> bool {
    let Some(kind) = line.trim_start().strip_prefix('@') else { return false };
    let end = kind.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(kind.len());
    end > 0 && kind[end..].trim_start().starts_with(['{', '('])
}

/// The papers of what stands between one entry's first line and the next one's.
fn entries(start: usize, text: &str, strings: &mut String) -> Vec<Parsed> {
    let at = |message: String| vec![Err((Place::Line(start), message))];
    if text.len() > LONGEST_ENTRY {
        return at(format!("the entry is longer than {LONGEST_ENTRY} bytes"));
    }
    let kind = text.trim_start().get(1..9).unwrap_or_default().to_ascii_lowercase();
    if kind.starts_with("comment") || kind.starts_with("preamble") {
        return Vec::new();
    }
    if kind.starts_with("string") {
        if strings.len() + text.len() <= MAX_STRINGS_BYTES && Bibliography::parse(text).is_ok() {
            strings.push_str(text);
            strings.push('\n');
        }
        return Vec::new();
    }
    match parse(text, strings) {
        Ok(bibliography) if bibliography.is_empty() => at("the entry has no end".to_owned()),
        Ok(bibliography) => {
            bibliography.iter().map(|entry| paper(entry).map_err(|m| (Place::Line(start), m))).collect()
        }
        Err(message) => at(message),
    }
}

fn parse(text: &str, strings: &str) -> Result<Bibliography, String> {
    let mut whole = format!("{strings}{text}");
    for _ in 0..MAX_UNKNOWN {
        match Bibliography::parse(&whole) {
            Ok(bibliography) => return Ok(bibliography),
            Err(error) => match error.kind {
                ParseErrorKind::UnknownAbbreviation(name) if !name.contains(['{', '}', '"']) => {
                    whole = format!("@string{{{name} = \"{name}\"}}\n{whole}");
                }
                kind => return Err(format!("the entry is broken: {kind}")),
            },
        }
    }
    Err("the entry is broken: too many abbreviations that are not defined".to_owned())
}

fn paper(entry: &Entry) -> Result<Paper, String> {
    let field = |name: &str| entry.get(name).map(|chunks| chunks.format_verbatim());
    let lower = |name: &str| field(name).unwrap_or_default().to_ascii_lowercase();
    // BibLaTeX renames `archivePrefix` to `eprinttype` while it reads.
    let archive = lower("eprinttype") + &lower("archiveprefix");
    let eprint = field("eprint").filter(|_| archive.is_empty() || archive.contains("arxiv"));
    let journal = field("journaltitle").or_else(|| field("journal")).or_else(|| field("booktitle"));
    let class = field("eprintclass").or_else(|| field("primaryclass"));
    let some = |names: &[&str]| names.iter().filter_map(|name| field(name)).collect::<Vec<_>>();
    let hints = some(&["eid", "pages", "volume", "url", "howpublished"]).into_iter().chain(journal.clone());
    // A group in braces, as ADS writes a family name, is no list of people.
    let authors = entry
        .author()
        .unwrap_or_default()
        .into_iter()
        .map(|person| [person.given_name, person.prefix, person.name, person.suffix].join(" "));
    let reference = Reference {
        identifiers: eprint.into_iter().collect(),
        hints: hints.collect(),
        remarks: some(&["note"]),
        given: None,
        names: field("url").into_iter().chain([entry.key.clone()]).collect(),
        link: field("url"),
        title: field("title").unwrap_or_default(),
        abstract_text: field("abstract").unwrap_or_default(),
        authors: authors.collect(),
        published: field("date").as_deref().and_then(leading_day),
        year: field("year").or_else(|| field("date")),
        categories: class.into_iter().filter(|class| !class.is_empty()).collect(),
        journal,
        doi: field("doi"),
    };
    reference.into_paper()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<Parsed> {
        papers(text.as_bytes()).collect()
    }

    #[test]
    fn a_broken_entry_hides_no_other() {
        let found = read(
            "% a comment\n@string{jj = \"Journal of J\"}\n@misc{a, title = {One}, eprint = {2404.15653}, archivePrefix = {arXiv}}\n\
             @article{b, title = {Two {unclosed}, year = 2024\n\n  @article{c,\n title = \"Three\", journal = jj # { 2}, month = oct, doi = {10.1000/C}}\n\
             @misc{d, title = {Four}, month = notamonth, key = x}\n@comment{e, title = {no}}\n",
        );
        let ids: Vec<_> = found.iter().flatten().map(|p| p.id.as_str()).collect();
        assert_eq!(ids, ["2404.15653", "doi:10.1000/c", "own:d~d6d2dc6b"]);
        assert_eq!(found[2].as_ref().unwrap().facts["journal"], "Journal of J 2");
        assert!(
            matches!(&found[1], Err((Place::Line(4), message)) if message.contains("broken")),
            "{:?}",
            found[1]
        );
    }
}
