//! One paper under several names: a preprint with the DOI of its published version, and names that an
//! earlier version of this program trusted too far.
//!
//! What readers said is kept by identifier, so it goes along whenever a paper's name changes.

use rusqlite::{Connection, params};

use super::record::{self, find};
use super::{aliases, search, vectors};
use crate::error::Result;
use crate::paper::{Paper, PaperId, Row, family, title_key, titles_agree};
use crate::source::printed;
use crate::store::{SharedName, StoredPaper};

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

/// The identifier under which a paper is stored that is asked for by another.
pub(super) fn stored_as(db: &Connection, id: &PaperId) -> Result<PaperId> {
    let exact = db.prepare_cached("SELECT 1 FROM papers WHERE id = ?1")?.exists([id.as_str()])?;
    if exact || id.is_arxiv() {
        return Ok(id.clone());
    }
    if let Some(meant) = aliases::meant(db, id)? {
        return Ok(meant);
    }
    let others = match id.as_str().strip_prefix("doi:") {
        Some(doi) => with_doi(db, doi)?,
        None if id.weak_name().is_some() => Vec::new(),
        None => {
            // `~` is the sign before a fingerprint.
            let mut query = db.prepare_cached("SELECT id FROM papers WHERE id > ?1 AND id < ?2 LIMIT 9")?;
            let found =
                query.query_map([format!("{id}~"), format!("{id}~g")], |row| row.get::<_, String>(0))?;
            let found = found.map(|id| Ok(PaperId::parse(&id?)?.0)).collect::<Result<Vec<_>>>()?;
            let asked = id.as_str().strip_prefix("own:");
            found.into_iter().filter(|other| other.weak_name() == asked).collect()
        }
    };
    match <[PaperId; 1]>::try_from(others) {
        Ok([other]) => Ok(other),
        Err(_) => Ok(id.clone()),
    }
}

/// The papers of arXiv whose sources name this DOI, by identifier.
fn with_doi(db: &Connection, doi: &str) -> Result<Vec<PaperId>> {
    let sql = "SELECT id FROM papers WHERE lower(json_extract(facts, '$.doi')) = ?1 AND id NOT LIKE '%:%' ORDER BY id LIMIT 9";
    let mut query = db.prepare_cached(sql)?;
    let found = query.query_map([doi], |row| row.get::<_, String>(0))?;
    found.map(|id| Ok(PaperId::parse(&id?)?.0)).collect()
}

/// Whether a source that gives one the other's name can be believed.
fn is_same(a: &Paper, b: &Paper) -> bool {
    titles_agree(&a.title, &b.title) || (!a.authors.is_empty() && families(a) == families(b))
}

pub(super) fn families(paper: &Paper) -> Vec<String> {
    paper.authors.iter().map(|name| crate::paper::unaccented(family(name)).to_lowercase()).collect()
}

fn first_family(paper: &Paper) -> Option<String> {
    families(paper).into_iter().next()
}

/// Whether two papers of one identifier cannot be one, such as chapters that a program gave the DOI of their
/// book: they agree neither in the title nor in the first author.
pub(super) fn contradict(known: &Paper, paper: &Paper) -> bool {
    let told = |p: &Paper| !p.title.is_empty() && !p.authors.is_empty();
    let same = match paper.id.weak_name() {
        Some(_) => first_family(paper) == first_family(known),
        None => paper.id.as_str().starts_with("own:") || is_same(paper, known),
    };
    told(paper) && told(known) && !same
}

/// Parts two papers that [contradict] each other. One keeps the identifier: the one that arXiv or a listing
/// knows, else the one whose title comes first, so that the order of files does not matter. The other goes by
/// its author, year and title.
pub(super) fn part(db: &Connection, known: StoredPaper, paper: &mut Paper) -> Result<()> {
    let own = |p: &Paper| {
        let year = p.facts.get("year").cloned().or_else(|| Some(p.published?.year().to_string()));
        PaperId::of_title(&p.title, first_family(p).as_deref(), year.as_deref())
    };
    let rank =
        |p: &Paper| (p.categories.is_empty() && p.listings.is_empty(), title_key(&p.title), families(p));
    if rank(&known.paper) <= rank(paper) {
        paper.id = own(paper).unwrap_or_else(|| paper.id.clone());
    } else if let Some(own) = own(&known.paper) {
        match find(db, &own)? {
            None => rename_paper(db, known.row, &known.paper.id, &own)?,
            Some(other) => drop(absorb(db, known, &other)?),
        }
    }
    Ok(())
}

/// The paper that is meant by one which is not stored under its own name: a published version whose preprint
/// is known, or a name that an earlier version kept without a fingerprint.
pub(super) fn known_otherwise(db: &Connection, paper: &Paper) -> Result<Option<StoredPaper>> {
    let id = paper.id.as_str();
    if let Some(meant) = aliases::meant(db, &paper.id)?
        && let Some(known) =
            find(db, &meant)?.filter(|known| first_family(&known.paper) == first_family(paper))
    {
        return Ok(Some(known));
    }
    if let Some(doi) = id.strip_prefix("doi:") {
        for other in with_doi(db, doi)? {
            if let Some(known) = find(db, &other)?.filter(|known| is_same(&known.paper, paper)) {
                return Ok(Some(known));
            }
        }
        return Ok(None);
    }
    let Some(name) = paper.id.weak_name() else {
        // It was given without a fingerprint, as by an export of an earlier version.
        let own = id.strip_prefix("own:").and_then(|name| PaperId::of_name(name, &paper.title));
        return Ok(own.map(|own| find(db, &own)).transpose()?.flatten());
    };
    let Some(known) = PaperId::own(name).map(|own| find(db, &own)).transpose()?.flatten() else {
        return nameless(db, paper);
    };
    let agrees = title_key(&printed(&known.paper.title)) == title_key(&paper.title);
    if !agrees {
        unmix(db, &known, paper)?;
    }
    Ok(Some(known).filter(|_| agrees))
}

/// The paper of this title that an earlier version kept under what is no name, such as the number of a record.
fn nameless(db: &Connection, paper: &Paper) -> Result<Option<StoredPaper>> {
    let sql =
        "SELECT p.id FROM shared_names s JOIN papers p ON p.row = s.paper WHERE s.title = ?1 ORDER BY p.id";
    let mut query = db.prepare_cached(sql)?;
    let mut rows = query.query([&paper.title])?;
    while let Some(row) = rows.next()? {
        let id = PaperId::parse(&row.get::<_, String>(0)?)?.0;
        let name = id.as_str().strip_prefix("own:").unwrap_or_default();
        if PaperId::of_name(name, &paper.title).is_none() {
            return find(db, &id);
        }
    }
    Ok(None)
}

/// Takes out of a paper that may be two in one what `other`, which shares only its name, left in it.
fn unmix(db: &Connection, known: &StoredPaper, other: &Paper) -> Result<()> {
    if !is_shared(db, known.row)? {
        return Ok(());
    }
    let mut cleaned = known.paper.clone();
    if cleaned.abstract_text == other.abstract_text {
        cleaned.abstract_text.clear();
    }
    if cleaned.authors == other.authors {
        cleaned.authors.clear();
    }
    record::rewrite(db, known, &cleaned)
}

/// What is known of a paper before its own file speaks of it again: of a paper that may be two in one, what
/// disagrees with the file goes.
pub(super) fn parted(db: &Connection, known: &StoredPaper, paper: &Paper) -> Result<Paper> {
    let mut before = known.paper.clone();
    let own = known.paper.id.as_str().starts_with("own:");
    // An export that says the same again is the reader's own word.
    let says_more = |p: &Paper| paper.id != p.id || (&paper.title, &paper.authors) == (&p.title, &p.authors);
    if !own || !says_more(&before) || !is_shared(db, known.row)? {
        return Ok(before);
    }
    db.prepare_cached("DELETE FROM shared_names WHERE paper = ?1")?.execute([known.row])?;
    if paper.id != before.id && first_family(&before).is_none_or(|family| first_family(paper) != Some(family))
    {
        before.abstract_text.clear();
        before.authors.clear();
        before.facts.clear();
    }
    Ok(before)
}

fn is_shared(db: &Connection, row: Row) -> Result<bool> {
    Ok(db.prepare_cached("SELECT 1 FROM shared_names WHERE paper = ?1")?.exists([row])?)
}

/// The paper that has the DOI which a source gives to this paper of arXiv, and is the same.
pub(super) fn published_version(db: &Connection, paper: &Paper) -> Result<Option<StoredPaper>> {
    let doi = paper.facts.get("doi").filter(|_| paper.id.is_arxiv());
    let Some(doi) = doi.and_then(|doi| PaperId::parse(doi).ok()) else { return Ok(None) };
    Ok(find(db, &doi.0)?.filter(|found| is_same(&found.paper, paper)))
}

/// What was said of a new paper by its name without the title's fingerprint, before it came, is said of it.
pub(super) fn claim(db: &Connection, id: &PaperId) -> Result<()> {
    let Some(bare) = id.weak_name().and_then(PaperId::own) else { return Ok(()) };
    if stored_as(db, &bare)? == *id { rename(db, &bare, id) } else { Ok(()) }
}

/// A DOI among the facts as `10.1000/1`, however its source wrote it.
pub(super) fn tidy_doi(paper: &mut Paper) {
    let Some(doi) = paper.facts.get_mut("doi") else { return };
    let bare =
        PaperId::parse(doi).ok().and_then(|(id, _)| id.as_str().strip_prefix("doi:").map(str::to_owned));
    if let Some(bare) = bare.filter(|bare| *bare != doi.to_lowercase()) {
        *doi = bare;
    }
}

/// Takes a paper into another one, with all that readers said of it; what the two are together.
pub(super) fn absorb(db: &Connection, gone: StoredPaper, into: &StoredPaper) -> Result<StoredPaper> {
    rename(db, &gone.paper.id, &into.paper.id)?;
    move_shown(db, gone.row, into.row)?;
    aliases::move_aliases(db, (&gone.paper.id, gone.row), into.row)?;
    remove(db, gone.row)?;
    let mut merged = into.paper.clone();
    merged.merge(Paper { id: into.paper.id.clone(), ..gone.paper });
    record::rewrite(db, into, &merged)?;
    Ok(StoredPaper { row: into.row, paper: merged })
}

/// Gives a paper another name, with all that readers said of it.
pub(super) fn rename_paper(db: &Connection, row: Row, from: &PaperId, to: &PaperId) -> Result<()> {
    db.prepare_cached("UPDATE papers SET id = ?2 WHERE row = ?1")?.execute(params![row, to.as_str()])?;
    rename(db, from, to)
}

/// What readers said of a paper by one name, said by another. Of two ratings the later one holds.
pub(super) fn rename(db: &Connection, from: &PaperId, to: &PaperId) -> Result<()> {
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
        "UPDATE topic_marks SET papers = replace(papers, json_quote(?1), json_quote(?2))
         WHERE instr(papers, json_quote(?1)) > 0",
    ] {
        db.prepare_cached(sql)?.execute(ids)?;
    }
    let sql = "DELETE FROM taken_back WHERE name = ?1 AND kind IN ('rating', 'saved')";
    db.prepare_cached(sql)?.execute([from.as_str()])?;
    for table in ["ratings", "saved", "interest_papers"] {
        db.prepare_cached(&format!("DELETE FROM {table} WHERE id = ?1"))?.execute([from.as_str()])?;
    }
    Ok(())
}

/// Removes a paper that another has taken in. Its row is not given away again.
fn remove(db: &Connection, row: Row) -> Result<()> {
    vectors::forget(db, row)?;
    search::forget(db, row)?;
    db.prepare_cached("DELETE FROM papers WHERE row = ?1")?.execute([row])?;
    Ok(())
}

/// Which papers a reader was shown, and so will not be shown again, goes along.
fn move_shown(db: &Connection, from: Row, to: Row) -> Result<()> {
    let sql = "INSERT INTO shown SELECT reader, ?2, day FROM shown WHERE paper = ?1
               ON CONFLICT (reader, paper) DO UPDATE SET day = min(day, excluded.day)";
    db.prepare_cached(sql)?.execute([from, to])?;
    Ok(())
}

#[cfg(test)]
mod tests;
