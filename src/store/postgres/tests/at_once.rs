//! Several who change one library at once.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::open;
use crate::paper::{Paper, PaperId, Rating, ReaderId, Row};
use crate::store::tests::identity;
use crate::store::{Change, Store};

const PAPERS: usize = 60;

fn preprint(n: usize) -> Paper {
    let mut preprint = identity::paper(&format!("2404.{n:05}"), &title(n), &["Ann Roy"], "");
    preprint.facts.insert("doi".into(), format!("10.1000/{n}"));
    preprint
}

fn published(n: usize) -> Paper {
    identity::paper(&format!("doi:10.1000/{n}"), &title(n), &["A. Roy"], "")
}

fn title(n: usize) -> String {
    format!("On the migration of heron number {n}")
}

#[test]
#[ignore = "needs PAPERPICK_TEST_POSTGRES"]
fn those_who_put_and_rate_the_same_papers_at_once_lose_and_double_nothing() {
    let mut fresh = open();
    let at = jiff::Timestamp::UNIX_EPOCH;
    fresh
        .rate(
            ReaderId::OWNER,
            &(0..PAPERS).map(|n| published(n).id).collect::<Vec<_>>(),
            Some(Rating::Like),
            at,
        )
        .unwrap();
    let (now, is_over) = (&AtomicUsize::new(0), &AtomicBool::new(false));
    let put = |mut store: Box<dyn Store>, made: fn(usize) -> Paper| {
        move || {
            let put = |n| {
                now.store(n, Ordering::Relaxed);
                store.put(vec![made(n)]).unwrap()
            };
            (0..PAPERS).flat_map(put).collect::<Vec<Change>>()
        }
    };
    // What is being put is rated all the while.
    let rate = |mut store: Box<dyn Store>| {
        move || {
            while !is_over.load(Ordering::Relaxed) {
                let id = published(now.load(Ordering::Relaxed)).id;
                for rating in [Rating::Dislike, Rating::Like] {
                    store.rate(ReaderId::OWNER, std::slice::from_ref(&id), Some(rating), at).unwrap();
                }
            }
        }
    };
    let changes = std::thread::scope(|scope| {
        let putting = [preprint, published].map(|made| scope.spawn(put((fresh.again)(), made)));
        for _ in 0..2 {
            scope.spawn(rate((fresh.again)()));
        }
        let changes = putting.map(|putting| putting.join().unwrap()).concat();
        is_over.store(true, Ordering::Relaxed);
        changes
    });

    let mut ids: Vec<PaperId> = identity::all(&*fresh.store).into_iter().map(|paper| paper.id).collect();
    ids.sort();
    assert_eq!(ids, (0..PAPERS).map(|n| preprint(n).id).collect::<Vec<_>>());
    let rated: BTreeSet<PaperId> =
        fresh.store.ratings(ReaderId::OWNER).unwrap().into_iter().map(|rated| rated.id).collect();
    assert_eq!(rated, ids.into_iter().collect(), "what is said of one name is said of the paper");
    let n_changed = changes.iter().filter(|change| **change != Change::Unchanged).count();
    assert_eq!(fresh.store.papers_edition().unwrap(), n_changed as u64, "an edition for each change");
    assert_eq!(fresh.store.last_row().unwrap() as usize, added(&changes), "no row is left out");
    assert_eq!(fresh.store.check(), Vec::<String>::new());
}

fn added(changes: &[Change]) -> usize {
    changes.iter().filter(|change| **change == Change::Added).count()
}

#[test]
#[ignore = "needs PAPERPICK_TEST_POSTGRES"]
fn whoever_waits_for_a_change_of_papers_sees_every_one() {
    let fresh = open();
    let (mut one, mut two) = ((fresh.again)(), (fresh.again)());
    let seen = std::thread::scope(|scope| {
        let putting = [
            scope.spawn(move || (0..PAPERS).for_each(|n| drop(one.put(vec![preprint(2 * n)]).unwrap()))),
            scope.spawn(move || (0..PAPERS).for_each(|n| drop(two.put(vec![preprint(2 * n + 1)]).unwrap()))),
        ];
        // Reads the edition first, as whoever mends what was made of papers does.
        let (mut seen, mut edition) = (BTreeSet::<Row>::new(), 0);
        loop {
            let is_over = putting.iter().all(|putting| putting.is_finished());
            let now = fresh.store.papers_edition().unwrap();
            seen.extend(fresh.store.changed_since(edition).unwrap());
            edition = now;
            if is_over {
                return seen;
            }
        }
    });
    assert_eq!(seen.len(), 2 * PAPERS, "a paper came with an edition that was read before it");
}
