//! The suite of every engine, and what is a matter of servers. A server's address is in `PAPERPICK_TEST_POSTGRES`;
//! `.ci/postgres` starts one.

mod at_once;
mod both;
mod connecting;
mod damage;
mod limits;
mod near;

use std::cell::RefCell;
use std::sync::atomic::{AtomicU32, Ordering};

use super::*;
use crate::store::tests::{Fresh, every_engine};

every_engine!(open, #[ignore = "needs PAPERPICK_TEST_POSTGRES"]);

/// A schema of its own, and its end.
pub(super) struct Schema {
    pub server: Server,
    name: String,
}

impl Schema {
    pub fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let n = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("test_{}_{n}", std::process::id());
        let base = std::env::var("PAPERPICK_TEST_POSTGRES").expect("the address of a server to test with");
        Self { server: Server::at(format!("{base}?schema={name}")), name }
    }

    /// Runs a statement as somebody else would.
    pub fn run(&self, sql: &str) {
        Connection::open(Address::parse(&self.server).unwrap()).unwrap().batch(sql).unwrap();
    }
}

impl Drop for Schema {
    fn drop(&mut self) {
        let sql = format!("DROP SCHEMA IF EXISTS {} CASCADE", self.name);
        // A client needs what this thread may have lost already, where it ends.
        std::thread::scope(|scope| drop(scope.spawn(|| self.run(&sql)).join()));
    }
}

thread_local! {
    /// Schemas that are empty again: to make one takes longer than most tests.
    static EMPTY: RefCell<Vec<Schema>> = const { RefCell::new(Vec::new()) };
}

/// A schema that is emptied for the next store of its test.
struct Lent(Option<Schema>);

impl Lent {
    fn server(&self) -> &Server {
        &self.0.as_ref().unwrap().server
    }

    fn run(&self, sql: &str) {
        self.0.as_ref().unwrap().run(sql);
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if let Some(schema) = self.0.take().filter(|_| !std::thread::panicking()) {
            schema.run(EMPTIED);
            EMPTY.with_borrow_mut(|empty| empty.push(schema));
        }
    }
}

const EMPTIED: &str = "DO $$
    DECLARE
      name text;
    BEGIN
      DELETE FROM keys;
      DELETE FROM interest_papers;
      FOR name IN SELECT relname FROM pg_class WHERE relnamespace = current_schema()::regnamespace
          AND relkind IN ('r', 'p') AND NOT relispartition AND relname NOT IN ('meta', 'counters', 'changes') LOOP
        EXECUTE format(CASE WHEN name LIKE 'vectors%' THEN 'DROP TABLE %I' ELSE 'DELETE FROM %I' END, name);
      END LOOP;
      FOR name IN SELECT relname FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind = 'S' LOOP
        EXECUTE format('ALTER SEQUENCE %I RESTART', name);
      END LOOP;
      UPDATE counters SET value = 0;
      UPDATE changes SET value = 0;
    END $$";

fn open() -> Fresh {
    let schema = EMPTY.with_borrow_mut(Vec::pop).unwrap_or_else(Schema::new);
    let folder = tempfile::tempdir().unwrap();
    let (path, server) = (folder.path().to_path_buf(), schema.server.clone());
    let again = move || -> Box<dyn Store> { Box::new(Postgres::open(&path, &server).unwrap()) };
    Fresh { store: again(), again: Box::new(again), _place: Box::new((folder, Lent(Some(schema)))) }
}
