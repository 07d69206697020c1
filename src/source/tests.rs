//! What every reader promises: found by content, streams, never panics, never hides.

use std::io::{BufReader, Cursor, Read, Write};

use flate2::Compression;
use flate2::write::GzEncoder;
use jiff::civil::date;
use proptest::prelude::*;

use super::*;
use crate::Error;

/// One small file of each format, with two good entries.
const FIXTURES: [(Format, &str); 11] = [
    (Format::Digest, include_str!("../../tests/fixtures/digest.md")),
    (Format::HuggingFace, include_str!("../../tests/fixtures/hugging_face.json")),
    (Format::Atom, include_str!("../../tests/fixtures/atom.xml")),
    (Format::Rss, include_str!("../../tests/fixtures/rss.xml")),
    (Format::Metadata, include_str!("../../tests/fixtures/metadata.jsonl")),
    (Format::Export, include_str!("../../tests/fixtures/export.jsonl")),
    (Format::Oai, include_str!("../../tests/fixtures/oai.xml")),
    (Format::BibTex, include_str!("../../tests/fixtures/references.bib")),
    (Format::Ris, include_str!("../../tests/fixtures/references.ris")),
    (Format::Zotero, include_str!("../../tests/fixtures/zotero.json")),
    (Format::SemanticScholar, include_str!("../../tests/fixtures/semantic_scholar.json")),
];

/// Formats that no reader of papers reads.
const OTHERS: [&str; 3] = [
    include_str!("../../tests/fixtures/feeds.opml"),
    include_str!("../../tests/fixtures/zotero_collections.json"),
    include_str!("../../tests/fixtures/announcement.html"),
];

fn open(bytes: Vec<u8>) -> Result<Reader> {
    read("file", Box::new(Cursor::new(bytes)), &Hints::default())
}

fn entries(bytes: &[u8]) -> Vec<Entry> {
    open(bytes.to_vec()).map(Iterator::collect).unwrap_or_default()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    packed(bytes, Compression::fast())
}

fn packed(bytes: &[u8], how: Compression) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), how);
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn every_format_is_found_by_its_content() {
    for (format, text) in FIXTURES {
        for bytes in [
            text.as_bytes().to_vec(),
            format!("\u{feff}\n  {text}").into_bytes(),
            gzip(text.as_bytes()),
            gzip(&gzip(text.as_bytes())),
        ] {
            let reader = open(bytes).unwrap();
            assert_eq!(reader.format(), format);
            assert_eq!(reader.filter(Entry::is_ok).count(), 2, "{format}");
        }
    }
}

#[test]
fn what_is_no_format_is_named() {
    for (text, begins) in [("Dear all,\nhello", "Dear all, hello"), ("<html><p>", "<html><p>")] {
        match open(text.as_bytes().to_vec()) {
            Err(Error::UnknownFormat { begins: got, .. }) => assert_eq!(got, format!("`{begins}`")),
            other => panic!("{text}: {other:?}"),
        }
    }
    for (text, why) in [
        ("{\"a\" \"b\"}", "which is no JSON: expected `:` at line 1 column 6"),
        ("[{\"title\": \"A\"", "which is no JSON: EOF while parsing an object at line 1 column 14"),
        ("{'id': 1}", "which is no JSON: key must be a string at line 1 column 2"),
        ("{\"a\": 1, \"b\": 2}", "JSON with the keys a, b: a paper has at least an `id` and a `title`"),
    ] {
        match open(text.as_bytes().to_vec()) {
            Err(Error::UnknownFormat { begins, .. }) => assert!(begins.ends_with(why), "{begins}"),
            other => panic!("{text}: {other:?}"),
        }
    }
    let mut packed = FIXTURES[0].1.as_bytes().to_vec();
    for _ in 0..5 {
        packed = gzip(&packed);
    }
    assert!(matches!(open(packed), Err(Error::Invalid(_))));
}

/// Some hundred bytes that were packed twice came to megabytes, and others to anything.
#[test]
fn what_was_packed_to_do_harm_is_not_unpacked_to_its_end() {
    let text = |n: usize| "## 2024-04-25\n".to_owned() + &("a".repeat(100_000) + "\n").repeat(n);
    let [some, many] = [20, 100].map(|n| packed(text(n).as_bytes(), Compression::best()));
    for (packed, is_harmful) in [(some, false), (gzip(&many), true), (many, true)] {
        let found = entries(&packed);
        let stops = found.iter().flat_map(|entry| entry.as_ref().err()).any(Problem::ended_the_reading);
        assert_eq!(stops, is_harmful, "{} bytes: {found:?}", packed.len());
    }
}

#[test]
fn an_empty_file_has_no_entries() {
    assert_eq!(entries(b"").len() + entries(b" \n").len() + entries(&gzip(b"")).len(), 0);
}

#[test]
fn a_download_that_was_cut_off_keeps_what_came_before_and_says_so() {
    for (format, text) in FIXTURES {
        let damaged = match format {
            // A text that ends early is no damage that these could see; a packed one is.
            Format::Digest | Format::Metadata | Format::Export => {
                let packed = gzip(text.repeat(50).as_bytes());
                packed[..packed.len() - 6].to_vec()
            }
            _ => text.as_bytes()[..text.len() - 40].to_vec(),
        };
        let found = entries(&damaged);
        let problems = found.iter().filter(|entry| entry.is_err()).count();
        assert!(found.len() > problems && problems > 0, "{format}: {found:?}");
    }
}

/// An endless stream of one repeated piece.
struct Endless {
    piece: &'static [u8],
    at: usize,
    left: usize,
}

impl Read for Endless {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let n = buffer.len().min(self.left);
        for byte in &mut buffer[..n] {
            *byte = self.piece[self.at % self.piece.len()];
            self.at += 1;
        }
        self.left -= n;
        Ok(n)
    }
}

#[test]
fn an_entry_without_an_end_is_refused_not_kept() {
    for (start, piece) in [
        ("{\"listed\": \"2025-01-01\", \"id\": \"", &b"x"[..]),
        ("[{\"paper\": {\"id\": [", b"[{"),
        ("<feed><entry>", b"x"),
        ("<feed><entry><a b=\"", b"x"),
        ("<feed><entry>", b"<a>"),
        ("## 2024-01-01\n### [A](https://arxiv.org/abs/2401.00001)\n- ", b"x"),
    ] {
        let endless = Endless { piece, at: 0, left: 3 * MAX_ENTRY_BYTES };
        let input = BufReader::new(Cursor::new(start).chain(endless));
        let found: Vec<Entry> = read("file", Box::new(input), &Hints::default()).unwrap().collect();
        assert!(found.iter().any(Result::is_err), "{start}: {} entries", found.len());
        let longest = found.iter().map(|e| format!("{e:?}").len()).max().unwrap();
        assert!(longest < 1000, "{start}: a message of {longest} bytes");
    }
}

#[test]
fn a_day_is_found_in_a_name() {
    for (name, day) in [
        ("2024-04-25.md", Some(date(2024, 4, 25))),
        ("/a/2024-13-01/hf-2024-04-25.json.gz", Some(date(2024, 4, 25))),
        ("12024-04-25", None),
        ("2024-04-255", None),
        ("논문 2024-04-25 목록", Some(date(2024, 4, 25))),
        ("2024_04_25", None),
    ] {
        assert_eq!(day_in_name(name), day, "{name}");
    }
}

/// A place in a file and what is done there.
fn mutation() -> impl Strategy<Value = (prop::sample::Index, u8, Vec<u8>)> {
    let bytes = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..8),
        prop::sample::select(vec![
            "\"",
            "{",
            "]",
            "<",
            "</entry>",
            "### [",
            "](",
            "\\",
            "&#x110000;",
            "]]>",
            "\n",
            "é"
        ])
        .prop_map(|text| text.as_bytes().to_vec()),
    ];
    (any::<prop::sample::Index>(), 0_u8..3, bytes)
}

fn mutate(mut bytes: Vec<u8>, mutations: &[(prop::sample::Index, u8, Vec<u8>)]) -> Vec<u8> {
    for (place, kind, with) in mutations {
        let at = place.index(bytes.len().max(1)).min(bytes.len());
        match kind {
            0 => drop(bytes.splice(at..at, with.iter().copied())),
            1 => drop(bytes.splice(at..(at + with.len()).min(bytes.len()), with.iter().copied())),
            _ => drop(bytes.drain(at..(at + 1 + with.len()).min(bytes.len()))),
        }
    }
    bytes
}

proptest! {
    /// Whatever comes in, there is an end to it, and every paper has an identity that reads back.
    #[test]
    fn damaged_files_never_panic(
        fixture in 0..FIXTURES.len(),
        mutations in prop::collection::vec(mutation(), 1..6),
    ) {
        let (_, text) = FIXTURES[fixture];
        let damaged = mutate(text.as_bytes().to_vec(), &mutations);
        for paper in entries(&damaged).into_iter().flatten() {
            prop_assert_eq!(crate::PaperId::parse(paper.id.as_str()).unwrap().0, paper.id);
        }
    }

    #[test]
    fn any_bytes_never_panic(fixture in 0..FIXTURES.len(), bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        // The beginning decides which reader gets the rest.
        let start = &FIXTURES[fixture].1.as_bytes()[..60];
        entries(&[start, &bytes].concat());
        entries(&bytes);
        entries(&gzip(&bytes));
    }

    /// Nor do the readers of what is no list of papers.
    #[test]
    fn lists_of_other_things_never_panic(
        which in 0..OTHERS.len(),
        mutations in prop::collection::vec(mutation(), 0..6),
    ) {
        let damaged = mutate(OTHERS[which].as_bytes().to_vec(), &mutations);
        let _ = (feeds("f", &damaged[..]), announcement(&String::from_utf8_lossy(&damaged)));
        prop_assert!(collections("c", &damaged[..]).count() + items("i", &damaged[..]).count() < 100);
        let oai = mutate(FIXTURES[6].1.as_bytes().to_vec(), &mutations);
        prop_assert!(harvest(&oai[..]).records.len() <= 2);
    }

    /// A line that is damaged costs that line only.
    #[test]
    fn a_damaged_line_costs_only_itself(at in 0_usize..6, junk in "[^\n]{0,30}") {
        let line = FIXTURES[4].1.lines().next().unwrap();
        let mut lines = vec![line; 6];
        let damaged = format!("{{{junk}");
        lines.insert(at + 1, &damaged);
        let found = entries(lines.join("\n").as_bytes());
        prop_assert_eq!(found.iter().filter(|entry| entry.is_ok()).count(), 6);
        prop_assert_eq!(found[at + 1].as_ref().unwrap_err().place, Place::Line(at + 2));
    }
}
