//! What every reference manager says of a paper, whatever it calls it.

use jiff::civil::Date;

use super::{authors, excerpt, is_category};
use crate::paper::{Paper, PaperId, family, is_cjk, is_page, is_suffix, latex, one_line};

/// An entry of a reference manager, before it is a paper.
#[derive(Debug, Default)]
pub(super) struct Reference {
    /// Fields made for an identifier, the likeliest first: `eprint`, `archiveID`.
    pub(super) identifiers: Vec<String>,
    /// The paper's own DOI, however it is written.
    pub(super) doi: Option<String>,
    /// Fields that hold the identifier among other words, or hold something else: an address, a journal.
    pub(super) hints: Vec<String>,
    /// Remarks. They mention other papers, so that only a line which is an identifier counts.
    pub(super) remarks: Vec<String>,
    /// The name that a library gave to this entry and to no other: `zotero:KEY`.
    pub(super) given: Option<String>,
    /// Names that another entry may have as well, the likeliest first: an address, a citation key.
    pub(super) names: Vec<String>,
    pub(super) title: String,
    pub(super) abstract_text: String,
    /// As they are spoken: given name first.
    pub(super) authors: Vec<String>,
    pub(super) published: Option<Date>,
    /// A text with the year, for where the day is not known.
    pub(super) year: Option<String>,
    pub(super) categories: Vec<String>,
    pub(super) journal: Option<String>,
    /// The page of the paper.
    pub(super) link: Option<String>,
}

impl Reference {
    /// The paper.
    ///
    /// # Errors
    /// What it lacks to be told from others.
    pub(super) fn into_paper(self) -> Result<Paper, String> {
        let title = one_line(&latex::decode(&self.title));
        let authors: Vec<String> = self
            .authors
            .iter()
            .map(|name| authors::clean(name))
            .filter(|name| !name.is_empty() && name != "others")
            .collect();
        let year = self.year.as_deref().and_then(year_in).map(str::to_owned);
        let year = year.or_else(|| self.published.map(|day| day.year().to_string()));
        let (id, version) = self.identity(&title, authors.first().map(String::as_str), year.as_deref())?;
        let doi = self.doi.as_deref().and_then(bare_doi);
        let mut paper = Paper::new(id, title);
        let noted =
            || self.hints.iter().chain(&self.identifiers).chain(&self.remarks).flat_map(|text| text.lines());
        paper.version =
            version.or_else(|| noted().find_map(|line| line.strip_prefix("version:")?.trim().parse().ok()));
        paper.categories = self.categories;
        if paper.categories.is_empty() {
            paper.categories.extend(noted().find_map(class_in).map(str::to_owned));
        }
        paper.abstract_text = one_line(&latex::decode(&self.abstract_text));
        paper.authors = authors;
        paper.published = self.published;
        let year = year.filter(|_| self.published.is_none());
        let link = self.link.filter(|link| paper.id.url().is_none() && is_page(link));
        // That arXiv has it, the identifier says.
        let journal = self.journal.filter(|name| !name.to_ascii_lowercase().starts_with("arxiv"));
        for (name, value) in [("journal", journal), ("doi", doi), ("year", year), ("link", link)] {
            if let Some(value) = value.map(|v| one_line(&v)).filter(|v| !v.is_empty()) {
                paper.facts.insert(name.to_owned(), value);
            }
        }
        Ok(paper)
    }

    /// The chain of identities. arXiv's identifier comes first, for the day's listings know the paper by that;
    /// then the DOI, the name that a library gave, a weak name with the title, and the title with the first
    /// author and the year.
    fn identity(
        &self,
        title: &str,
        first_author: Option<&str>,
        year: Option<&str>,
    ) -> Result<(PaperId, Option<u32>), String> {
        let own =
            || self.identifiers.iter().chain(&self.doi).chain(&self.hints).filter_map(|text| named_in(text));
        let noted = || self.remarks.iter().filter_map(|text| remarked(text));
        let doi = || self.doi.as_deref().and_then(|doi| PaperId::parse(doi).ok());
        let is_arxiv = |found: &(PaperId, Option<u32>)| found.0.is_arxiv();
        let strong = own().chain(noted()).find(is_arxiv).or_else(doi).or_else(|| own().chain(noted()).next());
        if let Some((id, version)) = strong {
            let same = own().chain(noted()).filter(|(named, _)| *named == id);
            let version = version.or(same.filter_map(|(_, version)| version).max());
            return Ok((id, version));
        }
        if let Some(given) = self.given.as_deref().and_then(PaperId::own) {
            return if title.is_empty() { Err(format!("{given} has no title")) } else { Ok((given, None)) };
        }
        if title.is_empty() {
            let said = [&self.hints[..], &self.names].concat().join(" ");
            return Err(format!(
                "expected an identifier, a DOI or a title, but there is none in `{}`",
                excerpt(&said)
            ));
        }
        let family = first_author.map(family);
        let weak = || self.names.iter().find_map(|name| PaperId::of_name(name, title));
        let last = || PaperId::of_title(title, family, year);
        weak().or_else(last).map(|id| (id, None)).ok_or_else(|| format!("`{}` has no name", excerpt(title)))
    }
}

/// The DOI of a field, in the letters in which it is written.
fn bare_doi(written: &str) -> Option<String> {
    let (id, _) = PaperId::parse(written).ok()?;
    let doi = id.as_str().strip_prefix("doi:")?;
    let at = written.to_lowercase().find(doi);
    let as_written = at
        .and_then(|at| written.get(at..at + doi.len()))
        .filter(|as_written| as_written.to_lowercase() == doi);
    Some(as_written.unwrap_or(doi).to_owned())
}

/// Words after which a text names another paper than its own.
const MENTIONS: [&str; 14] = [
    "comment",
    "reply",
    "replies",
    "response",
    "erratum",
    "corrigendum",
    "retract",
    "review of",
    "rebuttal",
    "see ",
    "cf.",
    "cites",
    "cited",
    "supplement",
];

/// The identifier that a text is, or that one of its words is: `CoRR abs/1705.05363`.
fn named_in(text: &str) -> Option<(PaperId, Option<u32>)> {
    let line = |line: &str| PaperId::parse(line).ok();
    let word = |word: &str| {
        // A bare number among other words is more often a page than a paper.
        PaperId::parse(word).ok().filter(|_| word.contains([':', '/']))
    };
    let mentions = || {
        let lower = text.to_lowercase();
        MENTIONS.iter().any(|words| lower.contains(words))
    };
    let words = || text.split_whitespace().find_map(word).filter(|_| !mentions());
    text.lines().find_map(line).or_else(words)
}

/// The identifier that a line of a remark says to be its own: `arXiv:1706.03762 [cs]`, `DOI: 10.1000/1`, but
/// not `Comment on arXiv:2001.01234`.
fn remarked(text: &str) -> Option<(PaperId, Option<u32>)> {
    const BEFORE: [&str; 9] = [
        "preprint",
        "e-print",
        "eprint",
        "available at",
        "available online at",
        "also available at",
        "published as",
        "doi",
        "url",
    ];
    text.lines().find_map(|line| {
        let mut rest = line.trim();
        for before in BEFORE {
            if let Some(head) = rest.get(..before.len())
                && head.eq_ignore_ascii_case(before)
            {
                rest = rest[before.len()..].trim_start_matches([':', ',', ' ']);
            }
        }
        let own = |text: &str| PaperId::parse(text).ok();
        let first = || {
            let (first, after) = rest.split_once(' ')?;
            let own = own(first).filter(|_| first.contains([':', '/']))?;
            let after = after.trim_start();
            // A sentence goes on after an identifier that is only mentioned.
            (after.is_empty() || after.starts_with('[') && after.ends_with(']')).then_some(own)
        };
        own(rest).or_else(first)
    })
}

/// The category in `arXiv:1706.03762 [cs.CL]`.
fn class_in(line: &str) -> Option<&str> {
    let (before, rest) = line.split_once('[')?;
    let (class, _) = rest.split_once(']')?;
    (is_category(class) && named_in(before.trim()).is_some()).then_some(class)
}

/// The first number of four digits: `May 2023`, `2017///`.
fn year_in(text: &str) -> Option<&str> {
    text.split(|c: char| !c.is_ascii_digit()).find(|number| number.len() == 4)
}

/// `Last, First` as it is spoken, its suffix last; other forms stay.
pub(super) fn spoken(name: &str) -> String {
    let parts: Vec<&str> = name.split(',').map(str::trim).filter(|part| !part.is_empty()).collect();
    match parts[..] {
        [last] => last.to_owned(),
        [last, suffix] if is_suffix(suffix) => format!("{last} {suffix}"),
        [last, first] => full_name(first, last),
        [last, suffix, first] if is_suffix(suffix) => format!("{first} {last} {suffix}"),
        [last, first, suffix] => format!("{first} {last} {suffix}"),
        _ => name.to_owned(),
    }
}

/// A given and a family name as they are spoken together: 王小明 is called by the family's name first.
pub(super) fn full_name(given: &str, family: &str) -> String {
    let is_east_asian = |name: &str| !name.is_empty() && name.chars().all(is_cjk);
    match is_east_asian(given) && is_east_asian(family) {
        true => format!("{family}{given}"),
        false => format!("{given} {family}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn categories_and_years_among_words() {
        assert_eq!(class_in("arXiv:1107.4612 [astro-ph.CO]"), Some("astro-ph.CO"));
        assert_eq!((class_in("arXiv:1107.4612 [12 pages]"), class_in("see [cs.CL]")), (None, None));
        assert_eq!(
            (year_in("May 2023"), year_in("2017///"), year_in("12345")),
            (Some("2023"), Some("2017"), None)
        );
    }

    #[test]
    fn an_identifier_among_words() {
        for (text, id) in [
            ("CoRR abs/1705.05363", Some("1705.05363")),
            ("arXiv preprint arXiv:2606.07454", Some("2606.07454")),
            ("arXiv:1706.03762 [cs]\nversion: 7", Some("1706.03762")),
            ("in print (arXiv:2410.19901), 2024", Some("2410.19901")),
            ("see arXiv:2410.19901", None),
            ("pages 1501.00001 of 2", None),
            ("Journal of Something 12", None),
        ] {
            assert_eq!(named_in(text).map(|(id, _)| id.to_string()).as_deref(), id, "{text}");
        }
    }
}
