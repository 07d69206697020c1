//! Counters, choices, and work that ends early.

use super::said::at;
use super::{Open, paper};
use crate::embed::Embedding;
use crate::error::Error;
use crate::paper::{Mark, ModelId, PaperId, Rating, ReaderId};
use crate::store::{Change, MarkedTopic, Store};

pub(in crate::store) fn what_another_connection_changed_is_noticed_and_what_this_one_did_is_not(open: Open) {
    let mut store = open();
    let mut other = (store.again)();
    let seen = store.changes_by_others().unwrap();
    store.put(vec![paper("2404.00001", "One")]).unwrap();
    assert_eq!(store.changes_by_others().unwrap(), seen, "its own");
    let id = PaperId::parse("2404.00001").unwrap().0;
    other.rate(ReaderId::OWNER, &[id], Some(Rating::Like), at(0)).unwrap();
    let now = store.changes_by_others().unwrap();
    assert_ne!(now, seen);
    assert_eq!(store.changes_by_others().unwrap(), now, "until something changes again");
}

pub(in crate::store) fn counters_tell_what_is_stale(open: Open) {
    let mut store = open();
    let counters = |store: &dyn Store| {
        (store.papers_edition().unwrap(), store.generation().unwrap(), store.edition().unwrap())
    };
    let empty = counters(&*store);
    assert_eq!(
        store.put(vec![paper("2404.00001", "One"), paper("2404.00002", "Two")]).unwrap(),
        [Change::Added; 2]
    );
    let put = counters(&*store);
    assert!(put.0 > empty.0 && put.1 == empty.1 && put.2 > empty.2, "{put:?} after {empty:?}");
    assert_eq!(store.changed_since(empty.0).unwrap(), [1, 2]);
    assert_eq!(store.put(vec![paper("2404.00001", "One")]).unwrap(), [Change::Unchanged]);
    assert_eq!(counters(&*store), put, "nothing new was said");
    let mut told = paper("2404.00002", "Two");
    told.abstract_text = "Of two.".into();
    assert_eq!(store.put(vec![told]).unwrap(), [Change::Updated]);
    assert_eq!(store.changed_since(put.0).unwrap(), [2]);

    let before = counters(&*store);
    let hash = store.text_hashes(&[1]).unwrap()[0];
    let vector = Embedding::normalized(vec![1.0, 0.0]).unwrap();
    store.put_vectors(&ModelId::new("m"), &[(1, hash, vector)]).unwrap();
    let embedded = counters(&*store);
    assert!(embedded.0 == before.0 && embedded.1 > before.1 && embedded.2 > before.2, "{embedded:?}");
    let topic =
        MarkedTopic { name: "birds".into(), mark: Mark::Follow, at: at(0), first: None, papers: Vec::new() };
    store.mark_topic(ReaderId::OWNER, &topic).unwrap();
    let marked = counters(&*store);
    assert!((marked.0, marked.1) == (embedded.0, embedded.1) && marked.2 > embedded.2, "{marked:?}");
    assert_eq!(counters((store.again)().as_ref()), marked, "they are the store's, not the connection's");
}

pub(in crate::store) fn a_choice_is_changed_where_it_is_read(open: Open) {
    let mut store = open();
    let model = ModelId::new("m");
    assert!(
        store.rechoose("models", Some(&model), &mut |known| known.is_none().then(|| "one".into())).unwrap()
    );
    assert!(!store.rechoose("models", None, &mut |_| None).unwrap());
    assert_eq!(store.choice("models").unwrap().as_deref(), Some("one"));
    store.put(vec![paper("2404.00001", "One")]).unwrap();
    assert!(
        !store.rechoose("models", Some(&model), &mut |_| Some("two".into())).unwrap(),
        "a vector is missing"
    );
    assert!(store.rechoose("models", None, &mut |known| known.map(|known| known + "more")).unwrap());
    assert_eq!(store.choice("models").unwrap().as_deref(), Some("onemore"));
    assert_eq!(store.choice("other").unwrap(), None);
}

pub(in crate::store) fn work_that_is_given_up_ends_and_the_next_does_not(open: Open) {
    let store = open();
    let stop = store.stop();
    store.still_wanted().unwrap();
    std::thread::spawn(move || stop.stop()).join().unwrap();
    assert!(matches!(store.still_wanted(), Err(Error::GivenUp)));
    let _next = store.stop();
    store.still_wanted().unwrap();
    assert_eq!(store.size().unwrap().papers, 0);
}

pub(in crate::store) fn what_is_refused_changes_nothing(open: Open) {
    let mut store = open();
    store.put(vec![paper("2404.00001", "One"), paper("2404.00002", "Two")]).unwrap();
    let model = ModelId::new("m");
    let hashes = store.text_hashes(&[1, 2]).unwrap();
    let vector = |values| Embedding::normalized(values).unwrap();
    store.put_vectors(&model, &[(1, hashes[0], vector(vec![1.0, 0.0]))]).unwrap();
    let generation = store.generation().unwrap();
    let wrong = [(2, hashes[1], vector(vec![0.0, 1.0])), (1, hashes[0], vector(vec![1.0, 0.0, 0.0]))];
    assert!(matches!(store.put_vectors(&model, &wrong), Err(Error::DimensionMismatch { .. })));
    assert_eq!(store.vectors(&model, &[2]).unwrap(), [None], "the first of them was right");
    assert_eq!(store.generation().unwrap(), generation);
}
