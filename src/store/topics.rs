//! What a reader said of topics.

use jiff::Timestamp;
use jiff::civil::Date;

use crate::error::Result;
use crate::paper::{Mark, PaperId, ReaderId};

/// A topic and what its reader wants of it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct MarkedTopic {
    /// The name under which it was marked.
    pub name: String,
    /// What is wanted.
    pub mark: Mark,
    /// When that was said.
    pub at: Timestamp,
    /// The first day of a paper of it in the library, as far as was known then.
    pub first: Option<Date>,
    /// The papers that stand for it: names and models change, papers do not.
    pub papers: Vec<PaperId>,
}

/// Topics that are followed, liked and muted.
pub trait Topics {
    /// Marks a topic; an earlier mark under the same name is replaced.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    fn mark_topic(&mut self, reader: ReaderId, topic: &MarkedTopic) -> Result<()>;

    /// Takes the mark of a name back; whether there was one. Capitals do not matter.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    fn unmark_topic(&mut self, reader: ReaderId, name: &str, at: Timestamp) -> Result<bool>;

    /// All marks of a reader, the oldest first, ties by name.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    fn topic_marks(&self, reader: ReaderId) -> Result<Vec<MarkedTopic>>;
}
