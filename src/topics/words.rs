//! Words as topics need them: how a word was written, and the key under which its forms meet.

use crate::paper::is_hangul;

/// A step of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// A word.
    Word(Word<'a>),
    /// Punctuation, over which no phrase reaches.
    Break,
}

/// One word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word<'a> {
    /// As it was written; a Korean word without its particle.
    pub surface: &'a str,
    /// Lower case, singular.
    pub key: String,
    /// Whether it is Korean.
    pub korean: bool,
}

/// Particles and verb endings that Korean glues to a noun, longest first.
const ENDINGS: &[&str] = &[
    "하였습니다",
    "되었습니다",
    "했습니다",
    "됐습니다",
    "함으로써",
    "으로부터",
    "에서의",
    "으로의",
    "하기에",
    "합니다",
    "됩니다",
    "입니다",
    "하였다",
    "되었다",
    "하고자",
    "하면서",
    "하지만",
    "시키는",
    "시켜",
    "이라는",
    "에서는",
    "에게",
    "에서",
    "으로",
    "까지",
    "부터",
    "보다",
    "처럼",
    "하는",
    "하고",
    "하여",
    "하며",
    "하게",
    "하기",
    "한다",
    "했다",
    "되는",
    "되어",
    "되며",
    "된다",
    "이나",
    "이며",
    "이다",
    "라는",
    "적인",
    "적으로",
    "들의",
    "들을",
    "들이",
    "들은",
    "들과",
    "로의",
    "은",
    "는",
    "이",
    "가",
    "을",
    "를",
    "의",
    "에",
    "로",
    "와",
    "과",
    "도",
    "만",
    "나",
    "며",
    "한",
    "할",
    "해",
    "된",
    "될",
    "인",
    "적",
    "들",
];

/// The noun in a Korean word: at most two endings fall off, and two syllables always stay.
fn korean_stem(word: &str) -> &str {
    let mut stem = word;
    for _ in 0..2 {
        let long_enough = |rest: &&str| rest.chars().nth(1).is_some();
        match ENDINGS.iter().find_map(|ending| stem.strip_suffix(ending).filter(long_enough)) {
            Some(rest) => stem = rest,
            None => break,
        }
    }
    stem
}

/// Ends of words that have their `s` in the singular too.
const SINGULAR_ENDS: &[&str] = &["ss", "us", "is", "ics", "bias", "alias", "canvas", "lens", "always"];

/// The singular of a lower-case English word.
fn singular(word: &str) -> String {
    match word {
        w if w.len() > 4 && w.ends_with("ies") => format!("{}y", &w[..w.len() - 3]),
        w if w.len() > 4 && ["sses", "xes", "ches", "shes"].iter().any(|e| w.ends_with(e)) => {
            w[..w.len() - 2].to_owned()
        }
        w if w.len() > 3 && w.ends_with('s') && !SINGULAR_ENDS.iter().any(|e| w.ends_with(e)) => {
            w[..w.len() - 1].to_owned()
        }
        w => w.to_owned(),
    }
}

/// The words and breaks of a text in order. A hyphenated English word is one word; where Latin
/// and Korean letters touch (`CLIP의`) they part.
pub(super) fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if !first.is_alphanumeric() {
            let after = rest.trim_start_matches(|c: char| !c.is_alphanumeric());
            let gap = &rest[..rest.len() - after.len()];
            if gap.contains(|c: char| !c.is_whitespace()) || gap.matches('\n').count() > 0 {
                pieces.push(Piece::Break);
            }
            // A command of LaTeX is no word: `\mathcal{X}`.
            let command = |c: char| c.is_ascii_alphabetic() && gap.ends_with('\\');
            rest = after.trim_start_matches(command);
            continue;
        }
        let korean = is_hangul(first);
        let end = word_end(rest, korean);
        let (raw, after) = rest.split_at(end);
        rest = after;
        if korean {
            let surface = korean_stem(raw);
            // What follows a Latin word closely is its particle.
            if !ENDINGS.contains(&surface) {
                pieces.push(Piece::Word(Word { surface, key: surface.to_owned(), korean }));
            }
        } else {
            // Nobody's: `AI agent's` names what `AI agent` does.
            let surface = ["'s", "’s"].iter().find_map(|end| raw.strip_suffix(end)).unwrap_or(raw);
            pieces.push(Piece::Word(Word { surface, key: key(raw), korean }));
        }
    }
    pieces
}

/// Where the word ends that `text` begins with: at the first letter of the other script, or at a
/// sign that does not join two letters (`text-to-image`, `3.5`, `Adam's`).
fn word_end(text: &str, korean: bool) -> usize {
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let joins = !korean
            && matches!(c, '-' | '.' | '\'' | '’')
            && chars.peek().is_some_and(|&(_, next)| next.is_alphanumeric() && !is_hangul(next))
            && (c != '.' || chars.peek().is_some_and(|&(_, next)| next.is_ascii_digit()));
        if !(joins || c.is_alphanumeric() && is_hangul(c) == korean) {
            return at;
        }
    }
    text.len()
}

/// The key of an English word: lower case, singular, without a possessive and without hyphens, as
/// `pre-training` and `pretraining` are one word.
pub(super) fn key(surface: &str) -> String {
    let lower = surface.to_lowercase().replace('-', "");
    let bare = lower.trim_end_matches("'s").trim_end_matches("’s");
    singular(bare)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn surfaces(text: &str) -> Vec<&str> {
        let words = |piece| match piece {
            Piece::Word(word) => Some(word.surface),
            Piece::Break => None,
        };
        pieces(text).into_iter().filter_map(words).collect()
    }

    #[test]
    fn latin_and_korean_part_and_particles_fall_off() {
        assert_eq!(surfaces("CLIP의 성공은 ViT-B/16을"), ["CLIP", "성공", "ViT-B", "16"]);
    }

    #[test]
    fn possessives_and_commands_of_latex_are_undone() {
        assert_eq!(surfaces("AI agent's $\\mathcal{X}$-maps"), ["AI", "agent", "X", "maps"]);
        assert_eq!(surfaces("\\textbf{CLIP}’s"), ["CLIP", "s"]);
    }

    #[test]
    fn joined_words_stay_one_word() {
        assert_eq!(
            surfaces("a text-to-image model, 2.7x faster."),
            ["a", "text-to-image", "model", "2.7x", "faster"]
        );
    }
}
