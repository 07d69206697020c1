//! Feeds: Atom (RFC 4287), JSON Feed 1.1, and OPML 2.0 that lists them.
//!
//! An entry's identity is the address of the paper's page, so it is the same in every feed, on
//! every day and after any change; a reader app shows a paper once.

use serde_json::json;

use super::html::about;
use super::korean::said;
use super::{LONGEST_TITLE, cut};
use crate::paper::{Language, escaped, plain};
use crate::verbs::feed::{Dated, Feed};

/// Where a feed is served, if it is.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Served {
    /// The address of the feed itself.
    pub feed: Option<String>,
    /// The address of the page that it belongs to.
    pub page: Option<String>,
}

/// One line of an OPML file.
#[derive(Debug, Clone, PartialEq)]
pub struct Subscription {
    /// The title to show.
    pub title: String,
    /// The address of the feed.
    pub feed: String,
}

/// A feed in Atom; media type `application/atom+xml`.
pub fn atom(feed: &Feed, served: &Served) -> String {
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\">\n\
         <id>{}</id>\n<title>{}</title>\n<updated>{}T00:00:00Z</updated>\n\
         <author><name>paperpick</name></author>\n<generator>paperpick</generator>\n",
        escaped(&identity(&feed.name)),
        title(&said(feed.language, &feed.title)),
        feed.updated,
    );
    let link = |rel: &str, kind: &str, address: &Option<String>| match address {
        Some(address) => format!("<link rel=\"{rel}\" type=\"{kind}\" href=\"{}\"/>\n", escaped(address)),
        None => String::new(),
    };
    out.push_str(&link("self", "application/atom+xml", &served.feed));
    out.push_str(&link("alternate", "text/html", &served.page));
    for dated in &feed.entries {
        let paper = dated.entry.paper();
        out.push_str(&format!(
            "<entry>\n<id>{}</id>\n<title>{}</title>\n<updated>{}T00:00:00Z</updated>\n",
            escaped(&entry_identity(dated)),
            title(&paper.title),
            dated.day,
        ));
        out.push_str(&link("alternate", "text/html", &paper.url));
        for name in names(dated) {
            out.push_str(&format!("<author><name>{}</name></author>\n", escaped(&name)));
        }
        for category in &paper.categories {
            out.push_str(&format!("<category term=\"{}\"/>\n", escaped(&plain(category))));
        }
        out.push_str(&format!(
            "<content type=\"html\">{}</content>\n</entry>\n",
            escaped(&content(dated, feed.language))
        ));
    }
    out.push_str("</feed>\n");
    out
}

/// A feed in JSON Feed 1.1; media type `application/feed+json`.
pub fn json(feed: &Feed, served: &Served) -> String {
    let items: Vec<serde_json::Value> = feed
        .entries
        .iter()
        .map(|dated| {
            let paper = dated.entry.paper();
            let authors: Vec<_> = names(dated).iter().map(|name| json!({ "name": name })).collect();
            let mut item = json!({
                "id": entry_identity(dated),
                "title": cut(&plain(&paper.title), LONGEST_TITLE),
                "content_html": content(dated, feed.language),
                "date_published": format!("{}T00:00:00Z", dated.day),
                "authors": authors,
                "tags": paper.categories.iter().map(|c| plain(c)).collect::<Vec<_>>(),
            });
            if let Some(url) = &paper.url {
                item["url"] = json!(url);
            }
            item
        })
        .collect();
    let mut out = json!({
        "version": "https://jsonfeed.org/version/1.1",
        "title": plain(&said(feed.language, &feed.title)),
        "items": items,
    });
    for (name, address) in [("feed_url", &served.feed), ("home_page_url", &served.page)] {
        if let Some(address) = address {
            out[name] = json!(address);
        }
    }
    format!("{out:#}\n")
}

/// Subscriptions in OPML 2.0; media type `text/x-opml`.
pub fn opml(subscriptions: &[Subscription]) -> String {
    let mut out = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<opml version=\"2.0\">\n\
                   <head><title>paperpick</title></head>\n<body>\n"
        .to_owned();
    for subscription in subscriptions {
        let title = title(&subscription.title);
        out.push_str(&format!(
            "<outline type=\"rss\" text=\"{title}\" title=\"{title}\" xmlUrl=\"{}\"/>\n",
            escaped(&subscription.feed)
        ));
    }
    out.push_str("</body>\n</opml>\n");
    out
}

/// A text as part of an address; slashes stay.
pub fn encoded(text: &str) -> String {
    crate::paper::encoded(text, b"-._~/:")
}

fn title(text: &str) -> String {
    escaped(&cut(&plain(text), LONGEST_TITLE))
}

/// Up to 100 names; some papers have thousands.
fn names(dated: &Dated) -> Vec<String> {
    let authors = dated.entry.paper().authors.iter().take(100);
    authors.map(|name| cut(&plain(name), LONGEST_TITLE)).filter(|name| !name.is_empty()).collect()
}

/// A tag URI (RFC 4151): the same on every machine, and nobody's address.
fn identity(name: &str) -> String {
    let name = name.bytes().fold(String::new(), |mut out, b| {
        match b.is_ascii_alphanumeric() || b"-._".contains(&b) {
            true => out.push(char::from(b)),
            false => out.push_str(&format!("%{b:02X}")),
        }
        out
    });
    format!("tag:paperpick.invalid,2026:{name}")
}

fn entry_identity(dated: &Dated) -> String {
    let paper = dated.entry.paper();
    paper.url.clone().unwrap_or_else(|| identity(&paper.id))
}

fn content(dated: &Dated, language: Language) -> String {
    about(&dated.entry, language, "font-family:inherit")
}
