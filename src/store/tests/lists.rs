//! Workers that share a queue.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::{Date, date};

use super::Open;
use crate::paper::{PaperId, Rating, ReaderId};
use crate::store::Store;
use crate::store::lists::{ListEnd, ListsLeft, TakenList};

const DAY: Date = date(2024, 4, 25);

/// So many seconds after some moment.
fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_714_000_000 + seconds).unwrap()
}

fn take(store: &mut dyn Store, worker: &str, now: Timestamp, most: usize) -> Vec<TakenList> {
    store.take_lists(DAY, worker, now, now - jiff::SignedDuration::from_secs(60), most).unwrap()
}

fn readers(taken: &[TakenList]) -> Vec<i64> {
    taken.iter().map(|taken| taken.reader.get()).collect()
}

pub(in crate::store) fn each_list_is_taken_once_until_its_worker_is_given_up(open: Open) {
    let mut store = open();
    for name in ["ann", "ben", "cid"] {
        store.add_account(name, None, "secret", at(0)).unwrap();
    }
    store.ask_for_lists(DAY, "edition 1", DAY).unwrap();
    let mut other = (store.again)();
    let first = take(&mut *store.store, "one", at(100), 2);
    let second = take(&mut *other, "two", at(101), 9);
    assert_eq!((readers(&first), readers(&second)), (vec![1, 2], vec![3]));
    assert!(take(&mut *other, "two", at(150), 9).is_empty(), "all are taken");
    assert!(store.end_list(DAY, "one", &first[0], ListEnd::Made("[1]")).unwrap());
    assert_eq!(store.lists_left(DAY).unwrap(), ListsLeft { waiting: 2, failed: 0 });
    // The first worker is slow: what it had falls to the other.
    let fallen = take(&mut *other, "two", at(162), 9);
    assert_eq!(readers(&fallen), [2, 3]);
    assert!(!store.end_list(DAY, "one", &first[1], ListEnd::Made("[late]")).unwrap());
    assert!(other.end_list(DAY, "two", &fallen[0], ListEnd::Made("[2]")).unwrap());
    assert!(other.end_list(DAY, "two", &fallen[1], ListEnd::Failed("no mail")).unwrap());
    assert_eq!(store.lists_left(DAY).unwrap(), ListsLeft { waiting: 0, failed: 1 });
    assert!(take(&mut *other, "two", at(999), 9).is_empty(), "what failed is not tried for ever");
    let lists = [1, 2, 3].map(|reader| store.list(DAY, ReaderId::new(reader)).unwrap());
    assert_eq!(lists, [Some("[1]".into()), Some("[2]".into()), None]);
    store.ask_for_lists(DAY, "edition 1", DAY).unwrap();
    assert_eq!(readers(&take(&mut *other, "two", at(1_100), 9)), [3], "but when lists are asked for again");
}

pub(in crate::store) fn a_list_is_made_again_when_something_else_is_to_be_said(open: Open) {
    let mut store = open();
    for name in ["ann", "ben"] {
        store.add_account(name, None, "secret", at(0)).unwrap();
    }
    let make_all = |store: &mut dyn Store, now| {
        let taken = take(store, "one", at(now), 9);
        for taken in &taken {
            assert!(store.end_list(DAY, "one", taken, ListEnd::Made("[]")).unwrap());
        }
        readers(&taken)
    };
    store.ask_for_lists(DAY, "edition 1", DAY).unwrap();
    assert_eq!(make_all(&mut *store.store, 100), [1, 2]);
    store.ask_for_lists(DAY, "edition 1", DAY).unwrap();
    assert_eq!(make_all(&mut *store.store, 200), [0; 0]);
    let id = PaperId::parse("2404.15653").unwrap().0;
    for rating in [Some(Rating::Like), Some(Rating::Dislike), None] {
        store.rate(ReaderId::new(2), std::slice::from_ref(&id), rating, at(300)).unwrap();
        store.ask_for_lists(DAY, "edition 1", DAY).unwrap();
        assert_eq!(make_all(&mut *store.store, 300), [2], "{rating:?}");
    }
    store.ask_for_lists(DAY, "edition 2", DAY).unwrap();
    let taken = take(&mut *store.store, "one", at(400), 9);
    assert_eq!(readers(&taken), [1, 2]);
    // What is said while a list is made makes it worthless.
    store.rate(ReaderId::new(2), &[id], Some(Rating::Like), at(401)).unwrap();
    store.ask_for_lists(DAY, "edition 2", DAY).unwrap();
    let ended =
        taken.iter().map(|taken| store.store.end_list(DAY, "one", taken, ListEnd::Made("[]")).unwrap());
    assert_eq!(ended.collect::<Vec<_>>(), [true, false]);
    assert_eq!(make_all(&mut *store.store, 500), [2]);
    store.remove_account("ben").unwrap();
    store.ask_for_lists(date(2024, 5, 25), "edition 2", date(2024, 5, 1)).unwrap();
    assert_eq!(store.list(DAY, ReaderId::OWNER).unwrap(), None, "old lists are forgotten");
}

pub(in crate::store) fn workers_at_once_take_every_list_once(open: Open) {
    let mut store = open();
    for n in 0..24 {
        store.add_account(&format!("reader{n}"), None, "secret", at(0)).unwrap();
    }
    store.ask_for_lists(DAY, "edition 1", DAY).unwrap();
    let workers: Vec<_> = (0..3).map(|n| (format!("worker{n}"), (store.again)())).collect();
    let taken = std::thread::scope(|scope| {
        let work = |(name, mut store): (String, Box<dyn Store>)| {
            move || {
                let mut all = Vec::new();
                loop {
                    let taken = take(&mut *store, &name, at(100), 2);
                    if taken.is_empty() {
                        return all;
                    }
                    for taken in taken {
                        assert!(store.end_list(DAY, &name, &taken, ListEnd::Made("[]")).unwrap());
                        all.push(taken.reader);
                    }
                }
            }
        };
        let working: Vec<_> = workers.into_iter().map(|worker| scope.spawn(work(worker))).collect();
        working.into_iter().flat_map(|working| working.join().unwrap()).collect::<Vec<_>>()
    });
    assert_eq!(taken.len(), 24, "none twice");
    assert_eq!(taken.into_iter().collect::<BTreeSet<_>>().len(), 24, "and none missing");
    assert_eq!(store.lists_left(DAY).unwrap(), ListsLeft::default());
}
