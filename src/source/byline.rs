//! Authors as the feeds of journals and blogs write them: `Abel, A. B., Borg, C.`, `ann@example.org (Ann Abel)`.

use std::collections::BTreeSet;

use crate::paper::{is_page, one_line};

/// What may follow a name behind a comma without being another name.
const SUFFIXES: [&str; 11] = ["jr", "sr", "ii", "iii", "iv", "inc", "ltd", "llc", "corp", "gmbh", "co"];

/// Degrees, which are no part of a name.
const DEGREES: [&str; 8] = ["phd", "md", "msc", "dphil", "mph", "bsc", "dr", "prof"];

/// Words in front of a family name that belong to it.
const PARTICLES: [&str; 14] =
    ["van", "von", "de", "del", "della", "di", "da", "dos", "du", "la", "le", "der", "den", "ten"];

/// The names in a line, as they are spoken: given name first.
pub(super) fn names(line: &str) -> Vec<String> {
    let line = one_line(&without_addresses(line));
    let line = match line.get(..3) {
        Some(by) if by.eq_ignore_ascii_case("by ") => &line[3..],
        _ => &line,
    };
    let (mut names, mut seen) = (Vec::new(), BTreeSet::new());
    let mut add = |name: String| {
        let name = name.trim_matches(|c: char| c.is_whitespace() || ",;:|".contains(c)).to_owned();
        let is_name = name.contains(char::is_alphabetic) && !is_page(&name) && !is_et_al(&name);
        if is_name && seen.insert(name.clone()) {
            names.push(name);
        }
    };
    if line.contains(';') {
        line.split(';').for_each(|part| one_or_more(part, true).into_iter().for_each(&mut add));
    } else {
        one_or_more(line, false).into_iter().for_each(add);
    }
    names
}

fn is_et_al(name: &str) -> bool {
    matches!(name.trim_end_matches('.').to_lowercase().as_str(), "et al" | "others" | "et alii")
}

/// The names of a line without semicolons. Between semicolons stands one person.
fn one_or_more(line: &str, is_one: bool) -> Vec<String> {
    let line = line.replace(['、', '，'], ",");
    let groups: Vec<&str> = match is_one {
        true => vec![&line],
        false => line.split(" and ").flat_map(|group| group.split(" & ")).collect(),
    };
    // `Abel, Borg and Cruz` is a list of names, `Abel, Ann and Borg, Carl` one of names turned round.
    let is_list = groups.len() > 1 && groups.last().is_some_and(|last| !last.trim().contains(','));
    groups.iter().flat_map(|group| of_commas(group, is_list)).collect()
}

/// A part between commas with the `Jr.` that followed it.
struct Part {
    text: String,
    suffix: String,
}

fn of_commas(group: &str, is_list: bool) -> Vec<String> {
    let mut parts: Vec<Part> = Vec::new();
    for text in group.split(',').map(|part| part.trim()).filter(|part| !part.is_empty()) {
        let text = text.strip_prefix("and ").or_else(|| text.strip_prefix("& ")).unwrap_or(text);
        let bare = text.replace('.', "").to_lowercase();
        match parts.last_mut() {
            Some(last) if SUFFIXES.contains(&bare.as_str()) => last.suffix = format!(" {text}"),
            Some(_) if DEGREES.contains(&bare.as_str()) => {}
            _ => parts.push(Part { text: text.to_owned(), suffix: String::new() }),
        }
    }
    let is_turned_round = parts.len().is_multiple_of(2)
        && parts.chunks(2).all(|pair| match pair {
            [family, given] => turned_round(&family.text, &given.text, is_list, parts.len() == 2),
            _ => false,
        });
    match is_turned_round {
        true => parts
            .chunks(2)
            .map(|pair| {
                let [family, given] = pair else { return String::new() };
                format!("{} {}{}{}", given.text, family.text, family.suffix, given.suffix)
            })
            .collect(),
        false => parts.into_iter().map(|part| part.text + &part.suffix).collect(),
    }
}

/// Whether two parts between commas are one name, the family name first.
fn turned_round(family: &str, given: &str, is_list: bool, alone: bool) -> bool {
    let n_words = |text: &str| text.split(' ').count();
    let first = family.split(' ').next().unwrap_or_default();
    let is_family = n_words(family) == 1 || PARTICLES.contains(&first.to_lowercase().as_str());
    // Names in Chinese characters have no spaces.
    let is_spaced = family.is_ascii() || family.chars().all(|c| c < '\u{2e80}');
    is_spaced
        && !is_initials(family)
        && (is_initials(given) || !is_list && (is_family || alone && n_words(given) == 1))
}

/// `A. B.`, `AB`, `J.-P.`
fn is_initials(text: &str) -> bool {
    let letters = || text.chars().filter(|c| c.is_alphabetic());
    let plain = text.chars().all(|c| c.is_uppercase() || ". -".contains(c));
    let words = || text.split([' ', '-', '.']).filter(|word| !word.is_empty());
    plain && letters().count() > 0 && words().all(|word| word.chars().count() <= 3)
}

/// Without addresses of mail: `ann@example.org (Ann Abel)`, `Ann Abel <ann@example.org>`; and without what stands
/// in parentheses behind a name, an affiliation.
fn without_addresses(line: &str) -> String {
    let is_mail = |word: &&str| word.find('@').is_some_and(|at| at > 0 && word[at..].contains('.'));
    let mut bare = line.to_owned();
    let mails: Vec<&str> =
        line.split(|c: char| c.is_whitespace() || "<>(),;".contains(c)).filter(is_mail).collect();
    for mail in mails.iter().take(MOST_ADDRESSES) {
        bare = bare.replace(mail, "");
    }
    let bare = bare.replace("<>", "");
    // What is left is in parentheses altogether.
    match !mails.is_empty() && bare.trim_start().starts_with('(') {
        true => bare.replace(['(', ')'], " "),
        false => without_parentheses(&bare),
    }
}

/// Each address costs a copy of the line.
const MOST_ADDRESSES: usize = 100;

fn without_parentheses(text: &str) -> String {
    let mut depth = 0_usize;
    let outside = |c: &char| {
        match c {
            '(' => depth += 1,
            ')' if depth > 0 => {
                depth -= 1;
                return false;
            }
            _ => {}
        }
        depth == 0
    };
    text.chars().filter(outside).collect()
}

#[cfg(test)]
mod tests {
    use super::names;

    #[test]
    fn names_as_they_are_written() {
        for (line, expected) in [
            ("ann@example.org (Ann Abel)", "Ann Abel"),
            ("ann@example.org (Abel, Ann)", "Ann Abel"),
            ("Ann Abel <ann@example.org>, Carl Borg (carl@example.org)", "Ann Abel|Carl Borg"),
            ("ann@example.org", ""),
            ("ann@example.org (Ann Abel), c@example.org (Carl Borg)", "Ann Abel|Carl Borg"),
            ("Abel, A. B., Borg, C., Cruz-Diaz, E. F.", "A. B. Abel|C. Borg|E. F. Cruz-Diaz"),
            ("Abel, A. B., Borg, C., and Cruz Diaz, E. F.", "A. B. Abel|C. Borg|E. F. Cruz Diaz"),
            ("Abel, Ann", "Ann Abel"),
            ("van der Berg, Ann Marie", "Ann Marie van der Berg"),
            ("Cruz Diaz, Ann", "Ann Cruz Diaz"),
            ("Abel, Ann, Borg, Carl", "Ann Abel|Carl Borg"),
            ("Abel, Ann and Borg, Carl", "Ann Abel|Carl Borg"),
            ("King, M. L., Jr., Abel, A.", "M. L. King Jr.|A. Abel"),
            ("Ann Abel, Carl Borg and Dee Cruz", "Ann Abel|Carl Borg|Dee Cruz"),
            ("Ann Abel, Carl Borg, and Dee Cruz", "Ann Abel|Carl Borg|Dee Cruz"),
            ("Ann Abel & Carl Borg", "Ann Abel|Carl Borg"),
            ("Abel, Borg and Cruz", "Abel|Borg|Cruz"),
            ("A. Abel, C. Borg, et al.", "A. Abel|C. Borg"),
            ("Abel AB, Borg C", "Abel AB|Borg C"),
            ("Abel, Ann; Borg, Carl M.; Dee Cruz", "Ann Abel|Carl M. Borg|Dee Cruz"),
            ("By Ann Abel", "Ann Abel"),
            ("Ann Abel (Lab, Town), Carl Borg, PhD", "Ann Abel|Carl Borg"),
            ("Ann Abel,\n  Carl Borg,\n", "Ann Abel|Carl Borg"),
            ("Acme, Inc.", "Acme Inc."),
            ("张三, 李四", "张三|李四"),
            ("https://example.org/people/ann", ""),
            ("Byron Abel", "Byron Abel"),
            ("", ""),
        ] {
            assert_eq!(names(line).join("|"), expected, "{line}");
        }
    }
}
