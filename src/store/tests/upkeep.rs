//! Counters, choices, and work that ends early.

use super::said::at;
use super::{Open, paper};
use crate::embed::Embedding;
use crate::error::Error;
use crate::paper::{Announced, Listing, Mark, ModelId, PaperId, Rating, ReaderId, Row};
use crate::progress::Silent;
use crate::source::fetch::{Asked, Service, Validators};
use crate::store::{Change, DayState, Examination, MarkedTopic, Problem, SourceDay, Store, in_database};

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

pub(in crate::store) fn changes_that_nobody_waits_for_are_noticed_too(open: Open) {
    let mut store = open();
    let other = (store.again)();
    let day = jiff::civil::date(2024, 4, 25);
    let mut listed = paper("2404.00001", "One");
    listed.listings = vec![Listing { day, source: "arxiv:cs.CV".into(), announced: Announced::New }];
    store.put(vec![listed]).unwrap();
    let marked = SourceDay {
        source: "arxiv:cs.CV".into(),
        day,
        state: DayState::Failed,
        announced: None,
        seen: 0,
        note: String::new(),
        at: at(0),
    };
    type Act<'a> = (&'a str, &'a dyn Fn(&mut dyn Store));
    let changes: [Act<'_>; 5] = [
        ("a day of the calendar", &|store| store.mark(&marked).unwrap()),
        ("a listing that is taken back", &|store| store.take_back("arxiv:cs.CV", day).unwrap()),
        ("validators", &|store| store.remember("https://example.org", &Validators::default()).unwrap()),
        ("a request", &|store| store.note(&Service::Arxiv, Asked { at: at(0), done: true }).unwrap()),
        ("what was shown", &|store| store.note_shown(ReaderId::OWNER, &[1], day).unwrap()),
    ];
    let mut seen = other.changes_by_others().unwrap();
    for (what, change) in changes {
        change(&mut *store.store);
        let now = other.changes_by_others().unwrap();
        assert_ne!(now, seen, "{what}");
        seen = now;
    }
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

pub(in crate::store) fn a_whole_library_is_found_whole(open: Open) {
    let mut store = open();
    let mut told = paper("2404.00001", "Of herons and 대조학습");
    told.abstract_text = "A heron's nést.".into();
    told.authors = vec!["Ann Roy".into()];
    store.put(vec![told, paper("2404.00002", "Two")]).unwrap();
    let id = PaperId::parse("2404.00001").unwrap().0;
    store.rate(ReaderId::OWNER, &[id], Some(Rating::Like), at(0)).unwrap();
    store.note_shown(ReaderId::OWNER, &[1, 2], jiff::civil::date(2024, 4, 25)).unwrap();
    let model = ModelId::new("m");
    let hashes = store.text_hashes(&[1, 2]).unwrap();
    let vector = |values| Embedding::normalized(values).unwrap();
    let vectors = [(1, hashes[0], vector(vec![3.0, 4.0])), (2, hashes[1], vector(vec![0.0, 1.0]))];
    store.put_vectors(&model, &vectors).unwrap();
    assert_eq!(store.check(), Vec::<String>::new());
    assert_eq!(store.unread().unwrap(), []);

    let examination = store.examine(&Silent).unwrap();
    assert_eq!(examination.foreign_keys().unwrap().findings, []);
    let rows = examination.rows().unwrap();
    assert_eq!(rows.findings, []);
    assert!(rows.rows > 4, "only {} rows", rows.rows);
    let (papers, words) = examination.papers().unwrap();
    assert_eq!((papers.rows, papers.findings), (2, Vec::new()));
    assert_eq!((words.rows, words.findings), (2, Vec::new()));
    assert_seen(&*examination, &model, [(1, true), (2, true)], &[]);
    let generation = store.generation().unwrap();
    assert!(examination.is_of(generation) && !examination.is_of(generation + 1));
    drop(examination);

    let mut later = paper("2404.00002", "Two");
    later.abstract_text = "Of two.".into();
    store.put(vec![later]).unwrap();
    let examination = store.examine(&Silent).unwrap();
    assert_seen(&*examination, &model, [(1, true), (2, false)], &[Problem::Stale]);
}

/// Sees which vectors an examination shows, whether each is of its paper's text, and what is wrong with one of them.
fn assert_seen(
    examination: &dyn Examination,
    model: &ModelId,
    expected: [(Row, bool); 2],
    problems: &[Problem],
) {
    let mut seen = Vec::new();
    let visit = &mut |row, vector: Vec<f32>, is_fresh| {
        assert_eq!(vector, [[0.6, 0.8], [0.0, 1.0]][row as usize - 1]);
        seen.push((row, is_fresh));
        Ok(())
    };
    let found = examination.vectors(model, visit).unwrap();
    assert_eq!((found.rows, &seen[..]), (2, &expected[..]));
    let told: Vec<_> = found.findings.iter().map(|finding| finding.problem.clone()).collect();
    assert_eq!(told, problems);
    assert!(found.findings.iter().all(|finding| finding.rows == Some(1)));
}

pub(in crate::store) fn the_time_that_the_database_took_is_its_threads(open: Open) {
    let store = open();
    let before = in_database();
    // A clock that counts in milliseconds sees no single statement.
    let took_time = |_| {
        store.size().unwrap();
        in_database() > before
    };
    assert!((0..10_000).any(took_time));
    assert_eq!(std::thread::spawn(in_database).join().unwrap(), std::time::Duration::ZERO);
}
