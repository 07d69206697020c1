//! The store's own tests: what a library must never lose.

mod schemas;

use jiff::civil::Date;
use proptest::prelude::*;

use super::*;
use crate::embed::Embedding;
use crate::paper::{Announced, Language, Listing, ModelId, Paper, PaperId, Rating, Row, Votes};

fn paper(id: &str, title: &str) -> Paper {
    Paper::new(PaperId::parse(id).unwrap().0, title)
}

fn open() -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    (folder, store)
}

#[test]
fn a_paper_reads_back_whole() {
    let (_folder, mut store) = open();
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

#[test]
fn of_many_papers_those_with_the_most_votes_stay() {
    let (_folder, mut store) = open();
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

#[test]
fn a_changed_text_makes_its_vector_stale_and_nothing_else_does() {
    let (_folder, mut store) = open();
    let model = ModelId::new("m");
    store.put(vec![paper("2404.00001", "One"), paper("2404.00002", "Two")]).unwrap();
    assert_eq!(store.without_vector(&model, None).unwrap(), [1, 2]);
    let v = Embedding::normalized(vec![3.0, 4.0]).unwrap();
    let before = store.generation().unwrap();
    let hashes = store.text_hashes(&[1, 2]).unwrap();
    store.put_vectors(&model, &[(1, hashes[0], v.clone()), (2, hashes[1], v.clone())]).unwrap();
    assert!(store.generation().unwrap() > before);
    assert!(store.without_vector(&model, None).unwrap().is_empty());

    let mut voted = paper("2404.00001", "One");
    voted.votes.push(Votes { source: "hf".into(), at: None, count: 1 });
    store.put(vec![voted]).unwrap();
    assert!(store.without_vector(&model, None).unwrap().is_empty(), "votes are not embedded");
    let mut summarised = paper("2404.00002", "Two");
    summarised.summaries.insert(Language::Ko, "둘".into());
    store.put(vec![summarised]).unwrap();
    assert_eq!(store.without_vector(&model, None).unwrap(), [2]);
    assert_eq!(store.vectors(&model, &[2, 99]).unwrap(), [Some(v), None], "the old one serves until then");
}

#[test]
fn a_vector_of_a_text_that_changed_while_it_was_read_is_not_kept() {
    let (_folder, mut store) = open();
    let model = ModelId::new("m");
    store.put(vec![paper("2404.00001", "One")]).unwrap();
    let hash = store.text_hashes(&[1]).unwrap()[0];
    let mut told = paper("2404.00001", "One");
    told.abstract_text = "Of one.".into();
    store.put(vec![told]).unwrap();
    let v = Embedding::normalized(vec![3.0, 4.0]).unwrap();
    store.put_vectors(&model, &[(1, hash, v)]).unwrap();
    assert_eq!(store.without_vector(&model, None).unwrap(), [1]);
    assert_eq!(store.vectors(&model, &[1]).unwrap(), [None]);
}

#[test]
fn the_papers_that_were_listed_last_are_read_first() {
    let (_folder, mut store) = open();
    let dated = |id: &str, published: Option<&str>, listed: &[&str]| {
        let mut dated = paper(id, id);
        dated.published = published.map(|day| day.parse().unwrap());
        let listing = |day: &&str| Listing {
            day: day.parse().unwrap(),
            source: "arxiv".into(),
            announced: Announced::New,
        };
        dated.listings = listed.iter().map(listing).collect();
        dated
    };
    let papers = [
        dated("2404.00001", None, &[]),
        dated("2404.00002", Some("2024-04-20"), &[]),
        dated("2404.00003", Some("2024-04-01"), &["2024-04-02", "2024-04-25"]),
        dated("2404.00004", Some("2024-04-24"), &["2024-04-10"]),
    ];
    store.put(papers.into()).unwrap();
    assert_eq!(store.without_vector(&ModelId::new("m"), None).unwrap(), [3, 2, 4, 1]);
}

#[test]
fn a_vector_of_another_length_is_refused_whole() {
    let (_folder, mut store) = open();
    let model = ModelId::new("m");
    store.put(vec![paper("2404.00001", "One"), paper("2404.00002", "Two")]).unwrap();
    let (two, three) = (vec![1.0, 0.0], vec![1.0, 0.0, 0.0]);
    let vectors =
        [(1, 0, Embedding::normalized(two).unwrap()), (2, 0, Embedding::normalized(three).unwrap())];
    let error = store.put_vectors(&model, &vectors).unwrap_err().to_string();
    assert_eq!(error, "the vector has 3 dimensions, but `m` makes 2");
    assert_eq!(store.without_vector(&model, None).unwrap(), [1, 2]);
}

#[test]
fn a_rating_waits_for_its_paper() {
    let (_folder, mut store) = open();
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

#[test]
fn words_are_found_in_english_and_korean() {
    let (_folder, mut store) = open();
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

#[test]
fn in_a_large_library_a_short_last_word_is_whole_before_it_is_unfinished() {
    let (_folder, mut store) = open();
    let titles = ["Vitamin", "Vitamin deficiency", "Vitamin D", "Vitamin again", "Graphs", "Graphics"];
    let papers = titles.iter().enumerate().map(|(i, title)| paper(&format!("2404.0000{i}"), title));
    store.put(papers.collect()).unwrap();
    let search = |words, many| store.search_among(words, 10, None, many).unwrap();
    assert_eq!(search("vitamin d", 100), [2, 3], "in a small one it is either");
    assert_eq!(search("vitamin d", 5)[0], 3);
    assert_eq!(search("vitamin d", 5).len(), 4, "those that hold the rest of the words follow");
    assert_eq!(search("gr", 5), [5, 6], "no paper holds it whole");
}

#[test]
fn databases_of_others_and_of_the_future_are_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(DATABASE);
    std::fs::write(&path, "these are my notes, not a database; they are longer than a header of SQLite is")
        .unwrap();
    assert!(matches!(Store::open(folder.path()), Err(Error::NotALibrary { .. })));
    assert!(std::fs::read_to_string(&path).unwrap().starts_with("these are my notes"));

    std::fs::remove_file(&path).unwrap();
    Connection::open(&path).unwrap().execute_batch("CREATE TABLE recipes (name)").unwrap();
    assert!(matches!(Store::open(folder.path()), Err(Error::NotALibrary { .. })));

    std::fs::remove_file(&path).unwrap();
    drop(Store::open(folder.path()).unwrap());
    Connection::open(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
    match Store::open(folder.path()) {
        Err(Error::NewerDatabase { found: 99, .. }) => {}
        other => panic!("{:?}", other.err()),
    }
}

#[test]
fn a_sample_is_spread_over_the_library() {
    let (_folder, mut store) = open();
    store.put((0..100).map(|i| paper(&format!("2404.{i:05}"), "A")).collect()).unwrap();
    let rows = store.sample(10, 7).unwrap();
    assert!(rows.iter().enumerate().all(|(i, row)| (row - 1) / 10 == i as Row), "one of each ten: {rows:?}");
    assert_ne!(rows, store.sample(10, 8).unwrap());
    assert_eq!(store.sample(500, 7).unwrap(), (1..=100).collect::<Vec<Row>>());
}

fn listed_on(id: &str, day: &str, announced: Announced) -> Paper {
    let mut listed = paper(id, "Listed");
    listed.listings.push(Listing { day: day.parse().unwrap(), source: "arxiv:cs.CV".into(), announced });
    listed
}

#[test]
fn a_newest_day_that_has_only_new_versions_is_no_day_with_papers() {
    let (_folder, mut store) = open();
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

#[test]
fn all_questions_about_days_agree_with_what_was_listed_on_them() {
    let kinds = [Announced::New, Announced::Cross, Announced::Replace, Announced::ReplaceCross];
    let day = |n: u32| jiff::civil::date(2024, 4, 1 + n as i8);
    for seed in 0..40 {
        let (_folder, mut store) = open();
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

#[test]
fn a_schema_that_no_paperpick_has_written_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    drop(Store::open(folder.path()).unwrap());
    let path = folder.path().join(DATABASE);
    Connection::open(&path).unwrap().pragma_update(None, "user_version", -1).unwrap();
    match Store::open(folder.path()) {
        Err(Error::NotALibrary { reason, .. }) => assert_eq!(reason, "its schema has the number -1"),
        other => panic!("{:?}", other.err()),
    }
}

#[test]
fn a_database_that_another_process_migrates_further_meanwhile_is_refused() {
    let steps = |found| schema::steps_after(found, Path::new("library.sqlite"));
    assert_eq!(steps(0).unwrap().len() as i64, schema::NEWEST);
    assert!(steps(schema::NEWEST).unwrap().is_empty());
    assert!(matches!(steps(schema::NEWEST + 1), Err(Error::NewerDatabase { known: schema::NEWEST, .. })));
}

/// A summary in English of a paper with an abstract is not embedded, and was not found by its words either.
#[test]
fn a_summary_that_comes_later_is_found() {
    let (_folder, mut store) = open();
    let mut paper = paper("2404.00001", "Herons");
    paper.abstract_text = "Of birds.".into();
    store.put(vec![paper.clone()]).unwrap();
    paper.summaries.insert(Language::En, "They wade.".into());
    store.put(vec![paper]).unwrap();
    assert_eq!(store.search("wade", 9, None).unwrap(), [1]);
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

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_search_in_part_finds_what_a_search_of_everything_finds(
        texts in prop::collection::vec(prop::collection::vec(0..6_usize, 1..5), 10..40),
        words in prop::collection::vec(0..6_usize, 1..4),
        unfinished in any::<bool>(),
        many in 1..12_usize,
        meant in prop::option::of(prop::collection::vec(any::<bool>(), 40)),
    ) {
        const WORDS: [&str; 6] = ["network", "networks", "learning", "learned", "imaging", "neural"];
        let said = |places: &[usize]| places.iter().map(|&i| WORDS[i]).collect::<Vec<_>>().join(" ");
        let (_folder, mut store) = open();
        let title = |text: &[usize]| said(&text[..text.len().div_ceil(2)]);
        let papers = texts.iter().enumerate().map(|(i, text)| {
            let mut paper = paper(&format!("2404.{i:05}"), &title(text));
            paper.abstract_text = said(&text[text.len().div_ceil(2)..]);
            paper
        });
        store.put(papers.collect()).unwrap();
        let mut asked = said(&words);
        if unfinished {
            asked.truncate(asked.len() - 1);
        }
        let meant: Option<Vec<Row>> =
            meant.map(|meant| (1..).zip(meant).filter(|(_, is)| *is).map(|(row, _)| row).collect());
        let is_meant = |row: &Row| meant.as_ref().is_none_or(|meant| meant.contains(row));
        let mut all = store.search_among(&asked, 100, None, 1_000).unwrap();
        all.retain(is_meant);
        prop_assert_eq!(&store.search_among(&asked, 100, meant.as_deref(), 1_000).unwrap(), &all);
        let found = store.search_among(&asked, 100, meant.as_deref(), many).unwrap();
        prop_assert!(found.iter().all(|row| all.contains(row)), "{asked}: {found:?} of {all:?}");
        prop_assert!(found.len() >= all.len().min(many), "{asked}: {found:?} of {all:?}");

        // What more than half of the papers hold does not order them.
        let mut telling: Vec<&str> = asked.split(' ').collect();
        let last = telling.pop().unwrap();
        let mut seen = std::collections::HashSet::from([last]);
        telling.retain(|word| seen.insert(word));
        telling.push(last);
        telling.retain(|word| {
            texts.len() <= many || !store.is_common(&format!("\"{word}\""), texts.len() as Row).unwrap()
        });
        let slow: Vec<Row> = match telling.is_empty() {
            false => {
                let ranked = store.search_among(&telling.join(" "), 100, None, 1_000).unwrap();
                ranked.into_iter().filter(|row| found.contains(row)).collect()
            }
            true => {
                let holds = |text: &str, word: &str| text.split(' ').any(|other| other[..4] == word[..4]);
                let in_title = |row: Row| {
                    let title = title(&texts[row as usize - 1]);
                    asked.split(' ').all(|word| holds(&title, word))
                };
                all.sort_by_key(|&row| (!in_title(row), -row));
                all
            }
        };
        prop_assert_eq!(found, slow, "{} by {:?}", asked, telling);
    }

    #[test]
    fn importing_again_changes_nothing_and_loses_nothing(papers in prop::collection::vec(any_paper(), 1..12)) {
        let (_folder, mut store) = open();
        store.put(papers.clone()).unwrap();
        let state = |store: &Store| {
            let mut all = Vec::new();
            store.each_paper(|p| { all.push(p); Ok(()) }).unwrap();
            all
        };
        let before = state(&store);
        for p in &papers {
            let now = store.paper(&p.id).unwrap().paper;
            for l in &p.listings { prop_assert!(now.listings.contains(l)); }
            for v in &p.votes { prop_assert!(now.votes.iter().any(|w| w.source == v.source && w.count >= v.count)); }
            for language in p.summaries.keys() { prop_assert!(now.summaries.contains_key(language)); }
            prop_assert!(now.version >= p.version);
            prop_assert!(now.abstract_text.is_empty() <= p.abstract_text.is_empty());
        }
        let last: Vec<Paper> = before.iter().map(|s| s.paper.clone()).collect();
        let changes = store.put(last).unwrap();
        prop_assert!(changes.iter().all(|c| *c == Change::Unchanged));
        prop_assert_eq!(state(&store), before);
    }
}
