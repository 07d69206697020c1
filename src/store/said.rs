//! What was said of a library besides its papers, as an export carries it. Of two statements about one thing the
//! newer one stays, whichever came last, and what was taken back stays taken back: last write wins.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::calendar::SourceDay;
use super::interests::KeptInterest;
use super::made::MadeSummary;
use super::topics::MarkedTopic;
use crate::error::Result;
use crate::paper::{PaperId, Rating, ReaderId, Role};

/// A line of an export that is no paper.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Statement {
    /// What is said.
    #[serde(flatten)]
    pub said: Said,
    /// The account whose statement it is; absent: of whoever takes it over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reader: Option<String>,
}

/// What a line of an export says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "beside", rename_all = "kebab-case")]
pub enum Said {
    /// That there is an account. Its password is not said, so the owner of the copy gives it another one.
    Account {
        /// Its number, kept where it is free.
        number: i64,
        /// Since when.
        made: Timestamp,
        /// What it may do; exports of earlier versions do not say.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        role: Option<Role>,
    },
    /// What the reader thinks of a paper.
    Rating {
        /// The paper, which need not be in the library.
        id: PaperId,
        /// Yes or no.
        rating: Rating,
        /// When.
        at: Timestamp,
    },
    /// That the reader keeps a paper for later.
    Saved {
        /// The paper, which need not be in the library.
        id: PaperId,
        /// Since when.
        at: Timestamp,
    },
    /// That the reader was shown a paper.
    Shown {
        /// The paper.
        id: PaperId,
        /// The first day.
        day: Date,
    },
    /// An interest that the reader has touched.
    Interest {
        /// The interest.
        #[serde(flatten)]
        interest: KeptInterest,
        /// When it was last touched; exports of earlier versions do not say.
        #[serde(default)]
        at: Timestamp,
    },
    /// A topic that the reader follows, likes or mutes.
    Topic(MarkedTopic),
    /// That the reader took something back.
    TakenBack {
        /// What.
        kind: TakenBack,
        /// The paper's identifier, or the name of the topic or the interest.
        name: String,
        /// When.
        at: Timestamp,
    },
    /// A day of the calendar.
    Day(SourceDay),
    /// A feed that was added.
    Feed {
        /// Its name.
        name: String,
        /// Its address.
        url: String,
    },
    /// What a language model wrote of a paper.
    Made {
        /// The paper, which need not be in the library.
        id: PaperId,
        /// What it wrote.
        #[serde(flatten)]
        summary: MadeSummary,
    },
    /// That a day has gone out by mail or webhook.
    Sent {
        /// By which.
        door: String,
        /// The day.
        day: Date,
        /// When.
        at: Timestamp,
    },
}

/// What can be taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TakenBack {
    /// The rating of a paper.
    Rating,
    /// That a paper is kept for later.
    Saved,
    /// The mark of a topic.
    Topic,
    /// An interest.
    Interest,
}

impl TakenBack {
    const ALL: [Self; 4] = [Self::Rating, Self::Saved, Self::Topic, Self::Interest];

    /// Its word, as engines keep it.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Rating => "rating",
            Self::Saved => "saved",
            Self::Topic => "topic",
            Self::Interest => "interest",
        }
    }

    pub(super) fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }

    /// The table of what is taken back, and the column of that table that names a thing.
    pub(super) fn place(self) -> (&'static str, &'static str) {
        match self {
            Self::Rating => ("ratings", "id"),
            Self::Saved => ("saved", "id"),
            Self::Topic => ("topic_marks", "name"),
            Self::Interest => ("interests", "name"),
        }
    }

    /// Whether its things are papers.
    pub(super) fn is_of_a_paper(self) -> bool {
        matches!(self, Self::Rating | Self::Saved)
    }
}

/// Whose statements are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// One reader's, and what all share.
    Own,
    /// One reader's, and nothing that all share: what a member brings in changes nothing for others.
    OwnAlone,
    /// Those of everybody who shares the library: for its owner alone.
    Everybodys,
}

/// What taking statements over came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TakenOver {
    /// Statements that were news.
    pub n_new: usize,
    /// Statements of other readers, which were left out.
    pub n_others: usize,
}

/// All that was said, and what others say.
pub trait Statements {
    /// Every statement, always in the same order; those of one reader do not name their reader.
    ///
    /// # Errors
    /// [`crate::Error::Database`], or the first error of `visit`.
    fn each_statement(
        &self,
        own: ReaderId,
        whose: Whose,
        visit: &mut dyn FnMut(&Statement) -> Result<()>,
    ) -> Result<()>;

    /// Takes statements over in one transaction, each where nothing newer is known. One that names no reader is of
    /// `own`; those of others are left out unless everybody's are wanted, and then their accounts are made.
    ///
    /// # Errors
    /// [`crate::Error::Invalid`] for a reader that no account comes before; [`crate::Error::Database`]. Then none is taken over.
    fn take_over(&mut self, own: ReaderId, whose: Whose, statements: Vec<Statement>) -> Result<TakenOver>;
}
