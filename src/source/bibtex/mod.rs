//! BibTeX and BibLaTeX, as arXiv, DBLP, ADS, Google Scholar, JabRef, Mendeley and Zotero write it.
//!
//! A reader of our own: the crates there are stop at a `$` in an abstract or a round bracket, and what they
//! refuse costs whole entries of real files. `tests/outside/reading.py` compares it with three readers in
//! Python. The file is cut where a line begins an entry, so that one without an end hides no other.

mod entry;
mod names;

use std::collections::VecDeque;
use std::io::BufRead;

use self::entry::{Abbreviations, RawEntry};
use super::lines::Lines;
use super::reference::Reference;
use super::{MAX_ENTRY_BYTES, Parsed, Place, excerpt, html, leading_day};
use crate::paper::Paper;
use crate::paper::latex;

/// Abbreviations (`@string`) are kept for the entries after them, up to so many bytes.
const MAX_ABBREVIATIONS_BYTES: usize = 1 << 20;

/// What the abbreviations of a file may come to in all: this much, and 16 times the file's own length. A journal's
/// abbreviation stands for ten times its letters in an entry that has ten times as many.
const ABBREVIATED_BYTES: usize = 4 << 20;
const ABBREVIATED_TIMES: usize = 16;

/// Broken entries on one line before the rest of it is given up: the end of each is looked for to the last byte.
const MAX_BROKEN: usize = 50;

/// The papers of a file.
pub(super) fn papers(input: impl BufRead) -> impl Iterator<Item = Parsed> {
    let mut lines = Lines::new(input);
    let mut reader = Reader::default();
    reader.known.allow(ABBREVIATED_BYTES);
    let mut pending: Option<(usize, String)> = None;
    std::iter::from_fn(move || {
        loop {
            if let Some(found) = reader.ready.pop_front() {
                return Some(found);
            }
            let Some((number, line)) = lines.next() else {
                let (start, text) = pending.take()?;
                reader.read(start, &text);
                continue;
            };
            match line {
                Ok(line) if pending.is_none() || begins_entry(&line) => {
                    if let Some((start, text)) = pending.replace((number, line)) {
                        reader.read(start, &text);
                    }
                }
                Ok(line) => {
                    if let Some((_, text)) = &mut pending
                        && text.len() <= MAX_ENTRY_BYTES
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

/// Whether a line is the first of an entry: `@misc{key,`, or `@misc` alone.
pub(super) fn begins_entry(line: &str) -> bool {
    let line = line.trim();
    let alone = || {
        line.strip_prefix('@')
            .is_some_and(|kind| !kind.is_empty() && kind.bytes().all(|b| b.is_ascii_alphabetic()))
    };
    entry::kind(line).is_some() || alone()
}

#[derive(Default)]
struct Reader {
    known: Abbreviations,
    n_known_bytes: usize,
    /// Whether it was said that the abbreviations are spent.
    said_spent: bool,
    ready: VecDeque<Parsed>,
}

impl Reader {
    /// Reads the entries of what stands between one entry's first line and the next one's.
    fn read(&mut self, start: usize, text: &str) {
        if text.len() > MAX_ENTRY_BYTES {
            let message = format!("the entry is longer than {MAX_ENTRY_BYTES} bytes");
            return self.ready.push_back(Err((Place::Line(start), message)));
        }
        if !self.said_spent {
            self.known.allow(text.len() * ABBREVIATED_TIMES);
        }
        let (mut rest, mut line, mut n_broken) = (text, start, 0);
        while let Some((at, kind)) = entry::beginning(rest)
            && n_broken < MAX_BROKEN
        {
            line += newlines(&rest[..at]);
            rest = &rest[at..];
            let place = Place::Line(line);
            let after = if ["comment", "preamble"].iter().any(|none| kind.eq_ignore_ascii_case(none)) {
                entry::skip(rest)
            } else {
                match entry::read(rest, &self.known) {
                    Ok((entry, after)) => {
                        self.take(entry, place);
                        after
                    }
                    Err((at, message)) => {
                        let key = excerpt(rest[..at.min(rest.len())].lines().next().unwrap_or_default());
                        self.ready.push_back(Err((place, format!("the entry `{key}` is broken: {message}"))));
                        n_broken += 1;
                        // Another may begin on the same line.
                        &rest[1..]
                    }
                }
            };
            line += newlines(&rest[..rest.len() - after.len()]);
            rest = after;
        }
        if self.known.are_spent() && !self.said_spent {
            self.said_spent = true;
            let message =
                "the abbreviations stand for too much text: from here on each stands for its own name";
            self.ready.push_back(Err((Place::Line(start), message.to_owned())));
        }
    }

    fn take(&mut self, entry: RawEntry, place: Place) {
        if entry.kind == "string" {
            for (name, value) in entry.fields {
                self.n_known_bytes += name.len() + value.len();
                if self.n_known_bytes <= MAX_ABBREVIATIONS_BYTES {
                    self.known.insert(name, value);
                }
            }
            return;
        }
        self.ready.push_back(paper(&entry).map_err(|message| (place, message)));
    }
}

fn newlines(text: &str) -> usize {
    text.bytes().filter(|&b| b == b'\n').count()
}

fn paper(entry: &RawEntry) -> Result<Paper, String> {
    let first = |names: &[&str]| names.iter().find_map(|name| entry.get(name));
    // Zotero writes its rich text as `{\textless}i{\textgreater}`.
    let printed = |names: &[&str]| first(names).map(|tex| html::text(&latex::plain(tex)));
    let verbatim = |name: &&str| entry.get(name).map(latex::verbatim);
    let some = |names: &[&str]| names.iter().filter_map(verbatim).collect::<Vec<_>>();
    let archive = some(&["eprinttype", "archiveprefix"]).concat().to_lowercase();
    let eprint = some(&["eprint"]).into_iter().filter(|_| archive.is_empty() || archive.contains("arxiv"));
    let journal = printed(&["journal", "journaltitle", "booktitle"]);
    let address = some(&["url", "howpublished", "ee", "bdsk-url-1"])
        .into_iter()
        .find(|address| address.contains("://"));
    let reference = Reference {
        identifiers: eprint.chain(some(&["arxivid", "arxiv"])).collect(),
        doi: some(&["doi"]).into_iter().next(),
        hints: some(&["eid", "pages", "volume", "number", "url", "ee", "howpublished"])
            .into_iter()
            .chain(journal.clone())
            .collect(),
        remarks: some(&["note", "annote", "annotation", "addendum"]),
        given: None,
        names: address.iter().cloned().chain([entry.key.clone()]).collect(),
        title: printed(&["title", "booktitle", "maintitle", "issuetitle"]).unwrap_or_default(),
        abstract_text: printed(&["abstract"]).unwrap_or_default(),
        authors: first(&["author", "editor"]).map(names::people).unwrap_or_default(),
        published: first(&["date"]).and_then(leading_day),
        year: printed(&["year", "date"]),
        categories: some(&["eprintclass", "primaryclass"]).into_iter().take(1).collect(),
        journal,
        link: address,
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
        assert_eq!(ids, ["2404.15653", "doi:10.1000/c", "own:d~2f69f5a5"]);
        assert_eq!(found[2].as_ref().unwrap().facts["journal"], "Journal of J 2");
        let broken = "the entry `@article{b, title = ` is broken: a brace is not closed";
        assert_eq!(found[1], Err((Place::Line(4), broken.to_owned())));
    }

    /// 26 letters an entry, and each copied four megabytes: a minute a megabyte.
    #[test]
    fn abbreviations_that_double_each_other_end_soon() {
        let doubled = |i: usize| format!("@string{{a{} = a{i} # a{i}}}\n", i + 1);
        let mut text = "@string{a0 = \"0123456789abcdef\"}\n".to_owned();
        text.extend((0..14).map(doubled));
        for n_times in [2, 17] {
            let entry = format!("@misc{{k, title = a14{}}}\n", " # a14".repeat(n_times));
            let found = read(&(text.clone() + &entry.repeat(400)));
            let n_bytes: usize = found.iter().flatten().map(|paper| paper.title.len()).sum();
            assert!(n_bytes < 40 << 20, "{n_bytes}");
            let said = found.iter().flat_map(|found| found.as_ref().err());
            assert_eq!(said.filter(|(_, message)| message.contains("own name")).count(), 1);
        }
    }

    #[test]
    fn entries_keep_their_lines_wherever_they_stand() {
        let found =
            read("no entry @misc{a, title={A}} @misc{b\n, title={B {}\n@misc\n{c, title={C}}\n\n@misc{}\n");
        let said: Vec<String> = found
            .iter()
            .map(|found| match found {
                Ok(paper) => paper.title.clone(),
                Err((Place::Line(line), _)) => line.to_string(),
                Err(other) => format!("{other:?}"),
            })
            .collect();
        assert_eq!(said, ["A", "1", "C", "6"]);
    }
}
