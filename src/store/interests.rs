//! What a reader has said of his or her interests.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::error::Result;
use crate::paper::{InterestState, PaperId, ReaderId};

/// An interest that its reader has touched.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct KeptInterest {
    /// Its name.
    pub name: String,
    /// What is to become of its papers.
    pub state: InterestState,
    /// How many places of a list it keeps; absent: as its likes are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub places: Option<u32>,
    /// The likes that belong to it.
    pub papers: Vec<PaperId>,
}

/// The interests that readers have touched.
pub trait Interests {
    /// The interests that a reader has touched, by number: a greater number came later.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    fn interests(&self, reader: ReaderId) -> Result<BTreeMap<i64, KeptInterest>>;

    /// Writes interests in the place of others, in one transaction: `gone` are forgotten, and each
    /// of `kept` takes its papers from whichever interest had them.
    ///
    /// # Errors
    /// [`crate::Error::Database`]; then nothing is changed.
    fn replace_interests(
        &mut self,
        reader: ReaderId,
        gone: &[i64],
        kept: &[KeptInterest],
        at: Timestamp,
    ) -> Result<()>;
}
