//! The library's own history, as a replay walks it.

use super::App;
use crate::embed::{Embedding, Silent, embed_papers};
use crate::error::Result;
use crate::evaluate::log::{Listed, Log, Rating};
use crate::paper::Paper;
use crate::store::Rating as Said;
use jiff::tz::TimeZone;

/// The name of a library's reader in its log.
const READER: &str = "reader";

impl App {
    /// Every listed paper and every rating of the library, with the papers' vectors in their order.
    ///
    /// # Errors
    /// [`crate::Error::Sqlite`], or [`crate::Error::Model`] if vectors are missing and the model
    /// cannot run.
    pub fn history(&self) -> Result<(Log, Vec<Embedding>)> {
        let mut papers = Vec::new();
        self.store.each_paper(|stored| {
            papers.extend(stored.paper.first_listed().map(|day| Listed { day, paper: stored.paper }));
            Ok(())
        })?;
        let ratings = self.store.ratings(self.reader)?.into_iter().map(|rated| Rating {
            user: READER.to_owned(),
            id: rated.id,
            liked: rated.rating == Said::Like,
            at: rated.at.to_zoned(TimeZone::UTC).datetime(),
        });
        let log = Log::new(papers, ratings.collect());
        let papers: Vec<&Paper> = log.papers.iter().map(|listed| &listed.paper).collect();
        let vectors = embed_papers(self.embedder.as_ref(), &papers, &Silent)?;
        Ok((log, vectors))
    }
}
