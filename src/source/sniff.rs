//! What a file is, by its first bytes.

use std::fmt;
use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::bufread::MultiGzDecoder;

use serde_json::Value;

use super::{encoding, excerpt};
use crate::error::{Error, Result};

/// How much of a file is looked at. A row of the largest format has 60 kB.
const HEAD_BYTES: u64 = 64 << 10;

/// A file that was packed more often than this was packed to do harm.
const MAX_WRAPPINGS: usize = 3;

/// A format that a reader knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Format {
    /// A day's digest in Markdown.
    Digest,
    /// Hugging Face daily papers, as JSON.
    HuggingFace,
    /// An Atom feed, of arXiv or another site.
    Atom,
    /// An RSS feed of any version, of arXiv or another site.
    Rss,
    /// arXiv metadata as JSON lines.
    Metadata,
    /// paperpick's own JSON lines.
    Export,
    /// An answer of OAI-PMH.
    Oai,
    /// BibTeX or BibLaTeX.
    BibTex,
    /// RIS.
    Ris,
    /// Items of Zotero, or CSL JSON.
    Zotero,
    /// An answer of Semantic Scholar.
    SemanticScholar,
    /// A list of feeds.
    Opml,
    /// Collections of Zotero.
    ZoteroCollections,
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Digest => "digest in Markdown",
            Self::HuggingFace => "Hugging Face daily papers",
            Self::Atom => "Atom feed",
            Self::Rss => "RSS feed",
            Self::Metadata => "arXiv metadata",
            Self::Export => "paperpick's own export",
            Self::Oai => "OAI-PMH records",
            Self::BibTex => "BibTeX",
            Self::Ris => "RIS",
            Self::Zotero => "Zotero items",
            Self::SemanticScholar => "Semantic Scholar papers",
            Self::Opml => "feeds",
            Self::ZoteroCollections => "collections",
        })
    }
}

const EXPECTED: &str = "a digest in Markdown, daily papers of Hugging Face, an Atom or RSS feed, \
    arXiv metadata as JSON lines or OAI-PMH, BibTeX, RIS, JSON of Zotero or Semantic Scholar, or \
    paperpick's own export";

type Input = Box<dyn BufRead + Send>;

/// What a file may come to when it is unpacked: this much, and 200 times its length. Text packs 3 to 10 times
/// smaller, one word over and over 1,000 times, and so again each time it is packed.
const UNPACKED_BYTES: u64 = 4 << 20;
const UNPACKED_TIMES: u64 = 200;

/// Counts the bytes that are read.
struct Counted<R> {
    inner: R,
    n: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(into)?;
        self.n.fetch_add(n as u64, Ordering::Relaxed);
        Ok(n)
    }
}

/// Ends with an error where too much comes out of what went in.
struct Unpacked<R> {
    inner: R,
    n: u64,
    packed: Arc<AtomicU64>,
}

impl<R: Read> Read for Unpacked<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(into)?;
        self.n += n as u64;
        let packed = self.packed.load(Ordering::Relaxed);
        if self.n > UNPACKED_BYTES + UNPACKED_TIMES * packed {
            return Err(io::Error::other(format!(
                "{packed} packed bytes come to more than {UNPACKED_TIMES} times as many, so it was packed to do harm"
            )));
        }
        Ok(n)
    }
}

/// Unwraps gzip, decodes to UTF-8, recognises the format, and gives the input back from its beginning.
pub(super) fn open(name: &str, input: Input) -> Result<(Format, Input)> {
    let (head, input) = unpack(name, input)?;
    let text = String::from_utf8_lossy(&head);
    let text = text.trim_start_matches('\u{feff}');
    let format = recognise(text).ok_or_else(|| Error::UnknownFormat {
        name: name.to_owned(),
        expected: EXPECTED,
        begins: match text
            .contains(|c: char| c.is_control() && !c.is_whitespace() || c == char::REPLACEMENT_CHARACTER)
        {
            true => "bytes that are no text".to_owned(),
            false => format!("`{}`{}", excerpt(text), about_json(text)),
        },
    })?;
    Ok((format, input))
}

/// What is wrong with a beginning that is meant to be JSON, or which keys it has; nothing of other text.
fn about_json(text: &str) -> String {
    let text = text.trim_start();
    if !text.starts_with(['{', '[']) {
        return String::new();
    }
    let is_whole = (text.len() as u64) < HEAD_BYTES;
    match serde_json::Deserializer::from_str(text).into_iter::<Value>().next() {
        Some(Err(error)) if is_whole || !error.is_eof() => format!(", which is no JSON: {error}"),
        Some(Ok(value)) => {
            let first = value.as_array().and_then(|items| items.first()).unwrap_or(&value);
            let keys: Vec<&str> =
                first.as_object().into_iter().flatten().map(|(key, _)| key.as_str()).take(8).collect();
            format!(
                ", JSON with {}: a paper has at least an `id` and a `title`",
                if keys.is_empty() {
                    "no keys".to_owned()
                } else {
                    format!("the keys {}", excerpt(&keys.join(", ")))
                }
            )
        }
        _ => String::new(),
    }
}

/// Whether a document begins as a feed does.
pub(super) fn is_feed(document: &[u8]) -> bool {
    let head = String::from_utf8_lossy(&document[..document.len().min(HEAD_BYTES as usize)]);
    matches!(recognise(head.trim_start_matches('\u{feff}')), Some(Format::Atom | Format::Rss))
}

/// Unwraps gzip and decodes to UTF-8: the first bytes of what was inside, and all of it.
pub(super) fn unpack(name: &str, input: Input) -> Result<(Vec<u8>, Input)> {
    let packed = Arc::new(AtomicU64::new(0));
    let mut input: Input = Box::new(BufReader::new(Counted { inner: input, n: packed.clone() }));
    for _ in 0..=MAX_WRAPPINGS {
        let (head, rewound) = peek(input).map_err(Error::io(name))?;
        if !head.starts_with(&[0x1f, 0x8b]) {
            return peek(Box::new(encoding::Decoded::new(rewound))).map_err(Error::io(name));
        }
        let inner = MultiGzDecoder::new(rewound);
        input = Box::new(BufReader::new(Unpacked { inner, n: 0, packed: packed.clone() }));
    }
    Err(Error::Invalid(format!("{name} is packed with gzip more than {MAX_WRAPPINGS} times")))
}

/// The first bytes, and the input as if nothing had been read.
fn peek(mut input: Input) -> io::Result<(Vec<u8>, Input)> {
    let mut head = Vec::new();
    match input.by_ref().take(HEAD_BYTES).read_to_end(&mut head) {
        // What can be read before a failure is read; the failure comes up again at its place.
        Err(error) if head.is_empty() => return Err(error),
        _ => {}
    }
    let rewound = Cursor::new(head.clone()).chain(input);
    Ok((head, Box::new(rewound)))
}

fn recognise(head: &str) -> Option<Format> {
    let text = head.trim_start();
    match text.chars().next() {
        None => Some(Format::Digest),
        Some('<') => xml(text),
        Some('[') => array(text),
        Some('{') => object(text),
        Some(_) => {
            let found = TEXTS.iter().find(|(_, begins)| has_line(text, begins)).map(|(format, _)| *format);
            // A server may say something before the document that was asked for.
            let begins = text.find("<?xml").or_else(|| Some(text.find("\n<")? + 1));
            found.or_else(|| xml(&text[begins?..]))
        }
    }
}

type LineTest = fn(&str) -> bool;

/// The formats of plain text, each with what one of its lines looks like.
const TEXTS: [(Format, LineTest); 3] = [
    (Format::Digest, |line| super::digest::begins_entry(line) || is_digest_heading(line)),
    (Format::Ris, super::ris::begins_record),
    (Format::BibTex, super::bibtex::begins_entry),
];

fn has_line(text: &str, test: impl Fn(&str) -> bool) -> bool {
    text.split(['\n', '\r']).any(|line| test(line.trim_start()))
}

fn is_digest_heading(line: &str) -> bool {
    line.starts_with('#') && super::day_in_name(line).is_some()
}

/// The format of a document in XML, by its root. Warnings of the server may stand before it, and comments.
fn xml(text: &str) -> Option<Format> {
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        if let Some(comment) = rest.strip_prefix("!--") {
            rest = comment.find("-->").map_or("", |end| &comment[end..]);
            continue;
        }
        let name = rest
            .split(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | '/'))
            .next()
            .unwrap_or_default();
        match name.rsplit(':').next().unwrap_or(name).to_ascii_lowercase().as_str() {
            "feed" | "entry" => return Some(Format::Atom),
            "rss" => return Some(Format::Rss),
            // RSS 0.90 and 1.0 among all that is written in RDF.
            "rdf" => return (rest.contains("channel") || rest.contains("<item")).then_some(Format::Rss),
            "oai-pmh" => return Some(Format::Oai),
            "opml" => return Some(Format::Opml),
            "html" | "head" | "body" => return None,
            _ => {}
        }
    }
    None
}

fn array(text: &str) -> Option<Format> {
    let first = text[1..].trim_start();
    // What is empty is a day on which nothing was picked; broken days are lists of texts.
    if first.starts_with(']') || first.starts_with("\"{'paper'") {
        Some(Format::HuggingFace)
    } else if is_scholar(text) || first.starts_with("null") {
        Some(Format::SemanticScholar)
    } else if has_key(text, "paper") {
        Some(Format::HuggingFace)
    } else if is_zotero(text) {
        Some(Format::Zotero)
    } else {
        has_key(text, "parentCollection").then_some(Format::ZoteroCollections)
    }
}

fn object(text: &str) -> Option<Format> {
    let row = text.split(['\n', '\r']).next().unwrap_or(text);
    let has_list = has_key(text, "data");
    if text.starts_with(super::export::BESIDE) {
        Some(Format::Export)
    } else if has_key(text, "recommendedPapers") || is_scholar(text) || has_key(row, "corpusid") {
        Some(Format::SemanticScholar)
    } else if has_list && (has_key(text, "paper") || text.contains("{'paper'")) {
        Some(Format::HuggingFace)
    } else if has_list && (has_key(text, "offset") || has_key(text, "token")) {
        // A search that found nothing.
        Some(Format::SemanticScholar)
    } else if METADATA_KEYS.iter().any(|key| has_key(row, key)) {
        Some(Format::Metadata)
    } else if is_zotero(text) && (has_key(text, "itemType") || CSL_KEYS.iter().any(|key| has_key(text, key)))
    {
        Some(Format::Zotero)
    } else if has_key(row, "id") && has_key(row, "title") {
        Some(Format::Export)
    } else {
        None
    }
}

fn is_scholar(text: &str) -> bool {
    ["paperId", "citingPaper", "citedPaper", "corpusId"].iter().any(|key| has_key(text, key))
}

/// Keys of a reference, beside a type and a title that much other JSON has.
const CSL_KEYS: [&str; 6] = ["issued", "author", "editor", "DOI", "container-title", "publisher"];

/// Items of Zotero, or CSL JSON.
fn is_zotero(text: &str) -> bool {
    has_key(text, "itemType") || has_key(text, "type") && has_key(text, "title")
}

/// Keys that only arXiv's metadata has, and never paperpick's own lines.
const METADATA_KEYS: [&str; 6] =
    ["listed", "created", "update_date", "versions", "authors_parsed", "primary"];

/// Whether the text holds a key. Inside a JSON string its quotes would be escaped, so this
/// cannot mistake an abstract for a key.
fn has_key(text: &str, key: &str) -> bool {
    let quoted = format!("\"{key}\"");
    text.match_indices(&quoted)
        .any(|(at, _)| !text[..at].ends_with('\\') && text[at + quoted.len()..].trim_start().starts_with(':'))
}
