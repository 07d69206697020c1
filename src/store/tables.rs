//! Whole tables as rows of cells, in a shape that every engine has: what is carried from one engine to another.
//!
//! What an engine makes of other tables (words, its own lists of names) is none of them.

use std::cmp::Ordering;

use crate::error::Result;

/// A value of a row.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cell {
    /// No value.
    Null,
    /// A whole number; a yes is 1 and a no is 0.
    Integer(i64),
    /// A text, in the order of its bytes.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
}

/// A row: its key, and then the rest.
pub type Cells = Vec<Cell>;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A whole number.
    Integer,
    /// Yes or no, which an engine may keep as a number.
    Flag,
    /// A text.
    Text,
    /// Bytes.
    Bytes,
}

/// A table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Table {
    /// Its name; for the vectors of a model see `model`.
    pub name: &'static str,
    /// The number of the model whose vectors it holds, and their length.
    pub model: Option<(i64, usize)>,
    /// So many of its columns, the first ones, tell its rows apart and order them.
    pub n_key: usize,
    /// Its columns.
    pub columns: &'static [(&'static str, Kind)],
}

impl Table {
    const fn of(name: &'static str, n_key: usize, columns: &'static [(&'static str, Kind)]) -> Self {
        Self { name, model: None, n_key, columns }
    }

    /// The vectors of a model.
    pub const fn vectors(number: i64, dimensions: usize) -> Self {
        Self { model: Some((number, dimensions)), ..Self::of("vectors", 1, VECTORS) }
    }

    /// What tells a row apart.
    pub fn key<'a>(&self, row: &'a [Cell]) -> &'a [Cell] {
        row.get(..self.n_key).unwrap_or(row)
    }

    /// Which of two rows comes first.
    pub fn order(&self, a: &[Cell], b: &[Cell]) -> Ordering {
        self.key(a).cmp(self.key(b))
    }

    /// The columns between commas, as SQL names them.
    pub(super) fn listed(&self) -> String {
        listed(self.columns)
    }

    /// The columns of the key between commas.
    pub(super) fn key_listed(&self) -> String {
        listed(&self.columns[..self.n_key])
    }
}

fn listed(columns: &[(&str, Kind)]) -> String {
    columns.iter().map(|(name, _)| format!("\"{name}\"")).collect::<Vec<_>>().join(", ")
}

const VECTORS: &[(&str, Kind)] = &[
    ("row", Kind::Integer),
    ("generation", Kind::Integer),
    ("text_hash", Kind::Integer),
    ("vector", Kind::Bytes),
];

/// All tables but those of vectors, each behind those that its rows refer to.
pub(super) const TABLES: &[Table] = {
    use Kind::{Bytes, Flag, Integer, Text};
    &[
        Table::of(
            "papers",
            1,
            &[
                ("row", Integer),
                ("id", Text),
                ("version", Integer),
                ("title", Text),
                ("abstract", Text),
                ("authors", Text),
                ("categories", Text),
                ("published", Text),
                ("updated", Text),
                ("facts", Text),
                ("text_hash", Integer),
                ("edition", Integer),
            ],
        ),
        Table::of("summaries", 2, &[("paper", Integer), ("language", Text), ("text", Text)]),
        Table::of("listings", 4, &[("day", Text), ("paper", Integer), ("source", Text), ("announced", Text)]),
        Table::of("votes", 3, &[("paper", Integer), ("source", Text), ("at", Text), ("count", Integer)]),
        Table::of("titles", 2, &[("hash", Integer), ("paper", Integer)]),
        Table::of("aliases", 1, &[("name", Text), ("paper", Integer)]),
        Table::of("gone", 1, &[("row", Integer), ("generation", Integer)]),
        Table::of("shared_names", 1, &[("paper", Integer), ("title", Text)]),
        MODELS,
        Table::of("choices", 1, &[("name", Text), ("value", Text)]),
        Table::of(
            "calendar",
            2,
            &[
                ("source", Text),
                ("day", Text),
                ("state", Text),
                ("announced", Integer),
                ("seen", Integer),
                ("note", Text),
                ("at", Text),
            ],
        ),
        Table::of("requests", 1, &[("service", Text), ("at", Text), ("done", Flag)]),
        Table::of("validators", 1, &[("address", Text), ("etag", Text), ("modified", Text)]),
        Table::of("feeds", 1, &[("url", Text), ("name", Text)]),
        Table::of(
            "accounts",
            1,
            &[("reader", Integer), ("name", Text), ("password", Text), ("made", Text), ("role", Text)],
        ),
        Table::of(
            "keys",
            1,
            &[
                ("number", Integer),
                ("hash", Bytes),
                ("reader", Integer),
                ("purpose", Text),
                ("made", Text),
                ("expires", Integer),
                ("only_feeds", Flag),
            ],
        ),
        Table::of(
            "brought",
            2,
            &[("reader", Integer), ("day", Text), ("papers", Integer), ("bytes", Integer)],
        ),
        Table::of("ratings", 2, &[("reader", Integer), ("id", Text), ("rating", Integer), ("at", Text)]),
        Table::of("saved", 2, &[("reader", Integer), ("id", Text), ("at", Text)]),
        Table::of("shown", 2, &[("reader", Integer), ("paper", Integer), ("day", Text)]),
        Table::of(
            "interests",
            1,
            &[
                ("number", Integer),
                ("reader", Integer),
                ("name", Text),
                ("state", Text),
                ("places", Integer),
                ("at", Text),
            ],
        ),
        Table::of("interest_papers", 2, &[("reader", Integer), ("id", Text), ("interest", Integer)]),
        Table::of(
            "topic_marks",
            2,
            &[
                ("reader", Integer),
                ("name", Text),
                ("mark", Text),
                ("at", Text),
                ("first", Text),
                ("papers", Text),
            ],
        ),
        Table::of("taken_back", 3, &[("reader", Integer), ("kind", Text), ("name", Text), ("at", Text)]),
        Table::of(
            "made",
            6,
            &[
                ("id", Text),
                ("language", Text),
                ("style", Text),
                ("model", Text),
                ("prompt", Text),
                ("made_of", Text),
                ("text", Text),
                ("at", Text),
            ],
        ),
        Table::of("asked", 1, &[("day", Text), ("n", Integer)]),
        Table::of("sent", 2, &[("door", Text), ("day", Text), ("at", Text), ("done", Flag)]),
    ]
};

/// The models, each of which has a table of vectors.
pub(super) const MODELS: Table =
    Table::of("models", 1, &[("number", Kind::Integer), ("name", Kind::Text), ("dimensions", Kind::Integer)]);

/// Under this name, among the choices, stands what a library is a copy of while it is not a whole one.
pub(super) const COPY_OF: &str = "copy-of";

/// Counters, and the last numbers that were given away: nothing that is gone gives its number to something new.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Numbers {
    /// The edition of vectors.
    pub generation: i64,
    /// The edition of papers.
    pub papers: i64,
    /// The edition of marks of topics.
    pub topics: i64,
    /// The last row of a paper.
    pub row: i64,
    /// The last account.
    pub reader: i64,
    /// The last interest.
    pub interest: i64,
    /// The last key.
    pub key: i64,
}

/// Whole tables, in and out.
pub trait Tables {
    /// Does `work`, to which everything that is read of this library is of one moment.
    ///
    /// # Errors
    /// Those of `work`; [`crate::Error::Database`].
    fn at_one_moment(&self, work: &mut dyn FnMut() -> Result<()>) -> Result<()>;

    /// Up to `most` rows of a table in the order of their keys, those behind a row or the first ones. A character
    /// that no engine but one can hold (NUL) is left out.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    fn rows_after(&self, table: &Table, after: Option<&[Cell]>, most: usize) -> Result<Vec<Cells>>;

    /// Removes rows, and the words of their papers.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    fn remove_rows(&mut self, table: &Table, rows: &[Cells]) -> Result<()>;

    /// Adds rows that are not there.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    fn add_rows(&mut self, table: &Table, rows: &[Cells]) -> Result<()>;

    /// Counters and last numbers.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    fn numbers(&self) -> Result<Numbers>;

    /// Sets them.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    fn set_numbers(&mut self, numbers: &Numbers) -> Result<()>;

    /// Writes the words of up to `most` papers that have none, so that they are found; how many had none.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    fn index_words(&mut self, most: usize) -> Result<usize>;

    /// Forgets what is chosen under a name, on the disk when this returns.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    fn forget_choice(&mut self, name: &str) -> Result<()>;
}
