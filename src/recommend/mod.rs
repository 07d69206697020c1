//! The learned profile: which papers its reader will like, and why. Pure functions.
//!
//! A [`Lexicon`] turns papers into rows of a [`Corpus`]: a dense block (meaning) and sparse blocks
//! (terms, authors, categories, votes). [`Profile::learn`] fits one convex model to rated and
//! background rows; [`Profile::logit`] ranks, [`Profile::probability`] says how sure it is, and
//! [`Profile::explain`] why. [`interests`] finds the several fields of one reader, [`diversify`]
//! makes a short list, [`ask`] what to ask a new reader.
//!
//! Knows nothing about stores, days or terminals.

pub mod ask;
mod calibrate;
pub mod diversify;
mod features;
pub mod interests;
mod profile;
mod solve;

#[cfg(test)]
mod tests;

pub use features::{Block, Corpus, Lexicon};
pub use profile::{Example, Explanation, Options, Profile, Scales};
