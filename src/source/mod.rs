//! Papers in: one reader per outside format, found by content, never by name.
//!
//! A reader is an iterator, so a file of any size needs no more memory than its largest entry,
//! and one broken entry never hides the others. Knows nothing about the store.
//!
//! ```
//! use paperpick::source::{self, Hints};
//! let digest = "## Daily Papers (2024-04-25)\n### [A title](https://arxiv.org/abs/2404.15653)\nVote: 9\n";
//! let mut reader = source::read("digest.md", Box::new(digest.as_bytes()), &Hints::default())?;
//! let paper = reader.next().expect("one entry").expect("a good one");
//! assert_eq!(paper.top_votes(), Some(9));
//! # Ok::<(), paperpick::Error>(())
//! ```

mod announcement;
mod authors;
mod bibtex;
mod byline;
mod day;
mod digest;
mod element;
mod encoding;
mod export;
mod feed;
pub mod fetch;
mod html;
mod hugging_face;
mod item;
mod json;
mod lines;
mod markdown;
mod metadata;
mod oai;
mod opml;
mod people;
pub mod post;
mod reference;
mod ris;
mod semantic_scholar;
mod sniff;
#[cfg(test)]
mod tests;
mod xml;
mod zotero;

use std::fmt;
use std::io::{BufRead, Read};

use jiff::civil::Date;

use crate::error::{Error, Result};
use crate::paper::{Paper, PaperId, latex, one_line};

pub use announcement::Announcement;
use day::{leading_day, mail_day, parse_day};
pub(crate) use digest::{BY_MODEL, WRITER};
pub use oai::Harvest;
pub use opml::Feed;
pub use sniff::Format;
pub use zotero::{Collection, Item};

/// The most bytes that one entry may have. The largest real one, an abstract with a thousand
/// authors, has 60 kB; what is longer is a broken file, and is reported as a problem.
pub const MAX_ENTRY_BYTES: usize = 4 << 20;

/// Where in a file something was wrong, and what.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
pub struct Problem {
    /// The file or stream as the user named it.
    pub file: String,
    /// Line (text formats) or item (JSON arrays, XML), counted from 1.
    pub place: Place,
    /// What was expected and what came.
    pub message: String,
}

/// A position that a person can find again, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// A line of a text format.
    Line(usize),
    /// An item of a list.
    Item(usize),
}

/// How the message of a problem begins after which nothing more could be read.
const STOPPED: &str = "reading stopped here";

/// The message of a problem after which nothing more can be read.
fn stopped(error: std::io::Error) -> String {
    format!("{STOPPED}: {error}")
}

impl Problem {
    /// Whether nothing more of its file could be read, as of a cut gzip.
    pub fn ended_the_reading(&self) -> bool {
        self.message.starts_with(STOPPED)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.place {
            Place::Line(n) => write!(f, "{}:{n}: {}", self.file, self.message),
            Place::Item(n) => write!(f, "{}: item {n}: {}", self.file, self.message),
        }
    }
}

/// A title as this version reads it, of one in which an earlier version left markup.
pub fn printed(title: &str) -> String {
    one_line(&html::text(&latex::plain(title)))
}

/// What a reader yields: a paper, or what was wrong with the entry in its place.
pub type Entry = std::result::Result<Paper, Problem>;

/// What a reader of one format yields, before the file's name is put to a problem.
type Parsed = std::result::Result<Paper, (Place, String)>;

/// What the caller knows of a file and the file itself may not say.
#[derive(Debug, Clone, Default)]
pub struct Hints {
    /// The day that the file is about; used only where the content names none.
    pub day: Option<Date>,
    /// The name under which a feed's entries are listed, where the feed is not arXiv's.
    pub source: Option<String>,
}

/// The entries of one file or stream.
pub struct Reader {
    name: String,
    format: Format,
    entries: Box<dyn Iterator<Item = Parsed> + Send>,
    beside: export::Beside,
}

impl Reader {
    /// The format that the content was found to have.
    pub fn format(&self) -> Format {
        self.format
    }

    /// What an export says besides papers, as far as it has been read; each line comes once.
    pub fn beside(&self) -> Vec<serde_json::Value> {
        self.beside.lock().map(|mut lines| std::mem::take(&mut *lines)).unwrap_or_default()
    }
}

impl Iterator for Reader {
    type Item = Entry;

    fn next(&mut self) -> Option<Entry> {
        let found = self.entries.next()?;
        Some(found.map_err(|(place, message)| Problem { file: self.name.clone(), place, message }))
    }
}

impl fmt::Debug for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader")
            .field("name", &self.name)
            .field("format", &self.format)
            .finish_non_exhaustive()
    }
}

/// Recognises a file or stream by its content and reads it, unwrapping gzip.
///
/// A file that is empty, or holds only white space, has no entries and no problem.
///
/// # Errors
/// [`Error::UnknownFormat`] if no reader recognises the beginning,
/// [`Error::Io`] if even the beginning cannot be read. What fails later is a
/// [`Problem`] among the entries. [`Error::Invalid`] for what is read by another function of this
/// room: a list of feeds ([`feeds`]), of collections ([`collections`]).
pub fn read(name: &str, input: Box<dyn BufRead + Send>, hints: &Hints) -> Result<Reader> {
    let (format, input) = sniff::open(name, input)?;
    let beside = export::Beside::default();
    let entries: Box<dyn Iterator<Item = Parsed> + Send> = match format {
        Format::Digest => Box::new(digest::Digest::new(input, hints.day)),
        Format::HuggingFace => Box::new(hugging_face::papers(input, hints.day)),
        Format::Atom => Box::new(feed::atom(input, hints.clone())),
        Format::Rss => Box::new(feed::rss(input, hints.clone())),
        Format::Metadata => Box::new(metadata::papers(input)),
        Format::Export => Box::new(export::papers(input, beside.clone())),
        Format::Oai => Box::new(oai::papers(input)),
        Format::BibTex => or_nothing(bibtex::papers(input), "entries like `@article{key, …}`"),
        Format::Ris => Box::new(ris::papers(input)),
        Format::Zotero => {
            or_nothing(zotero::papers(input), "items that are papers, not notes or attachments")
        }
        Format::SemanticScholar => Box::new(semantic_scholar::papers(input)),
        Format::Opml | Format::ZoteroCollections => {
            return Err(Error::Invalid(format!(
                "{name} is a list of {format}, not of papers: `paperpick likes import {name}` takes it"
            )));
        }
    };
    Ok(Reader { name: name.to_owned(), format, entries, beside })
}

/// The entries of a file, or that there was nothing of what it should hold. Feeds and days may well be empty.
fn or_nothing(
    entries: impl Iterator<Item = Parsed> + Send + 'static,
    looked_for: &'static str,
) -> Box<dyn Iterator<Item = Parsed> + Send> {
    let mut entries = entries.peekable();
    let nothing = entries.peek().is_none();
    let said = nothing.then(|| Err((Place::Line(1), format!("nothing was read; looked for {looked_for}"))));
    Box::new(entries.chain(said))
}

/// Recognises a file by its content and gives it back as UTF-8, gzip unwrapped.
///
/// # Errors
/// As [`read`].
pub fn recognise(name: &str, input: Box<dyn BufRead + Send>) -> Result<(Format, Box<dyn BufRead + Send>)> {
    sniff::open(name, input)
}

/// The feeds of a list in OPML.
///
/// # Errors
/// [`Error::Invalid`] if the markup is broken; a list is small, and half of one is no list.
pub fn feeds(name: &str, input: impl BufRead) -> Result<Vec<Feed>> {
    let mut bytes = Vec::new();
    input.take(MAX_ENTRY_BYTES as u64).read_to_end(&mut bytes).map_err(Error::io(name))?;
    opml::feeds(&bytes).map_err(|message| Error::Invalid(format!("{name}: {message}")))
}

/// The items of a Zotero library with the collections they lie in.
pub fn items(name: &str, input: impl BufRead) -> impl Iterator<Item = std::result::Result<Item, Problem>> {
    zotero::items(input).map(move |item| item.map_err(|(place, message)| problem(name, place, message)))
}

/// The collections of a Zotero library.
pub fn collections(
    name: &str,
    input: impl BufRead,
) -> impl Iterator<Item = std::result::Result<Collection, Problem>> {
    zotero::collections(input)
        .map(move |found| found.map_err(|(place, message)| problem(name, place, message)))
}

/// Whether a document is a feed that lacks its end; a server that breaks off need not say so.
pub fn is_cut_off(document: &[u8]) -> bool {
    feed::is_cut_off(document)
}

/// One answer of OAI-PMH, whole.
pub fn harvest(input: impl BufRead) -> Harvest {
    oai::page(input)
}

/// The page `/list/<category>/new` of arXiv.
///
/// # Errors
/// What was expected and what came.
pub fn announcement(html: &str) -> std::result::Result<Announcement, String> {
    announcement::read(html)
}

fn problem(file: &str, place: Place, message: String) -> Problem {
    Problem { file: file.to_owned(), place, message }
}

/// A file that is not of papers, with gzip unwrapped.
///
/// # Errors
/// [`Error::Io`] if even the beginning cannot be read.
pub fn unpacked(name: &str, input: Box<dyn BufRead + Send>) -> Result<Box<dyn BufRead + Send>> {
    Ok(sniff::unpack(name, input)?.1)
}

/// The identifiers of a text, one a line, and a problem for each line that is none; ` #` begins a comment, for
/// addresses may hold others. An empty text has none.
///
/// # Errors
/// [`Error::Invalid`] if no line is an identifier: the text is no list of them.
pub fn identifiers(name: &str, text: &str) -> Result<(Vec<PaperId>, Vec<Problem>)> {
    let (mut ids, mut problems) = (Vec::new(), Vec::new());
    for (i, line) in text.split(['\n', '\r']).enumerate() {
        let line = line.split(" #").next().unwrap_or(line).trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        match identifier(line) {
            Ok(id) => ids.push(id),
            Err(error) => problems.push(problem(name, Place::Line(i + 1), error.to_string())),
        }
    }
    match problems.first() {
        Some(problem) if ids.is_empty() => Err(Error::Invalid(format!(
            "{problem}; looked for identifiers, one a line, such as 2404.15653, doi:10.1145/3292500 or \
             https://arxiv.org/abs/2404.15653"
        ))),
        _ => Ok((ids, problems)),
    }
}

/// The identifier of a line: the whole of it, an item of a list, the first word before a title, or the field that names
/// the paper of an object of JSON.
fn identifier(line: &str) -> Result<PaperId> {
    let object = serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(line).unwrap_or_default();
    let named =
        ["id", "arxiv_id", "arxiv", "doi", "url"].iter().filter_map(|name| object.get(*name)?.as_str());
    if let Some((id, _)) = named.filter_map(|name| PaperId::parse(name).ok()).next() {
        return Ok(id);
    }
    let item = markdown::unmarked(line);
    let first = || PaperId::parse(item.split([' ', '\t', ',', ';', '|']).next()?).ok();
    let (id, _) =
        PaperId::parse(line).or_else(|error| PaperId::parse(item).ok().or_else(first).ok_or(error))?;
    Ok(id)
}

/// The first day, written `YYYY-MM-DD`, in a file's name.
///
/// ```
/// let day = paperpick::source::day_in_name("digests/2024-04-25.md.gz");
/// assert_eq!(day, Some(jiff::civil::date(2024, 4, 25)));
/// ```
pub fn day_in_name(name: &str) -> Option<Date> {
    name.as_bytes().windows(10).enumerate().find_map(|(at, window)| {
        let digit = |i: Option<usize>| i.and_then(|i| name.as_bytes().get(i)).is_some_and(u8::is_ascii_digit);
        let alone = !digit(at.checked_sub(1)) && !digit(Some(at + 10));
        alone.then(|| parse_day(std::str::from_utf8(window).ok()?)).flatten()
    })
}

/// Whether a text is a category of arXiv's by its looks: `cs.CL`, `hep-th`, but not `03B70, 68Q99`.
fn is_category(text: &str) -> bool {
    let (archive, class) = text.split_once('.').unwrap_or((text, "a"));
    let word =
        |part: &str, of: fn(&u8) -> bool| !part.is_empty() && part.bytes().all(|b| b == b'-' || of(&b));
    word(archive, u8::is_ascii_lowercase) && word(class, u8::is_ascii_alphabetic)
}

/// A piece of what came, short enough for a message.
fn excerpt(text: &str) -> String {
    let text = text.trim_start();
    let mut short: String = text.chars().take(60).collect::<String>().replace(char::is_control, " ");
    if short.len() < text.trim_end().len() {
        short.push('…');
    }
    short
}
