//! The library's own history, as a replay walks it.

use std::collections::HashMap;

use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::App;
use crate::embed::Embedding;
use crate::error::{Error, Result};
use crate::evaluate::log::{Listed, Log, Rating};
use crate::paper::PaperId;
use crate::store::{Rating as Said, Row};

/// The name of a library's reader in its log.
const READER: &str = "reader";

impl App {
    /// Every paper and every rating of the library, with the papers' vectors in their order. A
    /// paper that no source listed is from before all days.
    ///
    /// # Errors
    /// [`crate::Error::Sqlite`], or [`crate::Error::Model`] if vectors are missing and the model
    /// cannot run.
    pub fn history(&self) -> Result<(Log, Vec<Embedding>)> {
        let mut rows: Vec<Row> = Vec::new();
        self.store.each_paper(|stored| {
            rows.push(stored.row);
            Ok(())
        })?;
        let (mut papers, mut vectors) = (Vec::new(), HashMap::<PaperId, Embedding>::new());
        for (stored, vector) in self.with_vectors(&rows)? {
            vectors.insert(stored.paper.id.clone(), vector);
            let day = stored.paper.first_listed().unwrap_or(Date::MIN);
            papers.push(Listed { day, paper: stored.paper });
        }
        let ratings = self.store.ratings(self.reader)?.into_iter().map(|rated| Rating {
            user: READER.to_owned(),
            id: rated.id,
            liked: rated.rating == Said::Like,
            at: rated.at.to_zoned(TimeZone::UTC).datetime(),
        });
        let log = Log::new(papers, ratings.collect());
        let mut of = |listed: &Listed| vectors.remove(&listed.paper.id).ok_or(Error::NoDirection);
        let vectors = log.papers.iter().map(&mut of).collect::<Result<_>>()?;
        Ok((log, vectors))
    }
}
