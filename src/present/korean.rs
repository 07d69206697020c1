//! What the program says, in Korean: one catalogue of sentences with holes, `korean.tsv`.
//!
//! Sentences are made in English where they arise, with names and numbers in them; a sentence that the catalogue has
//! is said in Korean, and any other stays as it is. So no door has words of its own, and what is not translated yet
//! is still said.
//!
//! A hole is `{x}` for any text, `{n#}` for a number, `{x@}` for a day, `{n:paper}` for a number of things (`1 paper`, `1,234 papers`), `{x!}` for a text that
//! is in the catalogue itself, `{x?}` for one that may be.

use std::sync::LazyLock;

use super::count::counted;
use crate::paper::Language;

const CATALOGUE: &str = include_str!("korean.tsv");

/// Longer texts are no sentences of ours.
const LONGEST: usize = 1_000;

/// A text of the program in a language: as it is, where the catalogue does not have it.
pub fn said(language: Language, text: &str) -> String {
    match language {
        Language::En => text.to_owned(),
        Language::Ko => in_korean(text).unwrap_or_else(|| text.to_owned()),
    }
}

/// The same in Korean, if the catalogue has the text, or a part of it between `·` or `;`.
pub fn in_korean(text: &str) -> Option<String> {
    if text.len() > LONGEST {
        return None;
    }
    let body = text.trim_start();
    let indent = &text[..text.len() - body.len()];
    // No sentence has a dot in its middle; many have a semicolon.
    let told = parts(body, " · ").or_else(|| whole(body)).or_else(|| parts(body, "; "))?;
    Some(format!("{indent}{told}"))
}

fn whole(text: &str) -> Option<String> {
    SENTENCES.iter().find_map(|sentence| sentence.told(text))
}

/// Parts that are told one by one; those that the catalogue does not have stay.
fn parts(text: &str, between: &str) -> Option<String> {
    let parts: Vec<&str> = text.split(between).collect();
    if parts.len() < 2 {
        return None;
    }
    let told: Vec<Option<String>> = parts.iter().map(|part| in_korean(part)).collect();
    if told.iter().all(Option::is_none) {
        return None;
    }
    let each = parts.iter().zip(told).map(|(part, told)| told.unwrap_or_else(|| (*part).to_owned()));
    Some(each.collect::<Vec<_>>().join(between))
}

/// A sentence with holes in both languages.
struct Sentence {
    english: Vec<Piece>,
    korean: Vec<Piece>,
    /// Letters outside of holes: of two sentences that fit, the one with more of them is meant.
    n_letters: usize,
}

enum Piece {
    Text(&'static str),
    Hole { name: &'static str, kind: Kind },
}

#[derive(Clone, Copy)]
enum Kind {
    Any,
    Number,
    Day,
    Counted(&'static str),
    Told,
    Perhaps,
}

static SENTENCES: LazyLock<Vec<Sentence>> = LazyLock::new(|| {
    let mut all: Vec<Sentence> = lines().map(|(english, korean)| Sentence::of(english, korean)).collect();
    all.sort_by_key(|sentence| std::cmp::Reverse(sentence.n_letters));
    all
});

/// The catalogue: English and Korean.
fn lines() -> impl Iterator<Item = (&'static str, &'static str)> {
    CATALOGUE.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once('\t'))
}

impl Sentence {
    fn of(english: &'static str, korean: &'static str) -> Self {
        let (english, korean) = (pieces(english), pieces(korean));
        let letters = english.iter().map(|piece| match piece {
            Piece::Text(text) => text.len(),
            Piece::Hole { .. } => 0,
        });
        let nouns = english.iter().map(|piece| match piece {
            Piece::Hole { kind: Kind::Counted(noun), .. } => noun.len(),
            _ => 0,
        });
        Self { n_letters: letters.sum::<usize>() + nouns.sum::<usize>(), english, korean }
    }

    fn told(&self, text: &str) -> Option<String> {
        let mut found = Vec::new();
        if !fits(&self.english, text, &mut found) {
            return None;
        }
        let told = self.korean.iter().map(|piece| match piece {
            Piece::Text(text) => (*text).to_owned(),
            Piece::Hole { name, .. } => {
                found.iter().find(|(hole, _)| hole == name).map(|(_, told)| told.clone()).unwrap_or_default()
            }
        });
        Some(told.collect())
    }
}

fn pieces(text: &'static str) -> Vec<Piece> {
    let mut all = Vec::new();
    let mut rest = text;
    while let Some((before, (hole, after))) =
        rest.split_once('{').and_then(|(before, rest)| Some((before, rest.split_once('}')?)))
    {
        if !before.is_empty() {
            all.push(Piece::Text(before));
        }
        let (name, kind) = match (hole.split_once(':'), hole.strip_suffix('!'), hole.strip_suffix('?')) {
            (Some((name, noun)), ..) => (name, Kind::Counted(noun)),
            (_, Some(name), _) => (name, Kind::Told),
            (.., Some(name)) => (name, Kind::Perhaps),
            _ => match (hole.strip_suffix('#'), hole.strip_suffix('@')) {
                (Some(name), _) => (name, Kind::Number),
                (_, Some(name)) => (name, Kind::Day),
                _ => (hole, Kind::Any),
            },
        };
        all.push(Piece::Hole { name, kind });
        rest = after;
    }
    if !rest.is_empty() {
        all.push(Piece::Text(rest));
    }
    all
}

/// Whether a text is these pieces, and what is in their holes.
fn fits(pieces: &[Piece], text: &str, found: &mut Vec<(&'static str, String)>) -> bool {
    match pieces {
        [] => text.is_empty(),
        [Piece::Text(own), rest @ ..] => text.strip_prefix(own).is_some_and(|text| fits(rest, text, found)),
        [Piece::Hole { name, kind }, rest @ ..] => {
            let ends: Vec<usize> = match rest.first() {
                Some(Piece::Text(next)) => text.match_indices(next).map(|(at, _)| at).collect(),
                _ => vec![text.len()],
            };
            ends.into_iter().filter(|end| *end > 0).any(|end| {
                let Some(told) = kind.told(&text[..end]) else { return false };
                let before = found.len();
                found.push((name, told));
                let whole = fits(rest, &text[end..], found);
                if !whole {
                    found.truncate(before);
                }
                whole
            })
        }
    }
}

impl Kind {
    /// What is in a hole, told; `None` where it does not fit.
    fn told(self, text: &str) -> Option<String> {
        match self {
            Self::Any => Some(text.to_owned()),
            Self::Number => text.bytes().all(|b| b.is_ascii_digit() || b == b',').then(|| text.to_owned()),
            Self::Day => text.parse::<jiff::civil::Date>().is_ok().then(|| text.to_owned()),
            Self::Told => in_korean(text),
            Self::Perhaps => Some(in_korean(text).unwrap_or_else(|| text.to_owned())),
            Self::Counted(noun) => {
                let (n, _) = text.split_once(' ')?;
                let number: u64 = n.replace(',', "").parse().ok()?;
                (counted(number, noun) == text).then(|| n.to_owned())
            }
        }
    }
}

#[cfg(test)]
mod tests;
