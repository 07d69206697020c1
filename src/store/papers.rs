//! Papers in and out of the store, each under one of its names.

use crate::error::Result;
use crate::paper::{Paper, PaperId, Row, Said};

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
    fn sample(&self, n: usize, seed: u64) -> Result<Vec<Row>>;

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
