//! Connections that end, servers that are not there, and what power cuts may undo.

use super::{Lent, Schema, open};
use crate::error::Error;
use crate::paper::{Paper, PaperId, Rating, ReaderId};
use crate::store::place::Server;
use crate::store::postgres::Postgres;
use crate::store::postgres::connection::Lasting;
use crate::store::tests::said::at;
use crate::store::{Papers, Ratings, Upkeep};

fn postgres(schema: &Schema) -> (tempfile::TempDir, Postgres) {
    let folder = tempfile::tempdir().unwrap();
    let store = Postgres::open(folder.path(), &schema.server).unwrap();
    (folder, store)
}

fn paper(n: usize) -> Paper {
    Paper::new(PaperId::parse(&format!("2404.{n:05}")).unwrap().0, format!("Of {n} herons"))
}

/// Ends the connection that said this last, as a server does that is shut down.
const END_OTHERS: &str = "SELECT pg_terminate_backend(pid, 9000) FROM pg_stat_activity
    WHERE pid != pg_backend_pid() AND query LIKE '%/* to be ended";

#[test]
#[ignore = "needs PAPERPICK_TEST_POSTGRES"]
fn a_connection_that_ends_is_made_again_and_nothing_is_lost_or_done_twice() {
    let schema = Schema::new();
    let (_folder, mut store) = postgres(&schema);
    store.put(vec![paper(1)]).unwrap();
    let end = |name: &str| schema.run(&format!("{END_OTHERS} {name} */%'"));
    let mut runs = 0;
    store
        .transaction(|db| {
            runs += 1;
            db.batch("UPDATE counters SET value = value + 1 WHERE name = 'topics' /* to be ended once */")?;
            if runs == 1 {
                end("once");
            }
            db.batch("UPDATE counters SET value = value + 10 WHERE name = 'topics'")
        })
        .unwrap();
    assert_eq!(
        (runs, store.edition().unwrap()),
        (2, 1 + 11),
        "half of it was taken back, and all of it done"
    );
    store.db.rows("SELECT 1 /* to be ended when idle */", &[]).unwrap();
    end("when idle");
    assert_eq!(store.size().unwrap().papers, 1, "what only reads is asked again");
    assert_eq!(store.changes_by_others().unwrap(), 0, "nobody else has changed anything");
    store.put(vec![paper(2)]).unwrap();
    assert_eq!(store.size().unwrap().papers, 2);
}

#[test]
#[ignore = "needs PAPERPICK_TEST_POSTGRES"]
fn a_server_that_ends_every_connection_is_given_up() {
    let schema = Schema::new();
    let (_folder, store) = postgres(&schema);
    let mut runs = 0;
    let ended = store.transaction(|db| {
        runs += 1;
        db.batch("UPDATE counters SET value = value + 1 WHERE name = 'topics' /* to be ended always */")?;
        schema.run(&format!("{END_OTHERS} always */%'"));
        db.batch("UPDATE counters SET value = value + 10 WHERE name = 'topics'")
    });
    match ended {
        Err(Error::NoServer { server, .. }) => assert!(server.contains("schema=test_"), "{server}"),
        other => panic!("{other:?}"),
    }
    assert_eq!((runs, store.edition().unwrap()), (5, 0));
}

#[test]
#[ignore = "needs PAPERPICK_TEST_POSTGRES"]
fn what_is_wrong_with_a_server_is_told_without_its_password() {
    let base: Server = Schema::new().server.clone();
    let told = |address: String| {
        let folder = tempfile::tempdir().unwrap();
        let error = Postgres::open(folder.path(), &Server::at(address)).err().unwrap();
        let text = format!("{error} {error:?} {:?}", error.hint());
        assert!(!text.contains("wrong-secret"), "{text}");
        error
    };
    let address = |user: &str, database: &str| {
        let (_, host) = base.address.split_once('@').unwrap();
        let (host, _) = host.split_once('/').unwrap();
        format!("postgres://{user}@{host}/{database}")
    };
    for (address, reason) in [
        (address("postgres:wrong-secret", "postgres"), "password authentication failed"),
        (address("postgres", "postgres"), "password missing"),
        (base.address.replace("/postgres?", "/nowhere?"), "does not exist"),
        ("postgres://ann:wrong-secret@127.0.0.1:1/lab".into(), "refused"),
        (base.address.clone() + "&sslmode=require", "TLS"),
    ] {
        match told(address) {
            Error::NoServer { server, reason: why } => {
                assert!(
                    why.contains(reason) && server.starts_with("postgres://127.0.0.1"),
                    "{server}: {why}"
                );
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
#[ignore = "needs PAPERPICK_TEST_POSTGRES"]
fn a_library_that_may_only_be_read_is_read_and_not_written() {
    let mut store = open();
    store.put(vec![paper(1)]).unwrap();
    let (folder, lent): &(tempfile::TempDir, Lent) = store._place.downcast_ref().unwrap();
    let mut reading = Postgres::open(folder.path(), lent.server()).unwrap();
    reading.db.batch("SET default_transaction_read_only TO on").unwrap();
    assert_eq!(reading.paper(&paper(1).id).unwrap().row, 1);
    let rated = reading.rate(ReaderId::OWNER, &[paper(1).id], Some(Rating::Like), at(0));
    assert!(matches!(rated, Err(Error::ReadOnly)), "{rated:?}");
}

#[test]
#[ignore = "needs PAPERPICK_TEST_POSTGRES"]
fn a_statement_that_runs_is_ended_and_its_transaction_with_it() {
    let schema = Schema::new();
    let (_folder, store) = postgres(&schema);
    let stop = store.stop();
    let ended = std::thread::scope(|scope| {
        scope.spawn(|| {
            let sleeping =
                "SELECT 1 FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep(60)%' AND state = 'active'";
            let (_folder, other) = postgres(&schema);
            while other.db.rows(sleeping, &[]).unwrap().is_empty() {
                std::thread::yield_now();
            }
            stop.stop();
        });
        store.db.transaction(Lasting::Soon, |db| {
            db.batch("UPDATE counters SET value = 77 WHERE name = 'topics'")?;
            db.rows("SELECT pg_sleep(60)", &[])
        })
    });
    assert!(matches!(ended, Err(Error::GivenUp)), "{ended:?}");
    assert!(matches!(store.still_wanted(), Err(Error::GivenUp)));
    assert_eq!(store.edition().unwrap(), 0);
}

#[test]
#[ignore = "needs PAPERPICK_TEST_POSTGRES"]
fn transactions_in_each_others_way_are_run_again() {
    let schema = Schema::new();
    let (_folder, one) = postgres(&schema);
    let raise = |store: &Postgres, names: [&str; 2], barrier: &std::sync::Barrier| {
        let mut attempts = 0;
        let raised = store.transaction(|db| {
            attempts += 1;
            for name in names {
                db.run("UPDATE counters SET value = value + 1 WHERE name = $1", &[&name])?;
                if attempts == 1 && name == names[0] {
                    barrier.wait();
                }
            }
            Ok(())
        });
        raised.unwrap();
        attempts
    };
    let barrier = std::sync::Barrier::new(2);
    let attempts: u32 = std::thread::scope(|scope| {
        let other = scope.spawn(|| raise(&postgres(&schema).1, ["papers", "topics"], &barrier));
        raise(&one, ["topics", "papers"], &barrier) + other.join().unwrap()
    });
    assert_eq!(attempts, 3, "one of the two had to begin again");
    assert_eq!(one.edition().unwrap(), 4);
}

#[test]
#[ignore = "needs PAPERPICK_TEST_POSTGRES"]
fn what_is_encrypted_goes_to_the_server_that_is_meant_and_to_no_other() {
    let schema = Schema::new();
    let certificate = std::env::var("PAPERPICK_TEST_POSTGRES_CA").expect("the certificate of the server");
    let folder = tempfile::tempdir().unwrap();
    let open = |options: &str| {
        let address = format!("{}&sslmode=require{options}", schema.server.address);
        Postgres::open(folder.path(), &Server::at(address))
    };
    let store = open(&format!("&sslrootcert={certificate}")).unwrap();
    let is_encrypted = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
    assert!(store.db.row(is_encrypted, &[]).unwrap().get::<_, bool>(0));
    // A statement is ended over a connection that is encrypted, too.
    let stop = store.stop();
    stop.stop();
    drop(store.stop());
    store.size().unwrap();
    match open("") {
        Err(Error::NoServer { reason, .. }) => assert!(reason.contains("UnknownIssuer"), "{reason}"),
        other => panic!("{:?}", other.err()),
    }
}
