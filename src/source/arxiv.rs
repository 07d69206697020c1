//! Atom: the answers of arXiv's API, the day's feed of its RSS service, and any other feed.

use std::io::BufRead;

use super::xml::{Element, Entries};
use super::{Found, Place, authors, excerpt, latex, leading_day};
use crate::paper::{Announced, Listing, Paper, PaperId, one_line};

/// What the identifier of an entry begins with when the API reports an error as a feed.
const API_ERROR: &str = "arxiv.org/api/errors#";

/// The papers of an Atom feed.
pub(super) fn papers(input: impl BufRead) -> impl Iterator<Item = Found> {
    Entries::new(input, "entry").enumerate().map(|(i, entry)| {
        entry
            .and_then(|bytes| Element::parse(&bytes))
            .and_then(|element| paper(&element))
            .map_err(|message| (Place::Item(i + 1), message))
    })
}

fn paper(entry: &Element) -> Result<Paper, String> {
    let address = entry.text_of("id").unwrap_or_default();
    let summary = entry.text_of("summary").or(entry.text_of("content")).unwrap_or_default();
    if address.contains(API_ERROR) {
        return Err(format!("arXiv answered with an error: {}", one_line(summary)));
    }
    let links = entry.all("link").filter_map(|link| link.attribute("href"));
    let (id, version) = identity(&std::iter::once(address).chain(links).collect::<Vec<_>>())?;
    let mut paper = Paper::new(id, latex::decode(entry.text_of("title").unwrap_or_default()));
    paper.version = version;
    paper.categories = categories(entry);
    fill(&mut paper, entry, summary);
    let published = entry.text_of("published").and_then(leading_day);
    let updated = entry.text_of("updated").and_then(leading_day);
    match announcement(entry, summary) {
        Some(announced) => paper.listings.extend(published.or(updated).map(|day| Listing {
            day,
            source: "arxiv".to_owned(),
            announced,
        })),
        None => (paper.published, paper.updated) = (published, updated),
    }
    if paper.authors.is_empty() {
        paper.authors = entry.all("author").filter_map(|a| a.text_of("name")).map(authors::clean).collect();
    }
    Ok(paper)
}

/// The first text that names a paper; an address that names none is an identity of its own.
fn identity(texts: &[&str]) -> Result<(PaperId, Option<u32>), String> {
    let known = texts.iter().find_map(|text| PaperId::parse(text).ok());
    let own = || texts.iter().find_map(|text| PaperId::own(text)).map(|id| (id, None));
    known.or_else(own).ok_or_else(|| {
        format!("expected an identifier or a link to a paper, but got `{}`", excerpt(&texts.join(" ")))
    })
}

/// The categories, the primary one first.
fn categories(entry: &Element) -> Vec<String> {
    let mut categories: Vec<String> = Vec::new();
    for element in entry.all("primary_category").chain(entry.all("category")) {
        if let Some(term) = element.attribute("term")
            && !categories.iter().any(|known| known == term)
        {
            categories.push(term.to_owned());
        }
    }
    categories
}

/// What the feeds of arXiv's services write alike, in Atom and in RSS 2.0.
fn fill(paper: &mut Paper, entry: &Element, summary: &str) {
    let body = match summary.split_once("Abstract:") {
        // `arXiv:2508.13426v1 Announce Type: cross \nAbstract: …`
        Some((head, body)) if head.contains("Announce Type:") => body,
        _ => summary,
    };
    paper.abstract_text = one_line(&latex::decode(body));
    // One comma-joined string for all authors, with affiliations in parentheses.
    paper.authors = entry.all("creator").flat_map(|creator| authors::split(creator.text())).collect();
    for (name, elements) in [
        ("comment", ["comment", "comments"]),
        ("journal", ["journal_ref", "journal_reference"]),
        ("doi", ["doi", "DOI"]),
    ] {
        if let Some(text) = elements.iter().find_map(|element| entry.text_of(element)) {
            paper.facts.insert(name.to_owned(), one_line(&latex::decode(text)));
        }
    }
}

/// How the entry was announced; only the feeds of the RSS service say so.
fn announcement(entry: &Element, summary: &str) -> Option<Announced> {
    let written = entry
        .text_of("announce_type")
        .or_else(|| summary.split_once("Announce Type:")?.1.split_whitespace().next())?;
    Announced::parse(written.trim())
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn read(text: &str) -> Vec<Found> {
        papers(text.as_bytes()).collect()
    }

    #[test]
    fn an_answer_of_the_api() {
        let found = read(
            r#"<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>query</title>
            <entry><id>http://arxiv.org/abs/hep-ex/0307015v2</id><published>2003-07-07T13:46:39-04:00</published>
            <updated>2003-08-01T00:00:00Z</updated><title>Electrons at
  high momenta</title><summary>  What was
measured &amp; how, near Poincar\'{e}.
</summary><author><name>Ann Bee</name><arxiv:affiliation xmlns:arxiv="x">Lab</arxiv:affiliation></author><author><name>Pa\v{s}a Dee</name></author>
            <arxiv:comment xmlns:arxiv="x">23 pages</arxiv:comment><arxiv:journal_ref xmlns:arxiv="x">J. Phys.
 31</arxiv:journal_ref><arxiv:doi xmlns:arxiv="x">10.1000/1</arxiv:doi>
            <arxiv:primary_category xmlns:arxiv="x" term="hep-ex"/><category term="nucl-ex"/><category term="hep-ex"/></entry></feed>"#,
        );
        let [Ok(paper)] = &found[..] else { panic!("{found:?}") };
        assert_eq!((paper.id.as_str(), paper.version), ("hep-ex/0307015", Some(2)));
        assert_eq!(paper.title, "Electrons at high momenta");
        assert_eq!(paper.abstract_text, "What was measured & how, near Poincaré.");
        assert_eq!(paper.authors, ["Ann Bee", "Paša Dee"]);
        assert_eq!(paper.categories, ["hep-ex", "nucl-ex"]);
        assert_eq!((paper.published, paper.updated), (Some(date(2003, 7, 7)), Some(date(2003, 8, 1))));
        assert_eq!(paper.facts["journal"], "J. Phys. 31");
        assert!(paper.listings.is_empty(), "an answer to a query is no announcement");
    }

    #[test]
    fn an_entry_of_the_announcement_feed() {
        let found = read(
            r#"<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>oai:arXiv.org:2508.13426v3</id><title>T</title>
            <updated>2025-08-20T04:00:19.899254+00:00</updated><link href="https://arxiv.org/abs/2508.13426"/>
            <summary>arXiv:2508.13426v3 Announce Type: replace-cross
Abstract: Words and
 words.</summary><category term="cs.CL"/><category term="cs.AI"/><published>2025-08-20T00:00:00-04:00</published>
            <arxiv:announce_type>replace-cross</arxiv:announce_type><dc:creator>Andr\'e Lima (Univ. X, Town), Bo Li</dc:creator></entry></feed>"#,
        );
        let [Ok(paper)] = &found[..] else { panic!("{found:?}") };
        assert_eq!((paper.id.as_str(), paper.version), ("2508.13426", Some(3)));
        assert_eq!(paper.abstract_text, "Words and words.");
        assert_eq!(paper.authors, ["André Lima", "Bo Li"]);
        let listing =
            Listing { day: date(2025, 8, 20), source: "arxiv".into(), announced: Announced::ReplaceCross };
        assert_eq!((paper.listings.as_slice(), paper.published), (&[listing][..], None));
    }

    #[test]
    fn an_error_of_the_api_is_a_problem() {
        let found = read(
            "<feed><entry><id>http://arxiv.org/api/errors#incorrect_id</id><title>Error</title>\
             <summary>incorrect id format for 1234.12345</summary></entry></feed>",
        );
        let message = "arXiv answered with an error: incorrect id format for 1234.12345";
        assert_eq!(found, [Err((Place::Item(1), message.to_owned()))]);
    }

    #[test]
    fn an_entry_of_another_feed_is_known_by_its_address() {
        let found = read(
            "<feed><entry><id>tag:x,2024:1</id><link href='https://doi.org/10.1000/ABC'/><title>A</title></entry>\
             <entry><id>https://example.org/post</id><title>B</title></entry><entry><title>C</title></entry></feed>",
        );
        let ids: Vec<_> = found.iter().flatten().map(|paper| paper.id.as_str()).collect();
        assert_eq!(ids, ["doi:10.1000/abc", "own:https://example.org/post"]);
        assert!(found[2].is_err());
    }
}
