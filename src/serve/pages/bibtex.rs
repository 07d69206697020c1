//! A paper as BibTeX, to cite it.

use crate::paper::Paper;

/// One entry: what arXiv knows is an e-print, what has a journal and a DOI an article.
pub fn entry(paper: &Paper) -> String {
    let fact = |name: &str| paper.facts.get(name).filter(|value| !value.is_empty());
    let year = paper.published.or_else(|| paper.first_listed()).map(|day| day.year().to_string());
    let mut fields = vec![
        // The inner braces keep the capital letters of the title.
        ("title", Some(format!("{{{}}}", balanced(&paper.title)))),
        ("author", Some(balanced(&paper.authors.join(" and ")))),
        ("year", year.clone()),
        ("journal", fact("journal").map(|journal| balanced(journal))),
        ("doi", fact("doi").map(|doi| balanced(doi))),
    ];
    if paper.id.is_arxiv() {
        fields.push(("eprint", Some(paper.id.to_string())));
        fields.push(("archivePrefix", Some("arXiv".into())));
        fields.push(("primaryClass", paper.categories.first().cloned()));
    }
    fields.push(("url", paper.id.url()));
    let kind = if fact("journal").is_some() { "article" } else { "misc" };
    let mut text = format!("@{kind}{{{},\n", key(paper, year.as_deref()));
    for (name, value) in fields {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            text.push_str(&format!("  {name:<13} = {{{value}}},\n"));
        }
    }
    text + "}\n"
}

/// The first author's last name, the year and the first long word of the title, in ASCII letters.
fn key(paper: &Paper, year: Option<&str>) -> String {
    let letters =
        |text: &str| text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase();
    let author = paper.authors.first().and_then(|name| name.split_whitespace().last()).unwrap_or("anonymous");
    let word = paper.title.split_whitespace().map(letters).find(|word| word.len() > 3).unwrap_or_default();
    let key = format!("{}{}{word}", letters(author), year.unwrap_or_default());
    if key.is_empty() { letters(paper.id.as_str()) } else { key }
}

/// The same text, without braces that would end the field too early or never.
fn balanced(text: &str) -> String {
    let mut depth = 0_i32;
    let never_below = text.chars().all(|c| {
        depth += i32::from(c == '{') - i32::from(c == '}');
        depth >= 0
    });
    if never_below && depth == 0 { text.to_owned() } else { text.replace(['{', '}'], "") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::paper::PaperId;

    #[test]
    fn an_entry_has_what_is_known_and_stays_whole() {
        let mut paper = Paper::new(PaperId::parse("2404.15653").unwrap().0, "On } the {CLIP} Model");
        paper.authors = vec!["Åsa Lindström".into(), "Kim Min".into()];
        paper.categories = vec!["cs.CV".into()];
        paper.published = Some(jiff::civil::date(2024, 4, 24));
        let entry = entry(&paper);
        assert!(entry.starts_with("@misc{lindstrm2024clip,\n"), "{entry}");
        assert!(entry.contains("= {Åsa Lindström and Kim Min},"), "{entry}");
        assert!(entry.contains("= {{On  the CLIP Model}},"), "{entry}");
        assert!(entry.contains("eprint        = {2404.15653},"), "{entry}");
        assert_eq!(entry.matches('{').count(), entry.matches('}').count());
    }
}
