//! Papers in and out of the store.

use rusqlite::{OptionalExtension, Row as SqlRow};

use super::record::{find, from_json, read};
use super::{Sqlite, names};
use crate::error::{Error, Result};
use crate::paper::{Paper, PaperId, Row, Said};
use crate::store::identity;
use crate::store::papers::{BLOCK, sampled};
use crate::store::{Change, Papers, SharedName, StoredPaper};

impl Papers for Sqlite {
    fn put(&mut self, papers: Vec<Paper>) -> Result<Vec<Change>> {
        self.transaction(|db| {
            let changes = identity::put(db, papers)?;
            if changes.iter().any(|change| *change != Change::Unchanged) {
                db.execute("UPDATE counters SET value = value + 1 WHERE name = 'papers'", [])?;
            }
            Ok(changes)
        })
    }

    fn stored_as(&self, id: &PaperId) -> Result<PaperId> {
        identity::stored_as(&self.db, id)
    }

    fn shared_names(&self) -> Result<Vec<SharedName>> {
        names::shared_names(&self.db)
    }

    fn paper(&self, id: &PaperId) -> Result<StoredPaper> {
        find(&self.db, &self.stored_as(id)?)?.ok_or_else(|| Error::UnknownPaper { id: id.to_string() })
    }

    fn papers(&self, rows: &[Row]) -> Result<Vec<StoredPaper>> {
        read(&self.db, rows)
    }

    fn texts(&self, rows: &[Row]) -> Result<Vec<String>> {
        let sql = "SELECT title || char(10) || abstract || coalesce(
                     (SELECT char(10) || group_concat(text, char(10)) FROM summaries WHERE paper = row), '')
                   FROM papers WHERE row = ?1";
        let mut query = self.db.prepare_cached(sql)?;
        rows.iter()
            .map(|row| Ok(query.query_row([row], |found| found.get(0)).optional()?.unwrap_or_default()))
            .collect()
    }

    fn said(&self, rows: &[Row]) -> Result<Vec<Said>> {
        let mut query = self.db.prepare_cached("SELECT authors, categories FROM papers WHERE row = ?1")?;
        let texts = self.texts(rows)?;
        rows.iter()
            .zip(texts)
            .map(|(row, text)| {
                let read = |found: &SqlRow<'_>| Ok((from_json(found, 0)?, from_json(found, 1)?));
                let (authors, categories) = query.query_row([row], read).optional()?.unwrap_or_default();
                Ok(Said { text, authors, categories })
            })
            .collect()
    }

    fn text_hashes(&self, rows: &[Row]) -> Result<Vec<i64>> {
        let mut query = self.db.prepare_cached("SELECT text_hash FROM papers WHERE row = ?1")?;
        let hashes = rows.iter().map(|row| query.query_row([row], |found| found.get(0)).optional());
        Ok(hashes.filter_map(Result::transpose).collect::<Result<_, _>>()?)
    }

    fn changed_since(&self, edition: u64) -> Result<Vec<Row>> {
        // Named, or all papers would be read for their order.
        let sql = "SELECT row FROM papers INDEXED BY papers_by_edition WHERE edition > ?1";
        let mut query = self.db.prepare_cached(sql)?;
        let mut rows: Vec<Row> =
            query.query_map([edition], |found| found.get(0))?.collect::<Result<_, _>>()?;
        rows.sort_unstable();
        Ok(rows)
    }

    fn each_paper(&self, visit: &mut dyn FnMut(StoredPaper) -> Result<()>) -> Result<()> {
        let mut query = self.db.prepare_cached("SELECT row FROM papers ORDER BY row")?;
        let rows: Vec<Row> = query.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
        for block in rows.chunks(BLOCK) {
            self.papers(block)?.into_iter().try_for_each(&mut *visit)?;
        }
        Ok(())
    }

    fn last_row(&self) -> Result<Row> {
        let last: Option<Row> = self.db.query_row("SELECT max(row) FROM papers", [], |row| row.get(0))?;
        Ok(last.unwrap_or(0))
    }

    fn sample_up_to(&self, last: Row, n: usize, seed: u64) -> Result<Vec<Row>> {
        let mut query = self.db.prepare_cached("SELECT 1 FROM papers WHERE row = ?1")?;
        let mut rows = Vec::with_capacity(n);
        for row in sampled(last, n, seed) {
            if query.exists([row])? {
                rows.push(row);
            }
        }
        Ok(rows)
    }
}
