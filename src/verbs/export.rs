//! Everything that a library knows but vectors, out and in again: papers, ratings, what was shown, the calendar,
//! feeds. A line each, so that an export is one stream.

use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::config::FeedSource;
use crate::error::{Error, Result};
use crate::library::Library;
use crate::paper::{InterestState, Paper, PaperId, Rating};
use crate::store::{KeptInterest, SourceDay};
use crate::verbs::interests::keep_interest;

/// A line of an export that is no paper.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "beside", rename_all = "kebab-case")]
pub enum Beside {
    /// What the reader thinks of a paper.
    Rating {
        /// The paper, which need not be in the library.
        id: PaperId,
        /// Yes or no.
        rating: Rating,
        /// When.
        at: Timestamp,
    },
    /// That the reader was shown a paper.
    Shown {
        /// The paper.
        id: PaperId,
        /// The first day.
        day: Date,
    },
    /// A day of the calendar.
    Day(SourceDay),
    /// An interest that the reader has touched.
    Interest {
        /// Its name.
        name: String,
        /// What is to become of its papers.
        state: InterestState,
        /// How many places of a list it keeps, if its reader has said so.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        places: Option<u32>,
        /// The likes that belong to it.
        papers: Vec<PaperId>,
    },
    /// A feed that was added.
    Feed {
        /// Its name.
        name: String,
        /// Its address.
        url: String,
    },
}

/// Every paper in the order in which it came, one at a time; or those only that the reader likes.
///
/// # Errors
/// [`Error::Sqlite`], or the first error of `visit`.
pub fn papers(
    library: &Library,
    only_liked: bool,
    mut visit: impl FnMut(&Paper) -> Result<()>,
) -> Result<()> {
    let liked: Option<BTreeSet<PaperId>> = match only_liked {
        true => {
            let rated = library.store.ratings(library.reader)?.into_iter();
            Some(rated.filter(|rated| rated.rating == Rating::Like).map(|rated| rated.id).collect())
        }
        false => None,
    };
    library.store.each_paper(|stored| match &liked {
        Some(liked) if !liked.contains(&stored.paper.id) => Ok(()),
        _ => visit(&stored.paper),
    })
}

/// The whole export, a line of JSON at a time, each with its end.
///
/// # Errors
/// [`Error::Sqlite`], or the first error of `write`.
pub fn lines(library: &Library, mut write: impl FnMut(&[u8]) -> Result<()>) -> Result<()> {
    papers(library, false, |paper| write(&line(paper)?))?;
    beside(library, |beside| write(&line(beside)?))
}

fn line(value: &impl Serialize) -> Result<Vec<u8>> {
    let mut line = serde_json::to_vec(value).map_err(|error| Error::Invalid(error.to_string()))?;
    line.push(b'\n');
    Ok(line)
}

/// Everything but papers and vectors, one at a time, always in the same order.
///
/// # Errors
/// [`Error::Sqlite`], or the first error of `visit`.
pub fn beside(library: &Library, mut visit: impl FnMut(&Beside) -> Result<()>) -> Result<()> {
    for rated in library.store.ratings(library.reader)? {
        visit(&Beside::Rating { id: rated.id, rating: rated.rating, at: rated.at })?;
    }
    for (id, day) in library.store.all_shown(library.reader)? {
        visit(&Beside::Shown { id, day })?;
    }
    for day in library.store.calendar(None, Date::MIN, Date::MAX)? {
        visit(&Beside::Day(day))?;
    }
    for interest in library.store.interests(library.reader)?.into_values() {
        let KeptInterest { name, state, places, papers } = interest;
        visit(&Beside::Interest { name, state, places, papers })?;
    }
    for FeedSource { name, url } in library.store.feeds()? {
        visit(&Beside::Feed { name, url })?;
    }
    Ok(())
}

/// Takes such lines back; returns how many were taken. What is here already stays.
///
/// # Errors
/// [`Error::Invalid`] for a line of a kind that this paperpick does not know; [`Error::Sqlite`].
pub fn restore(library: &mut Library, lines: Vec<Value>) -> Result<usize> {
    let n = lines.len();
    let rated = library.store.ratings(library.reader)?.into_iter();
    let ratings: HashMap<PaperId, Timestamp> = rated.map(|rated| (rated.id, rated.at)).collect();
    for line in lines {
        let line: Beside = serde_json::from_value(line)
            .map_err(|e| Error::Invalid(format!("a line beside the papers cannot be read: {e}")))?;
        match line {
            Beside::Rating { id, rating, at } => {
                // Of two ratings the newer one stays, whichever came last.
                if ratings.get(&id).is_none_or(|known| *known < at) {
                    library.store.rate(library.reader, &[id], Some(rating), at)?;
                }
            }
            Beside::Shown { id, day } => {
                match library.store.paper(&id) {
                    Ok(paper) => library.store.note_shown(library.reader, &[paper.row], day)?,
                    // Of a paper that is not here there is nothing to show.
                    Err(Error::UnknownPaper { .. }) => {}
                    Err(error) => return Err(error),
                }
            }
            Beside::Day(day) => library.store.mark(&day)?,
            Beside::Interest { name, state, places, papers } => {
                keep_interest(library, KeptInterest { name, state, places, papers })?;
            }
            Beside::Feed { name, url } => {
                library.store.add_feeds(&[FeedSource { name, url }])?;
            }
        }
    }
    Ok(n)
}
