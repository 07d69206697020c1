//! How common a word is among papers of all fields: the measure of what says something.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use super::words::key as word_key;
use crate::paper::is_hangul;

/// Document frequencies of words: `word<TAB>papers`, one a line, after one line a language with
/// the number of papers counted (`#en<TAB>38760`).
const TABLE: &str = include_str!("../../data/topic-words.tsv");

/// A word never seen is at most this rare: a system's own name should not outweigh its subject.
const MOST_RARE: f32 = 6.0;

/// Document frequencies of words over many papers.
pub(super) struct Background {
    english: f32,
    korean: f32,
    counts: HashMap<&'static str, f32>,
}

impl Background {
    /// The table that comes with the program.
    pub fn shared() -> &'static Self {
        static SHARED: LazyLock<Background> = LazyLock::new(|| Background::parse(TABLE));
        &SHARED
    }

    fn parse(table: &'static str) -> Self {
        let counts: HashMap<&str, f32> = table
            .lines()
            .filter_map(|line| line.split_once('\t'))
            .filter_map(|(word, count)| Some((word, count.parse().ok()?)))
            .collect();
        let papers = |language| counts.get(language).copied().unwrap_or(1.0);
        Self { english: papers("#en"), korean: papers("#ko"), counts }
    }

    /// ln(papers / papers with the word), 0 for a word of every paper, at most [`MOST_RARE`].
    pub fn rarity(&self, word: &str) -> f32 {
        let papers = if word.starts_with(is_hangul) { self.korean } else { self.english };
        let with = self.counts.get(word).copied().unwrap_or(0.0);
        ((1.0 + papers) / (1.0 + with)).ln().clamp(0.0, MOST_RARE)
    }
}

/// Words that carry no subject: grammar, and what every paper says of itself.
const EMPTY_WORDS: &str = include_str!("../../data/empty-words.txt");

/// Whether a word (by its key) may never stand in a name.
pub(super) fn is_empty_word(key: &str) -> bool {
    static WORDS: LazyLock<HashSet<String>> =
        LazyLock::new(|| EMPTY_WORDS.split_whitespace().map(word_key).collect());
    WORDS.contains(key)
}
