//! Databases of earlier versions, which trusted names too far.

use rusqlite::Connection;

use super::super::{DATABASE, Sqlite, schema};
use crate::paper::{Paper, PaperId, ReaderId};
use crate::store::tests::identity::{all, weak};
use crate::store::{Papers, Ratings};

/// A database of the version before, with what it did to two papers of one name.
fn mixed(id: &str) -> (tempfile::TempDir, Sqlite) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(DATABASE);
    let db = Connection::open(&path).unwrap();
    let before = schema::before_shared_names(&path);
    before.iter().for_each(|step| db.execute_batch(step).unwrap());
    let sql = "INSERT INTO papers (id, title, abstract, authors, categories, facts, text_hash)
               VALUES (?1, 'Herons', 'Of salt.', '[\"Bob Ito\"]', '[]', '{\"year\":\"2020\"}', 0)";
    db.execute(sql, [id]).unwrap();
    db.execute("INSERT INTO ratings VALUES (1, ?1, 1, '2024-04-25T00:00:00Z')", [id]).unwrap();
    db.pragma_update(None, "application_id", 0x7070_696b_i64).unwrap();
    db.pragma_update(None, "user_version", before.len() as i64).unwrap();
    let store = Sqlite::open(folder.path()).unwrap();
    (folder, store)
}

#[test]
fn what_was_mixed_before_is_found_and_parted_by_its_files() {
    for id in ["own:roy2020", "own:7"] {
        let named = |name: &str, title: &str, author: &str, text: &str| match id {
            "own:7" => Paper {
                id: PaperId::of_title(title, Some(author), None).unwrap(),
                ..weak(name, title, &[author], text)
            },
            _ => weak(name, title, &[author], text),
        };
        let herons = named("roy2020", "Herons", "Ann Roy", "");
        let salt = named("roy2020", "Salt", "Bob Ito", "Of salt.");
        for order in [[&herons, &salt], [&salt, &herons]] {
            let (_folder, mut store) = mixed(id);
            let found = store.shared_names().unwrap();
            assert_eq!((found.len(), found[0].title.as_str()), (1, "Herons"));
            order.into_iter().for_each(|paper| drop(store.put(vec![paper.clone()]).unwrap()));
            assert_eq!(store.shared_names().unwrap(), []);
            let papers = all(&store);
            let said = |p: &Paper| (p.title.clone(), p.authors.concat(), p.abstract_text.clone());
            let mut said: Vec<_> = papers.iter().map(said).collect();
            said.sort();
            let herons = ("Herons".to_owned(), "Ann Roy".to_owned(), String::new());
            assert_eq!(said, [herons, ("Salt".into(), "Bob Ito".into(), "Of salt.".into())], "{id}");
            assert!(
                store.ratings(ReaderId::OWNER).unwrap()[0].row.is_some(),
                "the like stays with its title"
            );
        }
    }
}
