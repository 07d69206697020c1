//! A name for a group, out of its own papers' words.

use std::collections::{BTreeMap, BTreeSet};

use super::Document;
use super::background::{Background, is_empty_word};
use super::words::{Piece, Word, key, pieces};
use crate::paper::is_hangul;

/// The longest phrase and the longest name, in words.
const LONGEST_PHRASE: usize = 4;
const LONGEST_NAME: usize = 5;

/// What a phrase counts in a paper that has it in the text only; 1 in the title.
const TEXT_ONLY: f32 = 0.4;

/// What a Korean phrase counts beside an English one: the terms of the field are written in
/// English in Korean summaries too, and a stem may be half a verb.
const KOREAN: f32 = 0.3;

/// Where the papers of a day have a phrase.
#[derive(Debug, Default)]
struct Phrase<'a> {
    /// Papers, and what the phrase counts in each.
    papers: BTreeMap<usize, f32>,
    /// How it was written, and how often.
    surfaces: BTreeMap<Vec<&'a str>, usize>,
    /// The sum of its words' rarity.
    rarity: f32,
}

/// One name for each group, no two the same. `groups` hold positions in `documents`.
pub(super) fn names(documents: &[&Document<'_>], groups: &[Vec<usize>]) -> Vec<String> {
    let phrases = collect(documents);
    let mut by_paper: Vec<Vec<&String>> = vec![Vec::new(); documents.len()];
    for (key, phrase) in &phrases {
        phrase.papers.keys().for_each(|&i| by_paper[i].push(key));
    }
    let mut taken = BTreeSet::new();
    groups
        .iter()
        .map(|group| {
            let ranked = rank(group, &phrases, &by_paper, documents.len());
            let mut options = compose(group, &ranked, &phrases).into_iter();
            let name = options.find(|name| !taken.contains(&name.to_lowercase()));
            let name = name.unwrap_or_else(|| distinct(documents[group[0]].title, &taken));
            taken.insert(name.to_lowercase());
            name
        })
        .collect()
}

/// The title of a paper none of whose phrases is left; identical titles are numbered.
fn distinct(title: &str, taken: &BTreeSet<String>) -> String {
    let numbered = (2..).map(|n| format!("{title} ({n})"));
    std::iter::once(title.to_owned())
        .chain(numbered)
        .find(|t| !taken.contains(&t.to_lowercase()))
        .unwrap_or_default()
}

fn collect<'a>(documents: &[&Document<'a>]) -> BTreeMap<String, Phrase<'a>> {
    let mut phrases: BTreeMap<String, Phrase<'a>> = BTreeMap::new();
    for (i, document) in documents.iter().enumerate() {
        for (text, weight) in [(document.title, 1.0), (document.text, TEXT_ONLY)] {
            for run in runs(text) {
                let acronyms: Vec<Word<'_>> = run.iter().flat_map(acronyms).collect();
                let windows = (1..=run.len().min(LONGEST_PHRASE)).flat_map(|length| run.windows(length));
                for words in windows.chain(acronyms.chunks(1)).filter(|words| may_name(words)) {
                    let key = words.iter().map(|w| w.key.as_str()).collect::<Vec<_>>().join(" ");
                    let phrase = phrases.entry(key).or_default();
                    let here = phrase.papers.entry(i).or_insert(weight);
                    *here = here.max(weight);
                    *phrase.surfaces.entry(words.iter().map(|w| w.surface).collect()).or_default() += 1;
                    phrase.rarity = words.iter().map(|w| Background::shared().rarity(&w.key)).sum();
                }
            }
        }
    }
    phrases
}

/// The acronyms inside a hyphenated word: a `CLIP-level` result is about CLIP.
fn acronyms<'a>(word: &Word<'a>) -> impl Iterator<Item = Word<'a>> + use<'a> {
    let whole = word.surface;
    let parts = whole.split('-').filter(move |part| part.len() < whole.len());
    let acronym = |part: &&str| part.chars().filter(|c| c.is_uppercase()).count() >= 2;
    parts.filter(acronym).map(|part| Word { surface: part, key: key(part), korean: false })
}

/// Stretches of words with nothing empty between them.
fn runs(text: &str) -> Vec<Vec<Word<'_>>> {
    let mut runs = vec![Vec::new()];
    for piece in pieces(text) {
        match piece {
            Piece::Word(word) if !is_empty_word(&word.key) => {
                if let Some(run) = runs.last_mut() {
                    run.push(word);
                }
            }
            _ => runs.push(Vec::new()),
        }
    }
    runs
}

fn may_name(words: &[Word<'_>]) -> bool {
    let letters = |w: &Word<'_>| w.surface.chars().filter(|c| c.is_alphabetic()).count();
    words.iter().all(|w| letters(w) >= 2)
}

/// The group's phrases, the best first.
fn rank<'p>(
    group: &[usize],
    phrases: &'p BTreeMap<String, Phrase<'_>>,
    by_paper: &[Vec<&'p String>],
    n_documents: usize,
) -> Vec<(&'p String, f32)> {
    let candidates: BTreeSet<&String> = group.iter().flat_map(|&i| by_paper[i].iter().copied()).collect();
    let mut ranked: Vec<(&String, f32)> = candidates
        .into_iter()
        .filter_map(|key| {
            let phrase = &phrases[key];
            let inside: Vec<f32> = group.iter().filter_map(|i| phrase.papers.get(i).copied()).collect();
            if group.len() > 1 && inside.len() < 2 {
                return None;
            }
            let share = inside.iter().sum::<f32>() / group.len() as f32;
            let outside = phrase.papers.len() - inside.len();
            // Class-based inverse frequency: what the rest of the day says too names nothing.
            let rest = (n_documents - group.len()).max(1) as f32;
            let distinct = (1.0 + rest / (1.0 + outside as f32)).ln() / (1.0 + rest).ln();
            let language = if key.contains(is_hangul) { KOREAN } else { 1.0 };
            Some((key, share * distinct * phrase.rarity * language))
        })
        .collect();
    ranked.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(b.0)));
    ranked
}

/// Possible names, the best first: the best phrase, with a second one where there is room.
fn compose(
    group: &[usize],
    ranked: &[(&String, f32)],
    phrases: &BTreeMap<String, Phrase<'_>>,
) -> Vec<String> {
    let words = |key: &str| key.split(' ').map(str::to_owned).collect::<BTreeSet<_>>();
    let mut names = Vec::new();
    for (first, score) in ranked.iter().take(8) {
        let head = surface(&phrases[*first]);
        let room = LONGEST_NAME - words(first).len();
        let second = ranked.iter().find(|(key, other)| {
            *other > score * 0.3 && words(key).len() <= room && words(key).is_disjoint(&words(first))
        });
        if let (true, Some((second, _))) = (words(first).len() < 3 && group.len() > 1, second) {
            let joiner = if head.starts_with(is_hangul) { " · " } else { " and " };
            names.push(format!("{head}{joiner}{}", surface(&phrases[*second])));
        }
        names.push(head);
    }
    names
}

/// The usual way of writing; of two as usual, the one with fewer capitals.
fn surface(phrase: &Phrase<'_>) -> String {
    let capitals =
        |words: &Vec<&str>| words.iter().flat_map(|w| w.chars()).filter(|c| c.is_uppercase()).count();
    let best = phrase.surfaces.iter().max_by(|a, b| {
        a.1.cmp(b.1).then_with(|| capitals(b.0).cmp(&capitals(a.0))).then_with(|| b.0.cmp(a.0))
    });
    best.map(|(words, _)| words.join(" ")).unwrap_or_default()
}
