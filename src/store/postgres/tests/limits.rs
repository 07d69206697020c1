//! What PostgreSQL cannot hold.

use super::open;
use crate::store::Change;
use crate::store::tests::identity;

#[test]
#[ignore = "needs PAPERPICK_TEST_POSTGRES"]
fn a_paper_as_long_as_books_is_kept_whole_and_found_by_its_first_words() {
    let mut store = open();
    let word = "long".repeat(1_000);
    let text = (0..300_000).map(|n| format!("word{n}")).collect::<Vec<_>>().join(" ");
    let paper = identity::paper("2404.00001", "Herons", &["Ann Roy"], &format!("{word} {text} last"));
    assert_eq!(store.put(vec![paper.clone()]).unwrap(), [Change::Added]);
    assert_eq!(store.paper(&paper.id).unwrap().paper, paper);
    for (words, is_found) in
        [("herons", true), ("word9", true), (word.as_str(), true), ("roy", true), ("last", false)]
    {
        assert_eq!(!store.search(words, 9, None).unwrap().is_empty(), is_found, "{words:.20}");
    }
}

#[test]
#[ignore = "needs PAPERPICK_TEST_POSTGRES"]
fn a_text_with_nul_is_kept_without_it_and_comes_again_unchanged() {
    let mut store = open();
    let mut paper = identity::paper("2404.00001", "Her\0ons", &["Ann\0 Roy"], "Of \0birds.");
    paper.facts.insert("doi".into(), "10.1000/\0h".into());
    assert_eq!(store.put(vec![paper.clone()]).unwrap(), [Change::Added]);
    assert_eq!(store.put(vec![paper.clone()]).unwrap(), [Change::Unchanged]);
    assert_eq!(store.paper(&paper.id).unwrap().paper.title, "Herons");
}
