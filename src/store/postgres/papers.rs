//! Papers in and out of the store.

use crate::paper::{Paper, PaperId, Row, Said};

use super::{Postgres, unwritten};
use crate::error::Result;
use crate::store::{Change, Papers, SharedName, StoredPaper};

impl Papers for Postgres {
    fn put(&mut self, _papers: Vec<Paper>) -> Result<Vec<Change>> {
        unwritten("put")
    }

    fn paper(&self, _id: &PaperId) -> Result<StoredPaper> {
        unwritten("paper")
    }

    fn papers(&self, _rows: &[Row]) -> Result<Vec<StoredPaper>> {
        unwritten("papers")
    }

    fn stored_as(&self, _id: &PaperId) -> Result<PaperId> {
        unwritten("stored_as")
    }

    fn shared_names(&self) -> Result<Vec<SharedName>> {
        unwritten("shared_names")
    }

    fn texts(&self, _rows: &[Row]) -> Result<Vec<String>> {
        unwritten("texts")
    }

    fn said(&self, _rows: &[Row]) -> Result<Vec<Said>> {
        unwritten("said")
    }

    fn text_hashes(&self, _rows: &[Row]) -> Result<Vec<i64>> {
        unwritten("text_hashes")
    }

    fn changed_since(&self, _edition: u64) -> Result<Vec<Row>> {
        unwritten("changed_since")
    }

    fn each_paper(&self, _visit: &mut dyn FnMut(StoredPaper) -> Result<()>) -> Result<()> {
        unwritten("each_paper")
    }

    fn sample(&self, _n: usize, _seed: u64) -> Result<Vec<Row>> {
        unwritten("sample")
    }

    fn last_row(&self) -> Result<Row> {
        unwritten("last_row")
    }

    fn sample_up_to(&self, _last: Row, _n: usize, _seed: u64) -> Result<Vec<Row>> {
        unwritten("sample_up_to")
    }
}
