//! Short texts about papers: by a language model that the user has set up, or of the abstract's own sentences.
//!
//! What a model answers is data from a stranger: it is checked against the paper, and nothing in it is followed.

mod check;
mod endpoint;
mod extract;
mod names;
mod numbers;
mod prompt;

pub use check::{Wrong, check};
pub use endpoint::{Endpoint, Failed};
pub use extract::{SENTENCES, extract};
pub use prompt::{of, recipe};
