//! Where SQLite keeps what was said.

use super::*;
use crate::paper::{InterestState, Mark, Paper, Rating};
use crate::store::tests::said::{Act, act, at, exported, id};
use crate::store::*;

const READER: ReaderId = ReaderId::OWNER;

fn open() -> (tempfile::TempDir, Sqlite) {
    let folder = tempfile::tempdir().unwrap();
    let store = Sqlite::open(folder.path()).unwrap();
    (folder, store)
}

fn texts(store: &Sqlite, sql: &str) -> Vec<String> {
    let mut query = store.db.prepare(sql).unwrap();
    let rows = query.query_map([], |row| row.get(0)).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}

#[test]
fn a_removed_account_leaves_nothing_behind() {
    let (_folder, mut store) = open();
    let reader = store.add_account("ann", None, "secret", at(0)).unwrap().reader;
    for done in [
        Act::Rate(Some(Rating::Like)),
        Act::Rate(None),
        Act::Rate(Some(Rating::Like)),
        Act::Save(true),
        Act::Topic(Some(Mark::Follow)),
        Act::Interest(Some(InterestState::Pinned)),
    ] {
        act(&mut store, done, 1, at(1));
    }
    store.put(vec![Paper::new(id(1), "Herons")]).unwrap();
    store.note_shown(reader, &[1], jiff::civil::date(2024, 4, 9)).unwrap();
    store.ask_for_lists(jiff::civil::date(2024, 4, 9), "1", jiff::civil::date(2024, 4, 9)).unwrap();
    let brought = crate::config::Quota { papers: 1, bytes: 1 };
    store.note_brought(reader, jiff::civil::date(2024, 4, 9), brought).unwrap();
    let key = crate::store::NewKey { hash: b"h", purpose: None, at: at(1), expires: None, only_feeds: false };
    store.add_key(reader, key).unwrap();
    let sql = "SELECT m.name FROM sqlite_schema m, pragma_table_info(m.name) c WHERE m.type = 'table' AND c.name = 'reader'";
    let tables = texts(&store, sql);
    let n_rows = |store: &Sqlite| {
        let n = |table: &String| {
            let sql = format!("SELECT count(*) FROM {table} WHERE reader = 1");
            (table.clone(), store.db.query_row(&sql, [], |row| row.get::<_, i64>(0)).unwrap())
        };
        tables.iter().map(n).collect::<Vec<_>>()
    };
    assert!(n_rows(&store).iter().all(|(_, n)| *n > 0), "a table is not tried: {:?}", n_rows(&store));
    assert!(store.remove_account("ann").unwrap());
    assert!(n_rows(&store).iter().all(|(_, n)| *n == 0), "{:?}", n_rows(&store));
}

/// Tables that a program fills, which can do so again.
const NOT_SAID: &[&str] = &[
    "papers",
    "summaries",
    "listings",
    "votes",
    "models",
    "vectors",
    "counters",
    "calendar",
    "requests",
    "made",
    "asked",
    "validators",
    "shown",
    "gone",
    "shared_names",
    "titles",
    "aliases",
    "lists",
];

/// With `synchronous = NORMAL` a power cut took the newest ratings along.
#[test]
fn what_people_say_is_synced_before_it_is_acknowledged() {
    let (_folder, mut store) = open();
    store.put(vec![Paper::new(id(1), "Herons")]).unwrap();
    let sql = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name NOT LIKE 'words%'";
    let mut tables = texts(&store, sql);
    tables.retain(|table| !NOT_SAID.contains(&table.as_str()));
    store.db.execute_batch("CREATE TEMP TABLE written (name, level)").unwrap();
    for table in &tables {
        for event in ["INSERT", "UPDATE", "DELETE"] {
            let sql = format!(
                "CREATE TEMP TRIGGER {table}_{event} AFTER {event} ON main.{table} BEGIN
                   INSERT INTO written SELECT '{table} {event}', synchronous FROM pragma_synchronous; END"
            );
            store.db.execute_batch(&sql).unwrap();
        }
    }
    let reader = store.add_account("ann", None, "secret", at(0)).unwrap().reader;
    for done in [
        Act::Rate(Some(Rating::Like)),
        Act::Rate(Some(Rating::Dislike)),
        Act::Rate(None),
        Act::Save(true),
        Act::Save(false),
        Act::Topic(Some(Mark::Follow)),
        Act::Topic(None),
        Act::Interest(Some(InterestState::Pinned)),
        Act::Interest(None),
    ] {
        act(&mut store, done, 1, at(1));
    }
    let key =
        crate::store::NewKey { hash: b"h", purpose: Some("p"), at: at(1), expires: None, only_feeds: false };
    store.add_key(reader, key).unwrap();
    store.revoke(reader, 1).unwrap();
    store.set_password(reader, "other").unwrap();
    store.rechoose("models", None, &mut |_| Some("{}".into())).unwrap();
    store.add_feeds(&[FeedSource { name: "n".into(), url: "u".into() }]).unwrap();
    let day = jiff::civil::date(2024, 4, 9);
    store.take_turn("mail", day, at(1), at(0)).unwrap();
    store.end_turn("mail", day, at(1), true).unwrap();
    store.note_brought(reader, day, crate::config::Quota { papers: 1, bytes: 1 }).unwrap();
    let said = exported(&store);
    store.remove_account("ann").unwrap();
    store.take_over(READER, Whose::Everybodys, said).unwrap();

    let full = 2;
    let not_synced = texts(&store, &format!("SELECT name FROM written WHERE level != {full}"));
    assert!(not_synced.is_empty(), "{not_synced:?}");
    let tried =
        texts(&store, "SELECT DISTINCT substr(name, 1, instr(name, ' ') - 1) FROM written ORDER BY 1");
    tables.sort();
    assert_eq!(
        tried, tables,
        "left: the tables that this test writes to; right: those that hold what people say"
    );
}
