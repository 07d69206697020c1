//! Whether two papers are one, by what is said of them.

use crate::paper::{Paper, PaperId, family, titles_agree};

/// What kind of name a paper has; the least is kept.
pub(super) fn kind(id: &PaperId) -> u8 {
    match id.as_str() {
        id if id.starts_with("own:") => 2,
        id if id.starts_with("doi:") => 1,
        _ => 0,
    }
}

/// Whether a paper goes by another's name where both are one.
pub(super) fn yields_to(paper: &PaperId, other: &PaperId) -> bool {
    kind(paper) > kind(other)
}

/// Whether a source that gives one the other's name can be believed.
pub(super) fn is_same(a: &Paper, b: &Paper) -> bool {
    titles_agree(&a.title, &b.title) || (!a.authors.is_empty() && families(a) == families(b))
}

pub(super) fn families(paper: &Paper) -> Vec<String> {
    paper.authors.iter().map(|name| crate::paper::unaccented(family(name)).to_lowercase()).collect()
}

pub(super) fn first_family(paper: &Paper) -> Option<String> {
    families(paper).into_iter().next()
}

/// Whether two papers of one identifier cannot be one, such as chapters that a program gave the DOI of their
/// book: they agree neither in the title nor in the first author.
pub(super) fn contradict(known: &Paper, paper: &Paper) -> bool {
    let told = |p: &Paper| !p.title.is_empty() && !p.authors.is_empty();
    let same = match paper.id.weak_name() {
        Some(_) => first_family(paper) == first_family(known),
        None => paper.id.as_str().starts_with("own:") || is_same(paper, known),
    };
    told(paper) && told(known) && !same
}

/// Whether two lists of authors can be of one paper: they begin with the same one, and one holds the other, as where a
/// file cuts off a long list.
pub(super) fn same_people(a: &Paper, b: &Paper) -> bool {
    let (a, b) = (families(a), families(b));
    let (few, many) = if a.len() < b.len() { (a, b) } else { (b, a) };
    few.first().is_some_and(|first| many.first() == Some(first))
        && few.iter().all(|family| many.contains(family))
}
