//! The grammar of one entry, read as tolerantly as the programs that write it need.
//!
//! `@type{key, name = {value} # "value" # macro, …}`, in round brackets as well. What BibTeX itself
//! forgives is forgiven (text between entries, missing and repeated commas), and so is what other readers
//! forgive: an empty key, a quotation mark inside a quoted value, a stray word between fields.

use std::cell::Cell;
use std::collections::HashMap;

use super::MAX_ENTRY_BYTES;

/// Abbreviations by their names in lower case, and how many bytes more they may stand for: where one doubles
/// another, a few letters a time stand for megabytes, and each use of them costs as much.
#[derive(Debug, Default)]
pub(super) struct Abbreviations {
    by_name: HashMap<String, String>,
    left: Cell<usize>,
}

impl Abbreviations {
    /// Lets them stand for so many bytes more.
    pub(super) fn allow(&self, n_bytes: usize) {
        self.left.set(self.left.get().saturating_add(n_bytes));
    }

    /// Whether they have stood for all that they may.
    pub(super) fn are_spent(&self) -> bool {
        self.left.get() == 0
    }

    pub(super) fn insert(&mut self, name: String, value: String) {
        self.by_name.insert(name, value);
    }

    /// What a word stands for; for itself where nobody defined it, or they are spent.
    fn text<'a>(&'a self, word: &'a str) -> &'a str {
        match self.by_name.get(&word.to_lowercase()) {
            Some(value) if !self.are_spent() => {
                self.left.set(self.left.get().saturating_sub(value.len()));
                value
            }
            _ => word,
        }
    }
}

/// The longest name of a field that is looked for behind a quotation mark.
const LONGEST_NAME: usize = 60;

/// An entry as it stands in the file: values are raw TeX.
#[derive(Debug, Default, PartialEq)]
pub(super) struct RawEntry {
    /// In lower case.
    pub(super) kind: String,
    /// May be empty.
    pub(super) key: String,
    /// Names in lower case, in order.
    pub(super) fields: Vec<(String, String)>,
}

impl RawEntry {
    /// The first field with a name that is not blank.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let named = self.fields.iter().filter(|(known, _)| known == name);
        named.map(|(_, value)| value.trim()).find(|value| !value.is_empty())
    }
}

/// Where an entry begins, and its type: `@misc{`, `@article (`, `@string{`.
pub(super) fn beginning(text: &str) -> Option<(usize, &str)> {
    // `ann@example.org` begins nothing.
    let begins = |at: usize| !text[..at].ends_with(|c: char| c.is_alphanumeric());
    text.match_indices('@').filter(|(at, _)| begins(*at)).find_map(|(at, _)| Some((at, kind(&text[at..])?)))
}

/// The type of the entry that a text begins with.
pub(super) fn kind(text: &str) -> Option<&str> {
    let word = text.strip_prefix('@')?.trim_start();
    let length =
        word.find(|c: char| !c.is_ascii_alphanumeric() && !"_-+.:/".contains(c)).unwrap_or(word.len());
    let (kind, after) = word.split_at(length);
    let is_kind =
        kind.starts_with(|c: char| c.is_ascii_alphabetic()) && after.trim_start().starts_with(['{', '(']);
    is_kind.then_some(kind)
}

/// Reads the entry that a text begins with, and gives what follows it. Where braces do not match, a value
/// ends with the line behind which the next field begins.
///
/// # Errors
/// What was expected, and the byte at which it was not there.
pub(super) fn read<'a>(text: &'a str, known: &Abbreviations) -> Result<(RawEntry, &'a str), (usize, String)> {
    read_as(text, known, false).or_else(|broken| read_as(text, known, true).map_err(|_| broken))
}

fn read_as<'a>(
    text: &'a str,
    known: &Abbreviations,
    by_lines: bool,
) -> Result<(RawEntry, &'a str), (usize, String)> {
    let start = text.find(['{', '(']).unwrap_or(text.len());
    let close = if text[start..].starts_with('(') { ')' } else { '}' };
    let kind = kind(text).unwrap_or_default().to_ascii_lowercase();
    let mut entry = Cursor { text, at: (start + 1).min(text.len()), close, known, by_lines };
    let mut read = RawEntry { kind, ..RawEntry::default() };
    if read.kind != "string" {
        read.key = entry.key();
    }
    let mut length = 0;
    while let Some((name, value)) = entry.field().map_err(|message| (entry.at, message))? {
        length += name.len() + value.len();
        if length > MAX_ENTRY_BYTES {
            return Err((entry.at, too_long()));
        }
        read.fields.push((name, value));
    }
    Ok((read, &text[entry.at..]))
}

fn too_long() -> String {
    format!("the entry is longer than {MAX_ENTRY_BYTES} bytes")
}

/// What follows the brackets of a `@comment` or a `@preamble`; all of it if they do not close.
pub(super) fn skip(text: &str) -> &str {
    let start = text.find(['{', '(']).unwrap_or(text.len());
    let (open, close) = if text[start..].starts_with('(') { (b'(', b')') } else { (b'{', b'}') };
    let mut depth = 0_usize;
    for (at, byte) in text.bytes().enumerate().skip(start) {
        depth += usize::from(byte == open);
        depth -= usize::from(byte == close);
        if depth == 0 {
            return &text[at + 1..];
        }
    }
    ""
}

struct Cursor<'a> {
    text: &'a str,
    at: usize,
    /// The bracket that ends the entry.
    close: char,
    known: &'a Abbreviations,
    /// Whether braces cannot be trusted.
    by_lines: bool,
}

impl<'a> Cursor<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn next(&self) -> Option<char> {
        self.rest().chars().next()
    }

    /// White space, and remarks from `%` to the end of a line.
    fn space(&mut self) {
        loop {
            let rest = self.rest();
            let trimmed = rest.trim_start();
            self.at += rest.len() - trimmed.len();
            let Some(remark) = trimmed.strip_prefix('%') else { return };
            self.at += 1 + remark.find('\n').unwrap_or(remark.len());
        }
    }

    /// The citation key: all up to the first comma; none where the first field follows at once.
    fn key(&mut self) -> String {
        let rest = self.rest();
        let end = rest.find([',', '=', self.close]).unwrap_or(rest.len());
        if rest[end..].starts_with('=') {
            // `{key`, a line's end, and no comma between them.
            let Some((key, _)) = rest[..end].split_once('\n').filter(|(key, _)| !key.trim().is_empty())
            else {
                return String::new();
            };
            self.at += key.len();
            return key.trim().to_owned();
        }
        self.at += end;
        rest[..end].trim().to_owned()
    }

    /// The next field, or `None` at the end of the entry.
    fn field(&mut self) -> Result<Option<(String, String)>, String> {
        loop {
            self.space();
            match self.next() {
                None => return Err("it has no end".to_owned()),
                Some(',') => self.at += 1,
                Some(c) if c == self.close => {
                    self.at += 1;
                    // `title = {A}}, year = 2020}`: one brace too many ends nothing.
                    let next = self.rest().trim_start().strip_prefix(',').map(str::trim_start);
                    if next.is_some_and(begins_field) {
                        continue;
                    }
                    return Ok(None);
                }
                // The other bracket: as good an end as none.
                Some('}') => {
                    self.at += 1;
                    return Ok(None);
                }
                Some(_) => {
                    let rest = self.rest();
                    let end = rest.find(['=', ',', '{', '}', '"', '@']).unwrap_or(rest.len());
                    let name = rest[..end].trim();
                    let is_name = !name.is_empty() && !name.contains('\n');
                    self.at += end;
                    match rest[end..].chars().next() {
                        Some('=') if is_name => {
                            self.at += 1;
                            let name = name.to_lowercase();
                            return self.value().map(|value| Some((name, value)));
                        }
                        // A word without a value is no field, and costs no other.
                        Some(',' | '}') => {}
                        Some('=') => {
                            self.at += 1;
                            self.value()?;
                        }
                        Some(found) => {
                            return Err(format!(
                                "expected `name = value`, but found `{found}` behind `{}`",
                                super::excerpt(name)
                            ));
                        }
                        None => return Err("it has no end".to_owned()),
                    }
                }
            }
        }
    }

    /// `{…} # "…" # macro # 2024`
    fn value(&mut self) -> Result<String, String> {
        let mut value = String::new();
        loop {
            self.space();
            match self.next() {
                None => return Err("it has no end".to_owned()),
                Some('{') => value.push_str(self.braced()?),
                Some('"') => value.push_str(self.quoted()?),
                Some(_) => {
                    let rest = self.rest();
                    let ends = |c: char| {
                        c.is_whitespace() || matches!(c, ',' | '#' | '}' | '"' | '{') || c == self.close
                    };
                    let word = &rest[..rest.find(ends).unwrap_or(rest.len())];
                    let stops = |c: char| matches!(c, ',' | '#' | '{' | '}' | '"' | '\n') || c == self.close;
                    let line = &rest[..rest.find(stops).unwrap_or(rest.len())];
                    // Words without braces or quotes around them are still a value.
                    let word = if line.contains('=') { word } else { line.trim_end() };
                    self.at += word.len();
                    value.push_str(self.known.text(word));
                }
            }
            // Few letters can stand for many by abbreviations.
            if value.len() > MAX_ENTRY_BYTES {
                return Err(too_long());
            }
            self.space();
            if self.next() != Some('#') {
                return Ok(value);
            }
            self.at += 1;
        }
    }

    fn braced(&mut self) -> Result<&'a str, String> {
        let rest = self.rest();
        let mut depth = 0_usize;
        for (at, byte) in rest.bytes().enumerate() {
            match byte {
                b'{' => depth += 1,
                b'}' => depth = depth.saturating_sub(1),
                b'\n' if self.by_lines && begins_field(rest[at + 1..].trim_start_matches([' ', '\t'])) => {
                    self.at += at;
                    return Ok(rest[1..at].trim_end_matches([',', '}', ' ', '\r']));
                }
                _ => continue,
            }
            let ends =
                if self.by_lines { byte == b'}' && self.ends_line(&rest[at + 1..]) } else { depth == 0 };
            if ends {
                self.at += at + 1;
                return Ok(&rest[1..at]);
            }
        }
        Err("a brace is not closed".to_owned())
    }

    /// Whether a line ends here, and the next one begins a field or ends the entry.
    fn ends_line(&self, after: &str) -> bool {
        let after = after.strip_prefix(',').unwrap_or(after);
        let next = after.trim_start();
        let on_new_line = after[..after.len() - next.len()].contains('\n');
        on_new_line && (next.starts_with(self.close) || begins_field(next))
    }

    fn quoted(&mut self) -> Result<&'a str, String> {
        let rest = self.rest();
        let mut depth = 0_usize;
        for (at, byte) in rest.bytes().enumerate().skip(1) {
            match byte {
                b'{' => depth += 1,
                b'}' => depth = depth.saturating_sub(1),
                // `"G\"odel"`: what goes on as a text has not ended.
                b'"' if depth == 0 && self.ends_value(&rest[at + 1..]) => {
                    self.at += at + 1;
                    return Ok(&rest[1..at]);
                }
                _ => {}
            }
        }
        Err("a quotation mark is not closed".to_owned())
    }

    /// Whether what follows a quotation mark goes on with the entry and not with a text.
    fn ends_value(&self, after: &str) -> bool {
        let next = after.trim_start();
        let on_new_line = after[..after.len() - next.len()].contains('\n');
        // The next field may follow where a comma is missing.
        next.is_empty() || next.starts_with([',', '#', '}', self.close]) || on_new_line && begins_field(next)
    }
}

/// Whether a text begins with `name =`.
fn begins_field(text: &str) -> bool {
    let is_word = |b: u8| b.is_ascii_alphanumeric() || b"_-+.:/ \t".contains(&b);
    text.bytes().take(LONGEST_NAME).find(|&b| !is_word(b)) == Some(b'=')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn abbreviations_do_not_make_an_entry_endless() {
        let mut known = Abbreviations::default();
        known.insert("a".to_owned(), "x".repeat(1 << 20));
        known.allow(usize::MAX);
        let is_refused = |text: &str| read(text, &known).is_err_and(|(_, message)| message == too_long());
        assert!(is_refused(&format!("@misc{{k, title = a{}}}", " # a".repeat(9))));
        assert!(is_refused(&format!("@misc{{k{}}}", ", title = a".repeat(9))));
        assert!(read("@misc{k, title = a # a}", &known).is_ok());
    }
}
