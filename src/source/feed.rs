//! Feeds, Atom and RSS 2.0: arXiv's API, the day's announcement, and any other site.

use std::io::BufRead;

use jiff::civil::Date;

use super::reference::is_page;
use super::xml::{Element, Entries};
use super::{Hints, Parsed, Place, authors, excerpt, is_category, latex, leading_day, mail_day};
use crate::paper::{Announced, Listing, Paper, PaperId, one_line};

/// What the identifier of an entry begins with when the API reports an error as a feed.
const API_ERROR: &str = "arxiv.org/api/errors#";

/// What the title of a whole feed begins with when the RSS service refuses a category.
const RSS_ERROR: &str = "Feed error for query";

/// The papers of an Atom feed.
pub(super) fn atom(input: impl BufRead, hints: Hints) -> impl Iterator<Item = Parsed> {
    papers(Entries::new(input, "entry"), move |entry| atom_entry(entry, &hints))
}

/// The papers of an RSS 2.0 feed.
pub(super) fn rss(input: impl BufRead, hints: Hints) -> impl Iterator<Item = Parsed> {
    papers(Entries::new(input, "item"), move |item| rss_item(item, &hints))
}

fn papers<R: BufRead>(
    mut entries: Entries<R>,
    parse: impl Fn(&Element) -> Result<Paper, String>,
) -> impl Iterator<Item = Parsed> {
    let (mut n, mut over) = (0, false);
    std::iter::from_fn(move || {
        let entry = entries.next().map(|entry| entry.and_then(|bytes| parse(&Element::parse(&bytes)?)));
        let entry = entry.or_else(|| {
            let refused = !std::mem::replace(&mut over, true) && n == 0;
            refused.then(|| entries.around()).and_then(|feed| refusal(&feed)).map(Err)
        })?;
        n += 1;
        Some(entry.map_err(|message| (Place::Item(n), message)))
    })
}

/// What a feed without entries says of itself, if it is an error.
fn refusal(feed: &Element) -> Option<String> {
    let title = one_line(feed.find("title")?.text());
    title.starts_with(RSS_ERROR).then(|| format!("arXiv answered with an error: {title}"))
}

/// What Atom and RSS say in different places.
struct Raw<'a> {
    addresses: Vec<&'a str>,
    summary: &'a str,
    published: Option<Date>,
    updated: Option<Date>,
    categories: Vec<&'a str>,
    authors: Vec<&'a str>,
}

fn atom_entry(entry: &Element, hints: &Hints) -> Result<Paper, String> {
    let id = entry.text_of("id").unwrap_or_default();
    let summary = entry.text_of("summary").or(entry.text_of("content")).unwrap_or_default();
    if id.contains(API_ERROR) {
        return Err(format!("arXiv answered with an error: {}", one_line(summary)));
    }
    let links = entry.all("link").filter_map(|link| link.attribute("href"));
    let terms = entry.all("primary_category").chain(entry.all("category"));
    let raw = Raw {
        addresses: std::iter::once(id).chain(links).collect(),
        summary,
        published: entry.text_of("published").and_then(leading_day),
        updated: entry.text_of("updated").and_then(leading_day),
        categories: terms.filter_map(|element| element.attribute("term")).collect(),
        authors: entry.all("author").filter_map(|author| author.text_of("name")).collect(),
    };
    paper(entry, raw, hints)
}

fn rss_item(item: &Element, hints: &Hints) -> Result<Paper, String> {
    let raw = Raw {
        addresses: ["guid", "link"].into_iter().filter_map(|name| item.text_of(name)).collect(),
        summary: item.text_of("description").or(item.text_of("encoded")).unwrap_or_default(),
        // RSS writes days as mail does; its cousins write them as Atom does.
        published: item.text_of("pubDate").and_then(mail_day).or(item.text_of("date").and_then(leading_day)),
        updated: None,
        categories: item.all("category").map(Element::text).collect(),
        authors: item.all("author").map(Element::text).collect(),
    };
    paper(item, raw, hints)
}

fn paper(entry: &Element, raw: Raw<'_>, hints: &Hints) -> Result<Paper, String> {
    let (id, version) = identity(&raw.addresses, entry.text_of("title").unwrap_or_default())?;
    let from_arxiv = id.is_arxiv();
    let text = |text: &str| if from_arxiv { latex::decode(text) } else { without_markup(text) };
    let mut paper = Paper::new(id, text(entry.text_of("title").unwrap_or_default()));
    paper.version = version;
    let body = match raw.summary.split_once("Abstract:") {
        // `arXiv:2508.13426v1 Announce Type: cross \nAbstract: …`
        Some((head, body)) if head.contains("Announce Type:") => body,
        _ => raw.summary,
    };
    paper.abstract_text = one_line(&text(body));
    // arXiv's answers hold classes of other catalogues too, under the same name.
    let is_one = |category: &&str| !category.is_empty() && (!from_arxiv || is_category(category));
    for category in raw.categories.into_iter().filter(is_one) {
        if !paper.categories.iter().any(|known| known == category) {
            paper.categories.push(category.to_owned());
        }
    }
    // `dc:creator` is one comma-joined string for all authors, with affiliations in parentheses.
    let creators = entry.all("creator").flat_map(|creator| authors::split(creator.text()));
    paper.authors = creators.collect();
    if paper.authors.is_empty() {
        paper.authors = raw.authors.into_iter().map(authors::clean).filter(|name| !name.is_empty()).collect();
    }
    for (name, elements) in [
        ("comment", ["comment", "comments"]),
        ("journal", ["journal_ref", "journal_reference"]),
        ("doi", ["doi", "DOI"]),
    ] {
        // In feeds of other sites `comments` is the address of a discussion.
        let written = elements.iter().find_map(|element| entry.text_of(element)).filter(|_| from_arxiv);
        if let Some(written) = written {
            paper.facts.insert(name.to_owned(), one_line(&latex::decode(written)));
        }
    }
    let day = raw.published.or(raw.updated).or(hints.day);
    match (announcement(entry, raw.summary), &hints.source) {
        (Some(announced), _) => paper.listings.extend(listing(day, "arxiv", announced)),
        // An answer to a query of arXiv's API tells when a paper was written, and is no listing.
        (None, None) if from_arxiv => (paper.published, paper.updated) = (raw.published, raw.updated),
        (None, source) => {
            let source = source.as_deref().unwrap_or("feed");
            paper.listings.extend(listing(day, source, Announced::New));
        }
    }
    Ok(paper)
}

fn listing(day: Option<Date>, source: &str, announced: Announced) -> Option<Listing> {
    day.map(|day| Listing { day, source: source.to_owned(), announced })
}

/// The first text that names a paper; else a weak name with the title, an address before others.
fn identity(texts: &[&str], title: &str) -> Result<(PaperId, Option<u32>), String> {
    let known = texts.iter().find_map(|text| PaperId::parse(text).ok());
    let pages = || texts.iter().filter(|text| is_page(text)).chain(texts);
    let weak = || pages().find_map(|text| PaperId::of_name(text, title)).map(|id| (id, None));
    known.or_else(weak).ok_or_else(|| {
        format!("expected an identifier or a link to a paper, but got `{}`", excerpt(&texts.join(" ")))
    })
}

/// How the entry was announced; only the feeds of arXiv's RSS service say so.
fn announcement(entry: &Element, summary: &str) -> Option<Announced> {
    let written = entry
        .text_of("announce_type")
        .or_else(|| summary.split_once("Announce Type:")?.1.split_whitespace().next())?;
    Announced::parse(written)
}

/// A text without HTML's tags. arXiv's texts have none, but hold `<` in formulas.
fn without_markup(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        let (before, tag) = rest.split_at(at);
        plain.push_str(before);
        let is_tag = tag[1..].starts_with(|c: char| c.is_ascii_alphabetic() || c == '/' || c == '!');
        match tag.find('>').filter(|_| is_tag) {
            Some(end) => {
                plain.push(' ');
                rest = &tag[end + 1..];
            }
            None => {
                plain.push('<');
                rest = &tag[1..];
            }
        }
    }
    plain + rest
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn read(text: &str) -> Vec<Parsed> {
        atom(text.as_bytes(), Hints::default()).collect()
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
        assert_eq!(ids, ["doi:10.1000/abc", "own:https://example.org/post~e70c2de5"]);
        assert!(found[2].is_err());
    }

    #[test]
    fn an_item_of_the_rss_service() {
        let found: Vec<Parsed> = rss(
            r#"<rss version="2.0"><channel><title>math.OC updates on arXiv.org</title>
            <pubDate>Fri, 23 Feb 2024 00:00:00 -0500</pubDate><skipDays><day>Sunday</day></skipDays>
            <item><title>T</title><link>https://arxiv.org/abs/2203.01250</link>
            <description>arXiv:2203.01250v3 Announce Type: replace-cross
Abstract: Where $a<b$ holds.</description><guid isPermaLink="false">oai:arXiv.org:2203.01250v3</guid>
            <category>math.AP</category><category>math.OC</category><pubDate>Fri, 23 Aug 2024 00:00:00 -0400</pubDate>
            <arxiv:announce_type>replace-cross</arxiv:announce_type><arxiv:DOI>10.5802/jep.257</arxiv:DOI>
            <arxiv:journal_reference>Journal de l'\'Ecole</arxiv:journal_reference>
            <dc:creator>Ann Bee, Carl Dee</dc:creator></item></channel></rss>"#
                .replace("$a<b$", "$a&lt;b$")
                .as_bytes(),
            Hints::default(),
        )
        .collect();
        let [Ok(paper)] = &found[..] else { panic!("{found:?}") };
        assert_eq!((paper.id.as_str(), paper.version), ("2203.01250", Some(3)));
        assert_eq!(paper.abstract_text, "Where $a<b$ holds.");
        assert_eq!(paper.categories, ["math.AP", "math.OC"]);
        let listing =
            Listing { day: date(2024, 8, 23), source: "arxiv".into(), announced: Announced::ReplaceCross };
        assert_eq!(paper.listings, [listing]);
        assert_eq!(
            (paper.facts["journal"].as_str(), paper.facts["doi"].as_str()),
            ("Journal de l'École", "10.5802/jep.257")
        );
        assert_eq!(paper.authors, ["Ann Bee", "Carl Dee"]);
    }

    #[test]
    fn a_feed_that_only_says_that_something_is_wrong() {
        let text = "<rss><channel><title>Feed error for query: cs.XX</title></channel></rss>";
        let found: Vec<Parsed> = rss(text.as_bytes(), Hints::default()).collect();
        let message = "arXiv answered with an error: Feed error for query: cs.XX";
        assert_eq!(found, [Err((Place::Item(1), message.to_owned()))]);
        let holiday = "<rss><channel><title>cs.AI updates on arXiv.org</title></channel></rss>";
        assert_eq!(rss(holiday.as_bytes(), Hints::default()).count(), 0);
    }

    #[test]
    fn a_feed_of_another_site_is_listed_under_its_name() {
        let text = "<rss><channel><item><title>A &lt;b&gt;bold&lt;/b&gt; title</title><guid>https://example.org/1</guid>\
                    <description><![CDATA[<p>One.</p><p>1 < 2</p>]]></description>\
                    <pubDate>Thu, 25 Apr 2024 23:00:00 GMT</pubDate></item></channel></rss>";
        let hints = Hints { source: Some("example".into()), ..Hints::default() };
        let paper = rss(text.as_bytes(), hints).next().unwrap().unwrap();
        assert_eq!((paper.title.as_str(), paper.abstract_text.as_str()), ("A bold title", "One. 1 < 2"));
        assert_eq!(
            (paper.listings[0].day, paper.listings[0].source.as_str()),
            (date(2024, 4, 25), "example")
        );
    }
}
