//! The names of people as BibTeX writes them: `von Last, Jr, First and Others`.

use crate::paper::is_suffix;
use crate::paper::latex;

/// The people of a field, as they are spoken: given name first.
pub(super) fn people(field: &str) -> Vec<String> {
    let mut names: Vec<&str> = at_top(field, |text| {
        let word = text.get(..4)?;
        let is_and = word.as_bytes()[0].is_ascii_whitespace()
            && word[1..].eq_ignore_ascii_case("and")
            && text[4..].starts_with(|c: char| c.is_whitespace());
        is_and.then_some(4)
    });
    if let [alone] = names[..] {
        let parts = at_top(alone, |text| text.starts_with(';').then_some(1));
        if parts.len() > 1 {
            names = parts;
        }
    }
    names.into_iter().flat_map(spoken).filter(|name| !name.is_empty()).collect()
}

/// One name as it is spoken; several where commas stand in place of `and`.
fn spoken(name: &str) -> Vec<String> {
    let parts: Vec<&str> =
        at_top(name.trim(), |text| text.starts_with(',').then_some(1)).into_iter().map(str::trim).collect();
    let joined = |parts: &[&str]| {
        vec![latex::plain(&parts.join(" ")).split_whitespace().collect::<Vec<_>>().join(" ")]
    };
    let is_part = |part: &&str| {
        let name = part.split_once('=').map_or("", |(name, _)| name.trim());
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'-')
    };
    if parts.iter().all(is_part) {
        // BibLaTeX: `family=Roy, given=Ann, prefix=de`.
        let part = |name: &str| {
            parts
                .iter()
                .find_map(|part| part.split_once('=').filter(|(key, _)| key.trim() == name))
                .map_or("", |(_, value)| value.trim())
        };
        return joined(&["given", "prefix", "family", "suffix"].map(part));
    }
    match parts[..] {
        [last, first] => joined(&[first, last]),
        [last, suffix, first] if is_suffix(suffix) => joined(&[first, last, suffix]),
        [last, first, suffix] if is_suffix(suffix) => joined(&[first, last, suffix]),
        // `Ann Roy, Carl Ito, Dee Sand`
        _ if parts.len() > 2 && parts.iter().all(|part| part.contains([' ', '~', '.'])) => {
            parts.iter().flat_map(|part| joined(&[part])).collect()
        }
        [last, suffix, first] => joined(&[first, last, suffix]),
        _ => joined(&parts),
    }
}

/// Cuts a text at separators that stand outside of all braces; `length` tells the length of the separator
/// that a text begins with.
fn at_top(text: &str, length: impl Fn(&str) -> Option<usize>) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut depth, mut start, mut skip) = (0_usize, 0, 0);
    for (at, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ if depth == 0 && at >= skip => {
                if let Some(length) = length(&text[at..]) {
                    parts.push(&text[start..at]);
                    (start, skip) = (at + length, at + length);
                }
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

#[cfg(test)]
mod tests {
    use super::people;

    #[test]
    fn names_in_every_order() {
        for (written, spoken) in [
            ("Roy, Ann and Carl Ito", vec!["Ann Roy", "Carl Ito"]),
            ("van der Berg, Jan AND\n  de la Cruz, Jr., Dee", vec!["Jan van der Berg", "Dee de la Cruz Jr."]),
            (
                "{Barnes and Sons} and {The {ABC} Team} and others",
                vec!["Barnes and Sons", "The ABC Team", "others"],
            ),
            (r#"M{\"u}ller, J{\"o}rg and {\'E}mile Zola"#, vec!["Jörg Müller", "Émile Zola"]),
            ("Roy, Ann, PhD and King, III, Martin", vec!["Ann Roy PhD", "Martin King III"]),
            ("family=Roy, given=Ann, prefix=de", vec!["Ann de Roy"]),
            ("Ann Roy, Carl Ito, Dee Sand", vec!["Ann Roy", "Carl Ito", "Dee Sand"]),
            (r"K. Jara{\v s}i{\=u}nas and S{\=u}d{\v z}ius, M.", vec!["K. Jarašiūnas", "M. Sūdžius"]),
            ("Roy, A.; Ito, C.", vec!["A. Roy", "C. Ito"]),
            ("Alexander Sand~Anderson", vec!["Alexander Sand Anderson"]),
        ] {
            assert_eq!(people(written), spoken, "{written}");
        }
    }
}
