//! Papers in, merged, and out.

use proptest::prelude::*;

use super::{Open, paper};
use crate::paper::{Announced, Language, Listing, Paper, Row, Votes};
use crate::store::{Change, Store};

pub(in crate::store) fn a_paper_reads_back_whole(open: Open) {
    let mut store = open();
    let mut p = paper("2404.15653", "CatLIP");
    p.version = Some(2);
    p.abstract_text = "Image and text.".into();
    p.summaries.insert(Language::Ko, "이미지와 텍스트".into());
    p.summaries.insert(Language::En, "Both.".into());
    p.authors = vec!["Sachin Mehta".into(), "D'Incà".into()];
    p.categories = vec!["cs.CV".into(), "cs.AI".into()];
    p.listings = vec![
        Listing { day: "2024-04-24".parse().unwrap(), source: "arxiv".into(), announced: Announced::Cross },
        Listing { day: "2024-04-25".parse().unwrap(), source: "hf".into(), announced: Announced::New },
    ];
    p.votes = vec![
        Votes { source: "digest".into(), at: None, count: 3 },
        Votes { source: "hf".into(), at: Some("2024-04-25".parse().unwrap()), count: 9 },
    ];
    p.published = Some("2024-04-24".parse().unwrap());
    p.facts.insert("comment".into(), "ten pages".into());
    assert_eq!(store.put(vec![p.clone()]).unwrap(), [Change::Added]);
    assert_eq!(store.paper(&p.id).unwrap().paper, p);
    assert_eq!(store.put(vec![p.clone()]).unwrap(), [Change::Unchanged]);
}

pub(in crate::store) fn a_sample_is_spread_over_the_library(open: Open) {
    let mut store = open();
    store.put((0..100).map(|i| paper(&format!("2404.{i:05}"), "A")).collect()).unwrap();
    let rows = store.sample(10, 7).unwrap();
    assert!(rows.iter().enumerate().all(|(i, row)| (row - 1) / 10 == i as Row), "one of each ten: {rows:?}");
    assert_ne!(rows, store.sample(10, 8).unwrap());
    assert_eq!(store.sample(500, 7).unwrap(), (1..=100).collect::<Vec<Row>>());
}

fn any_paper() -> impl Strategy<Value = Paper> {
    // Few distinct values, so that the same paper comes from several sources.
    (0..3_u32, prop::option::of(1..4_u32), 0..3_usize, 0..3_usize, prop::collection::vec(0..4_u32, 0..3))
        .prop_map(|(id, version, title, body, votes)| {
            let mut p = paper(&format!("2404.0000{id}"), ["A", "B", "C"][title]);
            p.version = version;
            p.abstract_text = ["", "short", "a longer one"][body].into();
            if body == 1 {
                p.summaries.insert(Language::Ko, "요약".repeat(title + 1));
            }
            for (i, count) in votes.into_iter().enumerate() {
                p.votes.push(Votes { source: ["hf", "digest"][i % 2].into(), at: None, count });
                let day = jiff::civil::date(2024, 4, 1 + count as i8);
                p.listings.push(Listing { day, source: "hf".into(), announced: Announced::New });
            }
            p
        })
}

pub(in crate::store) fn importing_again_changes_nothing_and_loses_nothing(open: Open) {
    proptest!(ProptestConfig::with_cases(64), |(papers in prop::collection::vec(any_paper(), 1..12))| {
        let mut store = open();
        store.put(papers.clone()).unwrap();
        let state = |store: &dyn Store| {
            let mut all = Vec::new();
            store.each_paper(&mut |p| { all.push(p); Ok(()) }).unwrap();
            all
        };
        let before = state(&*store);
        for p in &papers {
            let now = store.paper(&p.id).unwrap().paper;
            let is_known = |l: &Listing, known: &Listing| {
                let later = l.announced == Announced::New && known.day < l.day;
                (&known.source, known.announced) == (&l.source, l.announced) && (known.day == l.day || later)
            };
            for l in &p.listings { prop_assert!(now.listings.iter().any(|known| is_known(l, known))); }
            for v in &p.votes { prop_assert!(now.votes.iter().any(|w| w.source == v.source && w.count >= v.count)); }
            for language in p.summaries.keys() { prop_assert!(now.summaries.contains_key(language)); }
            prop_assert!(now.version >= p.version);
            prop_assert!(now.abstract_text.is_empty() <= p.abstract_text.is_empty());
        }
        let last: Vec<Paper> = before.iter().map(|s| s.paper.clone()).collect();
        let changes = store.put(last).unwrap();
        prop_assert!(changes.iter().all(|c| *c == Change::Unchanged));
        prop_assert_eq!(state(&*store), before);
    });
}
