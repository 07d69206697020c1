//! Searches of a large library, in which not everything is ranked.

use proptest::prelude::*;

use super::*;
use crate::paper::PaperId;
use crate::store::Papers;
use crate::store::search::{is_common, tokens};
use crate::store::tests::search::{IN_OTHER_SCRIPTS, in_other_scripts};

fn paper(id: &str, title: &str) -> Paper {
    Paper::new(PaperId::parse(id).unwrap().0, title)
}

fn open() -> (tempfile::TempDir, Sqlite) {
    let folder = tempfile::tempdir().unwrap();
    let store = Sqlite::open(folder.path()).unwrap();
    (folder, store)
}

fn whole(word: &str) -> Term {
    Term { text: word.to_owned(), is_begun: false }
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
            texts.len() <= many || !is_common(&store.db, &whole(word), texts.len() as Row).unwrap()
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

/// The tokens of texts as FTS5 makes them, by the number of the text.
fn tokens_of_fts5<'a>(texts: impl Iterator<Item = &'a str>) -> Vec<Vec<String>> {
    let mut db = Connection::open_in_memory().unwrap();
    let sql =
        "CREATE VIRTUAL TABLE words USING fts5 (text, tokenize = 'porter unicode61 remove_diacritics 2');
               CREATE VIRTUAL TABLE instances USING fts5vocab (words, instance)";
    db.execute_batch(sql).unwrap();
    let transaction = db.transaction().unwrap();
    let mut made = Vec::new();
    for text in texts {
        let sql = "INSERT INTO words (rowid, text) VALUES (?1, ?2)";
        transaction.prepare_cached(sql).unwrap().execute(params![made.len(), text]).unwrap();
        made.push(Vec::new());
    }
    let mut query = transaction.prepare("SELECT doc, offset, term FROM instances").unwrap();
    let mut rows = query.query([]).unwrap();
    while let Some(row) = rows.next().unwrap() {
        let term = String::from_utf8_lossy(row.get_ref(2).unwrap().as_bytes().unwrap()).into_owned();
        made[row.get::<_, usize>(0).unwrap()].push((row.get::<_, usize>(1).unwrap(), term));
    }
    let in_order = |mut tokens: Vec<(usize, String)>| {
        tokens.sort();
        tokens.into_iter().map(|(_, token)| token).collect()
    };
    made.into_iter().map(in_order).collect()
}

#[test]
fn every_letter_is_a_token_of_the_other_engines_as_it_is_one_of_fts5() {
    let texts: Vec<String> = ('\u{1}'..=char::MAX).map(|c| format!("{c} a{c}bc {c}{c}{c}ed")).collect();
    for (text, expected) in texts.iter().zip(tokens_of_fts5(texts.iter().map(String::as_str))) {
        assert_eq!(tokens(text), expected, "{text:?}");
    }
}

#[test]
fn every_word_is_stemmed_for_the_other_engines_as_by_fts5() {
    const STEMS: [&str; 12] =
        ["", "b", "e", "y", "tr", "oa", "hop", "tray", "relat", "fizz", "sens", "caress"];
    const ENDS: [&str; 66] = [
        "", "s", "es", "ies", "sses", "eed", "ed", "ing", "at", "bl", "iz", "y", "ational", "tional", "enci",
        "anci", "izer", "logi", "bli", "alli", "entli", "eli", "ousli", "ization", "ation", "ator", "alism",
        "iveness", "fulness", "ousness", "aliti", "iviti", "biliti", "ical", "ness", "icate", "iciti", "ful",
        "ative", "alize", "al", "ance", "ence", "er", "ic", "able", "ible", "ant", "ement", "ment", "ent",
        "ion", "ou", "ism", "ate", "iti", "ous", "ive", "ize", "e", "l", "ll", "t", "w", "x", "sion",
    ];
    let with = |words: &[String]| -> Vec<String> {
        words.iter().flat_map(|word| ENDS.map(|end| format!("{word}{end}"))).collect()
    };
    let words = with(&with(&STEMS.map(str::to_owned)));
    for (word, expected) in words.iter().zip(tokens_of_fts5(words.iter().map(String::as_str))) {
        assert_eq!(tokens(word), expected, "{word}");
    }
}
