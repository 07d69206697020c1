//! Days in groups, and the topics that a reader has marked.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::Library;
use crate::embed::Embedding;
use crate::error::{Error, Result};
use crate::paper::{Paper, PaperId, Row};
use crate::store::{MarkedTopic, StoredPaper};
use crate::topics::thread::Core;
use crate::topics::{self, Calibration, Document, Topic};

/// Enough pairs (80,000) to know the middle of their cosines to the third digit.
const CALIBRATION_SAMPLE: usize = 400;

/// Some days' papers, grouped.
pub(crate) struct Grouped {
    pub first: Date,
    pub last: Date,
    pub listed: Vec<(StoredPaper, Embedding)>,
    pub topics: Vec<Topic>,
}

impl Grouped {
    /// The core of each topic.
    pub fn cores(&self) -> Vec<Core> {
        let vectors: BTreeMap<&PaperId, &Embedding> =
            self.listed.iter().map(|(stored, vector)| (&stored.paper.id, vector)).collect();
        let core =
            |topic: &Topic| Core::of(topic.papers.iter().filter_map(|id| Some((id, *vectors.get(id)?))));
        self.topics.iter().map(core).collect()
    }
}

/// A mark with the core of its papers.
pub(crate) type MarkedCore = (MarkedTopic, Core);

/// The mark whose topic a group is, the most alike.
pub(crate) fn mark_of<'m>(
    core: &Core,
    marks: &'m [MarkedCore],
    calibration: Calibration,
) -> Option<&'m MarkedTopic> {
    let likeness = |(_, marked): &MarkedCore| core.likeness(marked, calibration.dense);
    let best = marks
        .iter()
        .max_by(|a, b| likeness(a).total_cmp(&likeness(b)).then_with(|| b.0.name.cmp(&a.0.name)))?;
    (likeness(best) >= 1.0).then_some(&best.0)
}

impl Library {
    /// The papers of some days in groups.
    ///
    /// # Errors
    /// [`Error::TooManyPapers`].
    pub(crate) fn grouped(&self, (first, last): (Date, Date), calibration: Calibration) -> Result<Grouped> {
        let rows = self.store.listed(first, last)?;
        topics::check_size(rows.len())?;
        let listed = self.with_vectors(&rows)?;
        let texts = bodies(&listed);
        let group = || topics::group(&documents(&listed, &texts), calibration);
        let topics = self.large.group(rows.len(), || self.store.still_wanted(), group)?;
        Ok(Grouped { first, last, listed, topics })
    }

    /// Each day with papers, grouped when it is its turn, the oldest first. A day with more papers than can be
    /// grouped is passed over: it hides no other day.
    pub(crate) fn days_grouped(
        &self,
        (first, last): (Date, Date),
        calibration: Calibration,
    ) -> Result<impl DoubleEndedIterator<Item = Result<Grouped>>> {
        let mut days = self.store.days_of(1)?;
        days.retain(|day| (first..=last).contains(day));
        let grouped = days.into_iter().map(move |day| self.grouped((day, day), calibration));
        Ok(grouped.filter(|grouped| !matches!(grouped, Err(Error::TooManyPapers { .. }))))
    }

    /// All of some days at once, or where they have more papers than can be grouped, as few stretches of them as
    /// can be; the oldest first. A day with too many papers is passed over.
    pub(crate) fn stretches_grouped(
        &self,
        (first, last): (Date, Date),
        calibration: Calibration,
    ) -> Result<impl Iterator<Item = Result<Grouped>>> {
        let mut stretches: Vec<(Date, Date, usize)> = Vec::new();
        let mut goes_on = false;
        for day in self.store.days_of(1)?.into_iter().filter(|day| (first..=last).contains(day)) {
            let n = self.store.listed(day, day)?.len();
            if topics::check_size(n).is_err() {
                goes_on = false;
                continue;
            }
            match stretches.last_mut() {
                Some((_, end, so_far)) if goes_on && topics::check_size(*so_far + n).is_ok() => {
                    (*end, *so_far) = (day, *so_far + n);
                }
                _ => stretches.push((day, day, n)),
            }
            goes_on = true;
        }
        Ok(stretches.into_iter().map(move |(from, to, _)| self.grouped((from, to), calibration)))
    }

    /// Refuses days with more papers than can be grouped, before anything is read of them.
    ///
    /// # Errors
    /// [`Error::TooManyPapers`].
    pub(crate) fn check_groupable(&self, (first, last): (Date, Date)) -> Result<()> {
        topics::check_size(self.store.listed(first, last)?.len())
    }

    /// What unrelated papers of this library have in common under the present model.
    pub(crate) fn calibration(&self) -> Result<Calibration> {
        let sample = self.with_vectors(&self.store.sample(CALIBRATION_SAMPLE, 0)?)?;
        let texts = bodies(&sample);
        Ok(Calibration::measure(&documents(&sample, &texts)))
    }

    /// The reader's marked topics, each with the core of its papers.
    pub(crate) fn marked_cores(&self) -> Result<Vec<MarkedCore>> {
        let marks = self.store.topic_marks(self.reader)?;
        marks.into_iter().map(|marked| Ok((marked.clone(), self.core(&marked.papers)?))).collect()
    }

    /// The core of those of some papers that the library holds.
    fn core(&self, ids: &[PaperId]) -> Result<Core> {
        let mut rows: Vec<Row> = Vec::new();
        for id in ids {
            match self.store.paper(id) {
                Ok(stored) => rows.push(stored.row),
                Err(Error::UnknownPaper { .. }) => {}
                Err(other) => return Err(other),
            }
        }
        let papers = self.with_vectors(&rows)?;
        Ok(Core::of(papers.iter().map(|(stored, vector)| (&stored.paper.id, vector))))
    }
}

/// Papers as grouping needs them; `texts` are their [`bodies`].
pub(crate) fn documents<'a>(
    papers: &'a [(StoredPaper, Embedding)],
    texts: &'a [String],
) -> Vec<Document<'a>> {
    papers.iter().zip(texts).map(|((stored, vector), text)| document(stored, vector, text)).collect()
}

/// A paper as grouping needs it; `text` is its [`body`].
fn document<'a>(stored: &'a StoredPaper, embedding: &'a Embedding, text: &'a str) -> Document<'a> {
    Document {
        id: &stored.paper.id,
        title: &stored.paper.title,
        text,
        embedding,
        votes: stored.paper.top_votes(),
    }
}

/// So many papers of a group name it, the first ones.
const NAMED_BY: usize = 20;

/// A name for each group of papers, as a topic has one. `groups` hold places among the papers.
pub(crate) fn names(papers: &[(StoredPaper, Embedding)], groups: &[Vec<usize>]) -> Vec<String> {
    let mut naming: Vec<&(StoredPaper, Embedding)> = Vec::new();
    let mut places: Vec<Vec<usize>> = Vec::with_capacity(groups.len());
    for group in groups {
        let first = naming.len();
        naming.extend(group.iter().take(NAMED_BY).map(|&place| &papers[place]));
        places.push((first..naming.len()).collect());
    }
    let texts: Vec<String> = naming.iter().map(|(stored, _)| body(&stored.paper)).collect();
    let documents: Vec<Document> =
        naming.iter().zip(&texts).map(|((stored, vector), text)| document(stored, vector, text)).collect();
    topics::names(&documents.iter().collect::<Vec<_>>(), &places)
}

/// Abstract and summaries of each paper, one after the other.
pub(crate) fn bodies(papers: &[(StoredPaper, Embedding)]) -> Vec<String> {
    papers.iter().map(|(stored, _)| body(&stored.paper)).collect()
}

/// Abstract and summaries, one after the other.
pub(crate) fn body(paper: &Paper) -> String {
    let texts = [&paper.abstract_text].into_iter().chain(paper.summaries.values());
    texts.filter(|text| !text.is_empty()).cloned().collect::<Vec<_>>().join("\n")
}
