//! What a reader likes: rating papers, taking likes over from elsewhere, and what is learned from them.

pub mod import;
pub mod profile;
pub mod rate;
pub mod saved;
