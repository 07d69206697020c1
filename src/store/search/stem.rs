//! Porter's stemmer, step by step as SQLite's FTS5 has it, so that every engine finds the same words.
//!
//! Works on bytes, as that one does: whatever is no ASCII letter is a consonant.

/// Longer and shorter words, in bytes, are left as they are.
const STEMMED: std::ops::RangeInclusive<usize> = 3..=64;

/// What must hold of the stem before a suffix.
#[derive(Clone, Copy)]
enum If {
    /// It holds a vowel and a consonant after it.
    Once,
    /// It holds that twice.
    Twice,
    /// The same, and it ends with s or t.
    TwiceAndSOrT,
}

/// A suffix, what must hold of the stem before it, and what it becomes. The first suffix that fits ends its step.
type Rule = (&'static [u8], If, &'static [u8]);

const STEP_2: &[Rule] = &[
    (b"ational", If::Once, b"ate"),
    (b"tional", If::Once, b"tion"),
    (b"enci", If::Once, b"ence"),
    (b"anci", If::Once, b"ance"),
    (b"izer", If::Once, b"ize"),
    (b"logi", If::Once, b"log"),
    (b"bli", If::Once, b"ble"),
    (b"alli", If::Once, b"al"),
    (b"entli", If::Once, b"ent"),
    (b"eli", If::Once, b"e"),
    (b"ousli", If::Once, b"ous"),
    (b"ization", If::Once, b"ize"),
    (b"ation", If::Once, b"ate"),
    (b"ator", If::Once, b"ate"),
    (b"alism", If::Once, b"al"),
    (b"iveness", If::Once, b"ive"),
    (b"fulness", If::Once, b"ful"),
    (b"ousness", If::Once, b"ous"),
    (b"aliti", If::Once, b"al"),
    (b"iviti", If::Once, b"ive"),
    (b"biliti", If::Once, b"ble"),
];

const STEP_3: &[Rule] = &[
    (b"ical", If::Once, b"ic"),
    (b"ness", If::Once, b""),
    (b"icate", If::Once, b"ic"),
    (b"iciti", If::Once, b"ic"),
    (b"ful", If::Once, b""),
    (b"ative", If::Once, b""),
    (b"alize", If::Once, b"al"),
];

const STEP_4: &[Rule] = &[
    (b"al", If::Twice, b""),
    (b"ance", If::Twice, b""),
    (b"ence", If::Twice, b""),
    (b"er", If::Twice, b""),
    (b"ic", If::Twice, b""),
    (b"able", If::Twice, b""),
    (b"ible", If::Twice, b""),
    (b"ant", If::Twice, b""),
    (b"ement", If::Twice, b""),
    (b"ment", If::Twice, b""),
    (b"ent", If::Twice, b""),
    (b"ion", If::TwiceAndSOrT, b""),
    (b"ou", If::Twice, b""),
    (b"ism", If::Twice, b""),
    (b"ate", If::Twice, b""),
    (b"iti", If::Twice, b""),
    (b"ous", If::Twice, b""),
    (b"ive", If::Twice, b""),
    (b"ize", If::Twice, b""),
];

/// The stem of a word in lower case.
pub(super) fn stem(word: &mut Vec<u8>) {
    if !STEMMED.contains(&word.len()) {
        return;
    }
    plurals(word);
    participles(word);
    if word.last() == Some(&b'y') && has_vowel(&word[..word.len() - 1]) {
        word.pop();
        word.push(b'i');
    }
    for step in [STEP_2, STEP_3, STEP_4] {
        apply(word, step);
    }
    if let Some(before) = word.strip_suffix(b"e")
        && (measure(before) > 1 || (measure(before) == 1 && !ends_short(before)))
    {
        word.pop();
    }
    if word.ends_with(b"ll") && measure(&word[..word.len() - 1]) > 1 {
        word.pop();
    }
}

/// Step 1a.
fn plurals(word: &mut Vec<u8>) {
    let n = word.len();
    let goes = match word.as_slice() {
        [.., b's', b's', b'e', b's'] if n > 4 => 2,
        [.., b'i', b'e', b's'] if n > 3 => 2,
        [.., b's', b's'] => 0,
        [.., b's'] => 1,
        _ => 0,
    };
    word.truncate(n - goes);
}

/// Step 1b.
fn participles(word: &mut Vec<u8>) {
    let longer = |suffix: &[u8]| word.len() > suffix.len() && word.ends_with(suffix);
    let n = word.len();
    let goes = if longer(b"eed") {
        if measure(&word[..n - 3]) > 0 {
            word.pop();
        }
        return;
    } else if longer(b"ed") {
        2
    } else if longer(b"ing") {
        3
    } else {
        return;
    };
    if !has_vowel(&word[..n - goes]) {
        return;
    }
    word.truncate(n - goes);
    match word.as_slice() {
        [_, .., b'a', b't'] | [_, .., b'b', b'l'] | [_, .., b'i', b'z'] => word.push(b'e'),
        [.., a, b] if a == b && !is_vowel(*b, false) && !matches!(b, b'l' | b's' | b'z') => _ = word.pop(),
        _ if measure(word) == 1 && ends_short(word) => word.push(b'e'),
        _ => {}
    }
}

fn apply(word: &mut Vec<u8>, rules: &[Rule]) {
    let fits = |(suffix, _, _): &&Rule| word.len() > suffix.len() && word.ends_with(suffix);
    let Some((suffix, condition, instead)) = rules.iter().find(fits) else { return };
    let n = word.len() - suffix.len();
    let before = &word[..n];
    let holds = match condition {
        If::Once => measure(before) > 0,
        If::Twice => measure(before) > 1,
        If::TwiceAndSOrT => matches!(before.last(), Some(b's' | b't')) && measure(before) > 1,
    };
    if holds {
        word.truncate(n);
        word.extend_from_slice(instead);
    }
}

fn is_vowel(letter: u8, is_y: bool) -> bool {
    matches!(letter, b'a' | b'e' | b'i' | b'o' | b'u') || (is_y && letter == b'y')
}

fn has_vowel(stem: &[u8]) -> bool {
    stem.iter().enumerate().any(|(i, &letter)| is_vowel(letter, i > 0))
}

/// How often a vowel is followed by a consonant; more than twice is twice.
fn measure(stem: &[u8]) -> usize {
    let (mut n, mut was_consonant, mut vowel_seen) = (0, false, false);
    for &letter in stem {
        let is_consonant = !is_vowel(letter, was_consonant);
        if is_consonant && vowel_seen {
            n += 1;
            vowel_seen = false;
        }
        vowel_seen |= !is_consonant;
        was_consonant = is_consonant;
    }
    n.min(2)
}

/// Whether it ends with a consonant, a vowel and a consonant other than w, x and y.
fn ends_short(stem: &[u8]) -> bool {
    let mut was_consonant = false;
    let kinds: Vec<bool> = stem
        .iter()
        .map(|&letter| {
            was_consonant = !is_vowel(letter, was_consonant);
            was_consonant
        })
        .collect();
    kinds.ends_with(&[true, false, true]) && !matches!(stem.last(), Some(b'w' | b'x' | b'y'))
}
