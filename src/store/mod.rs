//! The only SQL, a folder for each engine: papers, vectors, ratings, days.
//!
//! Knows nothing about files of papers, models or ranking.

mod sqlite;

pub use sqlite::*;
