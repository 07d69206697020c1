//! What every reference manager says of a paper, whatever it calls it.

use jiff::civil::Date;

use super::{authors, excerpt, is_category, latex};
use crate::paper::{Paper, PaperId, one_line};

/// An entry of a reference manager, before it is a paper.
#[derive(Debug, Default)]
pub(super) struct Reference {
    /// Texts that may hold the identifier, the likeliest first.
    pub(super) names: Vec<String>,
    /// A name that is at least its own, where there is no identifier.
    pub(super) own: Option<String>,
    pub(super) title: String,
    pub(super) abstract_text: String,
    pub(super) authors: Vec<String>,
    pub(super) published: Option<Date>,
    /// A text with the year, for where the day is not known.
    pub(super) year: Option<String>,
    pub(super) categories: Vec<String>,
    pub(super) journal: Option<String>,
    pub(super) doi: Option<String>,
}

impl Reference {
    /// The paper. Its arXiv identifier is taken before a DOI: the day's listings know it by that.
    pub(super) fn into_paper(self) -> Result<Paper, String> {
        let all = || self.names.iter().chain(&self.doi).filter_map(|text| named_in(text));
        let found = all().find(|(id, _)| id.is_arxiv()).or_else(|| all().next());
        let own = || self.own.as_deref().and_then(PaperId::own).map(|id| (id, None));
        let (id, version) = found.or_else(own).ok_or_else(|| {
            let said = if self.title.is_empty() { self.names.join(" ") } else { self.title.clone() };
            format!("expected an identifier, a DOI or a key, but there is none in `{}`", excerpt(&said))
        })?;
        let doi = self.doi.filter(|doi| !doi.to_ascii_lowercase().contains("10.48550/arxiv"));
        let mut paper = Paper::new(id, latex::decode(&self.title));
        // An identifier alone is still someone's like.
        if paper.title.is_empty() && paper.id.as_str().starts_with("own:") {
            return Err(format!("{} has no title", paper.id));
        }
        let noted = || self.names.iter().flat_map(|text| text.lines());
        paper.version =
            version.or_else(|| noted().find_map(|line| line.strip_prefix("version:")?.trim().parse().ok()));
        paper.categories = self.categories;
        if paper.categories.is_empty() {
            paper.categories.extend(noted().find_map(class_in).map(str::to_owned));
        }
        paper.abstract_text = one_line(&latex::decode(&self.abstract_text));
        paper.authors = self
            .authors
            .iter()
            .map(|a| authors::clean(a))
            .filter(|a| !a.is_empty() && a != "others")
            .collect();
        paper.published = self.published;
        let year = self.year.as_deref().filter(|_| self.published.is_none()).and_then(year_in);
        // That arXiv has it, the identifier says.
        let journal = self.journal.filter(|name| !name.to_ascii_lowercase().starts_with("arxiv"));
        for (name, value) in [("journal", journal), ("doi", doi), ("year", year.map(str::to_owned))] {
            if let Some(value) = value.map(|v| one_line(&v)).filter(|v| !v.is_empty()) {
                paper.facts.insert(name.to_owned(), value);
            }
        }
        Ok(paper)
    }
}

/// The identifier that a text is, or that one of its words is: `CoRR abs/1705.05363`.
fn named_in(text: &str) -> Option<(PaperId, Option<u32>)> {
    let line = |line: &str| PaperId::parse(line).ok();
    let word = |word: &str| {
        let word = word.trim_matches(|c: char| "()[]{}<>,;.".contains(c));
        // A bare number among other words is more often a page than a paper.
        PaperId::parse(word).ok().filter(|_| word.contains([':', '/']))
    };
    text.lines().find_map(line).or_else(|| text.split_whitespace().find_map(word))
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

/// `Last, First` as it is spoken; other forms stay.
pub(super) fn spoken(name: &str) -> String {
    match name.split(',').map(str::trim).collect::<Vec<_>>()[..] {
        [last, first] => format!("{first} {last}"),
        [last, first, suffix] => format!("{first} {last} {suffix}"),
        _ => name.to_owned(),
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
            ("see (arXiv:2410.19901), 2024", Some("2410.19901")),
            ("pages 1501.00001 of 2", None),
            ("Journal of Something 12", None),
        ] {
            assert_eq!(named_in(text).map(|(id, _)| id.to_string()).as_deref(), id, "{text}");
        }
    }
}
