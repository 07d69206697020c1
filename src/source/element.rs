//! One element of XML as a small tree: of a document that keeps the standard, or of one that does not.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::html;

/// Feeds nest a handful of elements; more is an attack on the stack.
const MAX_DEPTH: usize = 64;

/// Elements of HTML that have no content and that people forget to close.
const VOID: [&str; 6] = ["br", "hr", "img", "wbr", "input", "col"];

/// Elements of HTML that end where the next of them begins.
const SELF_ENDING: [&str; 6] = ["p", "li", "td", "tr", "dt", "dd"];

/// Fields of an entry that hold no other field.
const LEAVES: [&str; 4] = ["title", "link", "guid", "pubdate"];

/// Fields that end an open one of these: `<link href="…">` is seldom closed by who writes HTML.
const FIELDS: [&str; 12] = [
    "title",
    "link",
    "guid",
    "pubdate",
    "description",
    "summary",
    "content",
    "id",
    "updated",
    "published",
    "author",
    "creator",
];

/// How strictly markup is read.
#[derive(Clone, Copy, PartialEq)]
enum Markup {
    /// As the standard of XML says.
    Strict,
    /// As feeds are written: by hand, by templates, with the HTML of others in them.
    AnyHow,
}

/// An element with all that is in it.
#[derive(Debug, Default)]
pub(super) struct Element {
    /// Without its namespace prefix.
    pub(super) name: String,
    /// The prefix of its namespace, as the document has it.
    pub(super) prefix: String,
    attributes: Vec<(String, String)>,
    children: Vec<Element>,
    text: String,
    /// Where it stands in the text of its parent.
    at: usize,
}

impl Element {
    /// Reads the bytes of one element.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, String> {
        let (element, problem) = Self::of_bytes(bytes, Markup::Strict)?;
        match (problem, element) {
            (None, Some(element)) => Ok(element),
            (problem, _) => Err(problem.unwrap_or_else(|| "there is no element".to_owned())),
        }
    }

    /// Reads the bytes of one element as far as it can be read: ampersands and `<` may stand bare, and elements
    /// end where their parents do. What is so broken that nothing helps ends the element.
    pub(super) fn parse_any_how(bytes: &[u8]) -> Result<Self, String> {
        let (element, problem) = Self::of_bytes(bytes, Markup::AnyHow)?;
        element
            .filter(|element| problem.is_none() || !element.children.is_empty())
            .ok_or_else(|| problem.unwrap_or_else(|| "there is no element".to_owned()))
    }

    fn of_bytes(bytes: &[u8], markup: Markup) -> Result<(Option<Self>, Option<String>), String> {
        let text = std::str::from_utf8(bytes)
            .map_err(|error| format!("not UTF-8 from byte {} of the entry on", error.valid_up_to() + 1))?;
        let (mut around, problem) = match markup {
            Markup::Strict => Self::read(text, markup),
            Markup::AnyHow => Self::read(&repaired(text), markup),
        };
        let first = (!around.children.is_empty()).then(|| around.children.swap_remove(0));
        Ok((first, problem))
    }

    /// All that can be read of a text, as children of a nameless element.
    pub(super) fn around(text: &str) -> Self {
        Self::read(text, Markup::AnyHow).0
    }

    /// All that can be read, as children of a nameless element, and what was wrong.
    fn read(text: &str, markup: Markup) -> (Self, Option<String>) {
        let mut reader = Reader::from_str(text);
        let any_how = markup == Markup::AnyHow;
        let config = reader.config_mut();
        (config.allow_dangling_amp, config.allow_unmatched_ends) = (any_how, any_how);
        config.check_end_names = !any_how;
        let mut open = vec![Self::default()];
        let problem = loop {
            let event = match reader.read_event() {
                Ok(event) => event,
                Err(error) => break Some(format!("the markup is broken: {error}")),
            };
            let depth = open.len();
            let Some(current) = open.last_mut() else { break None };
            match event {
                Event::Start(_) if depth > MAX_DEPTH && any_how => {}
                Event::Start(_) if depth > MAX_DEPTH => {
                    break Some(format!("more than {MAX_DEPTH} elements are nested"));
                }
                Event::Start(start) => begin(&mut open, &start, any_how),
                Event::Empty(start) => {
                    let child = Self::begin(&start, current.text.len());
                    current.children.push(child);
                }
                Event::End(end) if any_how => end_named(&mut open, end.local_name().as_ref()),
                Event::End(_) => close(&mut open),
                Event::Text(text) => current.text.push_str(&text.xml10_content()),
                Event::CData(data) => current.text.push_str(&data.xml10_content()),
                Event::GeneralRef(reference) => {
                    let name = reference.xml10_content();
                    match html::character(&name) {
                        Some(text) => current.text.push_str(&text),
                        // What no standard names is kept as it was written.
                        None => current.text.push_str(&format!("&{name};")),
                    }
                }
                Event::Eof => break None,
                Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
            }
        };
        while open.len() > 1 {
            close(&mut open);
        }
        (open.pop().unwrap_or_default(), problem)
    }

    fn begin(start: &BytesStart<'_>, at: usize) -> Self {
        let attributes = start
            .html_attributes()
            .flatten()
            .map(|attribute| {
                (attribute.key.local_name().as_ref().to_owned(), html::unescaped(&attribute.value))
            })
            .collect();
        let name = start.local_name().as_ref().to_owned();
        let prefix = start.name().prefix().map_or_else(String::new, |prefix| prefix.as_ref().to_owned());
        Self { name, prefix, attributes, at, ..Self::default() }
    }

    /// The children with a name, in order.
    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Self> {
        self.children.iter().filter(move |child| child.name.eq_ignore_ascii_case(name))
    }

    /// The first element with a name, however deep.
    pub(super) fn find(&self, name: &str) -> Option<&Self> {
        let is_it = |child: &Self| child.name.eq_ignore_ascii_case(name);
        self.children.iter().find_map(|child| if is_it(child) { Some(child) } else { child.find(name) })
    }

    /// The text of the first child with a name, trimmed; `None` if there is none or it is blank.
    pub(super) fn text_of(&self, name: &str) -> Option<&str> {
        let named = self.children.iter().filter(|child| child.name.eq_ignore_ascii_case(name));
        named.map(Self::text).find(|text| !text.is_empty())
    }

    /// The text inside, that of other elements as well, in order; what a reader of the page does not see is left
    /// out, and what stands on a line of its own has spaces around it.
    pub(super) fn whole_text(&self) -> String {
        let mut whole = String::with_capacity(self.text.len());
        self.append_text(&mut whole);
        whole
    }

    fn append_text(&self, whole: &mut String) {
        let mut from = 0;
        for child in &self.children {
            let name = child.name.to_ascii_lowercase();
            whole.push_str(&self.text[from..child.at]);
            from = child.at;
            if html::is_unseen(&name) {
                continue;
            }
            let space = if html::is_block(&name) { " " } else { "" };
            whole.push_str(space);
            child.append_text(whole);
            whole.push_str(space);
        }
        whole.push_str(&self.text[from..]);
    }

    /// The text directly inside, trimmed.
    pub(super) fn text(&self) -> &str {
        self.text.trim()
    }

    /// The value of an attribute.
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }
}

fn close(open: &mut Vec<Element>) {
    if let Some(done) = open.pop()
        && let Some(parent) = open.last_mut()
    {
        parent.children.push(done);
    }
}

/// Opens an element, which may end another of HTML.
fn begin(open: &mut Vec<Element>, start: &BytesStart<'_>, any_how: bool) {
    let name = start.local_name().as_ref().to_ascii_lowercase();
    let is_same = |element: &Element| element.name.eq_ignore_ascii_case(&name);
    if any_how && SELF_ENDING.contains(&name.as_str()) && open.last().is_some_and(is_same) {
        close(open);
    }
    // The document, its entry, and a field.
    if any_how
        && let [_, _, field] = &open[..]
        && LEAVES.contains(&field.name.to_ascii_lowercase().as_str())
        && FIELDS.contains(&name.as_str())
    {
        close(open);
    }
    let at = open.last().map_or(0, |parent| parent.text.len());
    open.push(Element::begin(start, at));
    if any_how && VOID.contains(&name.as_str()) {
        close(open);
    }
}

/// Closes the innermost element of a name with all that is open in it; a tag that closes nothing is none.
fn end_named(open: &mut Vec<Element>, name: &str) {
    let at = open.iter().rposition(|element| element.name.eq_ignore_ascii_case(name));
    while at.is_some_and(|at| at > 0 && open.len() > at) {
        close(open);
    }
}

/// The markup with every `<` that begins no tag escaped, as in `a < b`, without the quotation marks of a tag in
/// which one is never closed, and without the beginnings of comments that never end.
fn repaired(markup: &str) -> String {
    let mut out = String::with_capacity(markup.len() + 8);
    let mut rest = markup;
    // Whether an end of CDATA and of a comment may still come.
    let mut open = [("<![CDATA[", "]]>", true), ("<!--", "-->", true)];
    while let Some(at) = rest.find('<') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        if let Some((begin, end, comes)) = open.iter_mut().find(|(begin, ..)| rest.starts_with(*begin)) {
            let length = if *comes { rest.find(*end).map(|at| at + end.len()) } else { None };
            *comes = length.is_some();
            out.push_str(&rest[..length.unwrap_or(0)]);
            rest = &rest[length.unwrap_or(begin.len())..];
            continue;
        }
        let end = rest[1..].find(['<', '>']).map(|end| end + 2);
        let Some(tag) = end.map(|end| &rest[..end]).filter(|tag| is_tag(tag)) else {
            out.push_str("&lt;");
            rest = &rest[1..];
            continue;
        };
        rest = &rest[tag.len()..];
        let text = &rest[..rest.find('<').unwrap_or(rest.len())];
        let is_quote_open = tag.contains(' ') && tag.matches('"').count() % 2 == 1 && !text.contains('"');
        match is_quote_open {
            true => out.push_str(&tag.replace('"', "")),
            false => out.push_str(tag),
        }
    }
    out + rest
}

/// Whether a piece from `<` to the next `<` or `>` is a tag, a doctype or an instruction.
fn is_tag(piece: &str) -> bool {
    let inner = &piece[1..piece.len() - 1];
    let name = inner.strip_prefix('/').unwrap_or(inner);
    let is_doctype = name.get(..8).is_some_and(|head| head.eq_ignore_ascii_case("!doctype"));
    let is_instruction = name.len() > 1 && name.starts_with('?') && name.ends_with('?');
    let is_element = name.starts_with(|c: char| c.is_alphabetic() || c == '_');
    piece.ends_with('>') && (is_element || is_doctype || is_instruction)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_with_references_and_hidden_markup() {
        let element = Element::parse(
            "<e a='x&amp;y'><t>a &lt; b&#233;&eacute; &odd; <![CDATA[<i>]]></t></e>".as_bytes(),
        )
        .unwrap();
        assert_eq!(element.text_of("t"), Some("a < béé &odd; <i>"));
        assert_eq!(element.attribute("a"), Some("x&y"));
    }

    #[test]
    fn broken_markup_is_a_problem() {
        assert!(Element::parse(b"<e><a></e>").is_err());
        assert!(Element::parse(b"<e>\xff</e>").unwrap_err().starts_with("not UTF-8"));
        assert!(Element::parse("<e>".repeat(100).as_bytes()).is_err());
    }

    #[test]
    fn markup_that_keeps_no_standard_is_read_as_far_as_it_goes() {
        for (markup, text) in [
            ("<e>a & b < c<d>e</e>", "a & b < ce"),
            ("<e><p>a<p>b<br>c</i></e>", "a  b  c"),
            ("<e><b>bold<i>both</b></i> none</e>", "boldboth none"),
            ("<e>one<script>x()</script><!-- y --> two<?php z ?></e>", "one two"),
            ("<e><a href=\"x>link</a> after</e>", "link after"),
            ("<e><a title=\"1 > 2\" href='y'>link</a></e>", "link"),
            ("<e>a <![CDATA[b</e>", "a b"),
            ("<e>a <!-- b</e>", "a  b"),
            ("<e>&#146;&#7;&#xffffffff; &nope;</e>", "’&#xffffffff; &nope;"),
        ] {
            let element =
                Element::parse_any_how(markup.as_bytes()).unwrap_or_else(|e| panic!("{markup}: {e}"));
            assert_eq!(element.whole_text().trim(), text, "{markup}");
        }
        let item = "<item><link href='https://example.org/1'><title>A <i>b</i><guid>1</guid></item>";
        let item = Element::parse_any_how(item.as_bytes()).unwrap();
        assert_eq!((item.text_of("title"), item.text_of("guid")), (Some("A"), Some("1")));
        assert!(item.all("link").next().is_some_and(|link| link.attribute("href").is_some()));
        let deep = format!("<e>{}x</e>", "<div>".repeat(10_000));
        assert_eq!(Element::parse_any_how(deep.as_bytes()).unwrap().whole_text().trim(), "x");
    }

    #[test]
    fn time_grows_with_the_length_only() {
        for piece in
            ["<a ", "<p>", "</p>", "<!", "&", "<a b=\"", "<b></i>", "<![CDATA[x]]>", "<!--", "<![CDATA["]
        {
            let begin = std::time::Instant::now();
            let text = format!("<e>{}</e>", piece.repeat((1 << 20) / piece.len()));
            drop(Element::parse_any_how(text.as_bytes()).map(|element| element.whole_text()));
            assert!(begin.elapsed() < std::time::Duration::from_secs(10), "{piece}: {:?}", begin.elapsed());
        }
    }
}
