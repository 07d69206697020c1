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
