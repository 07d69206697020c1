//! What a person reads in a file is what the program reads: one file of each format, whole.

use std::io::{BufReader, Cursor};
use std::path::Path;

use insta::assert_snapshot;
use paperpick::PaperId;
use paperpick::source::{self, Hints};

fn fixture(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name);
    std::fs::read_to_string(path).unwrap()
}

/// Every entry on a line of its own: the paper as it is exported, or what was wrong.
fn entries(name: &str) -> String {
    let input = BufReader::new(Cursor::new(fixture(name)));
    let reader = source::read(name, Box::new(input), &Hints::default()).unwrap();
    let format = reader.format();
    let line = |entry: source::Entry| match entry {
        Ok(paper) => serde_json::to_string_pretty(&paper).unwrap(),
        Err(problem) => problem.to_string(),
    };
    let lines: Vec<String> = reader.map(line).collect();
    format!("{format}\n{}", lines.join("\n"))
}

#[test]
fn every_format_is_read_whole() {
    for name in [
        "digest.md",
        "digest_shapes.md",
        "hugging_face.json",
        "atom.xml",
        "api.xml",
        "api_error.xml",
        "rss.xml",
        "metadata.jsonl",
        "export.jsonl",
        "oai.xml",
        "references.bib",
        "reference_styles.bib",
        "references.ris",
        "zotero.json",
        "semantic_scholar.json",
    ] {
        assert_snapshot!(name, entries(name));
    }
}

#[test]
fn lists_of_other_things_are_read_whole() {
    let feeds = source::feeds("feeds.opml", fixture("feeds.opml").as_bytes()).unwrap();
    assert_snapshot!("feeds.opml", format!("{feeds:#?}"));
    let text = fixture("zotero_collections.json");
    let collections: Vec<_> = source::collections("c", text.as_bytes()).map(Result::unwrap).collect();
    assert_snapshot!("zotero_collections.json", format!("{collections:#?}"));
    let announcement = source::announcement(&fixture("announcement.html")).unwrap();
    assert_snapshot!("announcement.html", format!("{announcement:#?}"));
    let harvest = source::harvest(fixture("oai.xml").as_bytes());
    let stamps: Vec<String> =
        harvest.records.iter().map(|(day, paper)| format!("{day} {}", paper.id)).collect();
    assert_snapshot!("oai_page", format!("{stamps:?} {:?} {:?}", harvest.deleted, harvest.token));
    let refused = source::read("feeds.opml", Box::new(Cursor::new(fixture("feeds.opml"))), &Hints::default());
    let refused = refused.unwrap_err().to_string();
    assert!(refused.starts_with("feeds.opml is a list of feeds, not of papers"), "{refused}");
}

#[test]
fn identifiers_are_known_in_every_form() {
    let told = |line: &str| match PaperId::parse(line) {
        Ok((id, version)) => format!("{line} => {id},{}", version.map_or(String::new(), |v| v.to_string())),
        Err(error) => format!("{line} => {error}"),
    };
    let lines: Vec<String> = fixture("identifiers.txt").lines().map(told).collect();
    assert_snapshot!("identifiers.txt", lines.join("\n"));
}
