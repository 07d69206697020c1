//! Vectors, and whether they are those of what a paper says now.

use super::{Open, paper};
use crate::embed::Embedding;
use crate::paper::{Announced, Language, Listing, ModelId, Votes};

pub(in crate::store) fn a_changed_text_makes_its_vector_stale_and_nothing_else_does(open: Open) {
    let mut store = open();
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

pub(in crate::store) fn a_vector_of_a_text_that_changed_while_it_was_read_is_not_kept(open: Open) {
    let mut store = open();
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

pub(in crate::store) fn the_papers_that_were_listed_last_are_read_first(open: Open) {
    let mut store = open();
    let dated = |id: &str, published: Option<&str>, listed: &[&str]| {
        let mut dated = paper(id, id);
        dated.published = published.map(|day| day.parse().unwrap());
        let listing = |(day, source): (&&str, &str)| Listing {
            day: day.parse().unwrap(),
            source: source.into(),
            announced: Announced::New,
        };
        dated.listings = listed.iter().zip(["arxiv", "hf"]).map(listing).collect();
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

pub(in crate::store) fn a_vector_of_another_length_is_refused_whole(open: Open) {
    let mut store = open();
    let model = ModelId::new("m");
    store.put(vec![paper("2404.00001", "One"), paper("2404.00002", "Two")]).unwrap();
    let (two, three) = (vec![1.0, 0.0], vec![1.0, 0.0, 0.0]);
    let vectors =
        [(1, 0, Embedding::normalized(two).unwrap()), (2, 0, Embedding::normalized(three).unwrap())];
    let error = store.put_vectors(&model, &vectors).unwrap_err().to_string();
    assert_eq!(error, "the vector has 3 dimensions, but `m` makes 2");
    assert_eq!(store.without_vector(&model, None).unwrap(), [1, 2]);
}

pub(in crate::store) fn vectors_come_in_the_order_of_rows_and_those_of_papers_that_went_are_told(open: Open) {
    let mut store = open();
    let model = ModelId::new("m");
    let mut preprint = paper("2404.00003", "Herons");
    let papers = vec![paper("2404.00001", "One"), paper("doi:10.1000/h", "Herons"), preprint.clone()];
    store.put(papers).unwrap();
    let hashes = store.text_hashes(&[1, 2, 3]).unwrap();
    let of = |row: usize| Embedding::normalized(vec![row as f32, 1.0]).unwrap();
    let vectors = |rows: &[usize]| -> Vec<_> {
        rows.iter().map(|&row| (row as i64, hashes[row - 1], of(row))).collect()
    };
    let before = store.generation().unwrap();
    store.put_vectors(&model, &vectors(&[3, 1])).unwrap();
    let between = store.generation().unwrap();
    store.put_vectors(&model, &vectors(&[2])).unwrap();
    let mut all = Vec::new();
    let keep = &mut |row, vector: &[f32]| {
        all.push((row, vector.to_vec()));
        Ok(())
    };
    store.each_vector(&model, keep).unwrap();
    assert_eq!(all, [1, 2, 3].map(|row| (row as i64, of(row).as_slice().to_vec())), "to the last bit");
    assert_eq!(store.vectors_since(&model, before, 3).unwrap(), Some(vec![1, 2, 3]));
    assert_eq!(store.vectors_since(&model, before, 2).unwrap(), None);
    assert_eq!(store.vectors_since(&model, between, 2).unwrap(), Some(vec![2]));

    // The published version is told to be the preprint: one row goes.
    preprint.facts.insert("doi".into(), "10.1000/h".into());
    let now = store.generation().unwrap();
    store.put(vec![preprint]).unwrap();
    assert!(store.generation().unwrap() > now);
    assert_eq!(store.gone_since(now, 9).unwrap(), Some(vec![2]));
    assert_eq!(store.vectors(&model, &[1, 2, 3]).unwrap(), [Some(of(1)), None, Some(of(3))]);
    assert_eq!(store.models().unwrap()[0].vectors, 2);
    store.put(vec![paper("2404.00004", "Four")]).unwrap();
    assert_eq!(store.last_row().unwrap(), 4, "a row is not given away again");
    assert_eq!(store.dimensions(&model).unwrap(), Some(2));
    assert_eq!(store.drop_vectors("m", &ModelId::new("n")).unwrap(), 2);
    assert_eq!(store.model_names().unwrap(), []);
}
