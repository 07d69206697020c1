//! XML in two steps: cut a stream into its entries, then read one entry into a small tree.
//!
//! Cutting first means that an entry with broken markup does not hide the others, and that
//! memory is bounded by one entry. Names are compared without their namespace prefix and their case.

use std::collections::VecDeque;
use std::io::{BufRead, Bytes};

use super::MAX_ENTRY_BYTES;
pub(super) use super::element::Element;

/// How much of a comment is looked back at.
const REMEMBERED: usize = 300;

/// The root elements of the documents that are cut. What stands before them, as the warnings of a server do,
/// belongs to no document.
const ROOTS: [&str; 4] = ["feed", "rss", "RDF", "OAI-PMH"];

/// Whether a name in a document is that of an element, without its prefix.
fn is_named(full: &[u8], name: &str) -> bool {
    full.rsplit(|&b| b == b':').next().is_some_and(|local| local.eq_ignore_ascii_case(name.as_bytes()))
}

/// Cuts a document into the texts of its entries: the elements called `name`.
pub(super) struct Entries<R> {
    input: Bytes<R>,
    /// What was taken for a part of a comment, and is read once more.
    again: VecDeque<u8>,
    name: &'static str,
    /// The entry that is open.
    entry: Option<Vec<u8>>,
    /// Where in it the next one seems to begin, inside a comment or CDATA that has not ended yet.
    next_at: Option<usize>,
    /// What stands outside of all entries: the feed's own title, a resumption token.
    outside: Vec<u8>,
    /// The root element's full name, until it is closed.
    root: Option<Vec<u8>>,
    closed: bool,
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
        Self {
            input: input.bytes(),
            again: VecDeque::new(),
            name,
            entry: None,
            next_at: None,
            outside: Vec::new(),
            root: None,
            closed: false,
            ended: false,
        }
    }

    /// What stood outside of all entries so far, as far as it is well-formed.
    pub(super) fn around(&self) -> Element {
        let text = String::from_utf8_lossy(&self.outside);
        Element::around(&text)
    }

    /// Whether a root element was opened, and is not closed.
    pub(super) fn is_open(&self) -> bool {
        self.root.is_some() && !self.closed
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
        if !is_named(full, self.name) {
            if self.root.is_none() && !closing && ROOTS.iter().any(|root| is_named(full, root)) {
                self.root = Some(full.to_owned());
            } else if closing && self.root.as_ref().is_some_and(|root| root.eq_ignore_ascii_case(full)) {
                (self.closed, self.ended) = (true, true);
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

    /// Where in this entry the next one begins, if a comment or CDATA was `seen` up to the tag that begins it,
    /// behind the tag that ends this one.
    fn next_begins(&self, seen: &[u8]) -> Option<usize> {
        let entry = self.entry.as_ref().filter(|entry| entry.len() <= MAX_ENTRY_BYTES)?;
        let last_tag = |seen: &[u8]| {
            let at = seen.iter().rposition(|&b| b == b'<')?;
            Some((at, seen[at + 1..].strip_suffix(b">")?.to_owned()))
        };
        let (at, begin) = last_tag(seen)?;
        let name = begin.split(u8::is_ascii_whitespace).next().unwrap_or_default();
        let begins = is_named(name, self.name) && !begin.ends_with(b"/");
        let (_, end) = last_tag(seen[..at].trim_ascii_end()).filter(|_| begins)?;
        let ends = is_named(end.strip_prefix(b"/")?, self.name);
        ends.then(|| entry.len().saturating_sub(seen.len() - at))
    }

    /// Takes note of what was `seen` of a comment or CDATA that has not ended. Where the next entry seems to begin
    /// in it, it may be a text about markup. But if another comment begins before this one ends, or the entry
    /// becomes too long, somebody forgot to close it; then this is the entry before the next.
    fn unended(&mut self, seen: &[u8], end: &[u8]) -> Option<Vec<u8>> {
        if self.next_at.is_none() && seen.ends_with(b">") {
            self.next_at = self.next_begins(seen);
        }
        let begins: &[u8] = if end == b"-->" { b"<!--" } else { b"<![CDATA[" };
        let is_too_long = self.entry.as_ref().is_some_and(|entry| entry.len() > MAX_ENTRY_BYTES);
        if is_too_long || seen.ends_with(begins) { self.begin_anew() } else { None }
    }

    /// Ends the entry where the next one seems to begin, and goes back to there.
    fn begin_anew(&mut self) -> Option<Vec<u8>> {
        let at = self.next_at.take()?;
        let mut entry = self.entry.take()?;
        for byte in entry.split_off(at).into_iter().rev() {
            self.again.push_front(byte);
        }
        Some(entry)
    }

    fn end(&mut self) -> Option<Result<Vec<u8>, String>> {
        self.ended = true;
        match (self.entry.take(), &self.root) {
            (Some(_), _) => Some(Err(format!("the file ends inside a <{}>", self.name))),
            (None, Some(root)) => {
                Some(Err(format!("the file ends before </{}>", String::from_utf8_lossy(root))))
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
            let byte = match self.again.pop_front().map(Ok).or_else(|| self.input.next()) {
                None => return self.begin_anew().map(Ok).or_else(|| self.end()),
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
                // `a < b </entry>`: what came before was no tag.
                Inside::Tag if byte == b'<' => markup.clear(),
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
                        (inside, self.next_at) = (Inside::Text, None);
                    } else if let Some(entry) = self.unended(&markup, end) {
                        return Some(Ok(entry));
                    } else if markup.len() > 2 * REMEMBERED {
                        markup.drain(..REMEMBERED);
                    }
                }
            }
        }
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
        assert_eq!(feed.find("token").map(|token| token.text()), Some("5"));
    }

    #[test]
    fn an_entry_without_an_end_does_not_swallow_the_next() {
        assert_eq!(
            entries("<feed><entry><a><entry>b</entry></feed>"),
            [Err("the <entry> has no end".to_owned()), Ok("<entry>b</entry>".to_owned())]
        );
    }

    #[test]
    fn a_comment_without_an_end_does_not_swallow_the_next_entry() {
        for open in ["<!-- a", "<![CDATA[a"] {
            let text = format!("<feed><entry>{open}</entry>\n<entry id='2'>b</entry></feed>");
            let expected = [Ok(format!("<entry>{open}</entry>\n")), Ok("<entry id='2'>b</entry>".to_owned())];
            assert_eq!(entries(&text), expected);
        }
    }

    #[test]
    fn a_comment_that_ends_may_speak_of_entries() {
        for (open, close) in [("<!--", "-->"), ("<![CDATA[", "]]>")] {
            let one = format!("<entry>{open}Write <pre></entry>\n<entry>x</pre>{close}</entry>");
            let two = format!("<entry>{open}b{close}</entry>");
            assert_eq!(entries(&format!("<feed>{one}{two}</feed>")), [Ok(one), Ok(two.clone())]);
            let broken = format!("<entry>{open}a</entry>\n");
            let expected = [Ok(broken.clone()), Ok(broken.clone()), Ok(two.clone())];
            assert_eq!(entries(&format!("<feed>{broken}{broken}{two}</feed>")), expected);
            let long = "<entry>c</entry>".repeat(MAX_ENTRY_BYTES / 15);
            assert_eq!(entries(&format!("<feed>{broken}{long}</feed>")).len(), 1 + MAX_ENTRY_BYTES / 15);
        }
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
}
