//! Proof: history replayed in time order, and judged lists, against the rankers of today.

pub mod embedding;
mod features;
pub mod first;
pub mod groups;
#[cfg(feature = "hdbscan")]
pub mod hdbscan;
mod known;
mod learned;
mod linear;
pub mod lists;
pub mod log;
pub mod metrics;
pub mod models;
mod ngrams;
pub mod rankers;
pub mod replay;
pub mod start;
pub mod trec;
