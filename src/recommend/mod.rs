//! The learned profile: which papers its reader will like, and why. Pure functions.
//!
//! A [`Lexicon`] turns papers into rows of a [`Corpus`]: a dense block (meaning) and sparse blocks
//! (terms, authors, categories, votes). [`learn`] is the one path from ratings to a profile, for
//! `today` and for a replay alike: it groups the likes into [`interests`] and fits one convex model
//! to rated and background rows ([`Profile::learn`]). [`Profile::logit`] ranks,
//! [`Profile::probability`] says how sure it is, and [`Profile::explain`] why. [`diversify`] makes a
//! short list, [`ask`] says what to ask a new reader, and [`similar`] fuses meaning and words for
//! the papers similar to one.
//!
//! Knows nothing about stores, days or terminals.

pub mod ask;
mod band;
mod calibrate;
mod centre;
mod centroid;
mod corpus;
pub mod diversify;
mod drawn;
mod features;
pub mod floors;
pub mod interests;
mod learn;
mod nonzero;
mod options;
mod page;
mod profile;
mod reason;
pub mod similar;
mod solve;
mod weights;

#[cfg(test)]
mod tests;

pub use band::Band;
pub use corpus::Corpus;
pub use features::{Block, IN_TITLE, Lexicon};
pub use learn::{Learned, Pool, RatedRow, learn};
pub use options::{Options, Scales};
pub use profile::{Example, Explanation, Judged, Profile, RatedPart};
pub use reason::Reason;
