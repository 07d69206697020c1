//! The lists of a day, one for each reader, and the queue of those that are to be made: workers of any number, on any
//! machine, take from it, and what one that died had taken falls to the others.

use jiff::Timestamp;
use jiff::civil::Date;

use crate::error::Result;
use crate::paper::ReaderId;

/// A list that a worker has taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TakenList {
    /// Whose it is.
    pub reader: ReaderId,
    /// What it is to be made of, as [`Lists::ask_for_lists`] was told, and the reader's ratings, interests and marks.
    pub made_of: String,
}

/// What became of a list that was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListEnd<'a> {
    /// It is made: this is it.
    Made(&'a str),
    /// It could not be, and nobody takes it again until lists are asked for once more.
    Failed(&'a str),
    /// It is to be taken again later.
    Later,
}

/// How far the lists of a day are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ListsLeft {
    /// So many are not made yet, by whomever they are taken.
    pub waiting: u64,
    /// So many could not be made.
    pub failed: u64,
}

/// The lists of days.
pub trait Lists {
    /// Asks for the list of everybody who has an account (or of the only reader) for a day. Those that are made of the
    /// same stay; lists of days before `oldest` are forgotten.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    fn ask_for_lists(&mut self, day: Date, made_of: &str, oldest: Date) -> Result<()>;

    /// Takes up to `most` lists that are to be made, and that nobody has taken since `stale`. No two workers get the
    /// same, and none waits for another.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    fn take_lists(
        &mut self,
        day: Date,
        worker: &str,
        at: Timestamp,
        stale: Timestamp,
        most: usize,
    ) -> Result<Vec<TakenList>>;

    /// Ends a list that a worker took; false if it was taken from it meanwhile, or is to be made of something else now.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    fn end_list(&mut self, day: Date, worker: &str, taken: &TakenList, end: ListEnd<'_>) -> Result<bool>;

    /// How far the lists of a day are.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    fn lists_left(&self, day: Date) -> Result<ListsLeft>;

    /// The list of a reader, if it is made.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    fn list(&self, day: Date, reader: ReaderId) -> Result<Option<String>>;
}

/// What a reader's list rests on besides the papers, in SQL that every engine knows; `r.reader` is the reader.
pub(super) const SAID: &str = "
    coalesce((SELECT count(*) || ' ' || max(at) || ' ' || sum(rating) FROM ratings WHERE reader = r.reader), '') || ' ' ||
    coalesce((SELECT count(*) || ' ' || max(at) FROM interests WHERE reader = r.reader), '') || ' ' ||
    coalesce((SELECT count(*) || ' ' || max(at) FROM topic_marks WHERE reader = r.reader), '')";

/// Everybody whose lists are made, in SQL.
pub(super) const READERS: &str =
    "SELECT reader FROM accounts UNION ALL SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM accounts)";
