//! What an entry of a feed says, in whichever dialect: Atom 0.3 and 1.0, RSS 0.9x, 1.0 and 2.0, and the elements
//! of Dublin Core and PRISM in any of them. Their names hardly clash, so one reader reads all.

use std::collections::BTreeSet;

use jiff::civil::Date;
use url::Url;

use super::day::any_day;
use super::element::Element;
use super::{byline, html};
use crate::octets::from_base64;
use crate::paper::{is_page, one_line};

/// Prefixes of what is said of a recording or a picture, not of the post.
const ASIDE: [&str; 4] = ["media", "itunes", "googleplay", "yt"];

/// How many categories of a post are kept. No post is about more; those that name more advertise, and each would
/// be compared with all others.
const MAX_CATEGORIES: usize = 100;

/// A text, and what its markup means.
#[derive(Debug, Default)]
pub(super) struct Text {
    /// As it stands in the document, after the references of XML.
    pub(super) written: String,
    kind: Kind,
}

#[derive(Debug, Default, Clone, Copy, PartialEq)]
enum Kind {
    /// Most feeds do not say what they have, and have HTML.
    #[default]
    Unsaid,
    /// Said to be no markup.
    Plain,
    /// Markup as a text.
    Html,
    /// Markup that was part of the document.
    Xhtml,
}

impl Text {
    fn of(element: &Element) -> Self {
        let kind = element.attribute("type").unwrap_or_default().to_ascii_lowercase();
        let kind = match (kind.as_str(), element.attribute("mode")) {
            (kind, mode) if mode == Some("base64") || kind == "application/octet-stream" => {
                let octets = from_base64(element.text()).unwrap_or_default();
                return Self { written: String::from_utf8_lossy(&octets).into_owned(), kind: Kind::Html };
            }
            ("xhtml" | "application/xhtml+xml", Some("xml") | None) => Kind::Xhtml,
            ("text" | "plain" | "text/plain", None) => Kind::Plain,
            ("", None) => Kind::Unsaid,
            ("" | "text" | "html" | "xhtml", _) => Kind::Html,
            (kind, _) if kind.starts_with("text/") || kind.contains("html") || kind.contains("xml") => {
                Kind::Html
            }
            // A picture, as it is.
            _ => return Self::default(),
        };
        Self { written: element.whole_text(), kind }
    }

    /// Whether it is said to be markup.
    pub(super) fn is_markup(&self) -> bool {
        matches!(self.kind, Kind::Html | Kind::Xhtml)
    }

    /// What a reader of the page sees, on one line.
    pub(super) fn read(&self) -> String {
        let seen = match self.kind {
            Kind::Unsaid | Kind::Html => html::text(&self.written),
            // `AT&amp;T` is a mistake in a plain text too, and `1 < 2` is none.
            Kind::Plain => html::text(&self.written.replace('<', "&lt;")),
            Kind::Xhtml => self.written.clone(),
        };
        one_line(&seen.replace(|c: char| c.is_control() && !c.is_whitespace(), ""))
    }
}

/// An entry before it is a paper.
#[derive(Debug, Default)]
pub(super) struct Post {
    /// The name that its feed gave it.
    pub(super) guid: String,
    /// Its own addresses, the best first.
    pub(super) pages: Vec<String>,
    /// Addresses that cannot be completed; still they are names.
    pub(super) relative: Vec<String>,
    /// Elements made for an identifier.
    pub(super) identifiers: Vec<String>,
    pub(super) title: Text,
    pub(super) summary: Text,
    pub(super) published: Option<Date>,
    pub(super) updated: Option<Date>,
    pub(super) categories: Vec<String>,
    /// As they were written, one element each.
    pub(super) creators: Vec<String>,
    /// The same, of elements that hold one author each.
    pub(super) authors: Vec<String>,
    /// The journal in which it stands.
    pub(super) journal: Option<String>,
}

impl Post {
    pub(super) fn of(entry: &Element) -> Self {
        let filled = |element: &Element| Some(Text::of(element)).filter(|text| !text.read().is_empty());
        let first = |names: &[&str]| {
            let own = names.iter().flat_map(|name| own(entry, name)).find_map(filled);
            own.or_else(|| names.iter().flat_map(|name| entry.all(name)).find_map(filled)).unwrap_or_default()
        };
        let day = |names: &[&str]| {
            names.iter().flat_map(|name| entry.all(name)).find_map(|element| any_day(element.text()))
        };
        let guid = entry.text_of("guid").or(entry.text_of("id")).or(entry.attribute("about"));
        let identifiers = ["identifier", "doi"].into_iter().flat_map(|name| entry.all(name));
        Self {
            guid: guid.unwrap_or_default().trim().to_owned(),
            pages: pages(entry),
            relative: Vec::new(),
            identifiers: identifiers.map(|element| element.text().to_owned()).collect(),
            title: first(&["title"]),
            summary: first(&["summary", "description", "content", "encoded", "body"]),
            published: day(&["pubDate", "published", "issued", "date", "publicationDate", "created"]),
            updated: day(&["updated", "modified"]),
            categories: categories(entry),
            creators: own(entry, "creator").map(Element::whole_text).collect(),
            authors: authors(entry),
            journal: entry.text_of("publicationName").map(str::to_owned),
        }
    }

    /// The authors, however they are written.
    pub(super) fn names(&self) -> Vec<String> {
        let written = if self.creators.is_empty() { &self.authors } else { &self.creators };
        let mut seen = BTreeSet::new();
        let names = written.iter().flat_map(|line| byline::names(&html::text(line)));
        names.filter(|name| seen.insert(name.clone())).collect()
    }

    /// Whether an address can be told only from that of its feed.
    pub(super) fn is_relative(&self) -> bool {
        self.pages.iter().any(|page| !is_page(page))
    }

    /// Completes addresses by that of the feed, and drops what is none of the web.
    pub(super) fn complete(&mut self, base: Option<&Url>) {
        let complete = |page: &String| {
            if is_page(page) {
                return Some(page.clone());
            }
            let found = Url::parse(page).ok().or_else(|| base?.join(page).ok())?;
            Some(found.to_string()).filter(|page| is_page(page))
        };
        let pages = std::mem::take(&mut self.pages).into_iter();
        let (pages, relative): (Vec<String>, Vec<String>) = pages.partition(|page| complete(page).is_some());
        self.pages = pages.iter().filter_map(complete).collect();
        self.relative = relative;
    }
}

/// The elements of a name that speak of the post itself.
fn own<'a>(entry: &'a Element, name: &'a str) -> impl Iterator<Item = &'a Element> {
    entry.all(name).filter(|element| !ASIDE.contains(&element.prefix.as_str()))
}

/// Where the post stands: not the addresses that it mentions, its picture or its feed.
fn pages(entry: &Element) -> Vec<String> {
    let links = entry.all("link").filter_map(|link| match link.attribute("href") {
        Some(href) => {
            let is_it = link.attribute("rel").is_none_or(|rel| rel.eq_ignore_ascii_case("alternate"));
            is_it.then_some(href)
        }
        None => Some(link.text()),
    });
    let original = entry.all("origLink").map(Element::text);
    let guid = entry.all("guid").filter(|guid| guid.attribute("isPermaLink") != Some("false"));
    let named = guid.chain(entry.all("id")).map(Element::text).chain(entry.attribute("about"));
    let pages = original.chain(links).chain(named.filter(|name| is_page(name)));
    let base = entry.attribute("base").and_then(|base| Url::parse(base).ok());
    let complete = |page: &str| {
        let completed = base.as_ref().filter(|_| !is_page(page)).and_then(|base| base.join(page).ok());
        completed.map_or_else(|| page.to_owned(), |page| page.to_string())
    };
    pages.map(str::trim).filter(|page| !page.is_empty()).map(complete).collect()
}

fn categories(entry: &Element) -> Vec<String> {
    let elements = ["primary_category", "category", "subject"].into_iter().flat_map(|name| own(entry, name));
    let words = elements.map(|element| match element.attribute("term") {
        Some(term) => term.trim().to_owned(),
        None => Text::of(element).read(),
    });
    words.filter(|word| !word.is_empty()).take(MAX_CATEGORIES).collect()
}

/// The authors of the entry, else of the feed that it was taken from.
fn authors(entry: &Element) -> Vec<String> {
    let name = |author: &Element| author.all("name").next().unwrap_or(author).whole_text();
    let of = |entry: &Element| -> Vec<String> {
        let has_name = |author: &&Element| {
            // A person of Atom with an address only has no name.
            author.all("name").next().is_some()
                || ["email", "uri", "url"].iter().all(|n| author.all(n).next().is_none())
        };
        own(entry, "author").filter(has_name).map(name).filter(|name| !name.trim().is_empty()).collect()
    };
    let mut own = of(entry);
    // All of them in one, as IEEE's feeds have it: `<authors>Xin Li;Yu Wang</authors>`.
    let together =
        entry.all("authors").flat_map(|all| all.text().split(';')).map(|name| name.trim().to_owned());
    if own.is_empty() {
        own.extend(together.filter(|name| !name.is_empty()));
    }
    if !own.is_empty() {
        return own;
    }
    let source = entry.all("source").map(of).find(|authors| !authors.is_empty());
    // Of a podcast, whoever makes it.
    source.unwrap_or_else(|| {
        entry.all("author").map(Element::whole_text).filter(|name| !name.trim().is_empty()).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn post(fields: &str) -> Post {
        Post::of(&Element::parse(format!("<item><title>T</title>{fields}</item>").as_bytes()).unwrap())
    }

    #[test]
    fn authors_in_one_element() {
        let found = post("<authors>Xin Li;Yu Wang;Zhe Chen</authors>");
        assert_eq!(found.names(), ["Xin Li", "Yu Wang", "Zhe Chen"]);
        assert_eq!(post("<author>Ann Bee</author><authors>Carl Dee</authors>").names(), ["Ann Bee"]);
        assert_eq!(post("<authors>Xin Li</authors>").names(), ["Xin Li"]);
    }

    #[test]
    fn no_post_is_about_all() {
        let many: String = (0..1000).map(|i| format!("<category>word {i}</category>")).collect();
        assert_eq!(post(&many).categories.len(), MAX_CATEGORIES);
    }
}
