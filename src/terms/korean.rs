//! Korean words: what is a noun of them, and what they are in English.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};

use super::tokens;
use crate::paper::is_hangul;

/// The Korean words of a text, each with its tokens.
pub fn korean_words(text: &str) -> Vec<(&str, Vec<String>)> {
    let runs = text.split(|c: char| !is_hangul(c)).filter(|run| !run.is_empty());
    runs.map(|run| (run, tokens(run))).collect()
}

/// What follows Korean nouns, the longest first.
const PARTICLES: [&str; 26] = [
    "에서의",
    "으로의",
    "으로써",
    "에게서",
    "으로",
    "에서",
    "에게",
    "까지",
    "부터",
    "처럼",
    "보다",
    "들의",
    "들을",
    "들이",
    "들은",
    "을",
    "를",
    "이",
    "가",
    "은",
    "는",
    "의",
    "에",
    "로",
    "와",
    "과",
];

/// How words end that say what is done or how: verbs, and what is made of them.
const VERBAL: [&str; 22] = [
    "다",
    "고",
    "며",
    "여",
    "해",
    "된",
    "한",
    "할",
    "하는",
    "되는",
    "지만",
    "면서",
    "도록",
    "하여",
    "적인",
    "시키는",
    "시킨",
    "시켜",
    "했",
    "게",
    "어",
    "써",
];

/// The noun that a Korean word is, without what follows it; `None` for what is likely a verb, or nothing is
/// left of. Other words are themselves.
pub fn noun(word: &str) -> Option<&str> {
    if !word.chars().all(is_hangul) {
        return Some(word);
    }
    if VERBAL.iter().any(|end| word.ends_with(end)) {
        return None;
    }
    let stem = PARTICLES.iter().find_map(|end| word.strip_suffix(end)).unwrap_or(word);
    (stem.chars().count() > 1).then_some(stem)
}

/// English terms, a tab, and what they are in Korean, with `|` between.
static DICTIONARY: &str = include_str!("../../data/model/terms_ko.tsv");

/// Finds the Korean terms of the dictionary, and their English ones.
static TERMS: LazyLock<Option<(AhoCorasick, Vec<&'static str>)>> = LazyLock::new(|| {
    let lines = DICTIONARY.lines().filter_map(|line| line.split_once('\t'));
    let pairs = lines.flat_map(|(english, korean)| korean.split('|').map(move |korean| (korean, english)));
    // Short ones stand in other words too often.
    let (korean, english): (Vec<&str>, Vec<&'static str>) =
        pairs.filter(|(korean, _)| korean.chars().filter(|c| is_hangul(*c)).count() > 1).unzip();
    let mut builder = AhoCorasick::builder();
    let finder = builder.match_kind(MatchKind::LeftmostLongest).ascii_case_insensitive(true).build(korean);
    Some((finder.ok()?, english))
});

/// What a Korean text says in English, as far as a dictionary of the field knows: its terms, and the words
/// that are in Latin letters, in order. No sentences.
pub fn in_english(korean: &str) -> String {
    let mut english = String::new();
    let mut end = 0;
    let mut keep = |text: &str| {
        english.extend(text.chars().map(|c| if is_hangul(c) { ' ' } else { c }));
        english.push(' ');
    };
    if let Some((finder, terms)) = TERMS.as_ref() {
        for found in finder.find_iter(korean) {
            keep(&korean[end..found.start()]);
            keep(terms[found.pattern().as_usize()]);
            end = found.end();
        }
    }
    keep(&korean[end..]);
    english
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_korean_noun_is_named_without_what_follows_it_and_a_verb_is_not() {
        let cases = [
            ("비디오를", Some("비디오")),
            ("모델에서의", Some("모델")),
            ("로봇", Some("로봇")),
            ("이루었지만", None),
            ("일치시키는", None),
            ("안내합니다", None),
            ("표를", None),
            ("scaling", Some("scaling")),
        ];
        for (word, named) in cases {
            assert_eq!(noun(word), named, "{word}");
        }
    }

    #[test]
    fn a_korean_text_is_read_in_english_by_its_terms_and_its_latin_words() {
        let text = "그래서 SparQ라는 심층신경망을 강화 학습으로 쓰고자 합니다.";
        let english: Vec<String> = tokens(&in_english(text));
        assert_eq!(english, ["sparq", "deep", "neural", "network", "reinforcement", "learning"]);
    }
}
