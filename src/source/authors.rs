//! Names of authors in one string, as many sources write them.

use crate::paper::latex;
use crate::paper::one_line;

/// Splits `A, B (MIT, USA) and C` into names, without affiliations.
pub(super) fn split(text: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    let bare = without_parentheses(text);
    for part in bare.split([',', ';', '\n']).flat_map(|part| part.split(" and ")) {
        let part = part.trim();
        let name = clean(part.strip_prefix("and ").unwrap_or(part));
        match names.last_mut() {
            // `John Doe, Jr.` is one person.
            Some(last) if matches!(name.trim_end_matches('.'), "Jr" | "Sr" | "II" | "III" | "IV") => {
                *last = format!("{last} {name}");
            }
            // One next to the same is a slip of the source; two people of one name seldom stand side by side.
            Some(last) if *last == name => {}
            _ if name.is_empty() => {}
            _ => names.push(name),
        }
    }
    names
}

/// One name on one line, its accents as letters.
pub(super) fn clean(name: &str) -> String {
    one_line(&latex::decode(name).replace(['{', '}'], "").replace('~', " "))
}

fn without_parentheses(text: &str) -> String {
    let mut depth = 0_usize;
    let mut kept = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ if depth == 0 => kept.push(c),
            _ => {}
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn names_without_affiliations() {
        assert_eq!(split("Ada Byron (Kings, London), Paul Erd\\H{o}s"), ["Ada Byron", "Paul Erdős"]);
        assert_eq!(split("A. One, B. Two, and C. Three"), ["A. One", "B. Two", "C. Three"]);
        assert_eq!(split("John Doe, Jr., Ann~Smith ((1) Here, (2) There)"), ["John Doe Jr.", "Ann Smith"]);
        assert!(split(" , ").is_empty());
    }
}
