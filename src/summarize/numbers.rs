//! The numbers of a text, as values: `1.5B`, `1,500 million` and `15억` are one.

use std::collections::BTreeSet;

/// Words that are numbers, small enough that people write them out.
const WORDS: [(&str, f64); 23] = [
    ("one", 1.0),
    ("two", 2.0),
    ("three", 3.0),
    ("four", 4.0),
    ("five", 5.0),
    ("six", 6.0),
    ("seven", 7.0),
    ("eight", 8.0),
    ("nine", 9.0),
    ("ten", 10.0),
    ("eleven", 11.0),
    ("twelve", 12.0),
    ("once", 1.0),
    ("twice", 2.0),
    ("single", 1.0),
    ("first", 1.0),
    ("second", 2.0),
    ("third", 3.0),
    ("both", 2.0),
    ("double", 2.0),
    ("half", 50.0),
    ("halves", 50.0),
    ("zero", 0.0),
];

/// What multiplies the number before it.
const SCALES: [(&str, f64); 21] = [
    ("thousand", 1e3),
    ("million", 1e6),
    ("billion", 1e9),
    ("trillion", 1e12),
    ("k", 1e3),
    ("m", 1e6),
    ("b", 1e9),
    ("t", 1e12),
    ("천만", 1e7),
    ("백만", 1e6),
    ("십만", 1e5),
    ("천", 1e3),
    ("만", 1e4),
    ("억", 1e8),
    ("조", 1e12),
    ("千", 1e3),
    ("万", 1e4),
    ("萬", 1e4),
    ("亿", 1e8),
    ("億", 1e8),
    ("兆", 1e12),
];

/// A number as it stands in a text.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Number {
    /// As it is written, without its scale.
    pub written: String,
    value: f64,
    /// With what multiplies it, where something does.
    scaled: Option<f64>,
}

/// The numbers of a text in digits, in their order.
pub(super) fn numbers(text: &str) -> Vec<Number> {
    let chars: Vec<char> = text.chars().map(ascii).collect();
    let mut found = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        if !chars[at].is_ascii_digit() {
            at += 1;
            continue;
        }
        let begin = at;
        while at < chars.len() && continues(&chars, at) {
            at += 1;
        }
        let written: String = chars[begin..at].iter().collect();
        if let Ok(value) = written.replace(',', "").parse::<f64>() {
            let scaled = scale(&chars[at..]).map(|scale| value * scale);
            found.push(Number { written, value, scaled });
        }
    }
    found
}

/// A digit of another script that reads as one of ours.
fn ascii(c: char) -> char {
    match c {
        '０'..='９' => char::from_digit(c as u32 - '０' as u32, 10).unwrap_or(c),
        _ => c,
    }
}

/// Whether a number goes on here: a digit, or a point or a comma between digits (three of them behind a comma).
fn continues(chars: &[char], at: usize) -> bool {
    let is_digit = |at: usize| chars.get(at).is_some_and(char::is_ascii_digit);
    match chars[at] {
        '.' => is_digit(at + 1),
        ',' => (1..=3).all(|n| is_digit(at + n)) && !is_digit(at + 4),
        c => c.is_ascii_digit(),
    }
}

/// What multiplies a number that this stands behind.
fn scale(after: &[char]) -> Option<f64> {
    let spaces = after.iter().take_while(|c| matches!(c, ' ' | '-' | '\u{a0}')).count().min(1);
    let rest: String = after[spaces..].iter().take(10).collect::<String>().to_lowercase();
    let is_end = |rest: &str| !rest.starts_with(|c: char| c.is_ascii_alphabetic());
    let latin = |name: &str| name.is_ascii();
    let scales = SCALES.iter().filter(|(name, _)| {
        let close = spaces == 0 || name.len() > 1;
        close && rest.strip_prefix(name).is_some_and(|rest| !latin(name) || is_end(rest))
    });
    scales.map(|(_, scale)| *scale).next()
}

/// The values that a text speaks of.
pub(super) struct Values(BTreeSet<u64>);

impl Values {
    pub fn of(text: &str) -> Self {
        let mut values = BTreeSet::new();
        for number in numbers(text) {
            values.extend([number.value].into_iter().chain(number.scaled).map(key));
        }
        let lower = text.to_lowercase();
        let words: Vec<&str> = lower.split(|c: char| !c.is_alphanumeric()).collect();
        for (i, word) in words.iter().enumerate() {
            let Some((_, value)) = WORDS.iter().find(|(name, _)| name == word) else { continue };
            values.insert(key(*value));
            let next = words.get(i + 1).and_then(|next| SCALES.iter().find(|(name, _)| name == next));
            values.extend(next.map(|(_, scale)| key(value * scale)));
        }
        Self(values)
    }

    /// Whether a number is one of them.
    pub fn hold(&self, number: &Number) -> bool {
        match number.scaled {
            Some(scaled) => self.0.contains(&key(scaled)),
            None => self.0.contains(&key(number.value)),
        }
    }
}

/// Equal for values that are written differently: to nine digits.
fn key(value: f64) -> u64 {
    let rounded = format!("{value:.9e}").parse::<f64>().unwrap_or(value);
    (rounded + 0.0).to_bits()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_what_it_means_however_it_is_written() {
        let text =
            "We train 1.5B parameters on 12,000 images in three stages, one million steps, and gain 0.70 %.";
        let values = Values::of(text);
        let hold = |summary: &str| numbers(summary).iter().all(|number| values.hold(number));
        for right in
            ["15억 개", "1,500 million", "1.5B", "1만 2천", "12000", "3단계", "100만 스텝", "0.7%", "1.5"]
        {
            // `1만 2천` is two numbers, neither of which the text has.
            assert_eq!(hold(right), right != "1만 2천", "{right}");
        }
        for wrong in ["1.6B", "15만", "12,001", "4단계", "7%", "2026", "1.5M"] {
            assert!(!hold(wrong), "{wrong}");
        }
    }

    #[test]
    fn numbers_are_found_in_their_order_and_without_the_signs_around_them() {
        let found = |text: &str| numbers(text).into_iter().map(|n| n.written).collect::<Vec<_>>();
        assert_eq!(found("GPT-4 (2.5x), 1,2,3 and 10,000. 8."), ["4", "2.5", "1", "2", "3", "10,000", "8"]);
        assert_eq!(found("정확도 ９５.2％"), ["95.2"]);
        assert!(found("none").is_empty());
    }
}
