//! The terms by which two texts are compared, each known one under its one name.

use super::glossary::stretches;
use super::words::key;

/// Calls `each` with the keys by which two texts are compared: of each word that says something its
/// own key, the parts of a hyphenated one, and the pairs of syllables of a long Korean one.
pub(super) fn each_term(text: &str, mut each: impl FnMut(&str)) {
    for word in stretches(text).into_iter().flatten() {
        if word.korean {
            let starts: Vec<usize> =
                word.key.char_indices().map(|(at, _)| at).chain([word.key.len()]).collect();
            if starts.len() > 3 {
                starts.windows(3).for_each(|pair| each(&word.key[pair[0]..pair[2]]));
            }
        } else if word.surface.contains('-') {
            let parts = word.surface.split('-').map(key);
            parts.filter(|part| says_something(part)).for_each(|part| each(&part));
        }
        if says_something(&word.key) {
            each(&word.key);
        }
    }
}

fn says_something(key: &str) -> bool {
    key.chars().nth(1).is_some() && key.contains(|c: char| c.is_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_meet_in_one_key() {
        let terms = |text| {
            let mut terms = Vec::new();
            each_term(text, |term| terms.push(term.to_owned()));
            terms
        };
        assert_eq!(terms("Models' policies bias"), ["model", "policy", "bias"]);
        assert_eq!(terms("복수형이"), ["복수", "수형", "복수형"]);
        assert_eq!(terms("pre-training pretraining"), ["pre", "training", "pretraining", "pretraining"]);
    }
}
