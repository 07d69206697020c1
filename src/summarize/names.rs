//! The names of systems in a text: what is written as no ordinary word is.

use crate::paper::is_cjk;

/// Words in Latin letters that name something: with a capital behind another letter, with a digit beside a letter, or
/// with a capital where no sentence begins.
pub(super) fn names(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for line in text.lines() {
        // A sentence in another script begins with no capital of its own.
        let is_latin = !line.chars().any(is_cjk);
        let mut begins = is_latin;
        for word in line.split(|c: char| c.is_whitespace() || "()[],;:\"'“”‘’/·…、，".contains(c))
        {
            let name = word
                .trim_matches(|c: char| !c.is_ascii_alphanumeric() && !c.is_alphabetic())
                .trim_end_matches(|c: char| !c.is_ascii() || matches!(c, '-' | '+'));
            if is_name(name, begins) {
                found.push(name);
            }
            if !word.is_empty() {
                begins = is_latin && word.ends_with(['.', '!', '?']);
            }
        }
    }
    found
}

fn is_name(word: &str, begins: bool) -> bool {
    let has = |test: fn(char) -> bool| word.chars().any(test);
    if !word.is_ascii() || !has(|c| c.is_ascii_alphabetic()) {
        return false;
    }
    let inner_capital = word.chars().skip(1).any(|c| c.is_ascii_uppercase());
    let first_capital = word.starts_with(|c: char| c.is_ascii_uppercase());
    inner_capital
        || (has(|c| c.is_ascii_digit()) && first_capital)
        || (first_capital && !begins && word.len() > 1)
}

/// The letters and digits of a text, in lower case: spelling alike is being alike.
pub(super) fn bare(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Whether a text speaks of a name: as it is written, in the plural, or by the words that it is short for.
pub(super) fn is_spoken_of(name: &str, bare_source: &str, source_words: &[String]) -> bool {
    let wanted = bare(name);
    let stem = wanted.strip_suffix('s').unwrap_or(&wanted);
    wanted.is_empty()
        || bare_source.contains(stem)
        || is_short_for(name, source_words)
        || parts(name, bare_source)
}

/// `CNN` for "convolutional neural network".
fn is_short_for(name: &str, words: &[String]) -> bool {
    let letters: Vec<char> = name
        .trim_end_matches('s')
        .chars()
        .filter(char::is_ascii_alphabetic)
        .map(|c| c.to_ascii_lowercase())
        .collect();
    let is_short = (2..=6).contains(&letters.len()) && name.starts_with(|c: char| c.is_ascii_uppercase());
    is_short
        && words
            .windows(letters.len())
            .any(|words| words.iter().zip(&letters).all(|(word, letter)| word.starts_with(*letter)))
}

/// `Vision-Language` where "vision and language" are spoken of: each half stands there.
fn parts(name: &str, bare_source: &str) -> bool {
    let mut parts = name.split('-').map(bare).filter(|part| part.len() > 2).peekable();
    name.contains('-') && parts.peek().is_some() && parts.all(|part| bare_source.contains(&part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_what_no_ordinary_word_looks_like() {
        assert_eq!(
            names("CatLIP는 CLIP보다 2.7배 빠르다. ViT-B/16, GPT-4o와 llama"),
            ["CatLIP", "CLIP", "ViT-B", "GPT-4o"]
        );
        assert_eq!(names("We show that Gemini wins. The model is fast."), ["Gemini"]);
        assert_eq!(names("Gemini보다 빠르다."), ["Gemini"]);
        assert!(names("대조 학습 (contrastive learning)을 쓴다.").is_empty());
    }

    #[test]
    fn a_name_is_spoken_of_in_any_spelling_or_by_the_words_it_is_short_for() {
        let source = "We train large language models with Cat-LIP, vision and language alike.";
        let words: Vec<String> = source.split_whitespace().map(str::to_lowercase).collect();
        let spoken = |name: &str| is_spoken_of(name, &bare(source), &words);
        for right in ["CatLIP", "LLM", "LLMs", "Vision-Language", "CATLIP"] {
            assert!(spoken(right), "{right}");
        }
        for wrong in ["GPT-4", "CLIPS-2", "RLHF", "Gemini"] {
            assert!(!spoken(wrong), "{wrong}");
        }
    }
}
