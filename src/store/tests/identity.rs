//! One paper under several names.

use jiff::Timestamp;
use proptest::prelude::*;

use super::Open;
use crate::paper::{Paper, PaperId, Rating, ReaderId};
use crate::store::{Change, Store};

pub(in crate::store) fn paper(id: &str, title: &str, authors: &[&str], text: &str) -> Paper {
    let mut paper = Paper::new(PaperId::parse(id).unwrap().0, title);
    paper.authors = authors.iter().map(|name| (*name).to_owned()).collect();
    paper.abstract_text = text.into();
    paper
}

pub(in crate::store) fn weak(name: &str, title: &str, authors: &[&str], text: &str) -> Paper {
    Paper { id: PaperId::of_name(name, title).unwrap(), ..paper("own:x", title, authors, text) }
}

fn with_doi(mut paper: Paper, doi: &str) -> Paper {
    paper.facts.insert("doi".into(), doi.into());
    paper
}

pub(in crate::store) fn all(store: &dyn Store) -> Vec<Paper> {
    let mut papers = Vec::new();
    store
        .each_paper(&mut |stored| {
            papers.push(stored.paper);
            Ok(())
        })
        .unwrap();
    papers.sort_by(|a, b| a.id.cmp(&b.id));
    papers
}

pub(in crate::store) fn a_preprint_and_its_published_version_are_one_with_what_was_said_of_both(open: Open) {
    let preprint = with_doi(paper("2404.15653", "Herons", &["Ann Roy"], "Of herons."), "10.1000/H");
    let bare = paper("2404.15653", "Herons", &["Ann Roy"], "Of herons.");
    let published = paper("doi:10.1000/h", "Herons", &["A. Roy"], "");
    let (doi, reader, at) = (published.id.clone(), ReaderId::OWNER, Timestamp::UNIX_EPOCH);
    let mut ends = Vec::new();
    for order in
        [vec![&preprint, &published], vec![&published, &preprint], vec![&bare, &published, &preprint]]
    {
        let mut store = open();
        store.rate(reader, std::slice::from_ref(&doi), Some(Rating::Like), at).unwrap();
        store.save(reader, std::slice::from_ref(&doi), true, at).unwrap();
        order.into_iter().for_each(|paper| drop(store.put(vec![paper.clone()]).unwrap()));
        let rated = store.ratings(reader).unwrap();
        assert_eq!((rated.len(), rated[0].id.as_str(), rated[0].row.is_some()), (1, "2404.15653", true));
        assert_eq!(store.saved(reader).unwrap()[0].id, preprint.id);
        assert_eq!(store.paper(&doi).unwrap().paper.id, preprint.id, "and is found by its DOI");
        assert!(!store.rate(reader, std::slice::from_ref(&doi), Some(Rating::Like), at).unwrap()[0]);
        ends.push(all(&*store));
    }
    assert!(ends.iter().all(|end| *end == ends[0] && end.len() == 1), "{ends:?}");
}

pub(in crate::store) fn a_volume_is_not_taken_for_one_of_its_papers(open: Open) {
    let mut store = open();
    let one = with_doi(paper("2404.15653", "Herons", &["Ann Roy"], ""), "10.1000/volume");
    store.put(vec![one, paper("doi:10.1000/volume", "Proceedings of Birds", &["Ed Sand"], "")]).unwrap();
    assert_eq!(all(&*store).len(), 2);
}

pub(in crate::store) fn chapters_with_the_identifier_of_their_book_stay_apart(open: Open) {
    let rivers = paper("doi:10.1007/978-3-030", "Rivers", &["Rita River"], "Rivers flow.");
    let hills = paper("doi:10.1007/978-3-030", "Hills", &["Mia Mount"], "Hills stand.");
    let retitled = paper("doi:10.1007/978-3-030", "Hills and more", &["Mia Mount"], "");
    let mut ends = Vec::new();
    for order in [[&rivers, &hills, &retitled], [&hills, &retitled, &rivers]] {
        let mut store = open();
        order.into_iter().for_each(|paper| drop(store.put(vec![paper.clone()]).unwrap()));
        order.into_iter().for_each(|paper| {
            assert_eq!(store.put(vec![paper.clone()]).unwrap(), [Change::Unchanged]);
        });
        ends.push(all(&*store));
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

/// Two files in any order give the same papers, and no paper has a title of another's name.
pub(in crate::store) fn the_order_of_files_does_not_matter(open: Open) {
    proptest!(ProptestConfig::with_cases(128), |(one in prop::collection::vec(any_paper(), 1..6),
    two in prop::collection::vec(any_paper(), 1..6))| {
        let mut ends = Vec::new();
        for files in [[&one, &two], [&two, &one]] {
            let mut store = open();
            files.into_iter().for_each(|file| drop(store.put(file.clone()).unwrap()));
            let end = all(&*store);
            let again = files.into_iter().flat_map(|file| store.put(file.clone()).unwrap()).collect::<Vec<_>>();
            prop_assert!(again.iter().all(|change| *change == Change::Unchanged));
            ends.push(end);
        }
        prop_assert_eq!(&ends[0], &ends[1]);
        for paper in &ends[0] {
            let whole = format!("{} by {}", paper.title, paper.authors.concat());
            prop_assert!(paper.abstract_text.starts_with(&whole), "{paper:?}");
        }
    });
}
