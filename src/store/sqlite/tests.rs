//! The suite of every engine, and what is a matter of files.

mod mixed;
mod schemas;
mod whole;

use super::*;
use crate::store::Store;
use crate::store::tests::{Fresh, every_engine};

every_engine!(open);

fn open() -> Fresh {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_path_buf();
    let again = move || -> Box<dyn Store> { Box::new(Sqlite::open(&path).unwrap()) };
    Fresh { store: again(), again: Box::new(again), _place: Box::new(folder) }
}

#[test]
fn databases_of_others_and_of_the_future_are_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(DATABASE);
    std::fs::write(&path, "these are my notes, not a database; they are longer than a header of SQLite is")
        .unwrap();
    assert!(matches!(Sqlite::open(folder.path()), Err(Error::NotALibrary { .. })));
    assert!(std::fs::read_to_string(&path).unwrap().starts_with("these are my notes"));

    std::fs::remove_file(&path).unwrap();
    Connection::open(&path).unwrap().execute_batch("CREATE TABLE recipes (name)").unwrap();
    assert!(matches!(Sqlite::open(folder.path()), Err(Error::NotALibrary { .. })));

    std::fs::remove_file(&path).unwrap();
    drop(Sqlite::open(folder.path()).unwrap());
    Connection::open(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
    match Sqlite::open(folder.path()) {
        Err(Error::NewerDatabase { found: 99, .. }) => {}
        other => panic!("{:?}", other.err()),
    }
}

#[test]
fn a_schema_that_no_paperpick_has_written_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    drop(Sqlite::open(folder.path()).unwrap());
    let path = folder.path().join(DATABASE);
    Connection::open(&path).unwrap().pragma_update(None, "user_version", -1).unwrap();
    match Sqlite::open(folder.path()) {
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
