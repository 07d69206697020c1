//! Zotero: items and collections of its web API, its JSON exports, and CSL JSON, which is what
//! Zotero's own menu calls JSON.

use std::io::BufRead;

use serde_json::Value;

use super::json::Items;
use super::reference::{Reference, full_name};
use super::{Parsed, Place, html, leading_day};
use crate::paper::{Paper, is_suffix};

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

/// The items of a list, of the list under `items`, or the one that the input is.
pub(super) fn items(input: impl BufRead) -> impl Iterator<Item = Result<Item, (Place, String)>> {
    Items::or_objects(input, &["items", "references"]).enumerate().filter_map(|(i, item)| {
        let item = item.and_then(value).and_then(|value| row(value.get("data").unwrap_or(&value)));
        item.map_err(|message| (Place::Item(i + 1), message)).transpose()
    })
}

fn value(bytes: Vec<u8>) -> Result<Value, String> {
    serde_json::from_slice(&bytes).map_err(|error| error.to_string())
}

/// The papers of a list of items.
pub(super) fn papers(input: impl BufRead) -> impl Iterator<Item = Parsed> {
    items(input).map(|item| item.map(|item| item.paper))
}

/// The collections of a list.
pub(super) fn collections(input: impl BufRead) -> impl Iterator<Item = Result<Collection, (Place, String)>> {
    Items::new(input, &["collections"]).enumerate().map(|(i, item)| {
        let collection = item.and_then(value).and_then(|value| {
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
    let read = |names: &[&str]| first(names).map(|text| html::text(&text));
    let some = |names: &[&str]| names.iter().filter_map(|name| text(item, name)).collect::<Vec<_>>();
    let date = text(item, "date").or_else(|| issued(item));
    let key = text(item, "key");
    let reference = Reference {
        identifiers: some(&["archiveID", "archive_location", "number"]),
        hints: some(&["url", "URL", "publicationTitle"]),
        remarks: some(&["extra", "note"]),
        given: key.filter(|key| is_own_key(key)).map(|key| format!("zotero:{key}")),
        names: some(&["url", "URL", "citationKey", "citation-key", "id", "key"]),
        link: first(&["url", "URL"]),
        title: read(&["title", "caseName", "nameOfAct", "subject", "title-short"]).unwrap_or_default(),
        abstract_text: read(&["abstractNote", "abstract"]).unwrap_or_default(),
        authors: creators(item),
        published: date.as_deref().and_then(leading_day),
        year: date,
        categories: Vec::new(),
        journal: read(&["publicationTitle", "proceedingsTitle", "bookTitle", "container-title"]),
        doi: text(item, "DOI"),
    };
    let paper = reference.into_paper()?;
    let keys = item.get("collections").and_then(Value::as_array).into_iter().flatten();
    let collections = keys.filter_map(|key| key.as_str().map(str::to_owned)).collect();
    Ok(Some(Item { paper, collections }))
}

/// Whether a key is one that Zotero made, and no other library's count of its items.
fn is_own_key(key: &str) -> bool {
    key.len() == 8 && key.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
}

/// A text that is not blank; the first of a list of them, as Crossref writes titles.
fn text(value: &Value, name: &str) -> Option<String> {
    let value = value.get(name)?;
    let text = value.as_str().or_else(|| value.get(0)?.as_str())?.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// Those who help or are written about. Without an author, all others count: editors, inventors, presenters.
const NO_AUTHORS: [&str; 9] = [
    "contributor",
    "translator",
    "seriesEditor",
    "reviewedAuthor",
    "bookAuthor",
    "commenter",
    "counsel",
    "cosponsor",
    "recipient",
];

fn creators(item: &Value) -> Vec<String> {
    let list = |name: &str| item.get(name).and_then(Value::as_array).filter(|people| !people.is_empty());
    let kind = |person: &Value| text(person, "creatorType").unwrap_or_else(|| "author".to_owned());
    let people = || ["creators", "author", "editor"].iter().find_map(|name| list(name)).into_iter().flatten();
    let authors: Vec<String> =
        people().filter(|person| kind(person) == "author").filter_map(person).collect();
    match authors.is_empty() {
        true => people().filter(|one| !NO_AUTHORS.contains(&kind(one).as_str())).filter_map(person).collect(),
        false => authors,
    }
}

/// A name as it is spoken, of Zotero's two parts or of CSL's six.
fn person(person: &Value) -> Option<String> {
    let part = |names: &[&str]| names.iter().find_map(|name| text(person, name));
    if let Some(whole) = part(&["name", "literal"]) {
        return Some(html::text(&whole));
    }
    let (given, family) = (part(&["firstName", "given"]), part(&["lastName", "family"]));
    let (mut given, mut family) = (given.unwrap_or_default(), family.unwrap_or_default());
    // CSL quotes a name of which no part is a particle.
    family = family.trim_matches('"').to_owned();
    let mut suffix = part(&["suffix"]);
    if let Some((first, after)) = given.split_once(',')
        && is_suffix(after.trim())
    {
        suffix = Some(after.trim().to_owned());
        given = first.to_owned();
    }
    for particle in ["non-dropping-particle", "dropping-particle"] {
        if let Some(particle) = text(person, particle) {
            // `d’` and `al-` are joined with what follows.
            let gap = if particle.ends_with(['\'', '’', '-']) { "" } else { " " };
            family = format!("{particle}{gap}{family}");
        }
    }
    let is_family_first =
        person.get("static-ordering").is_some_and(|is| is == true || is == "true" || is == 1);
    let spoken = full_name(&given, &family);
    let name = if is_family_first && spoken.contains(' ') { format!("{family} {given}") } else { spoken };
    let name = [name, suffix.unwrap_or_default()].join(" ");
    Some(html::text(name.trim())).filter(|name| !name.is_empty())
}

/// The date of CSL as a text that begins with the year, and is a day if it tells one: `{"date-parts": [[2017, 6, 12]]}`,
/// `{"raw": "2017-06-12"}`, `[{"year": 2017}]`.
fn issued(item: &Value) -> Option<String> {
    let issued = item.get("issued")?;
    if let Some(text) = issued.as_str() {
        return Some(text.to_owned());
    }
    let number = |part: &Value| part.as_i64().or_else(|| part.as_str()?.trim().parse().ok());
    let dated = |parts: Vec<i64>| match parts[..] {
        [year, month, day, ..] => format!("{year:04}-{month:02}-{day:02}"),
        [year, ..] => format!("{year:04}"),
        [] => String::new(),
    };
    let parts = issued.get("date-parts").and_then(|ranges| ranges.get(0)?.as_array());
    let parts: Vec<i64> = parts.into_iter().flatten().map_while(number).collect();
    let first = issued.get(0).unwrap_or(issued);
    let named = ["year", "month", "day"].iter().map_while(|name| number(first.get(name)?)).collect();
    let found = [dated(parts), dated(named)].into_iter().find(|text| !text.is_empty());
    found.or_else(|| ["raw", "literal"].iter().find_map(|name| text(issued, name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn csl_json_and_what_is_no_paper() {
        let found: Vec<_> = items(
            r#"[{"id": "x/1", "type": "article", "title": "T", "author": [{"family": "Bee", "given": "Ann"}, {"literal": "The Team"}],
                 "issued": {"date-parts": [["2017", 6, 12]]}, "note": "arXiv:1706.03762 [cs]", "DOI": "10.48550/arXiv.1706.03762"},
                {"data": {"itemType": "attachment", "title": "PDF"}}, 5, {"data": {"itemType": "book", "key": "K7QX2M9A", "title": "No identifier", "collections": ["A"]}}]"#
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
            ("own:zotero:K7QX2M9A", &["A".to_owned()][..])
        );
    }

    #[test]
    fn a_key_of_another_program_names_no_paper_alone() {
        let id = |text: &str| papers(text.as_bytes()).next().unwrap().unwrap().id;
        let one = id(r#"[{"key": "doe2020", "title": "One"}]"#);
        assert!(one.as_str().starts_with("own:doe2020~"), "{one}");
        assert_ne!(one, id(r#"[{"key": "doe2020", "title": "Two"}]"#));
        let single = id(r#"{"id": "x", "references": "none", "DOI": "10.1000/1", "title": "T"}"#);
        assert_eq!(single.as_str(), "doi:10.1000/1");
    }

    #[test]
    fn names_and_dates_of_csl() {
        let paper = |fields: &str| {
            papers(format!("{{\"id\": 5, \"title\": \"T\", {fields}}}").as_bytes()).last().unwrap().unwrap()
        };
        for (names, spoken) in [
            (
                r#"{"family": "Sade", "given": "Ann", "dropping-particle": "de", "non-dropping-particle": "Van"}"#,
                "Ann de Van Sade",
            ),
            (r#"{"family": "Ormesson", "given": "Jean", "dropping-particle": "d’"}"#, "Jean d’Ormesson"),
            (r#"{"family": "Kim", "given": "Ann", "suffix": "III", "comma-suffix": true}"#, "Ann Kim III"),
            (r#"{"family": "Kim", "given": "Ann, Jr."}"#, "Ann Kim Jr."),
            (r#"{"family": "Mao", "given": "Dun", "static-ordering": true}"#, "Mao Dun"),
            (r#"{"family": "王", "given": "小明", "static-ordering": true}"#, "王小明"),
            (r#"{"family": "Plato"}"#, "Plato"),
        ] {
            assert_eq!(paper(&format!("\"author\": [{names}]")).authors, [spoken]);
        }
        assert_eq!(paper(r#""editor": [{"family": "Edo"}]"#).authors, ["Edo"]);
        for (issued, year, day) in [
            (r#"{"date-parts": [["2017", "6", "12"], [2018]]}"#, None, Some(12)),
            (r#"{"date-parts": [[2017]], "season": 1}"#, Some("2017"), None),
            (r#"{"raw": "2017-06-12"}"#, None, Some(12)),
            (r#"{"literal": "Spring 2017"}"#, Some("2017"), None),
            (r#"[{"year": 2017, "month": 6}]"#, Some("2017"), None),
            (r#""2017-06-12""#, None, Some(12)),
        ] {
            let found = paper(&format!("\"issued\": {issued}"));
            assert_eq!(found.facts.get("year").map(String::as_str), year, "{issued}");
            assert_eq!(found.published.map(|day| day.day()), day, "{issued}");
        }
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
