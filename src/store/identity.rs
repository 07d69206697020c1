//! One paper under several names: a preprint with the DOI of its published version, and names that an
//! earlier version of this program trusted too far.
//!
//! What readers said is kept by identifier, so it goes along whenever a paper's name changes.

use rusqlite::{Connection, params};

use super::papers::{StoredPaper, find};
use super::{Store, aliases, search, vectors};
use crate::error::Result;
use crate::paper::{Paper, PaperId, Row, family, title_key, titles_agree};
use crate::source::printed;

/// A paper that earlier versions knew by a name which two papers may share, so that it may be two in one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharedName {
    /// Its identifier.
    pub id: PaperId,
    /// The title that stands there.
    pub title: String,
}

impl Store {
    /// The identifier under which a paper is stored that is asked for by another: by its DOI, or by a name
    /// without the fingerprint of its title. The same where there is none, or more than one.
    ///
    /// # Errors
    /// [`crate::Error::Sqlite`].
    pub fn stored_as(&self, id: &PaperId) -> Result<PaperId> {
        stored_as(&self.db, id)
    }

    /// Papers that may be two in one, by identifier: their names were trusted over files. Importing their files
    /// again parts them.
    ///
    /// # Errors
    /// [`crate::Error::Sqlite`].
    pub fn shared_names(&self) -> Result<Vec<SharedName>> {
        let sql = "SELECT p.id, p.title FROM shared_names s JOIN papers p ON p.row = s.paper ORDER BY p.id";
        let mut query = self.db.prepare(sql)?;
        let mut rows = query.query([])?;
        let mut names = Vec::new();
        while let Some(row) = rows.next()? {
            let id: String = row.get(0)?;
            names.push(SharedName { id: PaperId::parse(&id)?.0, title: row.get(1)? });
        }
        Ok(names)
    }
}

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
            Some(other) => absorb(db, known, &other)?,
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
    super::papers::rewrite(db, known, &cleaned)
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

/// Takes a paper into another one, with all that readers said of it.
pub(super) fn absorb(db: &Connection, gone: StoredPaper, into: &StoredPaper) -> Result<()> {
    rename(db, &gone.paper.id, &into.paper.id)?;
    move_shown(db, gone.row, into.row)?;
    aliases::move_aliases(db, (&gone.paper.id, gone.row), into.row)?;
    remove(db, gone.row)?;
    let mut merged = into.paper.clone();
    merged.merge(Paper { id: into.paper.id.clone(), ..gone.paper });
    super::papers::rewrite(db, into, &merged)
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
mod tests {
    use jiff::Timestamp;
    use proptest::prelude::*;

    use super::*;
    use crate::paper::{Rating, ReaderId};
    use crate::store::{DATABASE, schema};

    fn paper(id: &str, title: &str, authors: &[&str], text: &str) -> Paper {
        let mut paper = Paper::new(PaperId::parse(id).unwrap().0, title);
        paper.authors = authors.iter().map(|name| (*name).to_owned()).collect();
        paper.abstract_text = text.into();
        paper
    }

    fn weak(name: &str, title: &str, authors: &[&str], text: &str) -> Paper {
        Paper { id: PaperId::of_name(name, title).unwrap(), ..paper("own:x", title, authors, text) }
    }

    fn with_doi(mut paper: Paper, doi: &str) -> Paper {
        paper.facts.insert("doi".into(), doi.into());
        paper
    }

    fn all(store: &Store) -> Vec<Paper> {
        let mut papers = Vec::new();
        store
            .each_paper(|stored| {
                papers.push(stored.paper);
                Ok(())
            })
            .unwrap();
        papers.sort_by(|a, b| a.id.cmp(&b.id));
        papers
    }

    fn store() -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        (folder, store)
    }

    #[test]
    fn a_preprint_and_its_published_version_are_one_with_what_was_said_of_both() {
        let preprint = with_doi(paper("2404.15653", "Herons", &["Ann Roy"], "Of herons."), "10.1000/H");
        let bare = paper("2404.15653", "Herons", &["Ann Roy"], "Of herons.");
        let published = paper("doi:10.1000/h", "Herons", &["A. Roy"], "");
        let (doi, reader, at) = (published.id.clone(), ReaderId::OWNER, Timestamp::UNIX_EPOCH);
        let mut ends = Vec::new();
        for order in
            [vec![&preprint, &published], vec![&published, &preprint], vec![&bare, &published, &preprint]]
        {
            let (_folder, mut store) = store();
            store.rate(reader, std::slice::from_ref(&doi), Some(Rating::Like), at).unwrap();
            store.save(reader, std::slice::from_ref(&doi), true, at).unwrap();
            order.into_iter().for_each(|paper| drop(store.put(vec![paper.clone()]).unwrap()));
            let rated = store.ratings(reader).unwrap();
            assert_eq!((rated.len(), rated[0].id.as_str(), rated[0].row.is_some()), (1, "2404.15653", true));
            assert_eq!(store.saved(reader).unwrap()[0].id, preprint.id);
            assert_eq!(store.paper(&doi).unwrap().paper.id, preprint.id, "and is found by its DOI");
            assert!(!store.rate(reader, std::slice::from_ref(&doi), Some(Rating::Like), at).unwrap()[0]);
            ends.push(all(&store));
        }
        assert!(ends.iter().all(|end| *end == ends[0] && end.len() == 1), "{ends:?}");
    }

    #[test]
    fn a_volume_is_not_taken_for_one_of_its_papers() {
        let (_folder, mut store) = store();
        let one = with_doi(paper("2404.15653", "Herons", &["Ann Roy"], ""), "10.1000/volume");
        store.put(vec![one, paper("doi:10.1000/volume", "Proceedings of Birds", &["Ed Sand"], "")]).unwrap();
        assert_eq!(all(&store).len(), 2);
    }

    /// A database of the version before, with what it did to two papers of one name.
    fn mixed(id: &str) -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(DATABASE);
        let db = Connection::open(&path).unwrap();
        let before = schema::before_shared_names(&path);
        before.iter().for_each(|step| db.execute_batch(step).unwrap());
        let sql = "INSERT INTO papers (id, title, abstract, authors, categories, facts, text_hash)
                   VALUES (?1, 'Herons', 'Of salt.', '[\"Bob Ito\"]', '[]', '{\"year\":\"2020\"}', 0)";
        db.execute(sql, [id]).unwrap();
        db.execute("INSERT INTO ratings VALUES (1, ?1, 1, '2024-04-25T00:00:00Z')", [id]).unwrap();
        db.pragma_update(None, "application_id", 0x7070_696b_i64).unwrap();
        db.pragma_update(None, "user_version", before.len() as i64).unwrap();
        let store = Store::open(folder.path()).unwrap();
        (folder, store)
    }

    #[test]
    fn what_was_mixed_before_is_found_and_parted_by_its_files() {
        for id in ["own:roy2020", "own:7"] {
            let named = |name: &str, title: &str, author: &str, text: &str| match id {
                "own:7" => Paper {
                    id: PaperId::of_title(title, Some(author), None).unwrap(),
                    ..weak(name, title, &[author], text)
                },
                _ => weak(name, title, &[author], text),
            };
            let herons = named("roy2020", "Herons", "Ann Roy", "");
            let salt = named("roy2020", "Salt", "Bob Ito", "Of salt.");
            for order in [[&herons, &salt], [&salt, &herons]] {
                let (_folder, mut store) = mixed(id);
                let found = store.shared_names().unwrap();
                assert_eq!((found.len(), found[0].title.as_str()), (1, "Herons"));
                order.into_iter().for_each(|paper| drop(store.put(vec![paper.clone()]).unwrap()));
                assert_eq!(store.shared_names().unwrap(), []);
                let papers = all(&store);
                let said = |p: &Paper| (p.title.clone(), p.authors.concat(), p.abstract_text.clone());
                let mut said: Vec<_> = papers.iter().map(said).collect();
                said.sort();
                let herons = ("Herons".to_owned(), "Ann Roy".to_owned(), String::new());
                assert_eq!(said, [herons, ("Salt".into(), "Bob Ito".into(), "Of salt.".into())], "{id}");
                assert!(
                    store.ratings(ReaderId::OWNER).unwrap()[0].row.is_some(),
                    "the like stays with its title"
                );
            }
        }
    }

    #[test]
    fn chapters_with_the_identifier_of_their_book_stay_apart() {
        let rivers = paper("doi:10.1007/978-3-030", "Rivers", &["Rita River"], "Rivers flow.");
        let hills = paper("doi:10.1007/978-3-030", "Hills", &["Mia Mount"], "Hills stand.");
        let retitled = paper("doi:10.1007/978-3-030", "Hills and more", &["Mia Mount"], "");
        let mut ends = Vec::new();
        for order in [[&rivers, &hills, &retitled], [&hills, &retitled, &rivers]] {
            let (_folder, mut store) = store();
            order.into_iter().for_each(|paper| drop(store.put(vec![paper.clone()]).unwrap()));
            order.into_iter().for_each(|paper| {
                assert_eq!(store.put(vec![paper.clone()]).unwrap(), [crate::store::Change::Unchanged]);
            });
            ends.push(all(&store));
        }
        assert_eq!(ends[0], ends[1]);
        let said: Vec<_> = ends[0].iter().map(|p| (p.title.as_str(), p.abstract_text.as_str())).collect();
        assert_eq!(said, [("Hills and more", "Hills stand."), ("Rivers", "Rivers flow.")]);
    }

    fn any_paper() -> impl Strategy<Value = Paper> {
        // Few distinct values, so that names, DOIs and titles are shared.
        (0..7_usize, 0..3_usize, 0..3_usize, any::<bool>()).prop_map(|(id, title, author, long)| {
            // Of two papers of arXiv with one title and authors, nobody could tell which one a bibliography means.
            let title = if id == 5 { title % 2 } else { title };
            // Names are shared by whoever; an identifier by papers of different people at most.
            let author = if id < 3 || id == 6 { author } else { title };
            let title = ["Herons", "Salt marshes", "A longer study of tides"][title];
            let author = ["Ann Roy", "Bob Ito", "Cy Sand"][author];
            // The text tells whose it is.
            let text = format!("{title} by {author}{}", if long { ", at length" } else { "" });
            match id {
                0..3 => weak(["roy2020", "https://example.org/", "key"][id], title, &[author], &text),
                3 => paper(&format!("doi:10.1000/{}", title.len()), title, &[author], &text),
                4 => with_doi(
                    paper(&format!("2404.000{}", title.len() + 10), title, &[author], &text),
                    &format!("10.1000/{}", title.len()),
                ),
                5 => with_doi(paper("2404.00099", title, &[author], &text), "10.1000/none"),
                _ => Paper {
                    id: PaperId::of_title(title, Some(author), None).unwrap(),
                    ..weak("x", title, &[author], &text)
                },
            }
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]

        /// Two files in any order give the same papers, and no paper has a title of another's name.
        #[test]
        fn the_order_of_files_does_not_matter(
            one in prop::collection::vec(any_paper(), 1..6),
            two in prop::collection::vec(any_paper(), 1..6),
        ) {
            let mut ends = Vec::new();
            for files in [[&one, &two], [&two, &one]] {
                let (_folder, mut store) = store();
                files.into_iter().for_each(|file| drop(store.put(file.clone()).unwrap()));
                let end = all(&store);
                let again = files.into_iter().flat_map(|file| store.put(file.clone()).unwrap()).collect::<Vec<_>>();
                prop_assert!(again.iter().all(|change| *change == crate::store::Change::Unchanged));
                ends.push(end);
            }
            prop_assert_eq!(&ends[0], &ends[1]);
            for paper in &ends[0] {
                let whole = format!("{} by {}", paper.title, paper.authors.concat());
                prop_assert!(paper.abstract_text.starts_with(&whole), "{paper:?}");
            }
        }
    }
}
