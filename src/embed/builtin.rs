//! The embedder that is always there: no file, no network, thousands of papers a second.

use std::borrow::Cow;

use rayon::prelude::*;

use super::table::Table;
use super::vocabulary::Scratch;
use super::{Embedder, Embedding, Role};
use crate::error::Result;
use crate::paper::ModelId;
use crate::progress::Progress;

/// The model in the binary; `data/model/README.md` says how it was made.
static MODEL: &[u8] = include_bytes!("../../data/model/builtin.pptable");

/// A static table as an embedder: the one in the binary, or a user's own.
pub struct Builtin {
    table: Table,
}

impl Builtin {
    /// Loads the table in the binary, in a few milliseconds.
    ///
    /// # Panics
    /// Never: a test loads the same bytes.
    pub fn new() -> Self {
        Self::from_bytes(MODEL).expect("the table in the binary is whole")
    }

    /// Loads a table that `paperpick model train` or `tune` wrote.
    ///
    /// # Errors
    /// [`crate::Error::Model`] if the bytes are not a whole table.
    pub fn from_bytes(bytes: impl Into<Cow<'static, [u8]>>) -> Result<Self> {
        Ok(Self { table: Table::from_bytes(bytes)? })
    }

    /// The table.
    pub fn table(&self) -> &Table {
        &self.table
    }
}

impl Default for Builtin {
    fn default() -> Self {
        Self::new()
    }
}

impl Embedder for Builtin {
    fn model(&self) -> &ModelId {
        self.table.name()
    }

    fn dimensions(&self) -> usize {
        self.table.dimensions()
    }

    fn embed(&self, role: Role, texts: &[&str], progress: &dyn Progress) -> Result<Vec<Embedding>> {
        texts
            .par_iter()
            .map_init(
                || (Scratch::default(), Vec::new()),
                |(scratch, tokens), text| {
                    progress.advance(1);
                    self.table.embed(role, text, scratch, tokens)
                },
            )
            .collect()
    }

    fn is_quick(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::progress::Silent;

    #[test]
    fn the_model_in_the_binary_is_whole_and_knows_both_languages() {
        let builtin = Builtin::new();
        assert!(MODEL.len() <= 7_500_000, "{} bytes", MODEL.len());
        assert!((256..=384).contains(&builtin.dimensions()));
        let texts = [
            "image segmentation with transformers",
            "이미지 분할 트랜스포머",
            "proof of a lower bound for sorting",
        ];
        let v = builtin.embed(Role::Document, &texts, &Silent).expect("vectors");
        assert!(v[0].cosine(&v[1]) > v[0].cosine(&v[2]) + 0.1);
    }

    #[test]
    fn a_vector_does_not_depend_on_its_batch() {
        let builtin = Builtin::new();
        let texts = ["graph neural networks", "", "확산 모델", "GPT-4 $\\alpha$"];
        let together = builtin.embed(Role::Document, &texts, &Silent).expect("vectors");
        for (text, vector) in texts.iter().zip(&together) {
            assert_eq!(&builtin.embed(Role::Query, &[text], &Silent).expect("a vector")[0], vector);
        }
    }
}
