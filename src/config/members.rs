//! What those may do who share a library with its owner.

use serde::Deserialize;

/// What a member may bring in on one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// Papers: entries of files, and identifiers to be fetched.
    pub papers: u64,
    /// Bytes of what is read of them, as JSON.
    pub bytes: u64,
}

impl Default for Quota {
    /// A library of references at once: 2,000 papers of 2 kB, and as much again.
    fn default() -> Self {
        Self { papers: 2_000, bytes: 8 << 20 }
    }
}

impl Quota {
    /// No paper.
    pub const NOTHING: Self = Self { papers: 0, bytes: 0 };

    /// What is left after some was used.
    #[must_use]
    pub fn less(self, used: Self) -> Self {
        Self { papers: self.papers.saturating_sub(used.papers), bytes: self.bytes.saturating_sub(used.bytes) }
    }
}

/// The quota as it is written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct WrittenMembers {
    papers_per_day: Option<u64>,
    megabytes_per_day: Option<u64>,
}

/// The names of settings in this table, for suggestions.
pub(super) const KEYS: [&str; 3] = ["members", "papers_per_day", "megabytes_per_day"];

impl WrittenMembers {
    /// Checks it.
    pub(super) fn checked(self) -> Result<Quota, String> {
        let default = Quota::default();
        let papers = self.papers_per_day.unwrap_or(default.papers);
        if papers > 1_000_000 {
            return Err(format!("members.papers_per_day is {papers}, but 0 to 1000000 are taken"));
        }
        let megabytes = self.megabytes_per_day.unwrap_or(default.bytes >> 20);
        if megabytes > 10_000 {
            return Err(format!("members.megabytes_per_day is {megabytes}, but 0 to 10000 are taken"));
        }
        Ok(Quota { papers, bytes: megabytes << 20 })
    }
}
