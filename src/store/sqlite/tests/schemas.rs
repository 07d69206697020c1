//! A library of every released schema opens with all that is in it.

use std::path::Path;

use rusqlite::Connection;
use rusqlite::types::Value;

use super::super::{DATABASE, Sqlite, mend, schema};
use crate::paper::{PaperId, ReaderId};
use crate::progress::Silent;
use crate::store::{Papers, Ratings, Search, Upkeep};

/// What each released step is, as a number: it was run on libraries that nobody will bring back.
const RELEASED: [u64; 17] = [
    0xd5b3_8cd3_ca27_40a4,
    0x2fba_6aa0_f9e5_b29c,
    0x5831_98bf_0909_32be,
    0xabe1_87b1_7b14_8a2b,
    0x02a0_992b_6f45_e6f0,
    0x4aec_d80d_a2b0_294f,
    0xfd06_6dff_d696_e990,
    0xf920_ea29_f063_e80d,
    0xfadb_af96_3ee8_64da,
    0xb06f_51ec_9515_052c,
    0xa8dc_7758_a1bc_68ac,
    0x808c_9304_a0d5_6895,
    0xabc6_1f45_2c41_043d,
    0x9270_b044_4900_b045,
    0xd35e_2248_6a41_7068,
    0x7a60_7fc9_8c37_8431,
    0xf861_c2ea_6f61_b77b,
];

#[test]
fn a_released_step_never_changes() {
    let steps = schema::steps_after(0, Path::new("library.sqlite")).unwrap();
    let numbers: Vec<u64> = steps.iter().map(|step| crate::hash::fnv1a(step.bytes())).collect();
    assert_eq!(numbers[..RELEASED.len()], RELEASED);
}

/// A row or two of each table, in the columns that it was made with. A paper of an own kind counts as one of two
/// from the schema on that knows of shared names.
const ROWS: &[(&str, &str)] = &[
    (
        "papers",
        r#"(id, title, abstract, authors, categories, facts, text_hash) VALUES
           ('2404.15653', 'Herons', 'Of herons.', '["Ann Roy"]', '["cs.CV"]', '{"doi":"10.1/Heron"}', 7),
           ('own:bibtex:roy', 'Storks', 'Of storks.', '["Ann Roy"]', '[]', '{}', 8)"#,
    ),
    ("words", "(rowid, title, body, people) VALUES (1, 'Herons', 'Of herons.', 'Ann Roy')"),
    ("summaries", "VALUES (1, 'ko', '왜가리에 관한 글')"),
    ("listings", "VALUES ('2024-04-25', 1, 'arxiv', 'new'), ('2024-04-26', 1, 'hf', 'new')"),
    ("votes", "VALUES (1, 'hf', '2024-04-26', 9)"),
    ("models", "VALUES (1, 'm', 2)"),
    ("vectors", "VALUES (1099511627777, 1, 7, x'0000803f00000000')"),
    (
        "ratings",
        "VALUES (1, '2404.15653', 1, '2024-04-25T00:00:00Z'), (2, '2404.15653', -1, '2024-04-25T00:00:00Z'),
         (1, '2404.00001', -1, '2024-04-26T00:00:00Z')",
    ),
    ("made", "VALUES ('2404.15653', 'ko', 'bullets', 'm', 'p', 't', '요약', '2024-04-25T00:00:00Z')"),
    ("asked", "VALUES ('2024-04-25', 2)"),
    ("choices", "VALUES ('models', '{}')"),
    ("calendar", "VALUES ('arxiv:cs.CV', '2024-04-25', 'announced', 1, 1, '', '2024-04-25T00:00:00Z')"),
    ("requests", "VALUES ('arxiv', '2024-04-25T00:00:00Z', 1)"),
    ("validators", "VALUES ('https://example.org/feed', 'etag', NULL)"),
    ("feeds", "VALUES ('https://example.org/feed', 'A feed')"),
    ("shown", "VALUES (1, 1, '2024-04-25')"),
    ("interests", "(number, reader, name, state) VALUES (3, 1, 'herons', 'pinned')"),
    ("interest_papers", "VALUES (1, '2404.15653', 3)"),
    ("sent", "VALUES ('mail', '2024-04-25', '2024-04-25T08:00:00Z', 1)"),
    (
        "accounts",
        "(reader, name, password, made) VALUES (1, 'ann', 'one', '2024-04-25T00:00:00Z'),
         (2, 'bob', 'two', '2024-04-25T00:00:00Z')",
    ),
    (
        "keys",
        "(number, hash, reader, purpose, made) VALUES (1, x'01', 2, 'a script', '2024-04-25T00:00:00Z')",
    ),
    ("saved", "VALUES (1, '2404.15653', '2024-04-25T00:00:00Z')"),
    ("topic_marks", "VALUES (1, 'birds', 'follow', '2024-04-25T00:00:00Z', NULL, '[\"2404.15653\"]')"),
    ("gone", "VALUES (9, 1)"),
    ("shared_names", "VALUES (2, 'Storks')"),
    ("taken_back", "VALUES (1, 'rating', '2404.00002', '2024-04-25T00:00:00Z')"),
    ("titles", "VALUES (5, 1)"),
    ("aliases", "VALUES ('own:bibtex:heron', 1)"),
    ("lists", "VALUES ('2024-04-25', 1, '1', '', 0, '', NULL)"),
    ("brought", "VALUES (2, '2024-04-25', 3, 4000)"),
];

/// Tables that `mend` makes anew of the others.
const MADE_ANEW: [&str; 3] = ["titles", "vectors", "counters"];

/// What a table holds in some columns, in their order.
fn rows(db: &Connection, table: &str, columns: &[String]) -> Vec<Vec<Value>> {
    let mut query = db.prepare(&format!("SELECT {0} FROM {table} ORDER BY {0}", columns.join(", "))).unwrap();
    let row = |row: &rusqlite::Row<'_>| (0..columns.len()).map(|i| row.get(i)).collect();
    query.query_map([], row).unwrap().map(Result::unwrap).collect()
}

/// The tables that are not the search's own, each with its columns of what was said.
fn tables(db: &Connection) -> Vec<(String, Vec<String>)> {
    let strings = |sql: &str| -> Vec<String> {
        let mut query = db.prepare(sql).unwrap();
        query.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    };
    let sql = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'words%' AND name NOT LIKE 'sqlite%'";
    // A hash is made of what a row says, and those above are none.
    let columns = |table: &String| {
        strings(&format!("SELECT name FROM pragma_table_info('{table}') WHERE name != 'text_hash'"))
    };
    strings(sql).into_iter().map(|table| (table.clone(), columns(&table))).collect()
}

#[test]
fn a_library_of_every_released_schema_opens_and_is_mended_with_all_that_is_in_it() {
    let steps = schema::steps_after(0, Path::new("library.sqlite")).unwrap();
    let mut all = Vec::new();
    for n in 1..=steps.len() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(DATABASE);
        let db = Connection::open(&path).unwrap();
        steps[..n].iter().for_each(|step| db.execute_batch(step).unwrap());
        let made = tables(&db);
        for (table, values) in ROWS {
            if *table == "words" || made.iter().any(|(name, _)| name == table) {
                db.execute_batch(&format!("INSERT INTO {table} {values}")).unwrap();
            }
        }
        let before: Vec<_> = made.iter().map(|(table, columns)| rows(&db, table, columns)).collect();
        for ((table, _), rows) in made.iter().zip(&before) {
            assert!(!rows.is_empty(), "schema {n}: no row of {table} is tried");
        }
        db.pragma_update(None, "application_id", 0x7070_696b_i64).unwrap();
        db.pragma_update(None, "user_version", n as i64).unwrap();
        drop(db);

        let mended = folder.path().join("mended");
        mend(folder.path(), &mended, &Silent).unwrap();
        for folder in [folder.path(), &mended] {
            let store = Sqlite::open(folder).unwrap();
            for ((table, columns), before) in made.iter().zip(&before) {
                let after = rows(&store.db, table, columns);
                let lost: Vec<_> = before.iter().filter(|row| !after.contains(row)).collect();
                let is_made_anew = folder == mended && MADE_ANEW.contains(&table.as_str());
                assert!(lost.is_empty() || is_made_anew, "schema {n}: {table} has lost {lost:?}");
            }
            let paper = store.paper(&PaperId::parse("2404.15653").unwrap().0).unwrap().paper;
            let ratings = [ReaderId::OWNER, ReaderId::new(2)].map(|reader| store.ratings(reader).unwrap());
            let found = store.search("heron", 9, None).unwrap();
            let n_shared = store.shared_names().unwrap().len();
            all.push((paper, ratings, found, store.size().unwrap(), n_shared, store.check()));
        }
    }
    assert_eq!((&all[0].2, all[0].4, &all[0].5), (&vec![1], 1, &Vec::new()));
    assert!(all.iter().all(|one| *one == all[0]), "{all:?}");
}
