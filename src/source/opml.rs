//! OPML 2.0: a list of feeds, as every feed reader writes it.

use super::xml::Element;
use crate::config::without_keys;
use crate::paper::one_line;

/// A feed that someone reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Feed {
    /// Its title, or the address where it has none.
    pub name: String,
    /// Its address.
    pub url: String,
}

/// The feeds of a list, in order, however deep they lie in folders.
///
/// # Errors
/// What is wrong with the markup.
pub(super) fn feeds(bytes: &[u8]) -> Result<Vec<Feed>, String> {
    let start = bytes.windows(5).position(|w| w.eq_ignore_ascii_case(b"<opml")).unwrap_or(0);
    let root = Element::parse(&bytes[start..])?;
    let mut feeds = Vec::new();
    if let Some(body) = root.find("body") {
        collect(body, &mut feeds);
    }
    Ok(feeds)
}

fn collect(within: &Element, feeds: &mut Vec<Feed>) {
    for outline in within.all("outline") {
        if let Some(url) = outline.attribute("xmlUrl").map(str::trim).filter(|url| !url.is_empty()) {
            let name = ["title", "text"].iter().find_map(|name| outline.attribute(name));
            let name = one_line(name.unwrap_or_default());
            let name = if name.is_empty() { without_keys(url) } else { name };
            feeds.push(Feed { name, url: url.to_owned() });
        }
        collect(outline, feeds);
    }
}
