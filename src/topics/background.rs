//! How common words and phrases are among papers of all fields: the measure of what says something.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::LazyLock;

use super::words::key as word_key;
use crate::paper::is_hangul;

/// Document frequencies of words: `word<TAB>papers`, with a third column where a word is usually
/// written with capitals; after one line a language with the number of papers counted
/// (`#en<TAB>38760`).
const WORDS: &str = include_str!("../../data/topic-words.tsv");

/// Document frequencies of the field's phrases of two to four words, as keys, and in how many of a
/// hundred of those papers the title has it: authors name `video generation` there, and never a `human
/// annotator`. Counted on 270,000 papers.
const PHRASES: &str = include_str!("../../data/topic-phrases.tsv");

/// The greatest inverse document frequency, that of a word never seen: a system's own name should not
/// outweigh its subject. Not measured.
const MOST_RARE: f32 = 6.0;

/// The share of a phrase's papers that say it within a longer one, from which on it is no phrase. Not
/// measured.
const MOSTLY: f32 = 0.8;

/// The share of a phrase's papers with it in the title from which on it is as good a name as any: a
/// third of all phrases. And from which on it is a name at all. Neither was measured by the names that it
/// makes.
const MANY_TITLES: f32 = 0.2;
const SOME_TITLES: f32 = 0.03;

/// Document frequencies over many papers.
pub(super) struct Background {
    english: f32,
    korean: f32,
    words: HashMap<&'static str, (f32, Option<&'static str>)>,
    /// By [`hash_of`] their words: papers with it, and the share of those that have it in the title.
    phrases: HashMap<u64, (f32, f32)>,
    /// What phrases of the field begin and end with.
    starts: HashSet<u64>,
    ends: HashSet<u64>,
}

/// The hash of a word, by its key.
pub(super) fn hash(key: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    key.hash(&mut hasher);
    hasher.finish()
}

/// The hash of words in a row, from their own.
pub(super) fn hash_of(words: impl Iterator<Item = u64>) -> u64 {
    words.fold(0, |hash, word| (hash.rotate_left(7) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15))
}

impl Background {
    /// The tables that come with the program.
    pub fn shared() -> &'static Self {
        static SHARED: LazyLock<Background> = LazyLock::new(|| Background::parse(WORDS, PHRASES));
        &SHARED
    }

    fn parse(words: &'static str, phrases: &'static str) -> Self {
        let words: HashMap<&str, (f32, Option<&str>)> = words
            .lines()
            .filter_map(|line| {
                let mut fields = line.split('\t');
                Some((fields.next()?, (fields.next()?.parse().ok()?, fields.next())))
            })
            .collect();
        let phrase = |line: &'static str| {
            let mut fields = line.split('\t');
            let (phrase, count) = (fields.next()?, fields.next()?.parse().ok()?);
            Some((phrase, (count, fields.next()?.parse::<f32>().ok()? / 100.0)))
        };
        let papers = |language| words.get(language).map_or(1.0, |w| w.0);
        let mut phrases: HashMap<&str, (f32, f32)> = phrases.lines().filter_map(phrase).collect();
        let names =
            || phrases.iter().filter(|(_, (_, titles))| *titles >= SOME_TITLES).map(|(phrase, _)| phrase);
        let starts = names().filter_map(|phrase| phrase.split(' ').next()).map(hash).collect();
        let ends = names().filter_map(|phrase| phrase.rsplit(' ').next()).map(hash).collect();
        let longer: Vec<(&str, f32)> = phrases.iter().map(|(phrase, (n, _))| (*phrase, *n)).collect();
        for (whole, n) in longer {
            for part in parts(whole) {
                // Half of a phrase that is hardly ever said without the other: `carlo tree`.
                if phrases.get(part).is_some_and(|(with, _)| n >= MOSTLY * with) {
                    phrases.remove(part);
                }
            }
        }
        let hashed = |phrase: &str| hash_of(phrase.split(' ').map(hash));
        let phrases = phrases.into_iter().map(|(phrase, figures)| (hashed(phrase), figures)).collect();
        Self { english: papers("#en"), korean: papers("#ko"), phrases, starts, ends, words }
    }

    /// Inverse document frequency, ln(papers / papers with the word): 0 for a word of every paper, at most
    /// [`MOST_RARE`].
    pub fn rarity(&self, word: &str) -> f32 {
        let papers = if word.starts_with(is_hangul) { self.korean } else { self.english };
        let with = self.words.get(word).map_or(0.0, |w| w.0);
        ((1.0 + papers) / (1.0 + with)).ln().clamp(0.0, MOST_RARE)
    }

    /// How a word is usually written, where that has capitals.
    pub fn usual(&self, word: &str) -> Option<&'static str> {
        self.words.get(word)?.1
    }

    /// ln(papers / papers with the phrase) of a phrase that the field uses, by its hash.
    pub fn phrase_rarity(&self, phrase: u64) -> Option<f32> {
        Some((self.english / self.phrases.get(&phrase)?.0).ln())
    }

    /// How good a name a phrase of the field is, 0 to 1: by how often authors put it into a title.
    pub fn phrase_as_name(&self, phrase: u64) -> Option<f32> {
        Some((self.phrases.get(&phrase)?.1 / MANY_TITLES).sqrt().min(1.0))
    }

    /// Whether a phrase of the field that titles have begins with a word, by its hash.
    pub fn begins_phrases(&self, word: u64) -> bool {
        self.starts.contains(&word)
    }

    /// Whether a phrase of the field that titles have ends with a word, by its hash: no verb does.
    pub fn ends_phrases(&self, word: u64) -> bool {
        self.ends.contains(&word)
    }
}

/// The shorter phrases of two words or more within a phrase.
fn parts(phrase: &str) -> impl Iterator<Item = &str> {
    let ends = phrase.match_indices(' ').map(|(at, _)| at).chain([phrase.len()]);
    let starts: Vec<usize> = [0].into_iter().chain(phrase.match_indices(' ').map(|(at, _)| at + 1)).collect();
    ends.flat_map(move |end| starts.clone().into_iter().filter_map(move |start| phrase.get(start..end)))
        .filter(move |part| part.len() < phrase.len() && part.contains(' '))
}

/// Words that carry no subject: grammar, and what every paper says of itself.
const EMPTY_WORDS: &str = include_str!("../../data/empty-words.txt");

/// Whether a word (by its key) says nothing of a subject.
pub(super) fn is_empty_word(key: &str) -> bool {
    static WORDS: LazyLock<HashSet<String>> =
        LazyLock::new(|| EMPTY_WORDS.split_whitespace().map(word_key).collect());
    WORDS.contains(key)
}
