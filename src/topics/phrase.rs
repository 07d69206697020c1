//! Which stretches of words may be a name, and how such a phrase is written.

use super::background::{Background, is_empty_word};
use super::words::Word;
use crate::paper::is_hangul;

/// The longest phrase, in words.
pub(super) const LONGEST_PHRASE: usize = 4;

/// What a word can do in a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WordRole {
    /// Ends every phrase: grammar, praise, what every paper says of itself.
    Never,
    /// Joins two words: `mixture of experts`.
    Of,
    /// Says nothing alone, but ends phrases of the field: `diffusion models`.
    Weak,
    /// Describes, so may not stand last: `multimodal`, `text-to-image`.
    Adjective,
    /// May stand anywhere.
    Noun,
}

/// Words of the empty ones that may end a phrase that the field uses.
const WEAK: &[&str] = &[
    "model",
    "system",
    "analysis",
    "evaluation",
    "benchmark",
    "dataset",
    "data",
    "architecture",
    "algorithm",
    "scaling",
    "design",
    "feature",
    "function",
    "task",
    "quality",
    "efficiency",
    "accuracy",
    "knowledge",
    "code",
    "information",
];

/// Words that look like adjectives by their ends and are none.
const NOUNS: &[&str] = &[
    "retrieval",
    "signal",
    "removal",
    "proposal",
    "journal",
    "portal",
    "animal",
    "capital",
    "hospital",
    "interval",
    "rehearsal",
    "dispersal",
    "appraisal",
    "trial",
    "material",
    "credential",
    "tutorial",
    "residual",
    "differential",
    "integral",
    "potential",
    "festival",
    "approval",
    "logic",
    "music",
    "topic",
    "metric",
    "traffic",
    "arithmetic",
    "fabric",
    "clinic",
    "heuristic",
    "characteristic",
    "mechanic",
    "rubric",
    "narrative",
    "objective",
    "derivative",
    "archive",
    "perspective",
    "motive",
    "incentive",
    "primitive",
    "variable",
    "cable",
    "table",
    "timetable",
    "library",
    "boundary",
    "dictionary",
    "vocabulary",
    "summary",
    "adversary",
    "family",
    "assembly",
    "anomaly",
    "supply",
    "seed",
    "speed",
    "feed",
    "bed",
    "testbed",
    "breed",
    "embed",
    "video",
];

/// Words of which the ends do not tell that they are adjectives.
const ADJECTIVES: &[&str] = &[
    "multimodal",
    "unimodal",
    "crossmodal",
    "visual",
    "linguistic",
    "human",
    "open",
    "deep",
    "long",
    "short",
    "fast",
    "sparse",
    "dense",
    "fine",
    "coarse",
    "smart",
    "modern",
    "domainspecific",
    "realtime",
    "online",
    "offline",
    "longterm",
    "shortterm",
    "longhorizon",
    "fewshot",
    "zeroshot",
    "oneshot",
    "opensource",
    "openworld",
    "openset",
    "openvocabulary",
    "multiagent",
    "multitask",
    "multiview",
    "multiscale",
    "multihop",
    "multiturn",
    "multistep",
    "selfsupervised",
    "unsupervised",
    "supervised",
    "weakly",
    "pre",
    "post",
    "non",
    "multi",
    "self",
    "semi",
    "autoregressive",
    "generative",
    "3d",
    "2d",
    "4d",
    "6d",
    "native",
    "frozen",
    "free",
    "driven",
    "aware",
];

/// What a word can do.
pub(super) fn role(word: &Word<'_>) -> WordRole {
    let key = word.key.as_str();
    if key == "of" {
        return WordRole::Of;
    }
    if is_empty_word(key) {
        return if WEAK.contains(&key) { WordRole::Weak } else { WordRole::Never };
    }
    let letters = word.surface.chars().filter(|c| c.is_alphabetic()).count();
    let dimension = word.surface.len() == 2 && word.surface.ends_with('D');
    if !dimension && (letters < 2 || word.surface.starts_with(|c: char| c.is_ascii_digit())) {
        return WordRole::Never;
    }
    if word.korean || is_acronym(word.surface) {
        return WordRole::Noun;
    }
    if key.ends_with("ly") && !NOUNS.contains(&key) {
        return WordRole::Never;
    }
    if describes(word) { WordRole::Adjective } else { WordRole::Noun }
}

fn describes(word: &Word<'_>) -> bool {
    const ENDS: &[&str] =
        &["ed", "ive", "ous", "ful", "less", "able", "ible", "al", "ic", "ary", "wise", "ward", "ish"];
    let key = word.key.as_str();
    if NOUNS.contains(&key) {
        return false;
    }
    if let Some((_, last)) = word.surface.rsplit_once('-') {
        // `text-to-image` describes; `pre-training` and `cross-attention` are things.
        return !["ing", "tion", "former", "ray", "means", "coder", "coders", "formers"]
            .iter()
            .any(|e| last.ends_with(e));
    }
    ADJECTIVES.contains(&key) || ENDS.iter().any(|end| key.len() > end.len() + 2 && key.ends_with(end))
}

/// Two capitals or more, or a capital after the first letter: `CLIP`, `LoRA`, `NeRF`.
pub(super) fn is_acronym(surface: &str) -> bool {
    surface.chars().skip(1).any(char::is_uppercase)
        && surface.chars().all(|c| c.is_alphanumeric() || c == '-')
        && !surface.split('-').all(|part| part.chars().skip(1).all(char::is_lowercase))
}

/// Whether words with these roles may be a phrase; `known` tells whether the field uses it, `known_end`
/// whether it uses the last two words.
pub(super) fn may_name(roles: &[WordRole], known: bool, known_end: bool) -> bool {
    let [first, .., last] = roles else { return roles == [WordRole::Noun] };
    let inner = &roles[1..roles.len() - 1];
    matches!(first, WordRole::Noun | WordRole::Adjective)
        && (*last == WordRole::Noun || *last == WordRole::Weak && (known || known_end))
        && inner.iter().all(|r| matches!(r, WordRole::Noun | WordRole::Adjective | WordRole::Of))
        && (!inner.contains(&WordRole::Of) || known)
}

/// A word as a name writes it: small letters, but acronyms and names as they are.
pub(super) fn written(word: &Word<'_>) -> String {
    if let Some(usual) = Background::shared().usual(&word.key) {
        // The usual form is of any number; only its capitals are taken.
        if usual.to_lowercase() == word.surface.to_lowercase() {
            return usual.to_owned();
        }
        if word.surface.to_lowercase().starts_with(&usual.to_lowercase()) {
            return format!("{usual}{}", word.surface.get(usual.len()..).unwrap_or_default().to_lowercase());
        }
    }
    let part = |part: &str| {
        let mixed = part.chars().skip(1).any(char::is_uppercase);
        // A title in capitals only is no acronym.
        if mixed && part.len() <= 8 || part.contains(is_hangul) {
            part.to_owned()
        } else {
            part.to_lowercase()
        }
    };
    word.surface.split('-').map(part).collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::topics::glossary::stretches;

    fn first(text: &str) -> Word<'_> {
        stretches(text)[0][0].clone()
    }

    #[test]
    fn words_know_what_they_can_do() {
        let cases = [
            ("diffusion", WordRole::Noun),
            ("CLIP", WordRole::Noun),
            ("pre-training", WordRole::Noun),
            ("text-to-image", WordRole::Adjective),
            ("multimodal", WordRole::Adjective),
            ("retrieval", WordRole::Noun),
            ("efficiently", WordRole::Never),
            ("novel", WordRole::Never),
            ("2.7x", WordRole::Never),
            ("3D", WordRole::Noun),
            ("models", WordRole::Weak),
            ("of", WordRole::Of),
        ];
        for (text, expected) in cases {
            assert_eq!(role(&first(text)), expected, "{text}");
        }
    }

    #[test]
    fn acronyms_stay_as_they_are_and_title_capitals_go() {
        let cases = [
            ("CLIP", "CLIP"),
            ("LoRA", "LoRA"),
            ("Pre-Training", "pre-training"),
            ("Gaussian", "Gaussian"),
            ("Image", "image"),
        ];
        for (text, expected) in cases {
            assert_eq!(written(&first(text)), expected);
        }
        assert!(is_acronym("ViT-B") && !is_acronym("Pre-Training") && !is_acronym("Image"));
    }
}
