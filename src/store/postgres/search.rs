//! Words in papers, and which papers are meant.

use crate::paper::{ReaderId, Row, Within};

use super::{Postgres, unwritten};
use crate::error::Result;
use crate::store::Search;

impl Search for Postgres {
    fn search(&self, _words: &str, _n: usize, _meant: Option<&[Row]>) -> Result<Vec<Row>> {
        unwritten("search")
    }

    fn has_any(&self, _words: &str) -> Result<bool> {
        unwritten("has_any")
    }

    fn rows_within(&self, _within: &Within, _reader: ReaderId) -> Result<Vec<Row>> {
        unwritten("rows_within")
    }
}
