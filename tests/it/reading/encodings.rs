//! Files as they were written before all was UTF-8.

use super::{field, papers, titles};

/// A text of letters below U+0100 in Latin-1.
fn latin1(text: &str) -> Vec<u8> {
    text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect()
}

fn utf16(text: &str, of: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(of).collect()
}

#[test]
fn a_bibliography_in_latin1_keeps_every_entry_and_letter() {
    let plain = "@article{a, author={Grün, Zoé}, title={Höhenflüge der Störche}, doi={10.1000/h}}\n";
    let later = format!("{}{plain}", "@misc{x, title={Plain}, doi={10.1000/x}}\n".repeat(4000));
    for text in
        [plain, &later, &format!("% Encoding: Cp1252\n{plain}"), &format!("% Encoding: UTF-8\n{plain}")]
    {
        let found = papers(&[("a.bib", &latin1(text))]);
        assert_eq!(field(&found, "title")[0], "Höhenflüge der Störche");
        assert_eq!(field(&found, "authors")[0], "Zoé Grün");
    }
}

#[test]
fn a_feed_in_the_encoding_that_it_declares() {
    for declared in ["ISO-8859-1", "utf-8", "UTF-16"] {
        let text = format!(
            "<?xml version='1.0' encoding='{declared}'?><rss version='2.0'><channel><title>J</title><item>\
             <title>Les hérons à la plage</title><link>https://j.example.org/1</link></item></channel></rss>"
        );
        assert_eq!(field(&papers(&[("j.xml", &latin1(&text))]), "title"), ["Les hérons à la plage"]);
    }
}

#[test]
fn utf16_with_a_mark_and_without() {
    let record = "TY  - JOUR\r\nTI  - Über Störche\r\nDO  - 10.1000/s\r\nER  - \r\n";
    let items = r#"[{"key": "K", "data": {"key": "K", "itemType": "book", "title": "鹭鸟的飞行"}}]"#;
    for (name, text, title) in [("a.ris", record, "Über Störche"), ("a.json", items, "鹭鸟的飞行")] {
        for of in [u16::to_le_bytes, u16::to_be_bytes] {
            for mark in ["", "\u{feff}"] {
                assert_eq!(field(&papers(&[(name, &utf16(&format!("{mark}{text}"), of))]), "title"), [title]);
            }
        }
    }
}

#[test]
fn line_ends_of_old_macs_in_every_text() {
    for (name, text) in [
        ("a.ris", "TY  - JOUR\rTI  - Storks\rAU  - Roy, Sam\rDO  - 10.1000/s\rER  - \r"),
        ("a.bib", "@article{a,\r title={Storks},\r doi={10.1000/s}\r}\r"),
        ("a.md", "## 2024-04-25\r\r### [Storks](https://doi.org/10.1000/s)\rVote: 2\r"),
        (
            "a.jsonl",
            "{\"id\":\"doi:10.1000/s\",\"title\":\"Storks\"}\r{\"id\":\"doi:10.1000/s\",\"title\":\"Storks\"}\r",
        ),
    ] {
        assert_eq!(titles(name, text), ["Storks"], "{name}");
    }
}

#[test]
fn a_damaged_letter_costs_no_entry() {
    let mut record =
        "TY  - JOUR\nTI  - Über Störche, Hühner und Gänse\nAU  - Roy, X\nDO  - 10.1000/s\nER  - \n"
            .to_owned()
            .into_bytes();
    let at = record.iter().position(|b| *b == b'X').unwrap();
    record[at] = 0xff;
    let found = papers(&[("a.ris", &record)]);
    assert_eq!(field(&found, "title"), ["Über Störche, Hühner und Gänse"]);
    assert_eq!(field(&found, "authors"), ["\u{fffd} Roy"]);
}
