//! Papers on other servers. The addresses of shards are in `PAPERPICK_TEST_SHARDS`; where there are none, these tests
//! have nothing to test.

use std::sync::mpsc;

use super::{Postgres, Schema};
use crate::embed::Embedding;
use crate::error::Error;
use crate::paper::{ModelId, PaperId, Row};
use crate::store::postgres::Address;
use crate::store::postgres::connection::Connection;
use crate::store::tests::identity::paper;
use crate::store::{Change, Papers, Place, Search, Server, Upkeep, Vectors};

/// A library with shards and six papers, and connections to each shard.
fn filled() -> Option<(Schema, tempfile::TempDir, Postgres, Vec<Connection>)> {
    let (schema, folder) = (Schema::new(), tempfile::tempdir().unwrap());
    if schema.shards.is_empty() {
        return None;
    }
    let mut store = Postgres::open(folder.path(), &schema.server).unwrap();
    store
        .put((0..6).map(|n| paper(&format!("2404.0000{n}"), &format!("Of herons {n}"), &[], "")).collect())
        .unwrap();
    let shards = schema.shards.iter().map(|shard| {
        let server = Server::at(format!("{shard}?schema={}", schema.name));
        Connection::open(Address::parse(&server).unwrap()).unwrap()
    });
    let shards = shards.collect();
    Some((schema, folder, store, shards))
}

fn id(n: usize) -> PaperId {
    PaperId::parse(&format!("2404.0000{n}")).unwrap().0
}

#[test]
#[ignore = "needs PAPERPICK_TEST_POSTGRES"]
fn each_shard_holds_a_part_of_everything_and_the_coordinator_none() {
    let Some((schema, _folder, mut store, shards)) = filled() else { return };
    let rows: Vec<Row> = (1..=6).collect();
    let vector = Embedding::normalized(vec![3.0, 4.0]).unwrap();
    let hashes = store.text_hashes(&rows).unwrap();
    let vectors: Vec<_> = rows.iter().zip(hashes).map(|(row, hash)| (*row, hash, vector.clone())).collect();
    store.put_vectors(&ModelId::new("m"), &vectors).unwrap();
    for table in ["papers", "words", "vectors_1"] {
        let held: Vec<i64> = shards
            .iter()
            .map(|db| db.numbers(&format!("SELECT count(*) FROM {table}"), &[]).unwrap()[0])
            .collect();
        assert!(held.iter().all(|n| *n > 0) && held.iter().sum::<i64>() == 6, "{table}: {held:?}");
    }
    // Nothing but foreign tables is below a table in parts.
    let sql = "SELECT count(*) FROM pg_class WHERE relispartition AND relkind != 'f' AND relnamespace = $1::text::regnamespace";
    assert_eq!(store.db.numbers(sql, &[&schema.name]).unwrap(), [0]);
    assert_eq!(store.drop_vectors("m", &ModelId::new("other")).unwrap(), 6);
    for db in &shards {
        assert_eq!(db.numbers("SELECT count(*) FROM pg_class WHERE relname = 'vectors_1' AND relnamespace = $1::text::regnamespace", &[&schema.name]).unwrap(), [0]);
    }
}

#[test]
#[ignore = "needs PAPERPICK_TEST_POSTGRES"]
fn what_an_unfinished_write_left_on_one_shard_is_found_and_put_right_by_the_next() {
    let Some((_schema, _folder, mut store, shards)) = filled() else { return };
    let edition = store.papers_edition().unwrap() as i64;
    // As if both had been committed on their shards, and the coordinator had gone.
    let lost = "INSERT INTO papers (row, id, title, abstract, authors, categories, facts, text_hash, edition)
                VALUES ($1, '2404.99999', 'Lost', '', '[]', '[]', '{}', 1, $2)";
    shards[0].run(lost, &[&7_i64, &(edition + 1)]).unwrap();
    let words = "INSERT INTO words VALUES (7, 'lost:1A', 1)";
    shards[0].run(words, &[]).unwrap();
    let renamed = "UPDATE papers SET title = 'Of storks', id = 'doi:10.1/x', edition = $1 WHERE row = 2";
    assert_eq!(shards.iter().map(|db| db.run(renamed, &[&(edition + 1)]).unwrap()).sum::<u64>(), 1);

    let found = store.check().join("\n");
    assert!(found.contains("papers of a write that was not finished: 2"), "{found}");
    assert!(store.remedy().unwrap().contains("unfinished"));
    assert_eq!(store.put(vec![paper("2404.00009", "Of terns", &[], "")]).unwrap(), [Change::Added]);
    assert_eq!(store.check(), Vec::<String>::new());
    assert!(store.remedy().unwrap().contains("pg_restore"));
    assert_eq!(store.size().unwrap().papers, 7);
    assert!(store.search("lost", 9, None).unwrap().is_empty());
    assert_eq!(store.paper(&id(1)).unwrap().paper.title, "Of storks");
    assert_eq!(store.paper(&id(9)).unwrap().row, 7);
    let titles = "SELECT count(*) FROM titles WHERE paper = 2 AND hash = $1";
    let hash = crate::store::identity::title_hash("Of storks");
    assert_eq!(store.db.numbers(titles, &[&hash]).unwrap(), [1]);
    // Its words are counted.
    let counted = "SELECT value FROM counters WHERE name = 'indexed'";
    assert_eq!(store.db.numbers(counted, &[]).unwrap(), [7]);
}

#[test]
#[ignore = "needs PAPERPICK_TEST_POSTGRES"]
fn an_identifier_whose_paper_a_shard_has_removed_is_found_and_is_of_the_paper_that_comes() {
    let Some((_schema, _folder, mut store, shards)) = filled() else { return };
    for table in ["papers WHERE row", "words WHERE paper"] {
        shards.iter().for_each(|db| db.batch(&format!("DELETE FROM {table} = 3")).unwrap());
    }
    let found = store.check().join("\n");
    assert!(found.contains("rows of ids that are of no paper: 1"), "{found}");
    assert_eq!(store.put(vec![paper("2404.00002", "Of herons 2", &[], "")]).unwrap(), [Change::Added]);
    assert_eq!(store.paper(&id(2)).unwrap().row, 7);
}

#[test]
#[ignore = "needs PAPERPICK_TEST_POSTGRES"]
fn shards_are_of_one_library_and_stay_as_many() {
    let Some((schema, folder, _store, _shards)) = filled() else { return };
    let open = |server: &Server| crate::store::open(folder.path(), &Place::Server(server.clone())).err();
    let base = &schema.server;
    // They need not be named again.
    assert!(open(&Server { shards: Vec::new(), ..base.clone() }).is_none());
    let more = [schema.shards.clone(), schema.shards.clone()].concat();
    let error = open(&Server { shards: more, ..base.clone() }).unwrap();
    assert!(matches!(&error, Error::NotOfThisStore { what, .. } if what.contains("2 shards")), "{error}");
    let shard = Server::at(format!("{}?schema={}", schema.shards[0], schema.name));
    let error = open(&shard).unwrap().to_string();
    assert!(error.contains("a shard of another library"), "{error}");
    // A library with another server and the same shards would have them hold both.
    let other = Server { address: shard.address.replace("/postgres?", "/template1?"), ..base.clone() };
    let error = open(&other).unwrap().to_string();
    assert!(error.contains("holds something already"), "{error}");
}

#[test]
#[ignore = "needs PAPERPICK_TEST_POSTGRES"]
fn what_was_acknowledged_is_there_when_shards_are_lost_in_the_middle() {
    let Some((schema, _folder, mut store, shards)) = filled() else { return };
    let (begun, begins) = mpsc::channel();
    let writer = std::thread::spawn(move || {
        let mut acknowledged: Vec<PaperId> = (0..6).map(id).collect();
        for n in 0..30 {
            begun.send(()).unwrap();
            let papers =
                (0..5).map(|i| paper(&format!("2405.{n:02}{i:03}"), &format!("Of terns {n} {i}"), &[], ""));
            let papers: Vec<_> = papers.collect();
            match store.put(papers.clone()) {
                Ok(_) => acknowledged.extend(papers.into_iter().map(|paper| paper.id)),
                Err(Error::NoServer { .. }) => {}
                Err(error) => panic!("{error}"),
            }
        }
        (store, acknowledged)
    });
    let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1";
    for (n, ()) in begins.iter().enumerate() {
        if n % 3 == 2 {
            shards[n % 2].rows(end, &[&schema.name]).unwrap();
        }
    }
    let (mut store, acknowledged) = writer.join().unwrap();
    assert!(acknowledged.len() > 6);
    store.put(vec![paper("2404.00009", "Of storks", &[], "")]).unwrap();
    assert_eq!(store.check(), Vec::<String>::new());
    for id in &acknowledged {
        assert_eq!(store.paper(id).unwrap().paper.id, *id);
    }
    let held = store.db.numbers("SELECT count(*) FROM ids", &[]).unwrap();
    assert_eq!(held, [store.size().unwrap().papers as i64], "no paper has two names, and none has none");
}
