//! One paper that files know by names of different kinds: an identifier of arXiv, a DOI, or, as in a bibliography
//! without identifiers, a title and its authors.

use rusqlite::Connection;

use super::identity::families;
use super::papers::{StoredPaper, find};
use super::titles::with_title;
use crate::error::Result;
use crate::paper::{Paper, PaperId, Row, title_key};

/// A title with fewer letters and digits does not tell papers apart.
const TELLING: usize = 15;

/// What kind of name a paper has; the least is kept.
fn kind(id: &PaperId) -> u8 {
    match id.as_str() {
        id if id.starts_with("own:") => 2,
        id if id.starts_with("doi:") => 1,
        _ => 0,
    }
}

/// Whether a paper goes by another's name where both are one.
pub(super) fn yields_to(paper: &PaperId, other: &PaperId) -> bool {
    kind(paper) > kind(other)
}

/// The paper with a name of another kind, the same title and the same authors, beside those that are known; of several
/// the one with the best name.
pub(super) fn twin(db: &Connection, paper: &Paper, known: [Option<Row>; 2]) -> Result<Option<StoredPaper>> {
    let key = title_key(&paper.title);
    if paper.authors.is_empty() || key.chars().count() < TELLING {
        return Ok(None);
    }
    let mut ids = with_title(db, &key)?;
    ids.retain(|id| kind(id) != kind(&paper.id));
    ids.sort_by_key(kind);
    for id in ids {
        let is_same = |other: &StoredPaper| {
            !known.contains(&Some(other.row))
                && title_key(&other.paper.title) == key
                && same_people(&other.paper, paper)
        };
        if let Some(twin) = find(db, &id)?.filter(is_same) {
            return Ok(Some(twin));
        }
    }
    Ok(None)
}

/// Whether two lists of authors can be of one paper: they begin with the same one, and one holds the other, as where a
/// file cuts off a long list.
fn same_people(a: &Paper, b: &Paper) -> bool {
    let (a, b) = (families(a), families(b));
    let (few, many) = if a.len() < b.len() { (a, b) } else { (b, a) };
    few.first().is_some_and(|first| many.first() == Some(first))
        && few.iter().all(|family| many.contains(family))
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::super::{Change, Store};
    use super::*;
    use crate::paper::{Rating, ReaderId};

    const TITLE: &str = "On the Migration of Herons";

    fn paper(id: &str, title: &str, authors: &[&str]) -> Paper {
        let mut paper = Paper::new(PaperId::parse(id).unwrap().0, title);
        paper.authors = authors.iter().map(|name| (*name).to_owned()).collect();
        paper
    }

    fn own(title: &str, authors: &[&str]) -> Paper {
        Paper { id: PaperId::of_title(title, Some("Roy"), None).unwrap(), ..paper("own:x", title, authors) }
    }

    fn ids(store: &Store) -> Vec<String> {
        let mut ids = Vec::new();
        let note = |stored: StoredPaper| {
            ids.push(stored.paper.id.to_string());
            Ok(())
        };
        store.each_paper(note).unwrap();
        ids.sort();
        ids
    }

    #[test]
    fn a_paper_of_three_names_is_one_in_any_order_and_keeps_what_was_said_of_each() {
        let files = [
            own("On the migration of {H}erons".replace(['{', '}'], "").as_str(), &["Ann Roy", "Bob Ito"]),
            paper("doi:10.1000/h", "On the migration of herons.", &["Ann Roy", "Bob Ito"]),
            paper("2404.15653", TITLE, &["Ann Roy", "Bob Ito", "Cy Sand"]),
        ];
        let (reader, at) = (ReaderId::OWNER, Timestamp::UNIX_EPOCH);
        for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
            for said in &files {
                let folder = tempfile::tempdir().unwrap();
                let mut store = Store::open(folder.path()).unwrap();
                for (n, i) in order.iter().enumerate() {
                    store.put(vec![files[*i].clone()]).unwrap();
                    if n == 0 {
                        store.rate(reader, std::slice::from_ref(&said.id), Some(Rating::Like), at).unwrap();
                        store.save(reader, std::slice::from_ref(&said.id), true, at).unwrap();
                    }
                }
                assert_eq!(ids(&store), ["2404.15653"], "{order:?}");
                let known = store.paper(&files[0].id).unwrap().paper;
                assert_eq!(
                    (known.id.as_str(), known.authors.len()),
                    ("2404.15653", 3),
                    "found by its old name"
                );
                let rated = store.ratings(reader).unwrap();
                assert_eq!((rated.len(), rated[0].id.as_str()), (1, "2404.15653"), "{order:?}, {}", said.id);
                assert_eq!(store.saved(reader).unwrap()[0].id.as_str(), "2404.15653");
                // And what is said from now on by a name of before.
                store.rate(reader, &[files[0].id.clone()], Some(Rating::Dislike), at).unwrap();
                assert_eq!(store.ratings(reader).unwrap().len(), 1);
                let again = store.put(files.to_vec()).unwrap();
                assert_eq!(again, [Change::Unchanged; 3], "{order:?}");
                assert_eq!(store.check(), Vec::<String>::new());
            }
        }
    }

    #[test]
    fn titles_that_tell_nothing_and_other_authors_make_no_twins() {
        for (title, authors) in [
            ("Herons", ["Ann Roy", "Bob Ito"]),
            (TITLE, ["Ann Roy", "Dee Moor"]),
            (TITLE, ["Bob Ito", "Ann Roy"]),
            ("On the Migration of Storks", ["Ann Roy", "Bob Ito"]),
        ] {
            for other in ["2404.15653", "doi:10.1000/h"] {
                let known = if title == "Herons" { "Herons" } else { TITLE };
                let (one, two) = (paper(other, known, &["Ann Roy", "Bob Ito"]), own(title, &authors));
                for order in [[&one, &two], [&two, &one]] {
                    let folder = tempfile::tempdir().unwrap();
                    let mut store = Store::open(folder.path()).unwrap();
                    order.into_iter().for_each(|paper| drop(store.put(vec![paper.clone()]).unwrap()));
                    assert_eq!(ids(&store).len(), 2, "{title} {authors:?} {other}");
                }
            }
        }
    }

    #[test]
    fn a_paper_is_found_by_the_title_that_it_has_now() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(folder.path()).unwrap();
        let first = Paper { version: Some(1), ..paper("2404.15653", "A First Title of Birds", &["Ann Roy"]) };
        store.put(vec![first.clone()]).unwrap();
        store.put(vec![Paper { version: Some(2), title: TITLE.into(), ..first }]).unwrap();
        store.put(vec![own(TITLE, &["Ann Roy"])]).unwrap();
        assert_eq!(ids(&store), ["2404.15653"]);
        store.put(vec![own("A First Title of Birds", &["Ann Roy"])]).unwrap();
        assert_eq!(ids(&store).len(), 2, "the title of the first version is no more");
    }
}
