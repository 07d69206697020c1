//! The suite of every engine, and what is a matter of servers. A server's address is in `PAPERPICK_TEST_POSTGRES`;
//! `.ci/postgres` starts one.

mod at_once;
mod both;
mod connecting;
mod damage;
mod limits;
mod near;
mod shards;

use std::cell::RefCell;
use std::sync::atomic::{AtomicU32, Ordering};

use super::*;
use crate::store::tests::{Fresh, every_engine};

every_engine!(open, #[ignore = "needs PAPERPICK_TEST_POSTGRES"]);

/// A schema of its own, and its end.
pub(super) struct Schema {
    pub server: Server,
    name: String,
    /// The addresses of its shards, if there are any.
    shards: Vec<String>,
}

impl Schema {
    pub fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let n = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("test_{}_{n}", std::process::id());
        let base = std::env::var("PAPERPICK_TEST_POSTGRES").expect("the address of a server to test with");
        let shards = std::env::var("PAPERPICK_TEST_SHARDS").unwrap_or_default();
        let shards: Vec<String> = shards.split_whitespace().map(str::to_owned).collect();
        let server = Server { shards: shards.clone(), ..Server::at(format!("{base}?schema={name}")) };
        Self { server, name, shards }
    }

    /// Runs a statement as somebody else would.
    pub fn run(&self, sql: &str) {
        Connection::open(Address::parse(&self.server).unwrap()).unwrap().batch(sql).unwrap();
    }
}

impl Drop for Schema {
    fn drop(&mut self) {
        let drop_schema = format!("DROP SCHEMA IF EXISTS {} CASCADE", self.name);
        let drop_server = |i| format!("; DROP SERVER IF EXISTS {}_{i} CASCADE", self.name);
        let sql = drop_schema.clone() + &(0..self.shards.len()).map(drop_server).collect::<String>();
        let end = || {
            self.run(&sql);
            for shard in &self.shards {
                let address = Address::parse(&Server::at(shard)).unwrap();
                Connection::open(address).unwrap().batch(&drop_schema).unwrap();
            }
        };
        // A client needs what this thread may have lost already, where it ends.
        std::thread::scope(|scope| drop(scope.spawn(end).join()));
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
      FOR name IN SELECT relname FROM pg_class WHERE relnamespace = current_schema()::regnamespace
          AND relname ~ '^vector_tables_[0-9]+$' AND relkind = 'f' LOOP
        EXECUTE format('DELETE FROM %I', name);
      END LOOP;
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
