//! What readers said of papers.

use super::{Open, paper};
use crate::paper::{PaperId, Rating, ReaderId};

pub(in crate::store) fn a_rating_waits_for_its_paper(open: Open) {
    let mut store = open();
    let id = PaperId::parse("2404.15653").unwrap().0;
    let at = "2024-05-01T08:00:00Z".parse().unwrap();
    assert_eq!(
        store.rate(ReaderId::OWNER, std::slice::from_ref(&id), Some(Rating::Like), at).unwrap(),
        [true]
    );
    assert_eq!(store.ratings(ReaderId::OWNER).unwrap()[0].row, None);
    store.put(vec![paper("2404.15653", "CatLIP")]).unwrap();
    let rated = store.ratings(ReaderId::OWNER).unwrap();
    assert_eq!(
        (rated[0].row, rated[0].title.as_deref(), rated[0].rating),
        (Some(1), Some("CatLIP"), Rating::Like)
    );
    let later = "2024-06-01T08:00:00Z".parse().unwrap();
    assert_eq!(
        store.rate(ReaderId::OWNER, std::slice::from_ref(&id), Some(Rating::Like), later).unwrap(),
        [false]
    );
    assert_eq!(store.ratings(ReaderId::OWNER).unwrap()[0].at, at, "the first time stays");
    assert_eq!(store.rate(ReaderId::OWNER, std::slice::from_ref(&id), None, later).unwrap(), [true]);
    assert!(store.ratings(ReaderId::OWNER).unwrap().is_empty());
}

pub(in crate::store) fn likes_that_are_known_in_part_are_told_whoever_gave_them(open: Open) {
    let mut store = open();
    let at = "2024-05-01T08:00:00Z".parse().unwrap();
    store.add_account("ann", None, "", at).unwrap();
    let bob = store.add_account("bob", None, "", at).unwrap().reader;
    let whole = |id: &str| {
        let mut whole = paper(id, "Herons");
        whole.abstract_text = "Of herons.".into();
        whole.authors = vec!["Ann Roy".into()];
        whole.categories = vec!["cs.CV".into()];
        whole
    };
    let (mut nameless, mut unsorted) = (whole("2404.00003"), whole("2404.00004"));
    nameless.authors.clear();
    unsorted.categories.clear();
    let bare = paper("2404.00002", "Storks");
    store.put(vec![whole("2404.00001"), bare, nameless, unsorted, paper("doi:10.1000/h", "Rivers")]).unwrap();
    let ids = |ids: &[&str]| ids.iter().map(|id| PaperId::parse(id).unwrap().0).collect::<Vec<_>>();
    let liked = ids(&["2404.00001", "2404.00002", "2404.00003", "doi:10.1000/h"]);
    store.rate(ReaderId::OWNER, &liked, Some(Rating::Like), at).unwrap();
    let liked = ids(&["2404.00002", "2404.00004", "2404.00006"]);
    store.rate(bob, &liked, Some(Rating::Like), at).unwrap();
    store.rate(bob, &ids(&["2404.00007"]), Some(Rating::Dislike), at).unwrap();
    let mut found = store.incomplete_likes(9, 7).unwrap();
    found.sort();
    assert_eq!(found, ids(&["2404.00002", "2404.00003", "2404.00004", "2404.00006"]), "of arXiv, each once");
    let two = store.incomplete_likes(2, 7).unwrap();
    assert_eq!((two.len(), &store.incomplete_likes(2, 7).unwrap()), (2, &two), "a seed decides which");
    let others = (0..20).map(|seed| store.incomplete_likes(2, seed).unwrap());
    assert!(others.into_iter().any(|other| other != two), "another seed gives others");
}
