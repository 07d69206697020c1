//! Words in papers, in every script.

use super::said::at;
use super::{Open, paper};
use crate::paper::{Announced, Language, Listing, Paper, PaperId, Rating, ReaderId, Row, Votes, Within};

pub(in crate::store) fn words_are_found_in_english_and_korean(open: Open) {
    let mut store = open();
    let mut korean = paper("2404.00001", "Caption pre-training");
    korean.summaries.insert(Language::Ko, "웹 규모 데이터에서의 대조학습을 분류로 재구성합니다".into());
    let mut english = paper("2404.00002", "Contrastive learning of CLIP");
    english.authors = vec!["André Müller".into()];
    store.put(vec![korean, english]).unwrap();
    for (words, rows) in [
        ("대조", vec![1]),
        ("학습", vec![1]),
        ("대조 학습", vec![1]),
        ("조분", vec![]),
        ("clip", vec![2]),
        ("contrast lear", vec![2]),
        ("muller", vec![2]),
        ("caption contrastive", vec![]),
        ("\"' OR * ( NEAR", vec![]),
        ("", vec![]),
    ] {
        assert_eq!(store.search(words, 10, None).unwrap(), rows, "{words}");
    }
}

pub(in crate::store) fn conditions_choose_papers_word_by_word(open: Open) {
    let mut store = open();
    let titles =
        ["Decoding with speculative trees", "Speculative decoding", "A 대조학습 study", "Deep speculation"];
    let papers = titles.iter().enumerate().map(|(i, title)| {
        let mut paper = paper(&format!("2404.0000{}", i + 1), title);
        paper.authors = vec![["Ada Müller", "Bo Ek", "Cy Muller", "Bo Mull"][i].to_owned()];
        paper
    });
    store.put(papers.collect()).unwrap();
    let list = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect::<Vec<_>>();
    type Texts = &'static [&'static str];
    let asked: [(Texts, Texts, Texts, &[Row]); 9] = [
        (&["speculative decoding"], &[], &[], &[2]),
        (&["speculative"], &["decoding"], &[], &[4]),
        (&[], &["decoding"], &[], &[3, 4]),
        (&[], &[], &["müller"], &[1, 3]),
        (&["speculative"], &["tree", "deep"], &["Ek"], &[2]),
        (&["대조학습"], &[], &[], &[3]),
        (&["조학 대조"], &[], &[], &[]),
        (&["\" OR decoding"], &["-", "\""], &[], &[]),
        (&[], &[], &[], &[1, 2, 3, 4]),
    ];
    for (phrases, unwanted, people, rows) in asked {
        let found = store.rows_saying(&list(phrases), &list(unwanted), &list(people)).unwrap();
        assert_eq!(found, rows, "{phrases:?} {unwanted:?} {people:?}");
    }
    for (word, is_begun, n) in [
        ("decode", false, 2),
        ("dec", false, 0),
        ("dec", true, 2),
        ("speculations", false, 3),
        ("\"", true, 0),
    ] {
        assert_eq!(store.n_saying(word, is_begun, 9).unwrap(), n, "{word}");
    }
    assert_eq!(store.n_saying("speculative", false, 2).unwrap(), 2, "no more are counted");
}

/// A summary in English of a paper with an abstract is not embedded, and was not found by its words either.
pub(in crate::store) fn a_summary_that_comes_later_is_found(open: Open) {
    let mut store = open();
    let mut paper = paper("2404.00001", "Herons");
    paper.abstract_text = "Of birds.".into();
    store.put(vec![paper.clone()]).unwrap();
    paper.summaries.insert(Language::En, "They wade.".into());
    store.put(vec![paper]).unwrap();
    assert_eq!(store.search("wade", 9, None).unwrap(), [1]);
}

pub(in crate::store) fn chinese_and_japanese_are_found_inside_of_words(open: Open) {
    let mut store = open();
    store.put(in_other_scripts()).unwrap();
    for (words, rows) in IN_OTHER_SCRIPTS {
        assert_eq!(store.search(words, 10, None).unwrap(), rows, "{words}");
    }
    assert!(store.has_any("nothing 图像").unwrap());
    assert!(!store.has_any("nothing else").unwrap());
    assert!(store.search("模", 10, Some(&[1, 3])).unwrap().is_empty(), "it is in none that is meant");
}

/// Words, and which of [`in_other_scripts`] hold them.
pub(in crate::store) const IN_OTHER_SCRIPTS: [(&str, &[Row]); 10] = [
    ("图像分割", &[1]),
    ("深度", &[1]),
    ("图", &[1]),
    ("図像", &[]),
    ("言語モデル", &[2]),
    ("モデル", &[2]),
    ("デル", &[2]),
    ("ボックス", &[2]),
    ("확산모델", &[3]),
    ("小明 모델", &[3]),
];

/// Three papers without spaces between words.
pub(in crate::store) fn in_other_scripts() -> Vec<Paper> {
    let papers = [
        (1, "基于深度学习的图像分割方法研究", "本文研究了分割。"),
        (2, "大規模言語モデルの評価手法", "サンドボックスで評価を行った。"),
        (3, "확산모델을 이용한 이미지생성", "Plain words."),
    ];
    let made = papers.map(|(n, title, text)| {
        let mut paper = Paper::new(PaperId::own(&format!("p{n}")).unwrap(), title);
        paper.abstract_text = text.to_owned();
        paper.authors = vec!["王小明".to_owned()];
        paper
    });
    made.into()
}

pub(in crate::store) fn papers_are_meant_by_what_is_known_of_them(open: Open) {
    let mut store = open();
    let known = |n: usize, categories: &[&str], listed: Option<i8>, published: Option<i8>, votes: u32| {
        let mut known = paper(&format!("2404.0000{n}"), "A title");
        known.categories = categories.iter().map(|&category| category.to_owned()).collect();
        let day = |n| jiff::civil::date(2024, 4, n);
        let listing = |n| Listing { day: day(n), source: "hf".into(), announced: Announced::New };
        known.listings = listed.map(listing).into_iter().collect();
        known.published = published.map(day);
        known.votes =
            (votes > 0).then(|| Votes { source: "hf".into(), at: None, count: votes }).into_iter().collect();
        known
    };
    let papers = vec![
        known(1, &["cs.CV", "cs.LG"], Some(3), Some(9), 4),
        known(2, &["cs.CVX"], None, Some(9), 5),
        known(3, &["cs.lg"], Some(9), Some(3), 0),
        known(4, &[], None, None, 9),
    ];
    let ids: Vec<PaperId> = papers.iter().map(|paper| paper.id.clone()).collect();
    store.put(papers).unwrap();
    store.rate(ReaderId::OWNER, &ids[2..], Some(Rating::Dislike), at(0)).unwrap();
    let within = Within::default;
    let day = |n| Some(jiff::civil::date(2024, 4, n));
    let asked: [(Within, &[Row]); 8] = [
        (within(), &[1, 2, 3, 4]),
        (Within { since: day(5), ..within() }, &[2, 3]),
        (Within { since: day(2), until: day(4), ..within() }, &[1]),
        (Within { categories: vec!["CS.LG".into()], ..within() }, &[1, 3]),
        (Within { categories: vec!["cs.CV".into(), "cs.CVX".into()], ..within() }, &[1, 2]),
        (Within { rated: Some(true), ..within() }, &[3, 4]),
        (Within { rated: Some(false), votes: Some(5), ..within() }, &[2]),
        (Within { rated: Some(true), since: day(5), ..within() }, &[3]),
    ];
    for (within, rows) in asked {
        assert_eq!(store.rows_within(&within, ReaderId::OWNER).unwrap(), rows, "{within:?}");
    }
}
