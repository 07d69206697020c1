//! The suite of every engine, and what is a matter of servers. A server's address is in `PAPERPICK_TEST_POSTGRES`;
//! `.ci/postgres` starts one.

mod at_once;
mod both;
mod limits;
mod near;

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
        self.run(&format!("DROP SCHEMA IF EXISTS {} CASCADE", self.name));
    }
}

fn open() -> Fresh {
    let (folder, schema) = (tempfile::tempdir().unwrap(), Schema::new());
    let (path, server) = (folder.path().to_path_buf(), schema.server.clone());
    let again = move || -> Box<dyn Store> { Box::new(Postgres::open(&path, &server).unwrap()) };
    Fresh { store: again(), again: Box::new(again), _place: Box::new((folder, schema)) }
}
