//! Letters and their accents, and when two titles are the same.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Letters without their accents: `é` is `e`.
pub fn unaccented(text: &str) -> String {
    if text.is_ascii() { text.to_owned() } else { text.nfkd().filter(|c| !is_combining_mark(*c)).collect() }
}

/// A letter with a combining mark, as one character where there is one.
pub(super) fn composed(base: char, mark: char) -> String {
    [base, mark].into_iter().nfc().collect()
}

/// What two spellings of one title share: letters and digits, without case, accents, spaces and
/// punctuation. A title without a letter or a digit is its own key.
pub(crate) fn title_key(title: &str) -> String {
    let folded = unaccented(title).to_lowercase();
    let mut key = String::with_capacity(folded.len());
    let mut chars = folded.chars().peekable();
    while let Some(c) = chars.next() {
        let is_digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
        // Release 1.10 is not release 11.0.
        let parts_digits = c == '.' && is_digit(key.chars().next_back()) && is_digit(chars.peek().copied());
        if c.is_alphanumeric() || parts_digits {
            key.push(c);
        }
    }
    if key.is_empty() { title.trim().to_owned() } else { key }
}

/// Whether two titles can be of one paper: their keys are equal, or one is the other's beginning, as
/// where a subtitle is left out, and long enough to tell papers apart.
pub(crate) fn titles_agree(a: &str, b: &str) -> bool {
    const TELLING: usize = 15;
    let (a, b) = (title_key(a), title_key(b));
    let (short, long) = if a.len() < b.len() { (a, b) } else { (b, a) };
    short == long || (short.chars().count() >= TELLING && long.starts_with(&short))
}

/// The family name of a name as it is spoken, as far as one can tell.
pub(crate) fn family(name: &str) -> &str {
    name.split_whitespace().rev().find(|word| !is_suffix(word)).unwrap_or(name)
}

/// Whether a word follows a name and belongs to it: `Jr.`, `III`.
pub(crate) fn is_suffix(word: &str) -> bool {
    matches!(word.trim_end_matches('.'), "Jr" | "Sr" | "II" | "III" | "IV" | "PhD")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_that_differ_in_spelling_only_agree() {
        for (a, b, agree) in [
            ("Théorie des Nombres", "theorie  des nombres.", true),
            ("Counting Sheep: A Survey of Methods", "Counting sheep — a survey of methods", true),
            ("Counting Sheep in the Dark", "Counting sheep in the dark: a second look", true),
            ("Goats", "Goats and sheep", false),
            ("Counting sheep", "Deep learning for tides", false),
            ("图像分割", "图像生成", false),
            ("???", "!!!", false),
            ("Release 1.10", "Release 11.0", false),
        ] {
            assert_eq!(titles_agree(a, b), agree, "{a} / {b}");
        }
    }
}
