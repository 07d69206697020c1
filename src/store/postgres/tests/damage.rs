//! What is not as it should be is found: somebody else writes into the tables.

use super::{Lent, open};
use crate::embed::Embedding;
use crate::error::Error;
use crate::paper::{ModelId, Paper, PaperId};
use crate::progress::Silent;
use crate::store::postgres::Postgres;
use crate::store::tests::Fresh;
use crate::store::{Examination, Examined, Place, Problem, Store};

/// A store with three papers and a vector of each.
fn filled() -> Fresh {
    let mut store = open();
    let paper = |n: usize| Paper::new(PaperId::parse(&format!("2404.0000{n}")).unwrap().0, "Of herons");
    store.put((1..4).map(paper).collect()).unwrap();
    let hashes = store.text_hashes(&[1, 2, 3]).unwrap();
    let vector = Embedding::normalized(vec![3.0, 4.0]).unwrap();
    let vectors: Vec<_> = (1..4).zip(hashes).map(|(row, hash)| (row, hash, vector.clone())).collect();
    store.put_vectors(&ModelId::new("m"), &vectors).unwrap();
    store
}

fn schema(store: &Fresh) -> &Lent {
    let (_, schema): &(tempfile::TempDir, Lent) = store._place.downcast_ref().unwrap();
    schema
}

/// What an examination finds: table, problem, how many rows and the first.
fn found(store: &dyn Store) -> Vec<(String, Problem, Option<u64>, Option<String>)> {
    let examination = store.examine(&Silent).unwrap();
    let (papers, words) = examination.papers().unwrap();
    let vectors = examination.vectors(&ModelId::new("m"), &mut |_, _, _| Ok(())).unwrap();
    let all = [examination.foreign_keys().unwrap(), examination.rows().unwrap(), papers, words, vectors];
    let all = all.into_iter().flat_map(|Examined { findings, .. }| findings);
    all.map(|found| (found.table, found.problem, found.rows, found.first)).collect()
}

#[test]
#[ignore = "needs PAPERPICK_TEST_POSTGRES"]
fn each_kind_of_damage_is_found_for_itself() {
    let unfit = |column: &str, expected| Problem::Unfit { column: column.into(), expected };
    let gone = || Problem::Dangling { parent: "papers".into() };
    for (sql, table, problem, first) in [
        (
            "UPDATE papers SET text_hash = 7, edition = 1 WHERE row = 2; UPDATE vectors_1 SET text_hash = 7 WHERE row = 2",
            "papers",
            Problem::OtherText,
            Some("2404.00002"),
        ),
        (
            "UPDATE papers SET published = 'soon' WHERE row = 3",
            "papers",
            unfit("published", "a day"),
            Some("3"),
        ),
        (
            "UPDATE papers SET authors = 'Ann' WHERE row = 3",
            "papers",
            unfit("authors", "a list of texts"),
            Some("3"),
        ),
        (
            "INSERT INTO calendar VALUES ('hf', '2024-04-31', 'nothing', NULL, 0, '', '2024-04-30T00:00:00Z')",
            "calendar",
            unfit("day", "a day"),
            Some("hf 2024-04-31"),
        ),
        (
            "UPDATE words SET said = 'stork:1A' WHERE paper = 1",
            "words",
            Problem::OtherWords,
            Some("2404.00001"),
        ),
        ("DELETE FROM words WHERE paper = 1", "words", Problem::NotIndexed, Some("2404.00001")),
        ("INSERT INTO titles VALUES (1, 99)", "titles", gone(), None),
        ("INSERT INTO votes VALUES (99, 'hf', '', 1)", "votes", gone(), None),
        ("UPDATE ids SET paper = 2 WHERE id = '2404.00001'", "ids", gone(), None),
        (
            "UPDATE vectors_1 SET vector = '\\x00000000' WHERE row = 3",
            "vectors",
            Problem::NoVector { fault: "not as long as its model's" },
            Some("row 3"),
        ),
        (
            "UPDATE vectors_1 SET vector = '\\x0000000000000000' WHERE row = 3",
            "vectors",
            Problem::NoVector { fault: "not of length 1" },
            Some("row 3"),
        ),
        ("UPDATE vectors_1 SET row = 98 WHERE row = 3", "vectors", Problem::NobodysVector, Some("row 98")),
    ] {
        let store = filled();
        assert_eq!(found(&*store), [], "before anything is done");
        schema(&store).run(sql);
        let expected = (table.to_owned(), problem, Some(1), first.map(str::to_owned));
        assert_eq!(found(&*store), [expected], "{sql}");
    }
}

#[test]
#[ignore = "needs PAPERPICK_TEST_POSTGRES"]
fn what_is_examined_is_of_one_moment() {
    let mut store = filled();
    let examination = (store.again)();
    let examination = examination.examine(&Silent).unwrap();
    let n = |examination: &dyn Examination| examination.papers().unwrap().0.rows;
    store.put(vec![Paper::new(PaperId::parse("2404.00009").unwrap().0, "Later")]).unwrap();
    assert_eq!(n(&*examination), 3);
}

#[test]
#[ignore = "needs PAPERPICK_TEST_POSTGRES"]
fn a_schema_of_others_and_of_the_future_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let others = super::Schema::new();
    let open = || Postgres::open(folder.path(), &others.server).map(drop);
    others.run(&format!("CREATE SCHEMA {0}; CREATE TABLE {0}.recipes (name text)", others.name));
    match open() {
        Err(Error::NotALibrary { reason, .. }) => {
            assert_eq!(reason, "its schema holds tables of another program")
        }
        other => panic!("{other:?}"),
    }
    others.run("DROP TABLE recipes");
    open().unwrap();
    others.run("UPDATE meta SET schema = 99");
    assert!(matches!(open(), Err(Error::NewerDatabase { found: 99, .. })));
    others.run("UPDATE meta SET schema = -1");
    assert!(matches!(open(), Err(Error::NotALibrary { .. })));
}

#[test]
#[ignore = "needs PAPERPICK_TEST_POSTGRES"]
fn two_first_runs_at_once_make_one_library() {
    let (folder, schema) = (tempfile::tempdir().unwrap(), super::Schema::new());
    let open = || crate::store::open(folder.path(), &Place::Server(schema.server.clone())).unwrap().folder();
    let folders: Vec<_> = std::thread::scope(|scope| {
        let runs: Vec<_> = (0..6).map(|_| scope.spawn(open)).collect();
        runs.into_iter().map(|run| run.join().unwrap()).collect()
    });
    assert!(folders.iter().all(|other| *other == folders[0]), "{folders:?}");
    schema.run(&format!("DROP SCHEMA {} CASCADE", schema.name));
    assert_ne!(open(), folders[0], "a library that is made anew must not find the caches of the old one");
}

#[test]
#[ignore = "needs PAPERPICK_TEST_POSTGRES"]
fn a_database_without_the_extension_gets_it_or_says_who_makes_it() {
    let schema = super::Schema::new();
    let base = schema.server.address.split('?').next().unwrap().to_owned();
    let name = format!("bare_{}", std::process::id());
    schema.run(&format!("CREATE DATABASE {name}"));
    schema.run("DO $$ BEGIN CREATE ROLE reads LOGIN PASSWORD 'reads'; EXCEPTION WHEN duplicate_object THEN NULL; END $$");
    schema.run(&format!("GRANT CREATE ON DATABASE {name} TO reads"));
    let (_, host) = base.split_once('@').unwrap();
    let (host, _) = host.split_once('/').unwrap();
    let folder = tempfile::tempdir().unwrap();
    let open = |user: &str| {
        let address = format!("postgres://{user}@{host}/{name}");
        Postgres::open(folder.path(), &crate::store::Server::at(address)).map(drop)
    };
    let refused = open("reads:reads");
    let made = open(base.split("://").nth(1).and_then(|rest| rest.split('@').next()).unwrap());
    schema.run(&format!("DROP DATABASE {name} WITH (FORCE)"));
    match refused {
        Err(error @ Error::NotOfThisStore { .. }) => {
            assert!(
                error.to_string().contains("has no extension `vector`, and this user may not make it"),
                "{error}"
            );
            assert!(error.hint().unwrap().contains("CREATE EXTENSION vector"), "{error:?}");
        }
        other => panic!("{other:?}"),
    }
    made.unwrap();
}
