//! The tokens of a text, as SQLite's FTS5 makes them with `porter unicode61 remove_diacritics 2`: for engines that
//! bring no tokenizer which does the same.

use super::letters::{folded, is_accent, is_letter};
use super::stem::stem;

/// The tokens of a text in their order.
pub(in crate::store) fn tokens(text: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut word = String::new();
    let mut letters = text.chars().peekable();
    while let Some(c) = letters.next() {
        if !is_letter(c) {
            continue;
        }
        word.clear();
        word.push(folded(c));
        while let Some(c) = letters.next_if(|&c| is_letter(c) || is_accent(c)) {
            word.extend(Some(folded(c)).filter(|&c| c != '\0'));
        }
        let mut bytes = word.as_bytes().to_vec();
        stem(&mut bytes);
        // The stemmer may cut a letter of several bytes in two.
        tokens.push(String::from_utf8_lossy(&bytes).into_owned());
    }
    tokens
}
