//! PostgreSQL with pgvector: the library in one schema of a database, for many readers and several machines.
//!
//! Each part of [`Store`] is answered in the file of its name; the rest of the files hold what several parts need.
//!
//! Who asks how a paper is called and then writes under that name holds [`Naming::Stays`] until then; who merges papers
//! or gives them other names holds [`Naming::Changes`]. Editions follow commits: whatever raises a counter raises it
//! before it reads anything else, and the counter's row is locked until the end.

mod accounts;
mod address;
mod bm25;
mod brought;
mod calendar;
mod choices;
mod connection;
mod counters;
mod days;
mod errors;
mod examine;
mod interests;
mod ledger;
mod lists;
mod made;
mod migrate;
mod names;
mod nearest;
mod papers;
mod parts;
mod passwords;
mod put;
mod ratings;
mod record;
mod replica;
mod said;
mod saved;
mod schema;
mod search;
mod sent;
mod settle;
mod shards;
mod shown;
mod table;
mod taken_back;
mod topics;
mod upkeep;
mod vectors;
mod whole;
mod within;
mod words;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use address::Address;
use connection::{Connection, Lasting};

use crate::error::Result;
use crate::files;
use crate::hash::fnv1a;
use crate::store::place::Server;
use crate::store::stop::Wanted;
use crate::store::{Store, Upkeep};

/// A connection to a library in PostgreSQL.
pub(super) struct Postgres {
    db: Connection,
    /// Models are there, and a folder with the index and the caches.
    folder: PathBuf,
    /// What no other library has: one that is made anew under the same address must not find the old one's index.
    id: String,
    /// Whether somebody still waits for what is done here.
    wanted: Wanted,
}

impl Store for Postgres {}

impl Postgres {
    /// Opens the library at an address, and makes it if it is not there.
    ///
    /// # Errors
    /// See [`open`](crate::store::open).
    pub fn open(folder: &Path, server: &Server) -> Result<Self> {
        let address = Address::parse(server)?;
        let replica = server.replica.as_ref().map(|replica| -> Result<Address> {
            let replica = Address::parse(&Server { address: replica.clone(), ..server.clone() })?;
            // It is of the same library, whatever its address says.
            Ok(Address { schema: address.schema.clone(), ..replica })
        });
        let replica = replica.transpose()?;
        let db = Connection::open(address)?.with_replica(replica);
        let id = migrate::migrate(&db, &shards::addresses(&db.address, server)?)?;
        let store = Self { db, id, folder: folder.to_path_buf(), wanted: Wanted::default() };
        files::make_folder(&store.folder())?;
        store.db.begin_work();
        Ok(store)
    }

    /// Runs `work` in one transaction: all of it happens, or none.
    fn transaction<T>(&self, work: impl FnMut(&Connection) -> Result<T>) -> Result<T> {
        self.db.transaction(Lasting::Soon, work)
    }

    /// The same for what people say, which no power cut undoes once it is acknowledged.
    fn durably<T>(&self, work: impl FnMut(&Connection) -> Result<T>) -> Result<T> {
        self.db.transaction(Lasting::AtOnce, work)
    }
}

/// What papers are called, until the end of a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Naming {
    /// Nobody changes it.
    Stays,
    /// Nobody else relies on it.
    Changes,
}

impl Naming {
    fn hold(self, db: &Connection) -> Result<()> {
        let sql = match self {
            Self::Stays => "SELECT pg_advisory_xact_lock_shared($1)",
            Self::Changes => "SELECT pg_advisory_xact_lock($1)",
        };
        let of_this_library = fnv1a(db.address.schema.bytes()) as i64;
        db.rows(sql, &[&of_this_library]).map(drop)
    }
}
