//! Numbers of things, as people read them.

use std::fmt::Display;

/// A whole number with its thousands apart: `1,234`.
pub fn grouped(n: impl Display) -> String {
    let digits = n.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.char_indices() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// `1 paper`, `1,234 papers`, `2 entries`.
pub fn counted(n: impl Display, one: &str) -> String {
    let n = grouped(n);
    match one.strip_suffix('y') {
        _ if n == "1" => format!("{n} {one}"),
        Some(stem) if !one.ends_with("ay") => format!("{n} {stem}ies"),
        _ => format!("{n} {one}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_stand_apart_and_plurals_are_those_of_english() {
        let grouped = [0_u64, 12, 123, 1_234, 123_456, 1_234_567].map(grouped);
        assert_eq!(grouped, ["0", "12", "123", "1,234", "123,456", "1,234,567"]);
        assert_eq!(counted(1, "entry"), "1 entry");
        assert_eq!(counted(0, "entry"), "0 entries");
        assert_eq!(counted(2, "day"), "2 days");
        assert_eq!(counted(1_000, "paper"), "1,000 papers");
    }
}
