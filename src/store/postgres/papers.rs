//! Papers in and out of the store.

use std::collections::{HashMap, HashSet};

use super::record::{find, from_json, read};
use super::{Postgres, names, put};
use crate::error::{Error, Result};
use crate::paper::{Paper, PaperId, Row, Said};
use crate::store::papers::{BLOCK, sampled};
use crate::store::search::Words;
use crate::store::{Change, Papers, SharedName, StoredPaper, identity};

impl Papers for Postgres {
    fn put(&mut self, papers: Vec<Paper>) -> Result<Vec<Change>> {
        put::put(self, papers)
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
        Ok(self.said(rows)?.into_iter().map(|said| said.text).collect())
    }

    fn said(&self, rows: &[Row]) -> Result<Vec<Said>> {
        let sql =
            "SELECT row, title || chr(10) || abstract, authors, categories FROM papers WHERE row = ANY ($1)";
        let mut said: HashMap<Row, Said> = HashMap::new();
        for row in self.db.rows(sql, &[&rows])? {
            let (authors, categories) = (from_json(row.try_get(2)?)?, from_json(row.try_get(3)?)?);
            said.insert(row.try_get(0)?, Said { text: row.try_get(1)?, authors, categories });
        }
        let sql = "SELECT paper, text FROM summaries WHERE paper = ANY ($1) ORDER BY paper, language";
        for row in self.db.rows(sql, &[&rows])? {
            if let Some(said) = said.get_mut(&row.try_get(0)?) {
                said.text += "\n";
                said.text += row.try_get(1)?;
            }
        }
        Ok(rows.iter().map(|row| said.get(row).cloned().unwrap_or_else(|| Said::text(""))).collect())
    }

    fn text_hashes(&self, rows: &[Row]) -> Result<Vec<i64>> {
        let found = self.db.rows("SELECT row, text_hash FROM papers WHERE row = ANY ($1)", &[&rows])?;
        let hashes: HashMap<Row, i64> =
            found.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect::<Result<_>>()?;
        Ok(rows.iter().filter_map(|row| hashes.get(row).copied()).collect())
    }

    fn changed_since(&self, edition: u64) -> Result<Vec<Row>> {
        self.db.numbers("SELECT row FROM papers WHERE edition > $1 ORDER BY row", &[&(edition as i64)])
    }

    fn each_paper(&self, visit: &mut dyn FnMut(StoredPaper) -> Result<()>) -> Result<()> {
        let (mut done, last) = (0, self.last_row()?);
        while done < last {
            let until = last.min(done + BLOCK as Row);
            self.papers(&(done + 1..=until).collect::<Vec<Row>>())?.into_iter().try_for_each(&mut *visit)?;
            done = until;
        }
        Ok(())
    }

    fn last_row(&self) -> Result<Row> {
        self.db.newest()
    }

    fn sample_up_to(&self, last: Row, n: usize, seed: u64) -> Result<Vec<Row>> {
        let rows: Vec<Row> = sampled(last, n, seed).collect();
        let there: HashSet<Row> =
            self.db.numbers("SELECT row FROM papers WHERE row = ANY($1)", &[&rows])?.into_iter().collect();
        Ok(rows.into_iter().filter(|row| there.contains(row)).collect())
    }
}
