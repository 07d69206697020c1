//! One paper under several names of which none says so: its title and its authors do.

use jiff::Timestamp;

use super::Open;
use crate::paper::{Paper, PaperId, Rating, ReaderId};
use crate::store::{Change, Store, StoredPaper};

const TITLE: &str = "On the Migration of Herons";

fn paper(id: &str, title: &str, authors: &[&str]) -> Paper {
    super::identity::paper(id, title, authors, "")
}

fn own(title: &str, authors: &[&str]) -> Paper {
    Paper { id: PaperId::of_title(title, Some("Roy"), None).unwrap(), ..paper("own:x", title, authors) }
}

fn ids(store: &dyn Store) -> Vec<String> {
    let mut ids = Vec::new();
    let mut note = |stored: StoredPaper| {
        ids.push(stored.paper.id.to_string());
        Ok(())
    };
    store.each_paper(&mut note).unwrap();
    ids.sort();
    ids
}

pub(in crate::store) fn a_paper_of_three_names_is_one_in_any_order_and_keeps_what_was_said_of_each(
    open: Open,
) {
    let files = [
        own("On the migration of {H}erons".replace(['{', '}'], "").as_str(), &["Ann Roy", "Bob Ito"]),
        paper("doi:10.1000/h", "On the migration of herons.", &["Ann Roy", "Bob Ito"]),
        paper("2404.15653", TITLE, &["Ann Roy", "Bob Ito", "Cy Sand"]),
    ];
    let (reader, at) = (ReaderId::OWNER, Timestamp::UNIX_EPOCH);
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        for said in &files {
            let mut store = open();
            for (n, i) in order.iter().enumerate() {
                store.put(vec![files[*i].clone()]).unwrap();
                if n == 0 {
                    store.rate(reader, std::slice::from_ref(&said.id), Some(Rating::Like), at).unwrap();
                    store.save(reader, std::slice::from_ref(&said.id), true, at).unwrap();
                }
            }
            assert_eq!(ids(&*store), ["2404.15653"], "{order:?}");
            let known = store.paper(&files[0].id).unwrap().paper;
            assert_eq!((known.id.as_str(), known.authors.len()), ("2404.15653", 3), "found by its old name");
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

pub(in crate::store) fn titles_that_tell_nothing_and_other_authors_make_no_twins(open: Open) {
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
                let mut store = open();
                order.into_iter().for_each(|paper| drop(store.put(vec![paper.clone()]).unwrap()));
                assert_eq!(ids(&*store).len(), 2, "{title} {authors:?} {other}");
            }
        }
    }
}

pub(in crate::store) fn a_paper_is_found_by_the_title_that_it_has_now(open: Open) {
    let mut store = open();
    let first = Paper { version: Some(1), ..paper("2404.15653", "A First Title of Birds", &["Ann Roy"]) };
    store.put(vec![first.clone()]).unwrap();
    store.put(vec![Paper { version: Some(2), title: TITLE.into(), ..first }]).unwrap();
    store.put(vec![own(TITLE, &["Ann Roy"])]).unwrap();
    assert_eq!(ids(&*store), ["2404.15653"]);
    store.put(vec![own("A First Title of Birds", &["Ann Roy"])]).unwrap();
    assert_eq!(ids(&*store).len(), 2, "the title of the first version is no more");
}
