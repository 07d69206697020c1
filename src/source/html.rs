//! HTML, and the JATS of publishers, to the text that a reader sees.

use quick_xml::escape::resolve_html5_entity;

/// Elements whose content nobody reads: code, and what stands there for those who cannot see the rest.
const UNSEEN: &str =
    " script style head iframe svg noscript template video audio object annotation annotation-xml ";

/// Elements within a line; taking one away leaves no gap.
const INLINE: &str = " a abbr acronym b bdi bdo big blink cite code del dfn em ext-link font i ins italic bold kbd \
    mark marquee nobr q roman ruby rp rt s samp sc scp small span strong strike sub sup time tt u underline var wbr \
    math menclose mfenced mfrac mi mn mo mover mpadded mphantom mprescripts mroot mrow mspace msqrt mstyle msub \
    msubsup msup mtable mtd mtext mtr mmultiscripts munder munderover semantics ";

/// Elements that stand on lines of their own.
const BLOCK: &str = " address article aside blockquote body br caption center col colgroup dd details div dl dt \
    embed fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 header hgroup hr html img legend li link list \
    list-item main map menu meta nav ol p picture pre sec section source summary table tbody td tfoot th thead \
    title tr track ul ";

/// How far quotation marks are followed in a tag. Addresses of pictures that hold the picture are longer, but
/// have no `<` or `>` in them.
const LONGEST_QUOTED: usize = 1_000;

/// The text of a piece of HTML. What is no known element stays as it was written, because abstracts hold
/// `a < b`; a text that had been escaped once too often is unwrapped as well.
pub(super) fn text(html: &str) -> String {
    if !html.contains(['<', '&']) {
        return html.to_owned();
    }
    const DATA: &str = "<![CDATA[";
    // Wrapped twice.
    let unwrapped = html.contains(DATA).then(|| html.replace(DATA, "").replace("]]>", ""));
    let html = unwrapped.as_deref().unwrap_or(html);
    let once = unescaped(&without_tags(html));
    // `&lt;p&gt;` was markup if it closes, itself or another; `a &lt; b` was none, nor is `the &lt;b&gt; element`.
    let escaped = ["&lt;", "&#60;", "&#x3c;", "&#x3C;"].iter().any(|escape| html.contains(escape));
    let is_markup =
        |at: usize| tag(&once[at..], &[]).is_some_and(|tag| tag.closing || tag.alone || tag.has_attributes);
    if escaped && once.match_indices('<').any(|(at, _)| is_markup(at)) {
        return unescaped(&without_tags(&once));
    }
    // `R&amp;amp;D`: nobody writes about character references as often as programs escape twice.
    match ["&amp;", "&lt;", "&gt;", "&quot;", "&nbsp;", "&#"].iter().any(|escape| once.contains(escape)) {
        true => unescaped(&once),
        false => once,
    }
}

/// Whether an element stands on lines of its own.
pub(super) fn is_block(name: &str) -> bool {
    is_in(BLOCK, name)
}

/// Whether nobody reads what is in an element.
pub(super) fn is_unseen(name: &str) -> bool {
    is_in(UNSEEN, name)
}

fn is_in(list: &str, name: &str) -> bool {
    !name.is_empty()
        && list
            .match_indices(name)
            .any(|(at, _)| list[..at].ends_with(' ') && list[at + name.len()..].starts_with(' '))
}

/// A tag at the beginning of a text.
struct Tag {
    name: String,
    closing: bool,
    /// `<br/>`
    alone: bool,
    has_attributes: bool,
    /// How many bytes it has.
    length: usize,
}

fn without_tags(html: &str) -> String {
    let mut plain = String::with_capacity(html.len());
    let mut rest = html;
    // Elements of no known name that had attributes: only their closing tags are tags.
    let mut opened: Vec<String> = Vec::new();
    let mut unclosed: Vec<String> = Vec::new();
    while let Some(at) = rest.find('<') {
        plain.push_str(&rest[..at]);
        rest = &rest[at..];
        if let Some(after) = after_what_is_no_element(rest) {
            rest = after;
            continue;
        }
        let Some(tag) = tag(rest, &opened) else {
            plain.push('<');
            rest = &rest[1..];
            continue;
        };
        rest = &rest[tag.length..];
        if is_block(&tag.name) {
            plain.push(' ');
        } else if is_unseen(&tag.name) && !tag.closing && !tag.alone && !unclosed.contains(&tag.name) {
            match after_end_of(&tag.name, rest) {
                Some(after) => rest = after,
                None if matches!(tag.name.as_str(), "script" | "style") => rest = "",
                // Its end is not looked for again: the time would grow with the square of the length.
                None => unclosed.push(tag.name),
            }
        } else if !tag.closing
            && !is_in(INLINE, &tag.name)
            && !opened.contains(&tag.name)
            && opened.len() < 50
        {
            opened.push(tag.name);
        }
    }
    plain + rest
}

/// What follows a comment, an instruction or a doctype.
fn after_what_is_no_element(text: &str) -> Option<&str> {
    if let Some(comment) = text.strip_prefix("<!--") {
        return Some(comment.find("-->").map_or("", |end| &comment[end + 3..]));
    }
    let begins = |name: &str| text.get(..name.len()).is_some_and(|head| head.eq_ignore_ascii_case(name));
    let is_one = begins("<!doctype") || begins("<?xml") || begins("<?php");
    if !is_one {
        return None;
    }
    let after = &text[1..];
    after.find(['<', '>']).and_then(|end| after[end..].strip_prefix('>'))
}

/// What follows the closing tag of an element; `None` if it is never closed.
fn after_end_of<'a>(name: &str, text: &'a str) -> Option<&'a str> {
    text.match_indices("</").find_map(|(at, _)| {
        let tag = tag(&text[at..], &[]).filter(|tag| tag.closing && tag.name == name)?;
        Some(&text[at + tag.length..])
    })
}

/// The tag that a text begins with, if it is one of HTML, JATS or MathML, or has attributes as a tag has them.
fn tag(text: &str, opened: &[String]) -> Option<Tag> {
    let inner = text.strip_prefix('<')?;
    let closing = inner.starts_with('/');
    let inner = inner.strip_prefix('/').unwrap_or(inner);
    let end = inner.find(|c: char| !c.is_ascii_alphanumeric() && c != ':' && c != '-')?;
    if end > 40 || !inner.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return None;
    }
    let full = inner[..end].to_ascii_lowercase();
    let name = full.split_once(':').map_or(full.as_str(), |(_, name)| name).to_owned();
    let attributes = &inner[end..];
    // `<https://example.org/?a=1>` is none.
    let close =
        end_of_tag(attributes).filter(|_| attributes.starts_with(['>', ' ', '/', '\n', '\t', '\r']))?;
    if attributes.starts_with('/') && close != 1 {
        return None;
    }
    let written = attributes[..close].trim_end_matches('/').trim();
    let has_attributes = written.contains("=\"") || written.contains("='");
    let known = full.contains(':') || has_attributes || opened.contains(&name);
    if !known && ![UNSEEN, INLINE, BLOCK].iter().any(|list| is_in(list, &name)) {
        return None;
    }
    // `a <b and c> d` is no tag.
    (written.is_empty() || written.contains('=')).then(|| Tag {
        name,
        closing,
        alone: attributes[..close].ends_with('/'),
        has_attributes,
        length: text.len() - attributes.len() + close + 1,
    })
}

/// Where the `>` stands that ends a tag: not in quotation marks, and not behind another `<`.
fn end_of_tag(attributes: &str) -> Option<usize> {
    let mut quote = None;
    for (at, byte) in attributes.bytes().enumerate().take(LONGEST_QUOTED) {
        match (byte, quote) {
            (b'<', None) => return None,
            (b'>', None) => return Some(at),
            (b'"' | b'\'', None) if attributes[..at].trim_end().ends_with('=') => quote = Some(byte),
            (byte, Some(open)) if byte == open => quote = None,
            _ => {}
        }
    }
    // A quotation mark that is never closed.
    attributes.find(['<', '>']).filter(|at| attributes[*at..].starts_with('>'))
}

/// Character references as the characters that they stand for.
pub(super) fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        // The longest name has 31 letters; a text of ampersands alone is not searched to its end for each.
        let end = rest.bytes().take(40).position(|b| b == b';');
        match end.and_then(|end| Some((character(&rest[1..end])?, &rest[end + 1..]))) {
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

/// What `#8217`, `#x2019` and `eacute` stand for; nothing, for a character that no text may hold.
pub(super) fn character(name: &str) -> Option<String> {
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
    let c = windows.or_else(|| char::from_u32(code))?;
    Some(if c.is_control() && !c.is_whitespace() { String::new() } else { c.to_string() })
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
            ("&lt;p class=\"x\"&gt;One&lt;br/&gt;two", "One two"),
            ("One&lt;br /&gt;two", "One two"),
            ("R&amp;amp;D &amp;#8211; on", "R&D – on"),
            ("<iframe src='x'/>Seen <iframe src='y'>and <b>on</b>", "Seen and on"),
            ("<img alt=\"a > b < c\" src='x'>A <my-note kind=\"x\">note</my-note>, </s>", "A note,"),
            ("<![CDATA[<p>In</p> ]]><?xml:namespace prefix='o'/><o:p>Word</o:p>", "In Word"),
            (
                "See <https://example.org/?a=1> or <masked> and <think>",
                "See <https://example.org/?a=1> or <masked> and <think>",
            ),
            ("<math><msub><mi>T</mi><mi>c</mi></msub><annotation encoding='x'>T_c</annotation></math>", "Tc"),
            ("bell&#7;&#146;s &#xfffff0; &#0;", "bell’s &#xfffff0;"),
        ] {
            assert_eq!(one_line(&text(html)), read, "{html}");
        }
    }

    #[test]
    fn time_grows_with_the_length_only() {
        for piece in
            ["<iframe>", "<b ", "<b =\"", "&", "&amp;amp;", "</", "<script", "<!--x-->", "<?xml ", "&lt;/"]
        {
            let begin = std::time::Instant::now();
            text(&piece.repeat((1 << 20) / piece.len()));
            assert!(begin.elapsed() < std::time::Duration::from_secs(5), "{piece}: {:?}", begin.elapsed());
        }
    }
}
