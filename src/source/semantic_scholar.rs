//! Semantic Scholar: recommendations and lists of its Graph API, as JSON.

use std::io::BufRead;

use serde::Deserialize;

use super::json::Items;
use super::reference::Reference;
use super::{Parsed, Place, leading_day};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ScholarPaper {
    paper_id: Option<String>,
    external_ids: Option<Ids>,
    title: Option<String>,
    #[serde(rename = "abstract")]
    abstract_text: Option<String>,
    authors: Option<Vec<Author>>,
    publication_date: Option<String>,
    year: Option<i64>,
    venue: Option<String>,
}

#[derive(Deserialize, Default)]
struct Ids {
    #[serde(rename = "ArXiv")]
    arxiv: Option<String>,
    #[serde(rename = "DOI")]
    doi: Option<String>,
}

#[derive(Deserialize)]
struct Author {
    name: Option<String>,
}

/// The papers of an answer.
pub(super) fn papers(input: impl BufRead) -> impl Iterator<Item = Parsed> {
    Items::new(input, &["recommendedPapers", "data"]).enumerate().map(|(i, item)| {
        let read = |bytes: Vec<u8>| serde_json::from_slice(&bytes).map_err(|error| error.to_string());
        let paper = item.and_then(read).and_then(|row: ScholarPaper| reference(row).into_paper());
        paper.map_err(|message| (Place::Item(i + 1), message))
    })
}

fn reference(row: ScholarPaper) -> Reference {
    let ids = row.external_ids.unwrap_or_default();
    Reference {
        identifiers: ids.arxiv.into_iter().collect(),
        given: row.paper_id.map(|id| format!("s2:{id}")),
        title: row.title.unwrap_or_default(),
        abstract_text: row.abstract_text.unwrap_or_default(),
        authors: row.authors.into_iter().flatten().filter_map(|author| author.name).collect(),
        published: row.publication_date.as_deref().and_then(leading_day),
        year: row.year.map(|year| year.to_string()),
        journal: row.venue,
        doi: ids.doi,
        ..Reference::default()
    }
}
