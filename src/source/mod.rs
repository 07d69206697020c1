//! Papers in: one reader per outside format, found by content, never by name.
//!
//! A reader is an iterator, so a file of any size needs no more memory than its largest entry,
//! and one broken entry never hides the others. Knows nothing about the store.

use std::fmt;

use crate::paper::Paper;

/// Where in a file something was wrong, and what.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Problem {
    /// The file or stream as the user named it.
    pub file: String,
    /// Line (text formats) or item (JSON arrays, XML), counted from 1.
    pub place: Place,
    /// What was expected and what came.
    pub message: String,
}

/// A position that a person can find again, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// A line of a text format.
    Line(usize),
    /// An item of a list.
    Item(usize),
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.place {
            Place::Line(n) => write!(f, "{}:{n}: {}", self.file, self.message),
            Place::Item(n) => write!(f, "{}: item {n}: {}", self.file, self.message),
        }
    }
}

/// What a reader yields: a paper, or what was wrong with the entry in its place.
pub type Entry = std::result::Result<Paper, Problem>;
