//! What a library knows besides papers, out and in again: ratings, what was shown, the calendar,
//! feeds. A line each, so that an export is one stream.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::App;
use crate::config::FeedSource;
use crate::error::{Error, Result};
use crate::paper::{InterestState, PaperId, Rating};
use crate::store::{KeptInterest, SourceDay};

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

impl App {
    /// Everything but papers and vectors, one at a time, always in the same order.
    ///
    /// # Errors
    /// [`Error::Sqlite`], or the first error of `visit`.
    pub fn export_beside(&self, mut visit: impl FnMut(&Beside) -> Result<()>) -> Result<()> {
        for rated in self.store.ratings(self.reader)? {
            visit(&Beside::Rating { id: rated.id, rating: rated.rating, at: rated.at })?;
        }
        for (id, day) in self.store.all_shown(self.reader)? {
            visit(&Beside::Shown { id, day })?;
        }
        for day in self.store.calendar(None, Date::MIN, Date::MAX)? {
            visit(&Beside::Day(day))?;
        }
        for interest in self.store.interests(self.reader)?.into_values() {
            let KeptInterest { name, state, places, papers } = interest;
            visit(&Beside::Interest { name, state, places, papers })?;
        }
        for FeedSource { name, url } in self.store.feeds()? {
            visit(&Beside::Feed { name, url })?;
        }
        Ok(())
    }

    /// Takes such lines back; returns how many were taken. What is here already stays.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a line of a kind that this paperpick does not know; [`Error::Sqlite`].
    pub fn restore(&mut self, lines: Vec<Value>) -> Result<usize> {
        let n = lines.len();
        for line in lines {
            let line: Beside = serde_json::from_value(line)
                .map_err(|e| Error::Invalid(format!("a line beside the papers cannot be read: {e}")))?;
            match line {
                Beside::Rating { id, rating, at } => {
                    self.store.rate(self.reader, &[id], Some(rating), at)?;
                }
                Beside::Shown { id, day } => {
                    match self.store.paper(&id) {
                        Ok(paper) => self.store.note_shown(self.reader, &[paper.row], day)?,
                        // Of a paper that is not here there is nothing to show.
                        Err(Error::UnknownPaper { .. }) => {}
                        Err(error) => return Err(error),
                    }
                }
                Beside::Day(day) => self.store.mark(&day)?,
                Beside::Interest { name, state, places, papers } => {
                    self.keep_interest(KeptInterest { name, state, places, papers })?;
                }
                Beside::Feed { name, url } => {
                    self.store.add_feeds(&[FeedSource { name, url }])?;
                }
            }
        }
        Ok(n)
    }

    /// Keeps likes together as an interest; one of the same name takes them in and stays as it is.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn keep_interest(&mut self, mut interest: KeptInterest) -> Result<()> {
        let known = self.store.interests(self.reader)?;
        let same = known.into_iter().find(|(_, known)| known.name == interest.name);
        let gone: Vec<i64> = same.iter().map(|(number, _)| *number).collect();
        if let Some((_, known)) = same {
            if interest.papers.iter().all(|paper| known.papers.contains(paper)) {
                return Ok(());
            }
            (interest.state, interest.places) = (known.state, known.places);
            interest.papers.extend(known.papers);
            interest.papers.sort();
            interest.papers.dedup();
        }
        self.store.replace_interests(self.reader, &gone, &[interest])
    }
}
