//! Why a paper stands in a list, in one line.

use std::fmt;

use serde::{Serialize, Serializer};

/// The reason in one line. It serialises as the English sentence that [`Display`](fmt::Display)
/// writes; a door that speaks another language matches on the case.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Reason {
    /// Nearest in meaning to a paper that the reader likes.
    NearLike {
        /// The title of the liked paper.
        title: String,
    },
    /// Nearest in meaning to a paper that the reader dislikes.
    NearDislike {
        /// The title of the disliked paper.
        title: String,
    },
    /// The reader likes the paper itself.
    Liked,
    /// The reader dislikes the paper itself.
    Disliked,
    /// No rated paper is nearer than unrelated papers are.
    NearNothing,
    /// By the votes of others, as long as nothing is rated; `None` where they are not known.
    Votes(Option<u32>),
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NearLike { title } => write!(f, "near your like: {title}"),
            Self::NearDislike { title } => write!(f, "near your dislike: {title}"),
            Self::Liked => f.write_str("you liked it"),
            Self::Disliked => f.write_str("you disliked it"),
            Self::NearNothing => f.write_str("near nothing that you rated"),
            Self::Votes(Some(1)) => f.write_str("1 vote"),
            Self::Votes(Some(n)) => write!(f, "{n} votes"),
            Self::Votes(None) => f.write_str("votes unknown"),
        }
    }
}

impl Serialize for Reason {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl schemars::JsonSchema for Reason {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Reason".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        String::json_schema(generator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_a_value_that_reads_as_a_sentence() {
        let title = || "Coral: reefs".to_owned();
        let sentences = [
            (Reason::NearLike { title: title() }, "near your like: Coral: reefs"),
            (Reason::NearDislike { title: title() }, "near your dislike: Coral: reefs"),
            (Reason::Liked, "you liked it"),
            (Reason::Disliked, "you disliked it"),
            (Reason::NearNothing, "near nothing that you rated"),
            (Reason::Votes(Some(1)), "1 vote"),
            (Reason::Votes(Some(12)), "12 votes"),
            (Reason::Votes(None), "votes unknown"),
        ];
        for (reason, sentence) in sentences {
            assert_eq!(serde_json::to_value(&reason).unwrap(), sentence);
        }
    }
}
