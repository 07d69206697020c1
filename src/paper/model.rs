//! The names of models: vectors carry them, and so does whatever is made of vectors.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The name under which vectors are stored, such as `builtin-2@92c4a1f0`.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(transparent)]
pub struct ModelId(String);

impl ModelId {
    /// A model's name; two models with one name would share vectors, so a name carries its version.
    pub fn new(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ModelId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
