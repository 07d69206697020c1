//! What every reference manager says of a paper, whatever it calls it.

use jiff::civil::Date;

use super::{authors, excerpt, latex};
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
        paper.version = version;
        paper.abstract_text = one_line(&latex::decode(&self.abstract_text));
        paper.authors = self
            .authors
            .iter()
            .map(|a| authors::clean(a))
            .filter(|a| !a.is_empty() && a != "others")
            .collect();
        paper.published = self.published;
        paper.categories = self.categories;
        for (name, value) in [("journal", self.journal), ("doi", doi)] {
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
