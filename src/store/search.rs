//! Words in papers, and which papers are meant.

mod asked;
#[cfg(any(test, feature = "postgres"))]
mod letters;
mod plan;
#[cfg(any(test, feature = "postgres"))]
mod stem;
#[cfg(any(test, feature = "postgres"))]
mod tokens;

pub(super) use asked::{Term, indexed, indexed_texts};
#[cfg(test)]
pub(super) use plan::is_common;
pub(super) use plan::{MANY, Query, Words, has_any, n_saying, rows_saying, search};
#[cfg(any(test, feature = "postgres"))]
pub(super) use tokens::tokens;

use crate::error::Result;
use crate::paper::{ReaderId, Row, Within};

/// Papers by what they say and what is known of them.
pub trait Search {
    /// The first `n` rows that hold all of the words (the last one may be unfinished), of those that are
    /// `meant` (ascending; all of them where that is `None`), best first by BM25 with a title counting
    /// four times, ties by row. Never an error, whatever the words.
    ///
    /// In a library of more than 5,000 papers not all can be ranked while somebody types. There,
    /// a last word of one to four letters is taken as whole, and if too few papers hold it, those
    /// that hold the others follow. Words that more than half of the papers hold choose papers and do not
    /// order them. Of more than 5,000 papers that hold the words, 5,000 are ranked: the newest that hold
    /// them in the title, then the newest that hold them; and where all words are so common, that is the
    /// order.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    fn search(&self, words: &str, n: usize, meant: Option<&[Row]>) -> Result<Vec<Row>>;

    /// Whether any row holds any of the words; the last one may be unfinished.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    fn has_any(&self, words: &str) -> Result<bool>;

    /// How many papers say a word in whichever form, or one that begins with it; at most `most` are counted.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    fn n_saying(&self, word: &str, is_begun: bool, most: usize) -> Result<usize>;

    /// The rows, ascending, in which all of the phrases stand word by word, none of what is unwanted, and each of the
    /// people's words among the authors.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    fn rows_saying(&self, phrases: &[String], unwanted: &[String], people: &[String]) -> Result<Vec<Row>>;

    /// The rows that are meant, ascending, muted or not.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    fn rows_within(&self, within: &Within, reader: ReaderId) -> Result<Vec<Row>>;
}
