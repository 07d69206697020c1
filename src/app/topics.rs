//! A day in named groups.

use jiff::civil::Date;
use serde::Serialize;

use super::{App, Brief, Days};
use crate::error::Result;

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
    /// The members, the most central first.
    pub papers: Vec<Brief>,
}

impl App {
    /// The days' papers in named groups.
    ///
    /// # Errors
    /// [`crate::Error::NothingListed`].
    pub fn topics(&self, days: Days) -> Result<Topics> {
        let (first, last) = self.resolve(days)?;
        let rows = self.store.listed(first, last)?;
        let papers = self.store.papers(&rows)?;
        let groups =
            papers.iter().map(|p| Group { name: p.paper.title.clone(), papers: vec![Brief::of(&p.paper)] });
        Ok(Topics { first, last, n_listed: rows.len(), groups: groups.collect() })
    }
}
