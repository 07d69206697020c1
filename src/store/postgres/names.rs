//! What the rules of identity ask: small questions about names, each by an index.

use super::connection::{Connection, Values};
use crate::error::Result;
use crate::paper::PaperId;
use crate::store::SharedName;
use crate::store::identity::{FEW, Names};

impl Names for Connection {
    fn is_there(&self, id: &PaperId) -> Result<bool> {
        Ok(self.find("SELECT 1 FROM ids WHERE id = $1", &[&id.as_str()])?.is_some())
    }

    fn with_doi(&self, doi: &str) -> Result<Vec<PaperId>> {
        let sql = "SELECT id FROM papers WHERE doi = $1 AND id NOT LIKE '%:%'
                   ORDER BY id LIMIT $2";
        ids(self, sql, &[&doi, &(FEW as i64)])
    }

    fn with_fingerprint(&self, id: &PaperId) -> Result<Vec<PaperId>> {
        // `~` is the sign before a fingerprint.
        let sql = "SELECT id FROM ids WHERE id > $1 AND id < $2 ORDER BY id LIMIT $3";
        ids(self, sql, &[&format!("{id}~"), &format!("{id}~g"), &(FEW as i64)])
    }

    fn meant(&self, alias: &PaperId) -> Result<Option<PaperId>> {
        let sql = "SELECT id FROM papers WHERE row = (SELECT paper FROM aliases WHERE name = $1)";
        Ok(ids(self, sql, &[&alias.as_str()])?.pop())
    }
}

/// The identifiers that a query finds.
pub(super) fn ids(db: &Connection, sql: &str, params: Values<'_>) -> Result<Vec<PaperId>> {
    db.rows(sql, params)?.iter().map(|row| Ok(PaperId::parse(row.try_get(0)?)?.0)).collect()
}

/// Papers that may be two in one, by identifier.
pub(super) fn shared_names(db: &Connection) -> Result<Vec<SharedName>> {
    let sql =
        "SELECT id, title FROM papers WHERE row = ANY (ARRAY(SELECT paper FROM shared_names)) ORDER BY id";
    let name = |row: &postgres::Row| {
        Ok(SharedName { id: PaperId::parse(row.try_get(0)?)?.0, title: row.try_get(1)? })
    };
    db.rows(sql, &[])?.iter().map(name).collect()
}
