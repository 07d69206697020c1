//! Words that no paper says: a slip of the fingers is mended, and a word that is still being typed is completed.

use std::collections::HashSet;

use schemars::JsonSchema;
use serde::Serialize;

use crate::error::Result;
use crate::store::Store;

/// A word that no paper says, or hardly any.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Unsaid {
    /// The word as it was typed.
    pub word: String,
    /// How many papers say it. Where none does, `instead` is looked for in its place.
    pub papers: usize,
    /// A word one letter away that papers say; absent where there is none.
    pub instead: Option<String>,
}

/// So many words of a search are looked into, each by some hundred spellings.
const MOST: usize = 8;
/// A word of fewer letters is one letter away from too many.
const LEAST: usize = 4;
/// Of two words one letter away the one that more papers say is meant; beyond so many they are alike.
const COUNTED: usize = 1_000;
/// A word that so few papers say is a slip where `OFTENER` times as many say one that is a letter away.
const FEW: usize = 3;
const OFTENER: usize = 50;
/// So many letters of a word may stand behind what its stem keeps: `quantizat`, of `quantiz`.
const BEHIND: usize = 7;

/// The words as they are looked for, and those that hardly any paper says.
pub(super) fn read(store: &dyn Store, words: &str) -> Result<(String, Vec<Unsaid>)> {
    let mut unsaid = Vec::new();
    let mut looked_for = Vec::new();
    let mut n_looked_into = 0;
    for typed in words.split_whitespace() {
        let word = typed.trim_matches(|c: char| c.is_ascii_punctuation());
        let is_plain = word.len() >= LEAST && word.bytes().all(|b| b.is_ascii_alphabetic());
        let papers = if is_plain { store.n_saying(word, false, FEW + 1)? } else { usize::MAX };
        if papers > FEW || n_looked_into == MOST {
            looked_for.push(typed.to_owned());
            continue;
        }
        n_looked_into += 1;
        let (read, slip) = looked_into(store, word, papers)?;
        looked_for.push(read.unwrap_or_else(|| typed.to_owned()));
        unsaid.extend(slip);
    }
    looked_for.retain(|word| !word.is_empty());
    Ok((looked_for.join(" "), unsaid))
}

/// What is looked for in place of a word that so few papers say, and what is to be told of it.
fn looked_into(store: &dyn Store, typed: &str, papers: usize) -> Result<(Option<String>, Option<Unsaid>)> {
    let word = typed.to_ascii_lowercase();
    let told = |instead| Some(Unsaid { word: typed.to_owned(), papers, instead });
    if papers > 0 {
        let slip = most_said(store, one_letter_away(&word))?;
        let slip = slip.filter(|(n, slip)| *n >= OFTENER * papers && !slip.starts_with(&word));
        return Ok((None, slip.and_then(|(_, slip)| told(Some(slip)))));
    }
    // Words are kept by their stems, and those are shorter: what is typed of one may begin no other.
    let n_begun = store.n_saying(&word, true, COUNTED)?;
    let stem = stem_of(store, &word)?.filter(|(n, _)| *n > n_begun * OFTENER);
    if n_begun > 0 {
        return Ok((stem.map(|(_, stem)| stem), None));
    }
    let slip = most_said(store, one_letter_away(&word))?;
    Ok(match (slip, stem) {
        (Some((n, slip)), stem) if stem.as_ref().is_none_or(|(of_stem, _)| n >= *of_stem) => {
            let told = if slip.starts_with(&word) { None } else { told(Some(slip.clone())) };
            (Some(slip), told)
        }
        (_, Some((_, stem))) => (Some(stem), None),
        _ => match begun_before_a_stem(store, &word)? {
            Some(begun) => (Some(begun), None),
            None => (Some(String::new()), told(None)),
        },
    })
}

/// The word that most papers say, and how many do; of several, the first.
fn most_said(store: &dyn Store, words: impl IntoIterator<Item = String>) -> Result<Option<(usize, String)>> {
    let mut most: Option<(usize, String)> = None;
    for word in words {
        let n = store.n_saying(&word, false, COUNTED)?;
        if n > 0 && most.as_ref().is_none_or(|(most, _)| n > *most) {
            most = Some((n, word));
        }
    }
    Ok(most)
}

/// The longest beginning of an unfinished word that papers say as a word of its own.
fn stem_of(store: &dyn Store, word: &str) -> Result<Option<(usize, String)>> {
    for end in (word.len().saturating_sub(BEHIND).max(LEAST - 1)..word.len()).rev() {
        let begun = &word[..end];
        if let Some(said) = most_said(store, [begun.to_owned(), format!("{begun}e")])? {
            return Ok(Some(said));
        }
    }
    Ok(None)
}

/// The stem of an unfinished word may have a letter that the whole word does not have: `tiny`, of `Tiny3D`, is `tini`.
fn begun_before_a_stem(store: &dyn Store, word: &str) -> Result<Option<String>> {
    for suffix in ["y", "ys", "ing", "ed"] {
        let begun = word.strip_suffix(suffix).filter(|begun| begun.len() >= LEAST - 1);
        if let Some(begun) = begun
            && store.n_saying(begun, true, 1)? > 0
        {
            return Ok(Some(begun.to_owned()));
        }
    }
    Ok(None)
}

/// Every word that is one letter away, the likeliest slips first: two letters in the wrong order, one left out, one wrong,
/// one too many.
fn one_letter_away(word: &str) -> Vec<String> {
    let letters = || ('a'..='z').map(String::from);
    let [mut swapped, mut longer, mut wrong, mut shorter] = [const { Vec::new() }; 4];
    for i in 0..=word.len() {
        let (before, after) = word.split_at(i);
        longer.extend(letters().map(|letter| format!("{before}{letter}{after}")));
        if let Some(rest) = after.get(1..) {
            shorter.push(format!("{before}{rest}"));
            wrong.extend(letters().map(|letter| format!("{before}{letter}{rest}")));
        }
        if let (Some(two), Some(rest)) = (after.get(..2), after.get(2..)) {
            swapped.push(format!("{before}{}{}{rest}", &two[1..], &two[..1]));
        }
    }
    let mut seen = HashSet::from([word.to_owned()]);
    let mut away = [swapped, longer, wrong, shorter].concat();
    away.retain(|word| seen.insert(word.clone()));
    away
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_one_letter_away_are_those_that_one_slip_makes() {
        let away = one_letter_away("deco");
        for slip in ["deoc", "dec", "decod", "dexo", "edco", "eco"] {
            assert!(away.contains(&slip.to_owned()), "{slip}");
        }
        assert!(!away.contains(&"deco".to_owned()) && !away.contains(&"dcoe".to_owned()));
        // Of n letters: 26 (n + 1) put in, 25 n changed, n left out and n - 1 swapped, less those that are the same.
        assert!(away.len() <= 26 * 5 + 26 * 4 + 4 + 3);
    }
}
