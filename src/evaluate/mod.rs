//! Proof: history replayed in time order, and judged lists, against the rankers of today.

pub mod embedding;
pub mod models;
