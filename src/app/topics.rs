//! A day in named groups.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::Serialize;

use super::{App, Brief, Days};
use crate::embed::Embedding;
use crate::error::Result;
use crate::paper::{Paper, PaperId};
use crate::topics::{self, Calibration, Document};

/// Enough pairs (80,000) to know the middle of their cosines to the third digit.
const CALIBRATION_SAMPLE: usize = 400;

/// A day's topics.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Topics {
    /// The first day.
    pub first: Date,
    /// The last day.
    pub last: Date,
    /// How many papers were listed.
    pub n_listed: usize,
    /// The groups, the largest first; a paper that fits nowhere stands alone.
    pub groups: Vec<Group>,
}

/// Papers of one topic.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Group {
    /// The name, of the group's own words.
    pub name: String,
    /// The paper most like all others of the group.
    pub representative: String,
    /// The members, the most typical first.
    pub papers: Vec<Brief>,
}

impl App {
    /// The days' papers in named groups.
    ///
    /// # Errors
    /// [`crate::Error::NothingListed`].
    pub fn topics(&self, days: Days) -> Result<Topics> {
        let (first, last) = self.resolve(days)?;
        let listed = self.with_vectors(&self.store.listed(first, last)?)?;
        let texts: Vec<String> = listed.iter().map(|(stored, _)| body(&stored.paper)).collect();
        let documents: Vec<Document<'_>> = listed
            .iter()
            .zip(&texts)
            .map(|((stored, embedding), text)| Document {
                id: &stored.paper.id,
                title: &stored.paper.title,
                text,
                embedding,
                votes: stored.paper.top_votes(),
            })
            .collect();
        let briefs: BTreeMap<&PaperId, Brief> =
            listed.iter().map(|(stored, _)| (&stored.paper.id, Brief::of(&stored.paper))).collect();
        let groups = topics::group(&documents, self.calibration()?).into_iter().map(|topic| Group {
            name: topic.name,
            representative: topic.representative.to_string(),
            papers: topic.papers.iter().filter_map(|id| briefs.get(id).cloned()).collect(),
        });
        Ok(Topics { first, last, n_listed: listed.len(), groups: groups.collect() })
    }

    /// What unrelated papers of this library have in common under the present model.
    fn calibration(&self) -> Result<Calibration> {
        let sample = self.with_vectors(&self.store.sample(CALIBRATION_SAMPLE, 0)?)?;
        let vectors: Vec<&Embedding> = sample.iter().map(|(_, vector)| vector).collect();
        Ok(Calibration::measure(&vectors))
    }
}

/// Abstract and summaries, one after the other.
fn body(paper: &Paper) -> String {
    let texts = [&paper.abstract_text].into_iter().chain(paper.summaries.values());
    texts.filter(|text| !text.is_empty()).cloned().collect::<Vec<_>>().join("\n")
}
