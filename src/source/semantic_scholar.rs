//! Semantic Scholar: recommendations, searches, citations and lists of its Graph API, as JSON.

use std::io::BufRead;

use serde_json::Value;

use super::json::Items;
use super::reference::Reference;
use super::{Parsed, Place, excerpt, html, leading_day};

/// What an answer puts around a paper: that it cites another, or is cited; that a snippet is of it.
const AROUND: [&str; 3] = ["citingPaper", "citedPaper", "paper"];

/// The papers of an answer.
pub(super) fn papers(input: impl BufRead) -> impl Iterator<Item = Parsed> {
    Items::or_objects(input, &["recommendedPapers", "data"]).enumerate().map(|(i, item)| {
        let read = |bytes: Vec<u8>| serde_json::from_slice(&bytes).map_err(|error| error.to_string());
        let paper = item.and_then(read).and_then(|value: Value| match paper_in(&value) {
            // A batch answers so for an identifier that nobody knows.
            Value::Null => Err(format!("paper {} of the list was not found", i + 1)),
            row if row.is_object() => reference(row).into_paper(),
            other => Err(format!("expected a paper, but the item is `{}`", excerpt(&other.to_string()))),
        });
        paper.map_err(|message| (Place::Item(i + 1), message))
    })
}

fn paper_in(value: &Value) -> &Value {
    AROUND.iter().find_map(|name| value.get(name)).unwrap_or(value)
}

fn reference(row: &Value) -> Reference {
    // The bulk data sets write the names of fields in lower case.
    let field = |name: &str| row.get(name).or_else(|| row.get(name.to_lowercase())).filter(|v| !v.is_null());
    let text = |name: &str| field(name).and_then(printed);
    let external = |name: &str| field("externalIds").and_then(|ids| printed(ids.get(name)?));
    let authors = field("authors").and_then(Value::as_array).into_iter().flatten();
    let s2 = |id: String| format!("s2:{id}");
    let corpus = || text("corpusId").or_else(|| external("CorpusId")).map(|id| s2(format!("corpus-{id}")));
    let link = text("url");
    Reference {
        identifiers: external("ArXiv").into_iter().collect(),
        hints: field("openAccessPdf").and_then(|pdf| printed(pdf.get("url")?)).into_iter().collect(),
        given: text("paperId").map(s2).or_else(corpus),
        title: html::text(&text("title").unwrap_or_default()),
        abstract_text: html::text(&text("abstract").unwrap_or_default()),
        authors: authors.filter_map(|author| printed(author.get("name").unwrap_or(author))).collect(),
        published: text("publicationDate").as_deref().and_then(leading_day),
        year: text("year"),
        journal: text("venue").or_else(|| field("journal").and_then(|journal| printed(journal.get("name")?))),
        doi: external("DOI"),
        names: link.clone().into_iter().collect(),
        link,
        ..Reference::default()
    }
}

/// A text or a number that says something.
fn printed(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_around_papers_and_what_is_missing() {
        for text in [
            r#"[{"paperId": "a1", "title": "T", "externalIds": null, "authors": null, "year": null}]"#,
            r#"{"offset": 0, "data": [{"intents": [], "citedPaper": {"paperId": "a1", "title": "T"}}]}"#,
            r#"{"data": [{"snippet": {"text": "x"}, "paper": {"corpusId": 7, "title": "T", "authors": ["Ann Abel"]}}]}"#,
            r#"{"recommendedPapers": [{"paperId": "a1", "title": "T", "authors": [null, {"name": null}]}]}"#,
            r#"{"paperId": "a1", "title": "T", "externalIds": {"CorpusId": 7}}"#,
            "{\"corpusid\": 7, \"title\": \"T\", \"externalids\": {\"ArXiv\": \"2404.15653\"}}\n",
            r#"[{"paperId": null, "title": "T", "year": 2020}]"#,
        ] {
            let found: Vec<Parsed> = papers(text.as_bytes()).collect();
            assert_eq!(found.len(), 1, "{text}");
            assert_eq!(found[0].as_ref().map(|paper| paper.title.as_str()), Ok("T"), "{text}");
        }
        let found: Vec<Parsed> = papers(&b"[null, 5, {\"citingPaper\": null}]"[..]).collect();
        let said: Vec<String> = found.into_iter().map(|found| found.unwrap_err().1).collect();
        assert_eq!(
            said,
            [
                "paper 1 of the list was not found",
                "expected a paper, but the item is `5`",
                "paper 3 of the list was not found"
            ]
        );
    }
}
