//! arXiv metadata as JSON lines: a day's listing, an archive, and the data set on Kaggle.
//!
//! The three spell the same facts with different names and shapes; one row type reads them all.

use std::io::BufRead;

use serde::Deserialize;
use serde_json::Value;

use super::{Parsed, authors, leading_day, lines, mail_day, parse_day};
use crate::paper::{Language, Listing, Paper, PaperId, latex, one_line};

#[derive(Deserialize)]
struct ArxivRecord {
    id: Value,
    title: String,
    #[serde(default, rename = "abstract")]
    abstract_text: Option<String>,
    authors: Option<OneOrMany>,
    /// Kaggle: `[family name, given names, suffix]`.
    authors_parsed: Option<Vec<Vec<String>>>,
    categories: Option<OneOrMany>,
    primary: Option<String>,
    listed: Option<String>,
    created: Option<String>,
    updated: Option<String>,
    update_date: Option<String>,
    versions: Option<Vec<Version>>,
    #[serde(alias = "comments")]
    comment: Option<String>,
    #[serde(rename = "journal-ref")]
    journal: Option<String>,
    doi: Option<String>,
    submitter: Option<String>,
    /// A Korean summary beside the metadata, as collections of translations have it.
    ko: Option<String>,
}

#[derive(Deserialize)]
struct Version {
    version: String,
    created: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    Many(Vec<String>),
    One(String),
}

/// The papers of JSON lines.
pub(super) fn papers(input: impl BufRead) -> impl Iterator<Item = Parsed> {
    lines::each(input, |line| {
        serde_json::from_str::<ArxivRecord>(line).map_err(|error| error.to_string()).and_then(paper)
    })
}

fn paper(row: ArxivRecord) -> Result<Paper, String> {
    let (id, version) = identity(&row.id)?;
    let versions = row.versions.unwrap_or_default();
    let last = versions.iter().filter_map(|v| v.version.strip_prefix('v')?.parse().ok()).max();
    let mut paper = Paper::new(id, latex::decode(&row.title));
    paper.version = version.or(last);
    paper.abstract_text = one_line(&latex::decode(&row.abstract_text.unwrap_or_default()));
    paper.authors = match (row.authors_parsed, row.authors) {
        (Some(parsed), _) if !parsed.is_empty() => parsed.iter().map(|name| given_first(name)).collect(),
        (_, Some(OneOrMany::Many(names))) => names.iter().map(|name| authors::clean(name)).collect(),
        (_, Some(OneOrMany::One(names))) => authors::split(&names),
        (_, None) => Vec::new(),
    };
    paper.authors.retain(|name| !name.is_empty());
    paper.categories = categories(row.primary, row.categories);
    if let Some(korean) = row.ko.filter(|text| !text.trim().is_empty()) {
        paper.summaries.insert(Language::Ko, korean.trim().to_owned());
    }
    paper.listings = match row.listed.as_deref() {
        None => Vec::new(),
        Some(day) => {
            let day = parse_day(day).ok_or_else(|| format!("`listed` is `{day}`, which is no YYYY-MM-DD"))?;
            vec![Listing { day, source: "arxiv".to_owned(), announced: Default::default() }]
        }
    };
    let first = versions.first().and_then(|v| mail_day(v.created.as_deref()?));
    paper.published = row.created.as_deref().and_then(leading_day).or(first);
    paper.updated = row.updated.or(row.update_date).as_deref().and_then(leading_day);
    let facts =
        [("comment", row.comment), ("journal", row.journal), ("doi", row.doi), ("submitter", row.submitter)];
    for (name, value) in facts {
        if let Some(value) = value.map(|v| one_line(&latex::decode(&v))).filter(|v| !v.is_empty()) {
            paper.facts.insert(name.to_owned(), value);
        }
    }
    Ok(paper)
}

/// `["Smith", "Jane", "Jr."]` is Jane Smith Jr.
fn given_first(name: &[String]) -> String {
    let part = |i: usize| name.get(i).map_or("", String::as_str);
    authors::clean(&format!("{} {} {}", part(1), part(0), part(2)))
}

/// `["cs.AR,cs.DC"]`, `"cs.AR cs.DC"` and `["cs.AR", "cs.DC"]` are the same list.
fn categories(primary: Option<String>, all: Option<OneOrMany>) -> Vec<String> {
    let texts = match all {
        None => Vec::new(),
        Some(OneOrMany::One(text)) => vec![text],
        Some(OneOrMany::Many(texts)) => texts,
    };
    let mut categories: Vec<String> = Vec::new();
    for text in primary.iter().chain(&texts) {
        for category in text.split([',', ' ']).filter(|c| !c.is_empty()) {
            if !categories.iter().any(|known| known == category) {
                categories.push(category.to_owned());
            }
        }
    }
    categories
}

/// An identifier, also one that some tool took for a number on its way here.
fn identity(id: &Value) -> Result<(PaperId, Option<u32>), String> {
    let text = match id {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        other => return Err(format!("expected an identifier, but `id` is {other}")),
    };
    PaperId::parse(&text).or_else(|error| {
        numeric(&text).and_then(|id| PaperId::parse(&id).ok()).ok_or_else(|| error.to_string())
    })
}

/// Undoes what a floating-point number does to an identifier: `704.001` was `0704.0010`, and
/// `1503.0235400000001` was `1503.02354`. In a public copy of arXiv's metadata this is so for
/// 74,000 of 221,000 papers, so dropping them is no choice.
fn numeric(text: &str) -> Option<String> {
    let (month, digits) = text.split_once('.')?;
    let all_digits = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit());
    if !(3..=4).contains(&month.len()) || digits.len() > 17 || !all_digits(month) || !all_digits(digits) {
        return None;
    }
    let month = format!("{month:0>4}");
    let width = if month.as_str() < "1501" { 4 } else { 5 };
    if digits.len() <= width {
        return Some(format!("{month}.{digits:0<width$}"));
    }
    let number: f64 = format!("0.{digits}").parse().ok()?;
    let rounded = format!("{number:.width$}");
    // The error of a double near 2000 is below 1e-12; more digits than noise are no identifier.
    let noise = (number - rounded.parse::<f64>().ok()?).abs();
    (noise < 1e-11).then(|| rounded.strip_prefix("0.").map(|digits| format!("{month}.{digits}"))).flatten()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn read(line: &str) -> Paper {
        papers(line.as_bytes()).next().unwrap().unwrap()
    }

    #[test]
    fn a_row_of_a_listing() {
        let paper = read(
            r#"{"listed": "2025-03-18", "id": "2503.11731", "title": "T", "abstract": "One\ntwo.",
               "authors": ["Ann Bee", "Carl Dee"], "categories": ["cs.CV", "cs.RO"], "comment": null}"#
                .replace('\n', " ")
                .as_str(),
        );
        assert_eq!((paper.listings[0].day, paper.listings[0].source.as_str()), (date(2025, 3, 18), "arxiv"));
        assert_eq!((paper.abstract_text.as_str(), paper.authors.len()), ("One two.", 2));
        assert_eq!(paper.categories, ["cs.CV", "cs.RO"]);
        assert!(paper.facts.is_empty());
    }

    #[test]
    fn a_row_of_an_archive() {
        let paper = read(
            r#"{"id": "cs/9809007", "title": "T", "abstract": "A. ", "categories": ["cs.DC,cs.AR"], "primary": "cs.AR", "created": "1998-09-02", "updated": "", "authors": "Ann Bee, Carl Dee"}"#,
        );
        assert_eq!(paper.categories, ["cs.AR", "cs.DC"]);
        assert_eq!((paper.published, paper.updated), (Some(date(1998, 9, 2)), None));
        assert_eq!(paper.authors, ["Ann Bee", "Carl Dee"]);
        assert!(paper.listings.is_empty());
    }

    #[test]
    fn a_row_from_kaggle() {
        let paper = read(
            r#"{"id":"0704.0001","submitter":"Pav\\'el N.","authors":"C. Bal\\'azs, E. Berger","title":"Long\n  title","comments":"37 pages","journal-ref":null,"doi":"10.1103/PhysRevD.76.013009","categories":"hep-ph hep-ex","abstract":"  Text\nmore.\n","versions":[{"version":"v1","created":"Mon, 2 Apr 2007 19:18:42 GMT"},{"version":"v2","created":"Tue, 24 Jul 2007 20:10:27 GMT"}],"update_date":"2008-11-26","authors_parsed":[["Bal\\'azs","C.",""],["Berger","E. L.","Jr."]]}"#,
        );
        assert_eq!((paper.version, paper.title.as_str()), (Some(2), "Long title"));
        assert_eq!(paper.authors, ["C. Balázs", "E. L. Berger Jr."]);
        assert_eq!(paper.categories, ["hep-ph", "hep-ex"]);
        assert_eq!((paper.published, paper.updated), (Some(date(2007, 4, 2)), Some(date(2008, 11, 26))));
        assert_eq!(
            (paper.facts["submitter"].as_str(), paper.facts["comment"].as_str()),
            ("Pavél N.", "37 pages")
        );
    }

    #[test]
    fn an_identifier_that_was_taken_for_a_number() {
        for (damaged, id) in [
            ("704.0967", Some("0704.0967")),
            ("909.2", Some("0909.2000")),
            ("1002.399", Some("1002.3990")),
            ("1709.1", Some("1709.10000")),
            ("1503.0235400000001", Some("1503.02354")),
            ("1503.0316599999999", Some("1503.03166")),
            ("1503.0316512345678", None),
            ("1513.01", None),
        ] {
            let found = identity(&Value::String(damaged.into())).ok().map(|(id, _)| id.to_string());
            assert_eq!(found.as_deref(), id, "{damaged}");
        }
        assert_eq!(identity(&serde_json::json!(704.001)).unwrap().0.as_str(), "0704.0010");
    }

    #[test]
    fn a_broken_line_costs_only_itself() {
        let text = b"{\"id\": \"2503.11731\", \"title\": \"A\"}\n\n{\"id\": \n\xff\xfe\n{\"id\": \"2503.11732\", \"title\": \"B\"}";
        let found: Vec<Parsed> = papers(&text[..]).collect();
        assert_eq!(found.len(), 4);
        assert_eq!(found[1].as_ref().unwrap_err().0, super::super::Place::Line(3));
        assert_eq!(found[2].as_ref().unwrap_err().1, "the line is not UTF-8 from byte 1 on");
        assert_eq!(found[3].as_ref().unwrap().id.as_str(), "2503.11732");
    }
}
