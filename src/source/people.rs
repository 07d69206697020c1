//! People as reference managers write them: family name first, and sometimes several in one field.

use super::reference::spoken;

/// Words of a name that is no person's, so that its `and` parts nobody.
const OF_GROUPS: [&str; 22] = [
    "of",
    "for",
    "the",
    "on",
    "in",
    "institute",
    "university",
    "center",
    "centre",
    "department",
    "group",
    "consortium",
    "team",
    "committee",
    "society",
    "association",
    "foundation",
    "laboratory",
    "network",
    "collaboration",
    "agency",
    "council",
];

/// The people of one field, each as he or she is spoken of: `Abel, Ann; Borg, Carl`, `Ann Abel and Carl Borg`.
pub(super) fn listed(field: &str) -> Vec<String> {
    let names = field.split(';').flat_map(joined_by_and).flat_map(joined_by_commas);
    names.map(|name| spoken(name.trim())).filter(|name| !name.is_empty() && !is_rest(name)).collect()
}

/// What stands for all who are not named.
fn is_rest(name: &str) -> bool {
    ["et al", "et al.", "others", "..."].iter().any(|rest| name.eq_ignore_ascii_case(rest))
}

fn joined_by_and(text: &str) -> Vec<&str> {
    let names: Vec<&str> = text.split(" and ").flat_map(|part| part.split(" & ")).map(str::trim).collect();
    let are_people = names.iter().all(|name| name.contains(',')) || names.iter().all(|name| is_person(name));
    if names.len() > 1 && are_people { names } else { vec![text] }
}

/// Whether a name without a comma has the looks of a person's, not of `Johnson and Johnson` or of a ministry.
fn is_person(name: &str) -> bool {
    let words: Vec<&str> = name.split_whitespace().collect();
    let of_group = |word: &&str| OF_GROUPS.contains(&word.to_lowercase().as_str());
    (2..=4).contains(&words.len())
        && !words.iter().any(of_group)
        && words.last().is_some_and(|word| word.starts_with(char::is_uppercase))
}

/// `Abel A, Borg C, Cruz E, Diaz F` and `Abel, Ann, Borg, Carl`; three parts are one person with a suffix.
fn joined_by_commas(text: &str) -> Vec<String> {
    let parts: Vec<&str> = text.split(',').map(str::trim).filter(|part| !part.is_empty()).collect();
    let many_words = |part: &&str| part.split_whitespace().count() > 1;
    let has_and = parts.iter().any(|part| part.starts_with("and "));
    match parts.len() {
        0..=3 => vec![text.to_owned()],
        _ if parts.iter().all(many_words) && !has_and => parts.iter().map(|&part| part.to_owned()).collect(),
        n if n % 2 == 0 && !has_and => parts.chunks(2).map(|pair| pair.join(", ")).collect(),
        _ => vec![text.to_owned()],
    }
}

#[cfg(test)]
mod tests {
    use super::listed;

    #[test]
    fn one_field_may_hold_several() {
        for (field, names) in [
            ("Abel, Ann", vec!["Ann Abel"]),
            ("Abel, Ann, Jr.", vec!["Ann Abel Jr."]),
            ("Abel, Jr., Ann", vec!["Ann Abel Jr."]),
            ("van Beethoven, Ludwig", vec!["Ludwig van Beethoven"]),
            ("Abel, Ann; Borg, Carl;", vec!["Ann Abel", "Carl Borg"]),
            ("Abel, Ann and Borg, Carl", vec!["Ann Abel", "Carl Borg"]),
            ("Ann Abel and Carl Borg", vec!["Ann Abel", "Carl Borg"]),
            ("Abel A, Borg C, Cruz E, Diaz F", vec!["Abel A", "Borg C", "Cruz E", "Diaz F"]),
            ("Abel, Ann, Borg, Carl", vec!["Ann Abel", "Carl Borg"]),
            ("Department of Health and Human Services", vec!["Department of Health and Human Services"]),
            ("Johnson and Johnson", vec!["Johnson and Johnson"]),
            ("Abel, Ann; et al.", vec!["Ann Abel"]),
            ("Abel,", vec!["Abel"]),
            ("王, 小明", vec!["王小明"]),
        ] {
            assert_eq!(listed(field), names, "{field}");
        }
    }
}
