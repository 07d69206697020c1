//! Zotero: items and collections of its web API, its JSON exports, and CSL JSON, which is what
//! Zotero's own menu calls JSON.

use std::io::BufRead;

use serde_json::Value;

use super::json::Items;
use super::reference::Reference;
use super::{Parsed, Place, leading_day};
use crate::paper::Paper;

/// An item that is a paper, and the collections that it lies in.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// The paper.
    pub paper: Paper,
    /// Keys of collections.
    pub collections: Vec<String>,
}

/// A named folder of items.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Collection {
    /// Its key, which items name.
    pub key: String,
    /// Its name, as its owner wrote it.
    pub name: String,
    /// The key of the collection that it lies in.
    pub parent: Option<String>,
}

/// What lies beside papers in a library and is none.
const NO_PAPERS: [&str; 3] = ["attachment", "note", "annotation"];

/// The items of a list, or of the list under `items`.
pub(super) fn items(input: impl BufRead) -> impl Iterator<Item = Result<Item, (Place, String)>> {
    Items::new(input, &["items"]).enumerate().filter_map(|(i, item)| {
        let read = |bytes: Vec<u8>| serde_json::from_slice(&bytes).map_err(|error| error.to_string());
        let item = item.and_then(read).and_then(|value: Value| row(value.get("data").unwrap_or(&value)));
        item.map_err(|message| (Place::Item(i + 1), message)).transpose()
    })
}

/// The papers of a list of items.
pub(super) fn papers(input: impl BufRead) -> impl Iterator<Item = Parsed> {
    items(input).map(|item| item.map(|item| item.paper))
}

/// The collections of a list.
pub(super) fn collections(input: impl BufRead) -> impl Iterator<Item = Result<Collection, (Place, String)>> {
    Items::new(input, &["collections"]).enumerate().map(|(i, item)| {
        let read = |bytes: Vec<u8>| serde_json::from_slice(&bytes).map_err(|error| error.to_string());
        let collection = item.and_then(read).and_then(|value: Value| {
            let value = value.get("data").unwrap_or(&value);
            let (key, name) = (text(value, "key"), text(value, "name"));
            let (Some(key), Some(name)) = (key, name) else {
                return Err("expected a collection with `key` and `name`".to_owned());
            };
            // `false` at the top.
            Ok(Collection { key, name, parent: text(value, "parentCollection") })
        });
        collection.map_err(|message| (Place::Item(i + 1), message))
    })
}

fn row(item: &Value) -> Result<Option<Item>, String> {
    if !item.is_object() {
        return Err("expected an object".to_owned());
    }
    if text(item, "itemType").is_some_and(|kind| NO_PAPERS.contains(&kind.as_str())) {
        return Ok(None);
    }
    let first = |names: &[&str]| names.iter().find_map(|name| text(item, name));
    let url = first(&["url", "URL"]);
    let some = |names: &[&str]| names.iter().filter_map(|name| text(item, name)).collect::<Vec<_>>();
    let reference = Reference {
        identifiers: some(&["archiveID", "archive_location", "number"]),
        hints: some(&["url", "URL", "publicationTitle"]),
        remarks: some(&["extra", "note"]),
        given: text(item, "key").map(|key| format!("zotero:{key}")),
        names: some(&["url", "URL", "citationKey", "id"]),
        link: url,
        title: text(item, "title").unwrap_or_default(),
        abstract_text: first(&["abstractNote", "abstract"]).unwrap_or_default(),
        authors: creators(item),
        published: text(item, "date").as_deref().and_then(leading_day).or_else(|| issued(item)),
        year: text(item, "date")
            .or_else(|| Some(item.get("issued")?.get("date-parts")?.get(0)?.get(0)?.to_string())),
        categories: Vec::new(),
        journal: first(&["publicationTitle", "proceedingsTitle", "container-title"]),
        doi: text(item, "DOI"),
    };
    let paper = reference.into_paper()?;
    let keys = item.get("collections").and_then(Value::as_array).into_iter().flatten();
    let collections = keys.filter_map(|key| key.as_str().map(str::to_owned)).collect();
    Ok(Some(Item { paper, collections }))
}

/// A text that is not blank.
fn text(value: &Value, name: &str) -> Option<String> {
    let text = value.get(name)?.as_str()?.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

fn creators(item: &Value) -> Vec<String> {
    let people = ["creators", "author"].iter().find_map(|name| item.get(name)?.as_array());
    let is_author = |person: &&Value| text(person, "creatorType").is_none_or(|kind| kind == "author");
    let name = |person: &Value| {
        let part = |names: [&str; 2]| names.iter().find_map(|name| text(person, name)).unwrap_or_default();
        let (given, family) = (part(["firstName", "given"]), part(["lastName", "family"]));
        let whole = part(["name", "literal"]);
        if whole.is_empty() { format!("{given} {family}") } else { whole }
    };
    people.into_iter().flatten().filter(is_author).map(name).collect()
}

/// `{"date-parts": [[2017, 6, 12]]}`
fn issued(item: &Value) -> Option<jiff::civil::Date> {
    let parts = item.get("issued")?.get("date-parts")?.get(0)?.as_array()?;
    let number = |i: usize| {
        let part = parts.get(i)?;
        part.as_i64().or_else(|| part.as_str()?.parse().ok())
    };
    let (year, month, day) = (number(0)?, number(1)?, number(2)?);
    jiff::civil::Date::new(year.try_into().ok()?, month.try_into().ok()?, day.try_into().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn csl_json_and_what_is_no_paper() {
        let found: Vec<_> = items(
            r#"[{"id": "x/1", "type": "article", "title": "T", "author": [{"family": "Bee", "given": "Ann"}, {"literal": "The Team"}],
                 "issued": {"date-parts": [["2017", 6, 12]]}, "note": "arXiv:1706.03762 [cs]", "DOI": "10.48550/arXiv.1706.03762"},
                {"data": {"itemType": "attachment", "title": "PDF"}}, 5, {"data": {"itemType": "book", "key": "K", "title": "No identifier", "collections": ["A"]}}]"#
                .as_bytes(),
        )
        .collect();
        let paper = &found[0].as_ref().unwrap().paper;
        assert_eq!(
            (paper.id.as_str(), paper.authors.as_slice()),
            ("1706.03762", &["Ann Bee".to_owned(), "The Team".into()][..])
        );
        assert_eq!(paper.published, Some(jiff::civil::date(2017, 6, 12)));
        assert!(paper.facts.is_empty(), "arXiv's own DOI says nothing");
        assert_eq!(found[1], Err((Place::Item(3), "expected an object".into())));
        let book = found[2].as_ref().unwrap();
        assert_eq!(
            (book.paper.id.as_str(), book.collections.as_slice()),
            ("own:zotero:K", &["A".to_owned()][..])
        );
    }

    #[test]
    fn collections_and_their_parents() {
        let text = r#"[{"key": "A", "data": {"key": "A", "name": "survey", "parentCollection": false}},
                       {"data": {"key": "B", "name": "topic", "parentCollection": "A"}}, {"data": {}}]"#;
        let found: Vec<_> = collections(text.as_bytes()).collect();
        assert_eq!(found[1].as_ref().unwrap().parent.as_deref(), Some("A"));
        assert_eq!(found[0].as_ref().unwrap().parent, None);
        assert!(found[2].is_err());
    }
}
