//! How far a long piece of work has come.

/// Hears how far a long piece of work has come.
pub trait Progress: Sync {
    /// `n` more items are done.
    fn advance(&self, n: usize);

    /// Something besides that a person who waits wants to know.
    fn tell(&self, _what: &str) {}
}

/// Hears nothing.
pub struct Silent;

impl Progress for Silent {
    fn advance(&self, _: usize) {}
}
