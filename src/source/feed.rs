//! Feeds, Atom and RSS of every version: arXiv's API, the day's announcement, and any other site.

use std::io::BufRead;

use jiff::civil::Date;
use url::Url;

use super::item::{Post, Text};
use super::xml::{Element, Entries};
use super::{Hints, Parsed, Place, authors, excerpt, is_category, sniff};
use crate::paper::{Announced, Listing, Paper, PaperId, family, is_page, latex, one_line};

/// What the identifier of an entry begins with when the API reports an error as a feed.
const API_ERROR: &str = "arxiv.org/api/errors#";

/// What the title of a whole feed begins with when the RSS service refuses a category.
const RSS_ERROR: &str = "Feed error for query";

/// How many characters of its text stand for the title of a post that has none.
const TITLE_CHARS: usize = 80;

/// The papers of an Atom feed.
pub(super) fn atom(input: impl BufRead, hints: Hints) -> impl Iterator<Item = Parsed> {
    papers(Entries::new(input, "entry"), hints)
}

/// The papers of an RSS feed.
pub(super) fn rss(input: impl BufRead, hints: Hints) -> impl Iterator<Item = Parsed> {
    papers(Entries::new(input, "item"), hints)
}

/// Whether a document is a feed that lacks its end; a server that breaks off need not say so. What is no feed
/// lacks nothing.
pub(super) fn is_cut_off(document: &[u8]) -> bool {
    if !sniff::is_feed(document) {
        return false;
    }
    let mut entries = Entries::new(document, "entry");
    entries.by_ref().for_each(drop);
    entries.is_open()
}

fn papers<R: BufRead>(mut entries: Entries<R>, hints: Hints) -> impl Iterator<Item = Parsed> {
    let (mut n, mut over, mut base) = (0, false, None);
    std::iter::from_fn(move || {
        let mut read = |bytes: Vec<u8>, entries: &Entries<R>| {
            let entry = Element::parse_any_how(&bytes)?;
            let mut post = Post::of(&entry);
            let base = match post.is_relative() {
                true => base.get_or_insert_with(|| address(&entries.around())).as_ref(),
                false => None,
            };
            post.complete(base);
            paper(&entry, post, &hints)
        };
        let entry = match entries.next() {
            Some(entry) => entry.and_then(|bytes| read(bytes, &entries)),
            None => {
                let refused = !std::mem::replace(&mut over, true) && n == 0;
                Err(refused.then(|| entries.around()).and_then(|feed| refusal(&feed))?)
            }
        };
        n += 1;
        Some(entry.map_err(|message| (Place::Item(n), message)))
    })
}

/// The address to which those of a feed's posts are relative.
fn address(feed: &Element) -> Option<Url> {
    let root = ["feed", "rss", "RDF"].iter().find_map(|root| feed.find(root))?;
    let base = root.attribute("base").and_then(|base| Url::parse(base).ok());
    let channel = root.all("channel").next().unwrap_or(root);
    // The address of the feed itself will do.
    let link = || {
        let mut links = channel.all("link").map(|link| link.attribute("href").unwrap_or(link.text()));
        links.find_map(|link| Url::parse(link).ok())
    };
    base.or_else(link)
}

/// What a feed without entries says of itself, if it is an error.
fn refusal(feed: &Element) -> Option<String> {
    let title = one_line(feed.find("title")?.text());
    title.starts_with(RSS_ERROR).then(|| format!("arXiv answered with an error: {title}"))
}

fn paper(entry: &Element, post: Post, hints: &Hints) -> Result<Paper, String> {
    if post.guid.contains(API_ERROR) {
        return Err(format!("arXiv answered with an error: {}", one_line(&post.summary.written)));
    }
    let strong = strong_identity(&post);
    let from_arxiv = strong.as_ref().is_some_and(|(id, _)| id.is_arxiv());
    let announced = announcement(entry, &post.summary.written).filter(|_| from_arxiv);
    let by_api = || entry.name == "entry" && post.guid.contains("arxiv.org/") && !post.summary.is_markup();
    let by_arxiv = from_arxiv && (announced.is_some() || by_api());
    // arXiv's texts have no markup, but hold `<` in formulas; others that list its papers have both.
    let text = |text: &Text| match (by_arxiv, from_arxiv) {
        (true, _) => one_line(&latex::decode(&text.written)),
        (false, true) => one_line(&latex::decode(&text.read())),
        (false, false) => text.read(),
    };
    let abstract_text = match post.summary.written.split_once("Abstract:") {
        // `arXiv:2508.13426v1 Announce Type: cross \nAbstract: …`
        Some((head, body)) if head.contains("Announce Type:") => one_line(&latex::decode(body)),
        _ => text(&post.summary),
    };
    let title = Some(text(&post.title)).filter(|title| !title.is_empty());
    let title = title.unwrap_or_else(|| beginning(&abstract_text));
    // `dc:creator` of arXiv is one comma-joined string for all authors, with affiliations in parentheses.
    let names = match (by_arxiv, post.creators.is_empty()) {
        (true, false) => post.creators.iter().flat_map(|creators| authors::split(creators)).collect(),
        (true, true) => post.authors.iter().map(|name| authors::clean(name)).collect(),
        (false, _) => post.names(),
    };
    let (id, version) =
        strong.or_else(|| Some((weak_identity(&post, &title, &names)?, None))).ok_or_else(|| {
            let said = post.pages.join(" ");
            format!(
                "expected an identifier, a link or a title, but got `{}`",
                excerpt(&format!("{} {said}", post.guid))
            )
        })?;
    let mut paper = Paper { version, abstract_text, authors: names, ..Paper::new(id, title) };
    // arXiv's answers hold classes of other catalogues too, under the same name.
    for category in post.categories.iter().filter(|category| !from_arxiv || is_category(category)) {
        if !paper.categories.contains(category) {
            paper.categories.push(category.clone());
        }
    }
    paper.facts.extend(facts(entry, &post, &paper.id));
    list(&mut paper, &post, by_arxiv, announced, hints);
    Ok(paper)
}

/// What is shown and not computed with.
fn facts(entry: &Element, post: &Post, id: &PaperId) -> Vec<(String, String)> {
    let mut facts = Vec::new();
    for (name, elements) in [
        ("comment", ["comment", "comments"]),
        ("journal", ["journal_ref", "journal_reference"]),
        ("doi", ["doi", "DOI"]),
    ] {
        // In feeds of other sites `comments` is the address of a discussion.
        let written = elements.iter().find_map(|element| entry.text_of(element));
        let written = written.filter(|written| id.is_arxiv() && !is_page(written));
        facts.extend(written.map(|written| (name.to_owned(), one_line(&latex::decode(written)))));
    }
    if let Some(journal) = post.journal.as_deref().filter(|_| !id.is_arxiv()) {
        facts.push(("journal".to_owned(), one_line(journal)));
    }
    if let Some(page) = post.pages.iter().find(|page| is_page(page)).filter(|_| id.url().is_none()) {
        facts.push(("link".to_owned(), page.clone()));
    }
    facts
}

/// Notes on which day it was listed, or else when it was written.
fn list(paper: &mut Paper, post: &Post, by_arxiv: bool, announced: Option<Announced>, hints: &Hints) {
    let day = post.published.or(post.updated).or(hints.day);
    match (announced, &hints.source) {
        (Some(announced), _) => paper.listings.extend(listing(day, "arxiv", announced)),
        // An answer to a query of arXiv's API tells when a paper was written, and is no listing.
        (None, None) if by_arxiv => {
            (paper.published, paper.updated) = (post.published, post.updated);
        }
        (None, source) => {
            let source = source.as_deref().unwrap_or("feed");
            paper.listings.extend(listing(day, source, Announced::New));
        }
    }
}

fn listing(day: Option<Date>, source: &str, announced: Announced) -> Option<Listing> {
    day.map(|day| Listing { day, source: source.to_owned(), announced })
}

/// The arXiv identifier or DOI of a post: in its name, its own address, or an element made for it. An arXiv
/// identifier comes first, for the day's listings know the paper by that.
fn strong_identity(post: &Post) -> Option<(PaperId, Option<u32>)> {
    let texts = || std::iter::once(&post.guid).chain(&post.pages).chain(&post.identifiers);
    let ids = || {
        texts().filter_map(|text| {
            let text = text.strip_prefix("urn:").or_else(|| text.strip_prefix("info:")).unwrap_or(text);
            let text = text.strip_prefix("doi/").unwrap_or(text);
            PaperId::parse(text).ok().filter(|(id, _)| !id.as_str().starts_with("own:"))
        })
    };
    ids().find(|(id, _)| id.is_arxiv()).or_else(|| ids().next())
}

/// A weak name with the title, an address before others; without a name, the title with what else is known.
fn weak_identity(post: &Post, title: &str, names: &[String]) -> Option<PaperId> {
    let given = || Some(&post.guid).filter(|guid| is_page(guid));
    // A name holds no spaces, but some are written with them.
    let spaced = one_line(&post.guid).replace(' ', "-");
    let all = given().into_iter().chain(&post.pages).chain([&post.guid]).chain(&post.identifiers);
    let all = all.chain(&post.relative).chain([&spaced]);
    let named = all.filter(|name| !name.is_empty()).find_map(|name| PaperId::of_name(name, title));
    let year = || post.published.or(post.updated).map(|day| day.year().to_string());
    named.or_else(|| PaperId::of_title(title, names.first().map(|name| family(name)), year().as_deref()))
}

/// The first words of a text, as a title.
fn beginning(text: &str) -> String {
    let Some((end, _)) = text.char_indices().nth(TITLE_CHARS) else { return text.to_owned() };
    let head = &text[..end];
    let head = head.rsplit_once(' ').map_or(head, |(head, _)| head);
    format!("{}…", head.trim_end_matches(|c: char| c.is_ascii_punctuation()))
}

/// How the entry was announced; only the feeds of arXiv's RSS service say so.
fn announcement(entry: &Element, summary: &str) -> Option<Announced> {
    let written = entry
        .text_of("announce_type")
        .or_else(|| summary.split_once("Announce Type:")?.1.split_whitespace().next())?;
    Announced::parse(written)
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
        assert_eq!(
            ids,
            ["doi:10.1000/abc", "own:https://example.org/post~e70c2de5", "own:anonymous~e60c2c52"]
        );
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
