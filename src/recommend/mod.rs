//! The learned profile: which papers its reader will like, and why. Pure functions.
//!
//! A [`Lexicon`] turns papers into rows of a [`Corpus`]: a dense block (meaning) and sparse blocks
//! (terms, authors, categories, votes). [`Profile::learn`] fits one convex model to rated and
//! background rows; [`Profile::logit`] ranks.
//!
//! Knows nothing about stores, days or terminals.

mod features;
mod profile;
mod solve;

#[cfg(test)]
mod tests;

pub use features::{Block, Corpus, Lexicon};
pub use profile::{Example, Options, Profile, Scales};
