//! Papers in and out of the store, each under one of its names.

use std::collections::BTreeMap;

use crate::error::Result;
use crate::hash::fnv1a;
use crate::paper::{Language, Paper, PaperId, Row, Said};
use crate::random::mix;

/// A paper and its row.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredPaper {
    /// The row.
    pub row: Row,
    /// The paper.
    pub paper: Paper,
}

/// What putting a paper in the store did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It was not there.
    Added,
    /// It was there, and something new was said of it.
    Updated,
    /// It was there, and nothing new was said of it.
    Unchanged,
}

/// A paper that earlier versions knew by a name which two papers may share, so that it may be two in one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharedName {
    /// Its identifier.
    pub id: PaperId,
    /// The title that stands there.
    pub title: String,
}

/// The papers.
pub trait Papers {
    /// Stores papers in one transaction, each merged with what is known of it.
    ///
    /// # Errors
    /// [`crate::Error::Database`]; then none of them is stored.
    fn put(&mut self, papers: Vec<Paper>) -> Result<Vec<Change>>;

    /// The paper with this identifier, or the one that is [stored](Self::stored_as) under another.
    ///
    /// # Errors
    /// [`crate::Error::UnknownPaper`].
    fn paper(&self, id: &PaperId) -> Result<StoredPaper>;

    /// The papers of these rows, in the order of the rows given; rows that are gone are left out.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    fn papers(&self, rows: &[Row]) -> Result<Vec<StoredPaper>>;

    /// The identifier under which a paper is stored that is asked for by another: by its DOI, or by a name
    /// without the fingerprint of its title. The same where there is none, or more than one.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    fn stored_as(&self, id: &PaperId) -> Result<PaperId>;

    /// Papers that may be two in one, by identifier: their names were trusted over files. Importing their files
    /// again parts them.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    fn shared_names(&self) -> Result<Vec<SharedName>>;

    /// What the papers of these rows say, title, abstract and summaries in one text each, in the
    /// order of the rows given; an empty text for a row that is gone.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    fn texts(&self, rows: &[Row]) -> Result<Vec<String>>;

    /// What the papers of these rows are compared by beside their vectors: texts, authors and categories, in
    /// the order of the rows given; nothing for a row that is gone.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    fn said(&self, rows: &[Row]) -> Result<Vec<Said>>;

    /// Hashes of what the papers of these rows say, title, abstract and summaries; rows that are gone
    /// are left out.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    fn text_hashes(&self, rows: &[Row]) -> Result<Vec<i64>>;

    /// The rows of papers that were added or changed after an [edition of the papers](super::Upkeep::papers_edition), in
    /// order.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    fn changed_since(&self, edition: u64) -> Result<Vec<Row>>;

    /// Every paper in the order of rows; a few hundred are held at a time.
    ///
    /// # Errors
    /// [`crate::Error::Database`], or the first error of `visit`.
    fn each_paper(&self, visit: &mut dyn FnMut(StoredPaper) -> Result<()>) -> Result<()>;

    /// Up to `n` rows spread evenly over the whole library, in order; another seed gives others.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    fn sample(&self, n: usize, seed: u64) -> Result<Vec<Row>> {
        self.sample_up_to(self.last_row()?, n, seed)
    }

    /// The highest row; 0 for an empty library.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    fn last_row(&self) -> Result<Row>;

    /// As [`sample`](Self::sample), of the rows up to `last`.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    fn sample_up_to(&self, last: Row, n: usize, seed: u64) -> Result<Vec<Row>>;
}

/// So many papers are read at once where all are.
pub(super) const BLOCK: usize = 256;

/// Rows up to `last` of which a [sample](Papers::sample_up_to) is those that are there: one from each of `n` equal
/// stretches, at a place that the seed decides.
pub(super) fn sampled(last: Row, n: usize, seed: u64) -> impl Iterator<Item = Row> {
    let last = last.max(0) as u64;
    let n = (n as u64).min(last);
    (0..n).map(move |i| {
        let (from, to) = (i * last / n, (i + 1) * last / n);
        (from + mix(seed ^ i) % (to - from) + 1) as Row
    })
}

/// What a vector was made of: two papers' texts with one hash share a vector's freshness only, so
/// 64 bits of FNV-1a (which never changes) are enough.
pub(super) fn text_hash(paper: &Paper) -> i64 {
    let texts = paper.texts();
    fnv1a(texts.iter().flat_map(|text| text.bytes().chain([0]))) as i64
}

/// What of a paper is indexed: if none of it changes, its words stay.
pub(super) fn indexed_words(paper: &Paper) -> (Vec<String>, &BTreeMap<Language, String>, &[String]) {
    // A summary in English is among the words also where an abstract is there to be embedded.
    (paper.texts(), &paper.summaries, &paper.authors)
}

/// A language as engines keep it.
pub(super) fn language_code(language: Language) -> &'static str {
    match language {
        Language::En => "en",
        Language::Ko => "ko",
    }
}

/// The language of such a code.
pub(super) fn language_of(code: &str) -> Language {
    if code == "ko" { Language::Ko } else { Language::En }
}
