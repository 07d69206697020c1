//! Papers into the store: what the rules of identity change, in one transaction.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};
use std::hash::Hash;

use postgres::types::{FromSql, ToSql};

use super::connection::Connection;
use super::connection::Values;
use super::counters::count;
use super::names::ids;
use super::words::{Indexed, forget_words};
use super::{Naming, Postgres, record, schema, settle, vectors};
use crate::error::Result;
use crate::paper::{Paper, PaperId, Row};
use crate::store::identity::{self, FEW, Names, Shelf, title_hash};
use crate::store::{Change, StoredPaper};

/// Stores papers in one transaction, each merged with what is known of it.
pub(super) fn put(store: &mut Postgres, mut papers: Vec<Paper>) -> Result<Vec<Change>> {
    papers.iter_mut().for_each(without_nul);
    store.transaction(|db| {
        let putting = Putting::begin(db, &papers)?;
        let changes = identity::put(&putting, papers.clone())?;
        putting.finish(changes.iter().any(|change| *change != Change::Unchanged))?;
        Ok(changes)
    })
}

/// PostgreSQL keeps no text with one.
fn without_nul(paper: &mut Paper) {
    let Paper { title, abstract_text, summaries, authors, categories, listings, votes, facts, .. } = paper;
    let names = authors.iter_mut().chain(categories);
    let sources = listings.iter_mut().map(|l| &mut l.source).chain(votes.iter_mut().map(|v| &mut v.source));
    let texts = [title, abstract_text].into_iter().chain(summaries.values_mut()).chain(names).chain(sources);
    for text in texts.chain(facts.values_mut()).filter(|text| text.contains('\0')) {
        text.retain(|c| c != '\0');
    }
}

/// A transaction that puts papers. Most papers are new, so what is not there is asked for all of them at once, and new
/// papers wait until something of the store is asked again: a journey to the server takes longer than most questions.
struct Putting<'a> {
    db: &'a Connection,
    /// The edition of the papers that it makes.
    edition: i64,
    /// The last row that was given away.
    last: Cell<Row>,
    absent: Absent,
    /// The papers under the identifiers that come, read all at once, until they change.
    known: RefCell<HashMap<String, StoredPaper>>,
    /// Papers that are yet to be written.
    new: RefCell<Vec<StoredPaper>>,
    /// What its words are more in the index.
    more: Cell<Indexed>,
    are_names_held: Cell<bool>,
}

impl<'a> Putting<'a> {
    fn begin(db: &'a Connection, papers: &[Paper]) -> Result<Self> {
        // Every question is by a key, and its plan is made once: a plan for each takes longer than the answer, and one
        // that was made while a table was empty reads all of it.
        db.batch("SET LOCAL plan_cache_mode = force_generic_plan; SET LOCAL enable_seqscan = off")?;
        // First: whoever else puts papers waits here, so that editions follow each other as they are committed.
        let edition = count(db, "papers", 1)?;
        let last = count(db, "row", 0)?;
        settle::settle(db, edition - 1, last)?;
        Ok(Self {
            db,
            edition,
            last: Cell::new(last),
            absent: Absent::of(db, papers)?,
            known: RefCell::new(known(db, papers)?),
            new: RefCell::default(),
            more: Cell::default(),
            are_names_held: Cell::default(),
        })
    }

    /// The store with all that was put so far.
    fn db(&self) -> Result<&Connection> {
        let new = self.new.take();
        if !new.is_empty() {
            self.index(record::insert(self.db, self.edition, &new)?);
        }
        Ok(self.db)
    }

    /// What was read of a paper holds no more.
    fn forget(&self, row: Row) {
        self.known.borrow_mut().retain(|_, known| known.row != row);
    }

    /// From now on nobody relies on what a paper is called, until this is committed. Most papers that come are new, and
    /// readers who rate others need not wait for those.
    fn change_names(&self) -> Result<()> {
        if !self.are_names_held.replace(true) {
            Naming::Changes.hold(self.db)?;
        }
        Ok(())
    }

    fn index(&self, more: Indexed) {
        self.more.set(self.more.get() + more);
    }

    /// Writes what is yet to be written.
    fn finish(&self, is_changed: bool) -> Result<()> {
        let db = self.db()?;
        if !is_changed {
            count(db, "papers", -1)?;
        }
        db.run("UPDATE counters SET value = $1 WHERE name = 'row' AND value != $1", &[&self.last.get()])?;
        let Indexed { papers, tokens } = self.more.get();
        if (papers, tokens) != (0, 0) {
            count(db, "indexed", papers)?;
            count(db, "tokens", tokens)?;
        }
        Ok(())
    }
}

/// Names that no paper had when the transaction began, and that it has not given away since.
#[derive(Default)]
struct Absent {
    ids: RefCell<HashSet<String>>,
    aliases: RefCell<HashSet<String>>,
    /// Hashes of titles.
    titles: RefCell<HashSet<i64>>,
    dois: RefCell<HashSet<String>>,
}

impl Absent {
    /// Of those that the rules may ask for.
    fn of(db: &Connection, papers: &[Paper]) -> Result<Self> {
        let doi =
            |paper: &Paper| paper.facts.get("doi").and_then(|doi| PaperId::parse(doi).ok()).map(|(id, _)| id);
        let bare = |paper: &Paper| paper.id.weak_name().and_then(PaperId::own);
        let ids = papers.iter().flat_map(|paper| [Some(paper.id.clone()), doi(paper), bare(paper)]);
        let ids: HashSet<String> = ids.flatten().map(|id| id.to_string()).collect();
        let dois = ids.iter().filter_map(|id| id.strip_prefix("doi:")).map(str::to_owned).collect();
        let titles = papers.iter().map(|paper| title_hash(&paper.title)).collect();
        Ok(Self {
            aliases: lacking(db, "SELECT name FROM aliases WHERE name = ANY($1)", ids.clone())?,
            ids: lacking(db, "SELECT id FROM ids WHERE id = ANY($1)", ids)?,
            titles: lacking(db, "SELECT hash FROM titles WHERE hash = ANY($1)", titles)?,
            dois: lacking(db, "SELECT doi FROM papers WHERE doi = ANY($1)", dois)?,
        })
    }

    /// A paper is there by these names from now on.
    fn put(&self, paper: &Paper) {
        self.ids.borrow_mut().remove(paper.id.as_str());
        self.titles.borrow_mut().remove(&title_hash(&paper.title));
        if let Some(doi) = paper.facts.get("doi") {
            self.dois.borrow_mut().remove(&doi.to_ascii_lowercase());
        }
    }
}

/// The papers that are stored under the identifiers of papers that come.
fn known(db: &Connection, papers: &[Paper]) -> Result<HashMap<String, StoredPaper>> {
    let ids: Vec<&str> = papers.iter().map(|paper| paper.id.as_str()).collect();
    let rows = db.numbers("SELECT paper FROM ids WHERE id = ANY ($1)", &[&ids])?;
    let read = record::read(db, &rows)?;
    Ok(read.into_iter().map(|stored| (stored.paper.id.to_string(), stored)).collect())
}

/// Those of some names that a query does not find.
fn lacking<T>(db: &Connection, sql: &str, mut names: HashSet<T>) -> Result<RefCell<HashSet<T>>>
where
    T: Eq + Hash + Clone + ToSql + Sync + for<'b> FromSql<'b>,
{
    let asked: Vec<T> = names.iter().cloned().collect();
    for row in db.rows(sql, &[&asked])? {
        names.remove(&row.try_get::<_, T>(0)?);
    }
    Ok(RefCell::new(names))
}

impl Names for Putting<'_> {
    fn is_there(&self, id: &PaperId) -> Result<bool> {
        Ok(!self.absent.ids.borrow().contains(id.as_str()) && self.db()?.is_there(id)?)
    }

    fn with_doi(&self, doi: &str) -> Result<Vec<PaperId>> {
        let is_absent = self.absent.dois.borrow().contains(doi);
        if is_absent { Ok(Vec::new()) } else { self.db()?.with_doi(doi) }
    }

    fn with_fingerprint(&self, id: &PaperId) -> Result<Vec<PaperId>> {
        self.db()?.with_fingerprint(id)
    }

    fn meant(&self, alias: &PaperId) -> Result<Option<PaperId>> {
        let is_absent = self.absent.aliases.borrow().contains(alias.as_str());
        if is_absent { Ok(None) } else { self.db()?.meant(alias) }
    }
}

impl Shelf for Putting<'_> {
    fn find(&self, id: &PaperId) -> Result<Option<StoredPaper>> {
        if let Some(known) = self.known.borrow().get(id.as_str()) {
            return Ok(Some(known.clone()));
        }
        let is_absent = self.absent.ids.borrow().contains(id.as_str());
        if is_absent { Ok(None) } else { record::find(self.db()?, id) }
    }

    fn with_title(&self, hash: i64) -> Result<Vec<PaperId>> {
        if self.absent.titles.borrow().contains(&hash) {
            return Ok(Vec::new());
        }
        let sql = "SELECT id FROM papers WHERE row = ANY (ARRAY(SELECT paper FROM titles WHERE hash = $1))
                   ORDER BY id LIMIT $2";
        ids(self.db()?, sql, &[&hash, &(FEW as i64)])
    }

    fn note_alias(&self, alias: &PaperId, row: Row) -> Result<()> {
        self.change_names()?;
        self.absent.aliases.borrow_mut().remove(alias.as_str());
        let sql = "INSERT INTO aliases (name, paper) VALUES ($1, $2)
                   ON CONFLICT (name) DO UPDATE SET paper = excluded.paper";
        self.db()?.run(sql, &[&alias.as_str(), &row]).map(drop)
    }

    fn move_aliases(&self, from: Row, to: Row) -> Result<()> {
        self.db()?.run("UPDATE aliases SET paper = $2 WHERE paper = $1", &[&from, &to]).map(drop)
    }

    fn is_shared(&self, row: Row) -> Result<bool> {
        Ok(self.db()?.find("SELECT 1 FROM shared_names WHERE paper = $1", &[&row])?.is_some())
    }

    fn unshare(&self, row: Row) -> Result<()> {
        self.db()?.run("DELETE FROM shared_names WHERE paper = $1", &[&row]).map(drop)
    }

    fn shared_with_title(&self, title: &str) -> Result<Vec<PaperId>> {
        let sql = "SELECT id FROM papers WHERE row = ANY (ARRAY(
                     SELECT paper FROM shared_names WHERE lower(title) = lower($1::text COLLATE \"C\"))) ORDER BY id";
        ids(self.db()?, sql, &[&title])
    }

    fn insert(&self, paper: &Paper) -> Result<()> {
        let row = self.last.get() + 1;
        self.last.set(row);
        self.absent.put(paper);
        self.new.borrow_mut().push(StoredPaper { row, paper: paper.clone() });
        Ok(())
    }

    fn rewrite(&self, known: &StoredPaper, paper: &Paper) -> Result<()> {
        self.absent.put(paper);
        self.forget(known.row);
        self.index(record::rewrite(self.db()?, known, self.edition, paper)?);
        Ok(())
    }

    fn set_id(&self, row: Row, id: &PaperId) -> Result<()> {
        self.change_names()?;
        self.forget(row);
        self.absent.ids.borrow_mut().remove(id.as_str());
        let sql = "UPDATE ids SET id = $2 WHERE id = (SELECT id FROM papers WHERE row = $1)";
        self.db()?.run(sql, &[&row, &id.as_str()])?;
        let sql = "UPDATE papers SET id = $2, edition = $3 WHERE row = $1";
        self.db()?.run(sql, &[&row, &id.as_str(), &self.edition]).map(drop)
    }

    fn rename(&self, from: &PaperId, to: &PaperId) -> Result<()> {
        self.change_names()?;
        let ids: Values<'_> = &[&from.as_str(), &to.as_str()];
        for sql in [
            "INSERT INTO ratings (reader, id, rating, at) SELECT reader, $2, rating, at FROM ratings WHERE id = $1
             ON CONFLICT (reader, id) DO UPDATE SET rating = excluded.rating, at = excluded.at
             WHERE rtrim(excluded.at, 'Z') > rtrim(ratings.at, 'Z')",
            "INSERT INTO taken_back (reader, kind, name, at) SELECT reader, kind, $2, at FROM taken_back
             WHERE name = $1 AND kind IN ('rating', 'saved') ON CONFLICT (reader, kind, name)
             DO UPDATE SET at = excluded.at WHERE rtrim(excluded.at, 'Z') > rtrim(taken_back.at, 'Z')",
            "INSERT INTO saved (reader, id, at) SELECT reader, $2, at FROM saved WHERE id = $1
             ON CONFLICT DO NOTHING",
            "INSERT INTO interest_papers (reader, id, interest)
             SELECT reader, $2, interest FROM interest_papers WHERE id = $1 ON CONFLICT DO NOTHING",
        ] {
            self.db()?.run(sql, ids)?;
        }
        // As they stand in the JSON list: whole, between their quotation marks.
        let [from_quoted, to_quoted] = [from, to].map(|id| serde_json::Value::from(id.as_str()).to_string());
        let sql = "UPDATE topic_marks SET papers = replace(papers, $1, $2) WHERE strpos(papers, $1) > 0";
        self.db()?.run(sql, &[&from_quoted, &to_quoted])?;
        let sql = "DELETE FROM taken_back WHERE name = $1 AND kind IN ('rating', 'saved')";
        self.db()?.run(sql, &[&from.as_str()])?;
        for table in ["ratings", "saved", "interest_papers"] {
            self.db()?.run(&format!("DELETE FROM {table} WHERE id = $1"), &[&from.as_str()])?;
        }
        Ok(())
    }

    fn move_shown(&self, from: Row, to: Row) -> Result<()> {
        let sql = "INSERT INTO shown (reader, paper, day) SELECT reader, $2, day FROM shown WHERE paper = $1
                   ON CONFLICT (reader, paper) DO UPDATE SET day = least(shown.day, excluded.day)";
        self.db()?.run(sql, &[&from, &to]).map(drop)
    }

    fn remove(&self, row: Row) -> Result<()> {
        self.forget(row);
        vectors::forget(self.db()?, row)?;
        self.index(forget_words(self.db()?, row)?);
        self.db()?.run("DELETE FROM ids WHERE id = (SELECT id FROM papers WHERE row = $1)", &[&row])?;
        for (table, column) in schema::OF_A_PAPER.iter().filter(|(table, _)| *table != "ids") {
            self.db()?.run(&format!("DELETE FROM {table} WHERE {column} = $1"), &[&row])?;
        }
        Ok(())
    }
}
