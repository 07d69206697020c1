//! Who reads, and what that reader says of papers, interests and topics.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One of those who share a library. Reader 1 owns a library without accounts.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(transparent)]
pub struct ReaderId(i64);

impl ReaderId {
    /// The reader of a library that one person uses.
    pub const OWNER: Self = Self(1);

    /// One who has not signed in: no row of the store is theirs.
    pub const NOBODY: Self = Self(0);

    /// The reader of a number that the store gave out.
    pub fn new(number: i64) -> Self {
        Self(number)
    }

    /// The number.
    pub fn get(self) -> i64 {
        self.0
    }
}

impl fmt::Display for ReaderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A reader's opinion of a paper.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Rating {
    /// More like this.
    Like,
    /// Less like this.
    Dislike,
}

/// What becomes of an interest's papers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum InterestState {
    /// They have a place in every list.
    Live,
    /// They have more places.
    Pinned,
    /// They are not shown.
    Muted,
}

impl InterestState {
    const ALL: [(Self, &'static str); 3] =
        [(Self::Live, "live"), (Self::Pinned, "pinned"), (Self::Muted, "muted")];

    /// The word for it.
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(state, _)| *state == self).map_or("live", |(_, word)| word)
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == word).map(|(state, _)| *state)
    }
}

/// What a reader wants of a topic.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Mark {
    /// To hear of each new paper.
    Follow,
    /// To see it last, by its name only.
    Mute,
    /// To see it first.
    Like,
}

impl Mark {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Follow => "follow",
            Self::Mute => "mute",
            Self::Like => "like",
        }
    }
}
