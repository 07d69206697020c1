//! What the fetcher keeps.

use super::Open;
use super::said::at;
use crate::source::fetch::{Asked, Service, Validators};

pub(in crate::store) fn validators_are_those_of_the_last_time(open: Open) {
    let store = open();
    let validators = |etag: Option<&str>, modified: Option<&str>| Validators {
        etag: etag.map(str::to_owned),
        modified: modified.map(str::to_owned),
    };
    let address = "https://example.org/feed";
    assert_eq!(store.validators(address).unwrap(), Validators::default());
    store.remember(address, &validators(Some("\"1\""), Some("Thu, 25 Apr 2024 00:00:00 GMT"))).unwrap();
    store.remember(address, &validators(Some("\"2\""), None)).unwrap();
    let other = (store.again)();
    assert_eq!(other.validators(address).unwrap(), validators(Some("\"2\""), None));
    assert_eq!(other.validators("https://example.org/").unwrap(), Validators::default());
}

pub(in crate::store) fn one_at_a_time_asks_a_service_and_all_know_when(open: Open) {
    let store = open();
    let other = (store.again)();
    let (arxiv, host) = (Service::Arxiv, Service::Host("example.org".into()));
    assert_eq!(store.asked(&arxiv).unwrap(), None);
    let turn = store.turn(&arxiv).unwrap();
    let _of_another_service = other.turn(&host).unwrap();
    let waiting = std::thread::spawn(move || {
        let _turn = other.turn(&Service::Arxiv).unwrap();
        other.asked(&Service::Arxiv).unwrap()
    });
    store.note(&arxiv, Asked { at: at(1), done: false }).unwrap();
    store.note(&arxiv, Asked { at: at(2), done: true }).unwrap();
    drop(turn);
    assert_eq!(waiting.join().unwrap(), Some(Asked { at: at(2), done: true }));
    assert_eq!(store.asked(&host).unwrap(), None);
}
