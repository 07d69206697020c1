//! XML in two steps: cut a stream into its entries, then read one entry into a small tree.
//!
//! Cutting first means that an entry with broken markup does not hide the others, and that
//! memory is bounded by one entry. Names are compared without their namespace prefix.

use std::io::{BufRead, Bytes};

use quick_xml::Reader;
use quick_xml::escape::resolve_html5_entity;
use quick_xml::events::{BytesStart, Event};

use super::MAX_ENTRY_BYTES;

/// Feeds nest a handful of elements; more is an attack on the stack.
const MAX_DEPTH: usize = 64;

/// Cuts a document into the texts of its entries: the elements called `name`.
pub(super) struct Entries<R> {
    input: Bytes<R>,
    name: &'static str,
    /// The entry that is open.
    entry: Option<Vec<u8>>,
    /// What stands outside of all entries: the feed's own title, a resumption token.
    outside: Vec<u8>,
    /// The root element's full name, until it is closed.
    root: Option<Vec<u8>>,
    ended: bool,
}

/// What kind of markup a byte belongs to.
#[derive(Clone, Copy, PartialEq)]
enum Inside {
    Text,
    Tag,
    /// Ends with the given bytes.
    Until(&'static [u8]),
}

impl<R: BufRead> Entries<R> {
    pub(super) fn new(input: R, name: &'static str) -> Self {
        Self { input: input.bytes(), name, entry: None, outside: Vec::new(), root: None, ended: false }
    }

    /// What stood outside of all entries so far, as far as it is well-formed.
    pub(super) fn around(&self) -> Element {
        let text = String::from_utf8_lossy(&self.outside);
        Element::read(&text).0
    }

    fn push(&mut self, byte: u8) {
        let buffer = self.entry.as_mut().unwrap_or(&mut self.outside);
        // One byte more than allowed is kept, to tell that there were too many.
        if buffer.len() <= MAX_ENTRY_BYTES {
            buffer.push(byte);
        }
    }

    /// Takes note of a complete tag, given without its brackets.
    fn tag(&mut self, tag: &[u8]) -> Option<Result<Vec<u8>, String>> {
        let closing = tag.starts_with(b"/");
        let full = tag[usize::from(closing)..]
            .split(|b| b.is_ascii_whitespace() || *b == b'/')
            .next()
            .unwrap_or_default();
        let local = full.rsplit(|&b| b == b':').next().unwrap_or_default();
        if local != self.name.as_bytes() {
            if self.root.is_none() && !closing && !tag.starts_with(b"?") && !tag.starts_with(b"!") {
                self.root = Some(full.to_owned());
            } else if closing && self.root.as_deref() == Some(full) {
                self.ended = true;
                return self.entry.take().map(|_| Err(format!("the <{}> has no end", self.name)));
            }
            return None;
        }
        if closing {
            return self.entry.take().map(|entry| match entry.len() {
                0..=MAX_ENTRY_BYTES => Ok(entry),
                _ => Err(format!("the <{}> is longer than {MAX_ENTRY_BYTES} bytes", self.name)),
            });
        }
        // The tag itself has gone to the buffer before; it belongs to the new entry.
        let length = tag.len() + 2;
        let start: Vec<u8> = [b"<", tag, b">"].concat();
        if tag.ends_with(b"/") {
            return None;
        }
        let before = self.entry.replace(start);
        if before.is_none() {
            self.outside.truncate(self.outside.len().saturating_sub(length));
        }
        before.map(|_| Err(format!("the <{}> has no end", self.name)))
    }

    fn end(&mut self) -> Option<Result<Vec<u8>, String>> {
        self.ended = true;
        match (self.entry.take(), self.root.take()) {
            (Some(_), _) => Some(Err(format!("the file ends inside a <{}>", self.name))),
            (None, Some(root)) => {
                Some(Err(format!("the file ends before </{}>", String::from_utf8_lossy(&root))))
            }
            (None, None) => None,
        }
    }
}

impl<R: BufRead> Iterator for Entries<R> {
    type Item = Result<Vec<u8>, String>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let (mut inside, mut markup) = (Inside::Text, Vec::new());
        loop {
            let byte = match self.input.next() {
                None => return self.end(),
                Some(Err(error)) => {
                    self.ended = true;
                    return Some(Err(super::stopped(error)));
                }
                Some(Ok(byte)) => byte,
            };
            self.push(byte);
            match inside {
                Inside::Text if byte == b'<' => {
                    inside = Inside::Tag;
                    markup.clear();
                }
                Inside::Text => {}
                Inside::Tag if byte == b'>' => {
                    inside = Inside::Text;
                    if let Some(found) = self.tag(&markup) {
                        return Some(found);
                    }
                    if self.ended {
                        return None;
                    }
                }
                Inside::Tag => {
                    if markup.len() < MAX_ENTRY_BYTES {
                        markup.push(byte);
                    }
                    inside = match markup.as_slice() {
                        b"!--" => Inside::Until(b"-->"),
                        b"![CDATA[" => Inside::Until(b"]]>"),
                        _ => Inside::Tag,
                    };
                    if inside != Inside::Tag {
                        markup.clear();
                    }
                }
                Inside::Until(end) => {
                    markup.push(byte);
                    if markup.ends_with(end) {
                        inside = Inside::Text;
                    } else if markup.len() > 64 {
                        markup.drain(..60);
                    }
                }
            }
        }
    }
}

/// An element with all that is in it.
#[derive(Debug, Default)]
pub(super) struct Element {
    /// Without its namespace prefix.
    pub(super) name: String,
    attributes: Vec<(String, String)>,
    children: Vec<Element>,
    text: String,
}

impl Element {
    /// Reads the bytes of one element.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, String> {
        let text = std::str::from_utf8(bytes)
            .map_err(|error| format!("not UTF-8 from byte {} of the entry on", error.valid_up_to() + 1))?;
        let (mut around, problem) = Self::read(text);
        match (problem, around.children.pop()) {
            (None, Some(element)) => Ok(element),
            (problem, _) => Err(problem.unwrap_or_else(|| "there is no element".to_owned())),
        }
    }

    /// All that can be read, as children of a nameless element, and what was wrong.
    fn read(text: &str) -> (Self, Option<String>) {
        let mut reader = Reader::from_str(text);
        let mut open = vec![Self::default()];
        let problem = loop {
            let event = match reader.read_event() {
                Ok(event) => event,
                Err(error) => break Some(format!("the markup is broken: {error}")),
            };
            let depth = open.len();
            let Some(current) = open.last_mut() else { break None };
            match event {
                Event::Start(_) if depth > MAX_DEPTH => {
                    break Some(format!("more than {MAX_DEPTH} elements are nested"));
                }
                Event::Start(start) => open.push(Self::begin(&start)),
                Event::Empty(start) => current.children.push(Self::begin(&start)),
                Event::End(_) => close(&mut open),
                Event::Text(text) => current.text.push_str(&text.xml10_content()),
                Event::CData(data) => current.text.push_str(&data.xml10_content()),
                Event::GeneralRef(reference) => match reference.resolve_char_ref() {
                    Ok(Some(c)) => current.text.push(c),
                    // What no standard names is kept as it was written.
                    _ => match resolve_html5_entity(&reference.xml10_content()) {
                        Some(text) => current.text.push_str(text),
                        None => current.text.push_str(&format!("&{};", reference.xml10_content())),
                    },
                },
                Event::Eof => break None,
                Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
            }
        };
        while open.len() > 1 {
            close(&mut open);
        }
        (open.pop().unwrap_or_default(), problem)
    }

    fn begin(start: &BytesStart<'_>) -> Self {
        let attributes = start
            .html_attributes()
            .flatten()
            .map(|attribute| {
                let name = attribute.key.local_name().as_ref().to_owned();
                let value = quick_xml::escape::unescape_with(&attribute.value, resolve_html5_entity);
                (name, value.unwrap_or(attribute.value.clone()).into_owned())
            })
            .collect();
        let name = start.local_name().as_ref().to_owned();
        Self { name, attributes, ..Self::default() }
    }

    /// The children with a name, in order.
    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Self> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The first element with a name, however deep.
    pub(super) fn find(&self, name: &str) -> Option<&Self> {
        self.children.iter().find_map(|child| if child.name == name { Some(child) } else { child.find(name) })
    }

    /// The text of the first child with a name, trimmed; `None` if there is none or it is blank.
    pub(super) fn text_of(&self, name: &str) -> Option<&str> {
        let named = self.children.iter().filter(|child| child.name == name);
        named.map(Self::text).find(|text| !text.is_empty())
    }

    /// The text directly inside, trimmed.
    pub(super) fn text(&self) -> &str {
        self.text.trim()
    }

    /// The value of an attribute.
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

fn close(open: &mut Vec<Element>) {
    if let Some(done) = open.pop()
        && let Some(parent) = open.last_mut()
    {
        parent.children.push(done);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(text: &str) -> Vec<Result<String, String>> {
        Entries::new(text.as_bytes(), "entry")
            .map(|entry| entry.map(|bytes| String::from_utf8(bytes).unwrap()))
            .collect()
    }

    #[test]
    fn a_document_is_cut_into_its_entries() {
        let text = "<?xml version='1.0'?><feed><!-- <entry> --><title>t</title><entry><a/></entry>\
                    <x:entry id='1'><![CDATA[</entry>]]></x:entry><token>5</token></feed>";
        let mut cut = Entries::new(text.as_bytes(), "entry");
        let found: Vec<_> = cut.by_ref().map(|entry| String::from_utf8(entry.unwrap()).unwrap()).collect();
        assert_eq!(found, ["<entry><a/></entry>", "<x:entry id='1'><![CDATA[</entry>]]></x:entry>"]);
        let feed = cut.around();
        assert_eq!(feed.find("token").map(|token| token.text.as_str()), Some("5"));
    }

    #[test]
    fn an_entry_without_an_end_does_not_swallow_the_next() {
        assert_eq!(
            entries("<feed><entry><a><entry>b</entry></feed>"),
            [Err("the <entry> has no end".to_owned()), Ok("<entry>b</entry>".to_owned())]
        );
    }

    #[test]
    fn a_file_that_was_cut_off_says_so() {
        for (text, problem) in [
            ("<feed><entry>a</entry><entry>b", "the file ends inside a <entry>"),
            ("<feed><entry>a</entry><title>", "the file ends before </feed>"),
        ] {
            let found = entries(text);
            assert_eq!(found, [Ok("<entry>a</entry>".to_owned()), Err(problem.to_owned())]);
        }
    }

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
}
