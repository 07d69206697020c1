//! Days and what was listed on them.

use jiff::civil::Date;

use super::{Open, paper};
use crate::paper::{Announced, Listing, Paper, Votes};

pub(in crate::store) fn of_many_papers_those_with_the_most_votes_stay(open: Open) {
    let mut store = open();
    let of = |n: usize| {
        let mut p = paper(&format!("2404.{n:05}"), "A title");
        p.votes = [("hf", n % 4), ("digest", n % 3)]
            .map(|(source, count)| Votes { source: source.into(), at: None, count: count as u32 })
            .to_vec();
        p.votes.retain(|votes| votes.count > 0);
        p
    };
    store.put((1..=12).map(of).collect()).unwrap();
    assert_eq!(store.most_voted(&(1..=12).collect::<Vec<_>>(), 3).unwrap(), [3, 7, 11], "three votes each");
    assert_eq!(
        store.most_voted(&[1, 2, 4, 5, 12], 3).unwrap(),
        [1, 2, 5],
        "two, two, and the first with one"
    );
}

fn listed_on(id: &str, day: &str, announced: Announced) -> Paper {
    let mut listed = paper(id, "Listed");
    listed.listings.push(Listing { day: day.parse().unwrap(), source: "arxiv:cs.CV".into(), announced });
    listed
}

pub(in crate::store) fn a_newest_day_that_has_only_new_versions_is_no_day_with_papers(open: Open) {
    let mut store = open();
    let papers = [
        ("2404.00001", "2024-04-22", Announced::Replace),
        ("2404.00002", "2024-04-23", Announced::New),
        ("2404.00003", "2024-04-24", Announced::ReplaceCross),
        ("2404.00004", "2024-04-25", Announced::Cross),
        ("2404.00005", "2024-04-26", Announced::Replace),
    ];
    store.put(papers.map(|(id, day, announced)| listed_on(id, day, announced)).to_vec()).unwrap();
    let day = |n: i8| jiff::civil::date(2024, 4, n);
    assert_eq!(store.newest_day().unwrap(), Some(day(25)));
    assert_eq!(store.nearest_day(day(26)).unwrap(), Some(day(25)));
    assert_eq!(store.nearest_day(day(24)).unwrap(), Some(day(23)), "the earlier of two");
    assert_eq!(store.nearest_day(day(1)).unwrap(), Some(day(23)));
    assert_eq!(store.days_beside(day(26)).unwrap(), (Some(day(25)), None));
    assert_eq!(store.size().unwrap().days, 2);
}

/// A feed that shows its posts for a week listed each of them on seven days.
pub(in crate::store) fn what_a_source_lists_as_new_again_is_not_new(open: Open) {
    let day = |n: i8| jiff::civil::date(2024, 4, n);
    let on = |n: i8, announced| listed_on("2404.00001", &day(n).to_string(), announced);
    let days = [(23, Announced::New), (24, Announced::Cross), (22, Announced::New), (25, Announced::New)];
    for turn in 0..days.len() {
        let mut store = open();
        for (n, announced) in days.iter().cycle().skip(turn).take(days.len()) {
            store.put(vec![on(*n, *announced)]).unwrap();
        }
        let listed = store.papers_by_day(day(1), day(30)).unwrap();
        assert_eq!(listed, [(day(22), 1), (day(24), 1)], "from {turn}: the first day, and another category");
    }
}

pub(in crate::store) fn all_questions_about_days_agree_with_what_was_listed_on_them(open: Open) {
    let kinds = [Announced::New, Announced::Cross, Announced::Replace, Announced::ReplaceCross];
    let day = |n: u32| jiff::civil::date(2024, 4, 1 + n as i8);
    for seed in 0..40 {
        let mut store = open();
        let mut random = crate::random::Random::spread(seed);
        let papers = (0..6).map(|i| {
            let (on, announced) = (day(random.below(6) as u32), kinds[random.below(4)]);
            listed_on(&format!("2404.0000{i}"), &on.to_string(), announced)
        });
        store.put(papers.collect()).unwrap();
        let n_on = |day: Date| store.listed(day, day).unwrap().len();
        let all: Vec<Date> = (0..6).map(day).filter(|&day| n_on(day) > 0).collect();
        let counts: Vec<(Date, usize)> = all.iter().map(|&day| (day, n_on(day))).collect();
        assert_eq!(store.newest_day().unwrap(), all.last().copied());
        assert_eq!(store.days_of(1).unwrap(), all);
        assert_eq!(store.papers_by_day(day(0), day(5)).unwrap(), counts);
        let newest_first: Vec<Date> = all.iter().rev().copied().collect();
        assert_eq!(store.last_days(9).unwrap(), newest_first);
        for here in (0..6).map(day) {
            let before = all.iter().rev().find(|&&day| day < here).copied();
            let after = all.iter().find(|&&day| day > here).copied();
            assert_eq!(store.days_beside(here).unwrap(), (before, after));
            let nearest = all.iter().min_by_key(|day| (here.duration_until(**day).abs(), **day)).copied();
            assert_eq!(store.nearest_day(here).unwrap(), nearest);
        }
    }
}
