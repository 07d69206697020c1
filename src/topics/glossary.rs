//! One name for what is written in several ways: `large language models` and `대규모 언어 모델`
//! are both `LLM`, so that papers meet over languages and a name is what people say.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use super::words::{Piece, Word, pieces};

/// `pattern<TAB>name`, one a line.
const TABLE: &str = include_str!("../../data/topic-terms.tsv");

/// The longest pattern, in words.
const LONGEST: usize = 5;

struct Glossary {
    /// Keys of English patterns joined by spaces, of Korean ones by nothing: Korean is spaced freely.
    names: HashMap<String, Vec<Word<'static>>>,
    /// First words of the English patterns.
    firsts: HashSet<String>,
}

impl Glossary {
    fn shared() -> &'static Self {
        static SHARED: LazyLock<Glossary> = LazyLock::new(|| Glossary::parse(TABLE));
        &SHARED
    }

    fn parse(table: &'static str) -> Self {
        let (mut names, mut firsts) = (HashMap::new(), HashSet::new());
        for (pattern, name) in table.lines().filter_map(|line| line.split_once('\t')) {
            let pattern = words(pattern);
            if let Some(first) = pattern.first().filter(|word| !word.korean) {
                firsts.insert(first.key.clone());
            }
            names.insert(joined(&pattern), words(name));
        }
        Self { names, firsts }
    }
}

fn words(text: &str) -> Vec<Word<'_>> {
    let word = |piece| match piece {
        Piece::Word(word) => Some(word),
        Piece::Break => None,
    };
    pieces(text).into_iter().filter_map(word).collect()
}

fn joined(words: &[Word<'_>]) -> String {
    let mut all = String::new();
    for word in words {
        if !all.is_empty() && !word.korean {
            all.push(' ');
        }
        all.push_str(&word.key);
    }
    all
}

/// The stretches of words of a text between punctuation, each known term under its one name.
pub(super) fn stretches(text: &str) -> Vec<Vec<Word<'_>>> {
    let mut stretches = Vec::new();
    let mut stretch = Vec::new();
    for piece in pieces(text) {
        match piece {
            Piece::Word(word) => stretch.push(word),
            Piece::Break if stretch.is_empty() => {}
            Piece::Break => stretches.push(named(std::mem::take(&mut stretch))),
        }
    }
    stretches.push(named(stretch));
    stretches
}

/// Replaces the longest pattern at each place.
fn named<'a>(stretch: Vec<Word<'a>>) -> Vec<Word<'a>> {
    let glossary = Glossary::shared();
    let mut out: Vec<Word<'a>> = Vec::with_capacity(stretch.len());
    let mut at = 0;
    while at < stretch.len() {
        let first = &stretch[at];
        let possible = first.korean || glossary.firsts.contains(&first.key);
        let longest = if possible { LONGEST.min(stretch.len() - at) } else { 0 };
        let found = (1..=longest)
            .rev()
            .find_map(|n| glossary.names.get(&joined(&stretch[at..at + n])).map(|name| (n, name)));
        match found {
            Some((n, name)) => {
                // "large language models (LLMs)" says it once.
                let repeated = out.last().is_some_and(|last| name.len() == 1 && last.key == name[0].key);
                if !repeated {
                    out.extend(name.iter().cloned());
                }
                at += n;
            }
            None => {
                out.push(first.clone());
                at += 1;
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> String {
        let surfaces =
            |stretch: Vec<Word<'_>>| stretch.iter().map(|w| w.surface).collect::<Vec<_>>().join(" ");
        stretches(text).into_iter().map(surfaces).collect::<Vec<_>>().join(" | ")
    }

    #[test]
    fn terms_meet_over_spellings_and_languages() {
        assert_eq!(read("Serving Large Language Models, fast"), "Serving LLM | fast");
        assert_eq!(read("대규모 언어모델의 추론 지연"), "LLM inference latency");
        assert_eq!(read("대조학습과 사전 훈련을"), "contrastive learning pre-training");
        assert_eq!(read("a large dog"), "a large dog");
    }

    #[test]
    fn every_pattern_is_its_own_and_short_enough_to_be_found() {
        let lines: Vec<(&str, &str)> = TABLE.lines().filter_map(|l| l.split_once('\t')).collect();
        assert_eq!(Glossary::shared().names.len(), lines.len(), "two patterns have one key");
        for (pattern, name) in &lines {
            assert!(words(pattern).len() <= LONGEST, "{pattern}");
            assert_eq!(read(pattern), read(name), "{pattern}");
        }
    }
}
