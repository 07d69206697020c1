//! How likely a like is, in words.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How likely a paper is to be liked. Probabilities are calibrated, so a band means the same for every reader:
/// the share of its papers that are liked is tabled in `data/evaluation.md`.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Band {
    /// A probability of [`Self::FOR_YOU`] or more.
    ForYou,
    /// A probability of [`Self::MAYBE`] or more.
    Maybe,
    /// Less.
    Unlikely,
}

impl Band {
    /// All of them, the likeliest first.
    pub const ALL: [Self; 3] = [Self::ForYou, Self::Maybe, Self::Unlikely];

    /// One in five of such papers is liked at least.
    pub const FOR_YOU: f64 = 0.2;

    /// One in twenty of such papers is liked at least.
    pub const MAYBE: f64 = 0.05;

    /// The band of a probability, 0 to 1.
    pub fn of(probability: f64) -> Self {
        match probability {
            Self::FOR_YOU.. => Self::ForYou,
            Self::MAYBE.. => Self::Maybe,
            _ => Self::Unlikely,
        }
    }
}

impl fmt::Display for Band {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::ForYou => "for you",
            Self::Maybe => "maybe",
            Self::Unlikely => "unlikely",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_band_begins_at_its_bound() {
        let of = [1.0, Band::FOR_YOU, 0.199, Band::MAYBE, 0.049, 0.0].map(Band::of);
        assert_eq!(
            of,
            [Band::ForYou, Band::ForYou, Band::Maybe, Band::Maybe, Band::Unlikely, Band::Unlikely]
        );
        assert_eq!(format!("{:<9}|", Band::ForYou), "for you  |");
    }
}
