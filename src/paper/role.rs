//! What those who share a library may do: who may is the role, what it takes is the right.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What something takes of whoever asks for it, from the least to the most: who has one has those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Right {
    /// Reads the library, or one's own account.
    Look,
    /// Rates papers for oneself.
    Rate,
    /// Keeps more of one's own: saved papers, interests, topics, tokens, exports, a replay of one's ratings.
    Keep,
    /// Brings papers in, as many as the quota lets.
    Bring,
    /// Changes the library for all, takes long, or tells of others.
    Own,
}

/// What an account may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Everything. The first account's role, and that of the command line.
    Owner,
    /// Reads, rates, saves, and brings in papers within a quota.
    Member,
    /// Reads, and rates for himself or herself.
    Guest,
}

impl Role {
    /// Every role, the one with most rights first.
    pub const ALL: [Self; 3] = [Self::Owner, Self::Member, Self::Guest];

    /// Whether this role has a right: the one place where that is decided.
    pub fn may(self, right: Right) -> bool {
        right
            <= match self {
                Self::Owner => Right::Own,
                Self::Member => Right::Bring,
                Self::Guest => Right::Rate,
            }
    }

    /// Its name, as it is stored and typed.
    pub fn name(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Member => "member",
            Self::Guest => "guest",
        }
    }

    /// The role of a name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }
}

impl Right {
    /// The role with the fewest rights that has this one.
    pub fn least_role(self) -> Role {
        Role::ALL.into_iter().rfind(|role| role.may(self)).unwrap_or(Role::Owner)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
