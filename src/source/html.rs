//! HTML, and the JATS of publishers, to the text that a reader sees.

use quick_xml::escape::resolve_html5_entity;

/// Elements whose content nobody reads.
const UNSEEN: [&str; 7] = ["script", "style", "head", "iframe", "svg", "noscript", "template"];

/// Elements within a line; taking one away leaves no gap.
const INLINE: [&str; 35] = [
    "a",
    "abbr",
    "b",
    "bdi",
    "big",
    "cite",
    "code",
    "del",
    "dfn",
    "em",
    "ext-link",
    "font",
    "i",
    "ins",
    "italic",
    "bold",
    "kbd",
    "mark",
    "nobr",
    "q",
    "roman",
    "s",
    "sc",
    "scp",
    "small",
    "span",
    "strong",
    "strike",
    "sub",
    "sup",
    "tt",
    "u",
    "underline",
    "var",
    "wbr",
];

/// Elements that stand on lines of their own.
const BLOCK: [&str; 45] = [
    "address",
    "article",
    "aside",
    "audio",
    "blockquote",
    "body",
    "br",
    "caption",
    "center",
    "dd",
    "details",
    "div",
    "dl",
    "dt",
    "figcaption",
    "figure",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "html",
    "img",
    "li",
    "list",
    "list-item",
    "main",
    "ol",
    "p",
    "pre",
    "sec",
    "section",
    "summary",
    "table",
    "tbody",
    "td",
    "th",
    "title",
    "tr",
    "ul",
];

/// The text of a piece of HTML. What is no known element stays as it was written, because abstracts hold
/// `a < b`; a text that had been escaped once too often is unwrapped as well.
pub(super) fn text(html: &str) -> String {
    if !html.contains(['<', '&']) {
        return html.to_owned();
    }
    let once = unescaped(&without_tags(html));
    // `&lt;p&gt;` was markup if it closes; `a &lt; b` was none.
    let closes = |at: usize| tag(&once[at..]).is_some_and(|tag| tag.closing && html.contains("&lt;"));
    match once.match_indices("</").any(|(at, _)| closes(at)) {
        true => unescaped(&without_tags(&once)),
        false => once,
    }
}

/// A tag at the beginning of a text.
struct Tag {
    name: String,
    closing: bool,
    /// How many bytes it has.
    length: usize,
}

fn without_tags(html: &str) -> String {
    let mut plain = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        plain.push_str(&rest[..at]);
        rest = &rest[at..];
        if rest.starts_with("<!--") {
            rest = rest.find("-->").map_or("", |end| &rest[end + 3..]);
            continue;
        }
        let Some(tag) = tag(rest) else {
            plain.push('<');
            rest = &rest[1..];
            continue;
        };
        rest = &rest[tag.length..];
        if BLOCK.contains(&tag.name.as_str()) {
            plain.push(' ');
        } else if UNSEEN.contains(&tag.name.as_str()) && !tag.closing {
            rest = after_end_of(&tag.name, rest);
        }
    }
    plain + rest
}

/// What follows the closing tag of an element; nothing if it is never closed.
fn after_end_of<'a>(name: &str, text: &'a str) -> &'a str {
    let ends = |at: &usize| tag(&text[*at..]).is_some_and(|tag| tag.closing && tag.name == name);
    let end = text.match_indices("</").map(|(at, _)| at).find(ends);
    end.map_or("", |at| tag(&text[at..]).map_or("", |tag| &text[at + tag.length..]))
}

/// The tag that a text begins with, if it is one of HTML, JATS or MathML.
fn tag(text: &str) -> Option<Tag> {
    let inner = text.strip_prefix('<')?;
    let closing = inner.starts_with('/');
    let inner = inner.strip_prefix('/').unwrap_or(inner);
    let end = inner.find(|c: char| !c.is_ascii_alphanumeric() && c != ':' && c != '-')?;
    let full = inner[..end].to_ascii_lowercase();
    let name = full.split_once(':').map_or(full.as_str(), |(_, name)| name).to_owned();
    let lists: [&[&str]; 3] = [&UNSEEN, &INLINE, &BLOCK];
    let known = full.contains(':') || full.starts_with('m') && full.len() > 4 || full == "math";
    if !known && !lists.iter().any(|list| list.contains(&name.as_str())) {
        return None;
    }
    let attributes = &inner[end..];
    let close = attributes.find('>')?;
    let written = attributes[..close].trim_end_matches('/').trim();
    // `a <b and c> d` is no tag.
    (written.is_empty() || written.contains('=')).then(|| Tag {
        name,
        closing,
        length: text.len() - attributes.len() + close + 1,
    })
}

/// Character references as the characters that they stand for.
fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let named = rest[1..].split_once(';').and_then(|(name, after)| Some((character(name)?, after)));
        match named {
            Some((printed, after)) => {
                out.push_str(&printed);
                rest = after;
            }
            None => {
                out.push('&');
                rest = &rest[1..];
            }
        }
    }
    out + rest
}

/// What `#8217`, `#x2019` and `eacute` stand for.
fn character(name: &str) -> Option<String> {
    let Some(number) = name.strip_prefix('#') else { return resolve_html5_entity(name).map(str::to_owned) };
    let code = match number.strip_prefix(['x', 'X']) {
        Some(hex) => u32::from_str_radix(hex, 16).ok()?,
        None => number.parse().ok()?,
    };
    // What browsers make of the numbers of Windows' own quotation marks and dashes.
    const WINDOWS: [(u32, char); 8] = [
        (0x80, '€'),
        (0x85, '…'),
        (0x91, '‘'),
        (0x92, '’'),
        (0x93, '“'),
        (0x94, '”'),
        (0x96, '–'),
        (0x97, '—'),
    ];
    let windows = WINDOWS.iter().find(|(number, _)| *number == code).map(|(_, printed)| *printed);
    windows
        .or_else(|| char::from_u32(code).filter(|c| !c.is_control() || c.is_whitespace()))
        .map(String::from)
}

#[cfg(test)]
mod tests {
    use super::text;
    use crate::paper::one_line;

    #[test]
    fn markup_becomes_what_is_read() {
        for (html, read) in [
            ("Growth of <i>E. coli</i> in H<sub>2</sub>O &amp; air", "Growth of E. coli in H2O & air"),
            ("<p>One.</p><p>1 < 2</p>", "One. 1 < 2"),
            ("<jats:p>We study x &lt; y.</jats:p>", "We study x < y."),
            ("Don&#8217;t &mdash; ever.<script>alert('x')</script><style>p{}</style>!", "Don’t — ever.!"),
            ("where $a<b$ and c>d, a <b and c> d", "where $a<b$ and c>d, a <b and c> d"),
            ("R&amp;D &#8211; it&#x2019;s; AT&T; &odd;", "R&D – it’s; AT&T; &odd;"),
            ("&lt;p&gt;Escaped &amp;amp; twice&lt;/p&gt;", "Escaped & twice"),
            ("The &lt;b&gt; element", "The <b> element"),
            ("cut <!-- remark --> off <a href='x'", "cut off <a href='x'"),
        ] {
            assert_eq!(one_line(&text(html)), read, "{html}");
        }
    }
}
