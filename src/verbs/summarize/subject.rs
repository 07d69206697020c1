//! Whether a text is about its paper, as the library's model sees it: nearer to it than to nearly all others.

use crate::embed::{Embedding, Role, embed_papers};
use crate::error::Result;
use crate::library::Library;
use crate::paper::Paper;
use crate::progress::Silent;

/// So many other papers are compared.
const OTHERS: usize = 400;
/// One in so many of them may be nearer, and one in any case. Of 2,413 summaries in Korean, `eval summaries` tells how
/// many are seen to be about their paper, and how many of another paper's are.
const NEARER: usize = 20;

/// Other papers of the library.
pub(in crate::verbs) struct Subjects(Vec<Embedding>);

impl Subjects {
    /// A sample of the library.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    pub fn of(library: &Library) -> Result<Self> {
        let sample = library.with_vectors(&library.store.sample(OTHERS, 0)?)?;
        Ok(Self(sample.into_iter().map(|(_, vector)| vector).collect()))
    }

    /// Whether a text is about a paper.
    ///
    /// # Errors
    /// [`crate::Error::Model`].
    pub fn tell(&self, library: &Library, paper: &Paper, text: &str) -> Result<bool> {
        let embedder = library.embedder.as_ref();
        let said = embedder.embed(Role::Document, &[text], &Silent)?;
        // Only what the text was made of: nobody else's summaries.
        let bare = Paper { summaries: Default::default(), ..paper.clone() };
        let own = embed_papers(embedder, &[&bare], &Silent)?;
        let (Some(said), Some(own)) = (said.first(), own.first()) else { return Ok(true) };
        let near = said.cosine(own);
        let nearer = self.0.iter().filter(|other| said.cosine(other) > near).count();
        Ok(nearer <= (self.0.len() / NEARER).max(1))
    }
}
