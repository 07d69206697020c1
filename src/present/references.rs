//! Papers as reference managers read them.

use serde::Deserialize;

use crate::paper::Paper;

/// How references are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Form {
    /// BibTeX.
    Bibtex,
    /// RIS.
    Ris,
}

impl Form {
    /// A paper as one entry of a collection.
    pub fn entry(self, paper: &Paper) -> String {
        match self {
            Self::Bibtex => {
                // Letters that every processor takes.
                let key = paper.id.as_str().chars();
                let key: String =
                    key.map(|c| if c.is_alphanumeric() || c == '.' { c } else { '-' }).collect();
                bibtex(&key, paper, &paper.abstract_text)
            }
            Self::Ris => ris(paper),
        }
    }
}

/// A paper as BibTeX to cite it: without its abstract, under a key that one can remember.
pub fn citation(paper: &Paper) -> String {
    let letters =
        |text: &str| text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase();
    let author = paper.authors.first().and_then(|name| name.split_whitespace().last()).unwrap_or("anonymous");
    let word = paper.title.split_whitespace().map(letters).find(|word| word.len() > 3).unwrap_or_default();
    let key = format!("{}{}{word}", letters(author), year(paper));
    let key = if key.is_empty() { letters(paper.id.as_str()) } else { key };
    bibtex(&key, paper, "")
}

/// An entry of BibTeX; one that a journal has printed is an article.
fn bibtex(key: &str, paper: &Paper, abstract_text: &str) -> String {
    let journal = tex(paper.facts.get("journal").map_or("", String::as_str));
    let kind = if journal.is_empty() { "misc" } else { "article" };
    let mut fields = vec![
        // The inner braces keep the capital letters of the title.
        ("title", format!("{{{}}}", tex(&paper.title))),
        ("author", paper.authors.iter().map(|name| tex(name)).collect::<Vec<_>>().join(" and ")),
        ("year", year(paper)),
        ("date", paper.published.map(|day| day.to_string()).unwrap_or_default()),
    ];
    if paper.id.is_arxiv() {
        fields.push(("eprint", paper.id.to_string()));
        fields.push(("archivePrefix", "arXiv".into()));
        fields.push(("primaryClass", paper.categories.first().cloned().unwrap_or_default()));
    }
    fields.push(("journal", journal));
    fields.push(("doi", doi(paper)));
    fields.push(("url", paper.url().unwrap_or_default()));
    fields.push(("abstract", tex(abstract_text)));
    let written = fields.iter().filter(|(_, value)| !value.is_empty() && value != "{}");
    let lines: Vec<String> = written.map(|(name, value)| format!("  {name} = {{{value}}}")).collect();
    format!("@{kind}{{{key},\n{}\n}}\n", lines.join(",\n"))
}

/// Text for TeX: signs that mean something to it are escaped outside of mathematics, and braces
/// that do not match are left out.
fn tex(text: &str) -> String {
    let mut depth = 0_i32;
    let balanced = text.chars().all(|c| {
        depth += i32::from(c == '{') - i32::from(c == '}');
        depth >= 0
    }) && depth == 0;
    let text: String = text.chars().filter(|c| balanced || !matches!(c, '{' | '}')).collect();
    let is_math = text.matches('$').count().is_multiple_of(2);
    let parts = text.split('$').enumerate().map(|(i, part)| {
        if i % 2 == 1 && is_math {
            return part.to_owned();
        }
        let mut escaped = String::with_capacity(part.len());
        for c in part.chars() {
            if matches!(c, '&' | '%' | '#') && !escaped.ends_with('\\') {
                escaped.push('\\');
            }
            escaped.push(c);
        }
        escaped
    });
    parts.collect::<Vec<_>>().join(if is_math { "$" } else { "\\$" })
}

/// The year of a paper, also where its day is not known.
fn year(paper: &Paper) -> String {
    let told = || paper.facts.get("year").cloned();
    let day = paper.published.or_else(|| paper.first_listed());
    told().or_else(|| Some(day?.year().to_string())).unwrap_or_default()
}

fn doi(paper: &Paper) -> String {
    let own = paper.id.as_str().strip_prefix("doi:").map(str::to_owned);
    own.or_else(|| paper.facts.get("doi").cloned()).unwrap_or_default()
}

/// A record of RIS.
fn ris(paper: &Paper) -> String {
    let journal = paper.facts.get("journal").cloned().unwrap_or_default();
    let mut lines = vec![("TY", if journal.is_empty() { "UNPB" } else { "JOUR" }.to_owned())];
    lines.push(("TI", paper.title.clone()));
    for name in &paper.authors {
        // The last word is the family name, as far as one can tell.
        lines.push((
            "AU",
            name.rsplit_once(' ').map_or(name.clone(), |(given, family)| format!("{family}, {given}")),
        ));
    }
    lines.push(("PY", year(paper)));
    lines.push(("DA", paper.published.map(|day| day.strftime("%Y/%m/%d").to_string()).unwrap_or_default()));
    lines.push(("JO", journal));
    lines.push(("DO", doi(paper)));
    lines.push(("UR", paper.url().unwrap_or_default()));
    lines.push(("AB", paper.abstract_text.clone()));
    let mut text = String::new();
    for (tag, value) in lines.iter().filter(|(_, value)| !value.is_empty()) {
        text.push_str(&format!("{tag}  - {}\n", value.split_whitespace().collect::<Vec<_>>().join(" ")));
    }
    text + "ER  - \n\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::paper::PaperId;

    #[test]
    fn a_citation_has_what_is_known_and_stays_whole() {
        let mut paper = Paper::new(PaperId::parse("2404.15653").unwrap().0, "On } the {CLIP} Model & 5%");
        paper.authors = vec!["Åsa Lindström".into(), "Kim Min".into()];
        paper.categories = vec!["cs.CV".into()];
        paper.abstract_text = "Long.".into();
        paper.published = Some(jiff::civil::date(2024, 4, 24));
        let entry = citation(&paper);
        assert!(entry.starts_with("@misc{lindstrm2024clip,\n"), "{entry}");
        assert!(entry.contains("= {Åsa Lindström and Kim Min},"), "{entry}");
        assert!(entry.contains(r"= {{On  the CLIP Model \& 5\%}},"), "{entry}");
        assert!(entry.contains("eprint = {2404.15653},"), "{entry}");
        assert_eq!(entry.matches('{').count(), entry.matches('}').count());
        assert!(!entry.contains("Long"), "{entry}");
        paper.facts.insert("journal".into(), "A Journal".into());
        assert!(Form::Bibtex.entry(&paper).starts_with("@article{2404.15653,\n"));
    }
}
