//! Which papers of a library are meant.

use jiff::civil::Date;

/// A filter; the default lets every paper through.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Within {
    /// Listed on this day or later; a paper that was never listed counts by its publication.
    pub since: Option<Date>,
    /// Listed, or published, on this day or before.
    pub until: Option<Date>,
    /// In one of these categories; in any, where none is named.
    pub categories: Vec<String>,
    /// Rated by the reader, or not.
    pub rated: Option<bool>,
    /// With so many votes or more.
    pub votes: Option<u32>,
    /// Excludes papers of muted topics and interests. Applied by the library; the store ignores this field.
    pub unmuted: bool,
}
