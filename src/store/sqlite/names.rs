//! What the rules of identity ask: small questions about names, each by an index.

use rusqlite::{Connection, Params, params};

use super::{record, search, vectors};
use crate::error::Result;
use crate::paper::{Paper, PaperId, Row};
use crate::store::identity::{FEW, Names, Shelf};
use crate::store::{SharedName, StoredPaper};

impl Names for Connection {
    fn is_there(&self, id: &PaperId) -> Result<bool> {
        Ok(self.prepare_cached("SELECT 1 FROM papers WHERE id = ?1")?.exists([id.as_str()])?)
    }

    fn with_doi(&self, doi: &str) -> Result<Vec<PaperId>> {
        let sql = "SELECT id FROM papers WHERE lower(json_extract(facts, '$.doi')) = ?1 AND id NOT LIKE '%:%'
                   ORDER BY id LIMIT ?2";
        ids(self, sql, params![doi, FEW])
    }

    fn with_fingerprint(&self, id: &PaperId) -> Result<Vec<PaperId>> {
        // `~` is the sign before a fingerprint.
        let sql = "SELECT id FROM papers WHERE id > ?1 AND id < ?2 LIMIT ?3";
        ids(self, sql, params![format!("{id}~"), format!("{id}~g"), FEW])
    }

    fn meant(&self, alias: &PaperId) -> Result<Option<PaperId>> {
        let sql = "SELECT p.id FROM aliases a JOIN papers p ON p.row = a.paper WHERE a.name = ?1";
        Ok(ids(self, sql, [alias.as_str()])?.pop())
    }
}

impl Shelf for Connection {
    fn find(&self, id: &PaperId) -> Result<Option<StoredPaper>> {
        record::find(self, id)
    }

    fn with_title(&self, hash: i64) -> Result<Vec<PaperId>> {
        let sql = "SELECT p.id FROM titles t JOIN papers p ON p.row = t.paper WHERE t.hash = ?1
                   ORDER BY p.id LIMIT ?2";
        ids(self, sql, params![hash, FEW])
    }

    fn note_alias(&self, alias: &PaperId, row: Row) -> Result<()> {
        let sql =
            "INSERT INTO aliases VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET paper = excluded.paper";
        self.prepare_cached(sql)?.execute(params![alias.as_str(), row])?;
        Ok(())
    }

    fn move_aliases(&self, from: Row, to: Row) -> Result<()> {
        self.prepare_cached("UPDATE aliases SET paper = ?2 WHERE paper = ?1")?.execute([from, to])?;
        Ok(())
    }

    fn is_shared(&self, row: Row) -> Result<bool> {
        Ok(self.prepare_cached("SELECT 1 FROM shared_names WHERE paper = ?1")?.exists([row])?)
    }

    fn unshare(&self, row: Row) -> Result<()> {
        self.prepare_cached("DELETE FROM shared_names WHERE paper = ?1")?.execute([row])?;
        Ok(())
    }

    fn shared_with_title(&self, title: &str) -> Result<Vec<PaperId>> {
        let sql = "SELECT p.id FROM shared_names s JOIN papers p ON p.row = s.paper WHERE s.title = ?1
                   ORDER BY p.id";
        ids(self, sql, [title])
    }

    fn insert(&self, paper: &Paper) -> Result<()> {
        record::insert(self, paper)
    }

    fn rewrite(&self, known: &StoredPaper, paper: &Paper) -> Result<()> {
        record::rewrite(self, known, paper)
    }

    fn set_id(&self, row: Row, id: &PaperId) -> Result<()> {
        self.prepare_cached("UPDATE papers SET id = ?2 WHERE row = ?1")?
            .execute(params![row, id.as_str()])?;
        Ok(())
    }

    fn rename(&self, from: &PaperId, to: &PaperId) -> Result<()> {
        let ids = [from.as_str(), to.as_str()];
        for sql in [
            "INSERT INTO ratings SELECT reader, ?2, rating, at FROM ratings WHERE id = ?1
             ON CONFLICT (reader, id) DO UPDATE SET rating = excluded.rating, at = excluded.at
             WHERE rtrim(excluded.at, 'Z') > rtrim(at, 'Z')",
            "INSERT INTO taken_back SELECT reader, kind, ?2, at FROM taken_back
             WHERE name = ?1 AND kind IN ('rating', 'saved') ON CONFLICT (reader, kind, name)
             DO UPDATE SET at = excluded.at WHERE rtrim(excluded.at, 'Z') > rtrim(at, 'Z')",
            "INSERT OR IGNORE INTO saved SELECT reader, ?2, at FROM saved WHERE id = ?1",
            "INSERT OR IGNORE INTO interest_papers SELECT reader, ?2, interest FROM interest_papers WHERE id = ?1",
            "INSERT OR IGNORE INTO made SELECT ?2, language, style, model, prompt, made_of, text, at FROM made WHERE id = ?1",
            "UPDATE topic_marks SET papers = replace(papers, json_quote(?1), json_quote(?2))
             WHERE instr(papers, json_quote(?1)) > 0",
        ] {
            self.prepare_cached(sql)?.execute(ids)?;
        }
        let sql = "DELETE FROM taken_back WHERE name = ?1 AND kind IN ('rating', 'saved')";
        self.prepare_cached(sql)?.execute([from.as_str()])?;
        for table in ["ratings", "saved", "interest_papers", "made"] {
            self.prepare_cached(&format!("DELETE FROM {table} WHERE id = ?1"))?.execute([from.as_str()])?;
        }
        Ok(())
    }

    fn move_shown(&self, from: Row, to: Row) -> Result<()> {
        let sql = "INSERT INTO shown SELECT reader, ?2, day FROM shown WHERE paper = ?1
                   ON CONFLICT (reader, paper) DO UPDATE SET day = min(day, excluded.day)";
        self.prepare_cached(sql)?.execute([from, to])?;
        Ok(())
    }

    fn remove(&self, row: Row) -> Result<()> {
        vectors::forget(self, row)?;
        search::forget(self, row)?;
        self.prepare_cached("DELETE FROM papers WHERE row = ?1")?.execute([row])?;
        Ok(())
    }
}

fn ids(db: &Connection, sql: &str, params: impl Params) -> Result<Vec<PaperId>> {
    let mut query = db.prepare_cached(sql)?;
    let found = query.query_map(params, |row| row.get::<_, String>(0))?;
    found.map(|id| Ok(PaperId::parse(&id?)?.0)).collect()
}

/// Papers that may be two in one, by identifier.
pub(super) fn shared_names(db: &Connection) -> Result<Vec<SharedName>> {
    let sql = "SELECT p.id, p.title FROM shared_names s JOIN papers p ON p.row = s.paper ORDER BY p.id";
    let mut query = db.prepare(sql)?;
    let mut rows = query.query([])?;
    let mut names = Vec::new();
    while let Some(row) = rows.next()? {
        let id: String = row.get(0)?;
        names.push(SharedName { id: PaperId::parse(&id)?.0, title: row.get(1)? });
    }
    Ok(names)
}
