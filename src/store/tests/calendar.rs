//! The calendar of the sources, and feeds.

use std::collections::{BTreeMap, BTreeSet};

use super::said::at;
use super::{Open, paper};
use crate::config::FeedSource;
use crate::paper::{Announced, Listing};
use crate::store::{Change, DayState, SourceDay};

fn day(n: i8) -> jiff::civil::Date {
    jiff::civil::date(2024, 4, n)
}

fn marked(source: &str, on: i8, state: DayState, seen: usize, minute: usize) -> SourceDay {
    let announced = (state == DayState::Announced).then_some(seen);
    SourceDay {
        source: source.into(),
        day: day(on),
        state,
        announced,
        seen,
        note: "as it was found".into(),
        at: at(minute),
    }
}

pub(in crate::store) fn what_is_known_of_a_day_gets_better_and_not_worse(open: Open) {
    use DayState::{Announced, Failed, NotYet, Nothing, Partly};
    // What was found first, then what was found of the same day later or earlier, and whether that takes its place.
    for (first, second, is_taken) in [
        (marked("hf", 1, NotYet, 0, 5), marked("hf", 1, Failed, 0, 6), true),
        (marked("hf", 1, Failed, 0, 5), marked("hf", 1, Announced, 9, 6), true),
        (marked("hf", 1, Announced, 9, 5), marked("hf", 1, Failed, 0, 6), false),
        (marked("hf", 1, Announced, 9, 5), marked("hf", 1, Partly, 4, 6), false),
        (marked("hf", 1, Partly, 4, 5), marked("hf", 1, Failed, 0, 6), false),
        (marked("hf", 1, Partly, 4, 5), marked("hf", 1, Partly, 3, 6), false),
        (marked("hf", 1, Partly, 4, 5), marked("hf", 1, Partly, 5, 6), true),
        (marked("hf", 1, Announced, 9, 5), marked("hf", 1, Nothing, 0, 6), true),
        (marked("hf", 1, Announced, 9, 5), marked("hf", 1, Announced, 8, 4), false),
        (marked("hf", 1, Failed, 0, 5), marked("hf", 1, NotYet, 0, 4), false),
        (marked("hf", 1, Failed, 0, 5), marked("hf", 1, Announced, 9, 4), true),
    ] {
        let store = open();
        store.mark(&first).unwrap();
        store.mark(&second).unwrap();
        let expected = if is_taken { second.clone() } else { first.clone() };
        assert_eq!(store.calendar(None, day(1), day(1)).unwrap(), [expected], "{first:?} and {second:?}");
    }
}

pub(in crate::store) fn the_calendar_is_in_the_order_of_sources_and_days(open: Open) {
    let store = open();
    assert_eq!(store.calendar_span().unwrap(), None);
    let days = [
        marked("hf", 3, DayState::Announced, 9, 1),
        marked("arxiv:cs.CV", 4, DayState::Nothing, 0, 1),
        marked("arxiv:cs.CV", 2, DayState::Partly, 3, 1),
        marked("arxiv-x", 2, DayState::Failed, 0, 1),
    ];
    days.iter().for_each(|day| store.mark(day).unwrap());
    let [hf, late, early, other] = days;
    assert_eq!(
        store.calendar(None, day(2), day(4)).unwrap(),
        [other.clone(), early.clone(), late.clone(), hf.clone()]
    );
    assert_eq!(store.calendar(None, day(3), day(3)).unwrap(), [hf]);
    assert_eq!(store.calendar(Some("arxiv:cs.CV"), day(1), day(3)).unwrap(), [early]);
    assert_eq!(store.calendar_span().unwrap(), Some((day(2), day(4))));
}

pub(in crate::store) fn what_a_source_announced_of_papers_is_known_and_can_be_taken_back(open: Open) {
    let mut store = open();
    let listed = |id: &str, listings: &[(i8, &str, Announced)]| {
        let mut listed = paper(id, id);
        let listing = |(on, source, announced): &(i8, &str, Announced)| Listing {
            day: day(*on),
            source: (*source).into(),
            announced: *announced,
        };
        listed.listings = listings.iter().map(listing).collect();
        listed
    };
    let (cv, ai) = ("arxiv:cs.CV", "arxiv:cs.AI");
    let papers = vec![
        listed(
            "2404.00001",
            &[(1, cv, Announced::New), (2, cv, Announced::Replace), (3, ai, Announced::Cross)],
        ),
        listed(
            "2404.00002",
            &[(1, cv, Announced::Cross), (4, cv, Announced::New), (1, "hf", Announced::New)],
        ),
        listed("2404.00003", &[]),
    ];
    let ids: Vec<_> = papers.iter().map(|paper| paper.id.clone()).collect();
    let absent = paper("2404.00009", "Absent").id;
    assert_eq!(store.put(papers).unwrap(), [Change::Added; 3]);
    let asked = [&ids[..], &[absent]].concat();
    let days = |store: &dyn crate::store::Store| store.listed_days(cv, &asked).unwrap();
    let expected = |second: &[i8]| {
        BTreeMap::from([
            (ids[0].clone(), BTreeSet::from([day(1)])),
            (ids[1].clone(), second.iter().copied().map(day).collect()),
            (ids[2].clone(), BTreeSet::new()),
        ])
    };
    assert_eq!(days(&*store), expected(&[1, 4]));
    store.take_back(cv, day(4)).unwrap();
    assert_eq!(days(&*store), expected(&[1]));
    store.take_back("hf", day(1)).unwrap();
    assert_eq!(store.paper(&ids[1]).unwrap().paper.listings.len(), 2, "it is for days of arXiv");
}

pub(in crate::store) fn a_feed_is_added_once_by_its_address(open: Open) {
    let mut store = open();
    let feed = |name: &str, url: &str| FeedSource { name: name.into(), url: url.into() };
    let (lab, news) = (feed("lab", "https://example.org/lab"), feed("News", "https://example.org/news"));
    assert_eq!(store.add_feeds(&[lab.clone(), news.clone()]).unwrap(), 2);
    assert_eq!(
        store.add_feeds(&[feed("again", &lab.url), feed("Zoo", "https://example.org/zoo")]).unwrap(),
        1
    );
    let names: Vec<String> = store.feeds().unwrap().into_iter().map(|feed| feed.name).collect();
    assert_eq!(names, ["News", "Zoo", "lab"], "in the order of their bytes");
}
