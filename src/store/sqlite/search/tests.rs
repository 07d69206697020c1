//! Searches of a large library, in which not everything is ranked.

use proptest::prelude::*;

use super::*;
use crate::paper::PaperId;
use crate::store::Papers;
use crate::store::tests::search::{IN_OTHER_SCRIPTS, in_other_scripts};

fn paper(id: &str, title: &str) -> Paper {
    Paper::new(PaperId::parse(id).unwrap().0, title)
}

fn open() -> (tempfile::TempDir, Sqlite) {
    let folder = tempfile::tempdir().unwrap();
    let store = Sqlite::open(folder.path()).unwrap();
    (folder, store)
}

/// A library of before has each sentence as one word.
#[test]
fn words_that_an_earlier_version_did_not_part_are_indexed_anew() {
    let (_folder, mut store) = open();
    store.put(in_other_scripts()).unwrap();
    store.db.execute("DELETE FROM words", []).unwrap();
    let sql = "INSERT INTO words (rowid, title, body, people) SELECT row, title, abstract, '' FROM papers";
    store.db.execute(sql, []).unwrap();
    assert!(store.search("图像分割", 10, None).unwrap().is_empty());
    reindex_cjk(&store.db).unwrap();
    for (words, rows) in IN_OTHER_SCRIPTS {
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

}
