//! One paper under several names: the rules by which what a file says is of a paper that is known.
//!
//! A preprint has the DOI of its published version, a bibliography gives no more than title and authors, and an earlier
//! version of this program trusted some names too far. What readers said is kept by identifier, so it goes along
//! whenever a paper's name changes.
//!
//! The rules are every engine's; what they ask of one is the trait [`Shelf`]. Knows nothing about transactions.

mod known;
mod merging;
mod put;
mod same;
mod twins;

pub(super) use known::stored_as;
pub(super) use put::put;

use super::StoredPaper;
use crate::error::Result;
use crate::hash::fnv1a;
use crate::paper::{Paper, PaperId, Row, title_key};

/// More papers than this under one DOI, title or bare name tell nothing.
pub(super) const FEW: usize = 9;

/// What an engine knows of the names that papers go by.
pub(super) trait Names {
    /// Whether there is a paper under this very identifier.
    fn is_there(&self, id: &PaperId) -> Result<bool>;

    /// The first [few](FEW) papers of arXiv whose sources name this DOI, by identifier.
    fn with_doi(&self, doi: &str) -> Result<Vec<PaperId>>;

    /// The first [few](FEW) papers whose identifiers are this one and a fingerprint.
    fn with_fingerprint(&self, id: &PaperId) -> Result<Vec<PaperId>>;

    /// The paper that an alias means.
    fn meant(&self, alias: &PaperId) -> Result<Option<PaperId>>;
}

/// How an engine finds and changes papers, within a transaction of its own.
pub(super) trait Shelf: Names {
    /// The paper under this very identifier.
    fn find(&self, id: &PaperId) -> Result<Option<StoredPaper>>;

    /// The first [few](FEW) papers whose titles have this [hash](title_hash), by identifier.
    fn with_title(&self, hash: i64) -> Result<Vec<PaperId>>;

    /// Keeps that a name means a paper which goes by one of a better kind.
    fn note_alias(&self, alias: &PaperId, row: Row) -> Result<()>;

    /// All aliases of one paper mean another.
    fn move_aliases(&self, from: Row, to: Row) -> Result<()>;

    /// Whether a paper may be two in one, of one [shared name](super::SharedName).
    fn is_shared(&self, row: Row) -> Result<bool>;

    /// A paper is none of those any more.
    fn unshare(&self, row: Row) -> Result<()>;

    /// Those among them that had this title, whatever the case of its ASCII letters, by identifier.
    fn shared_with_title(&self, title: &str) -> Result<Vec<PaperId>>;

    /// Writes a paper that is not there.
    fn insert(&self, paper: &Paper) -> Result<()>;

    /// Writes a paper in the place of what was known of it.
    fn rewrite(&self, known: &StoredPaper, paper: &Paper) -> Result<()>;

    /// Gives a paper another identifier; what readers said of it stays with the old one.
    fn set_id(&self, row: Row, id: &PaperId) -> Result<()>;

    /// What readers said of a paper by one name is said by another. Of two ratings the later one holds.
    fn rename(&self, from: &PaperId, to: &PaperId) -> Result<()>;

    /// Which papers a reader was shown, and so will not be shown again, goes along; of two days the earlier one.
    fn move_shown(&self, from: Row, to: Row) -> Result<()>;

    /// Removes a paper that another has taken in, and tells that it is gone. Its row is not given away again.
    fn remove(&self, row: Row) -> Result<()>;
}

/// What the spellings of one title share, as a number that engines keep.
pub(super) fn title_hash(title: &str) -> i64 {
    hash_of_key(&title_key(title))
}

fn hash_of_key(key: &str) -> i64 {
    fnv1a(key.bytes()).cast_signed()
}
