//! The only SQL: papers, vectors, ratings, days. The store is the truth; everything else beside it is a cache.
//!
//! What can be asked of it is the trait [`Store`], in parts by area, each in the file of its name. What answers is an
//! engine: `sqlite`, a file within the library's folder, or `postgres`, a schema of a database that several machines
//! share. Nobody outside of an engine's folder knows which one it is.
//!
//! Knows nothing about files of papers, models or ranking.

mod accounts;
mod calendar;
mod columns;
mod days;
mod deep;
mod fetched;
mod identity;
mod interests;
mod lists;
mod made;
mod migrate;
mod papers;
mod place;
#[cfg(feature = "postgres")]
mod postgres;
mod ratings;
mod said;
mod saved;
mod search;
mod sent;
mod shown;
mod spent;
mod sqlite;
mod statements;
mod stop;
mod tables;
mod topics;
mod upkeep;
mod vectors;

#[cfg(test)]
mod tests;

use std::path::Path;

pub use accounts::{Account, Accounts, Key, KeyOwner, NewKey};
pub use calendar::{Calendar, DayState, SourceDay};
pub use days::Days;
pub use deep::{Examination, Examined, Finding, Problem};
pub use fetched::Fetched;
pub use interests::{Interests, KeptInterest};
pub use lists::{ListEnd, Lists, ListsLeft, TakenList};
pub use made::{Made, MadeSummary, Recipe};
pub use migrate::{Migrated, MigratedTable};
pub use papers::{Change, Papers, SharedName, StoredPaper};
pub use place::{Place, Server};
pub use ratings::{Rated, Ratings};
pub use said::{Said, Statement, Statements, TakenBack, TakenOver, Whose};
pub use saved::{Saved, SavedPaper};
pub use search::Search;
pub use sent::{Sent, Turn};
pub use shown::Shown;
pub use spent::in_database;
pub use stop::Stop;
pub use tables::{Cell, Cells, Kind, Numbers, Table, Tables};
pub use topics::{MarkedTopic, Topics};
pub use upkeep::{Copied, MendedTable, Salvaged, Size, Upkeep};
pub use vectors::{Meant, Recent, StoredModel, Vectors};

use crate::error::Result;
use crate::progress::Progress;

/// An open library: one connection of one engine. The same calls give the same answers, whichever engine it is.
///
/// A method that changes something does all of it or nothing. What people say (ratings, interests, marks, accounts,
/// choices, what was sent) is on the disk when the method returns; papers and vectors may be lost by a power cut.
pub trait Store:
    Papers
    + Search
    + Vectors
    + Days
    + Calendar
    + Fetched
    + Ratings
    + Saved
    + Shown
    + Interests
    + Topics
    + Statements
    + Accounts
    + Sent
    + Made
    + Lists
    + Upkeep
    + Tables
    + Send
{
}

/// Opens the library that is kept at a place, with its models and caches in `folder`, and makes what is not there. One
/// that may not be written, or whose disk is full, is opened to be read.
///
/// # Errors
/// [`NotALibrary`](crate::Error::NotALibrary) and [`NewerDatabase`](crate::Error::NewerDatabase), with the database
/// untouched; [`Io`](crate::Error::Io) for a file that may not be read, [`ReadOnly`](crate::Error::ReadOnly) for one of
/// an older schema that may not be written. [`NoServer`](crate::Error::NoServer) and
/// [`Invalid`](crate::Error::Invalid) for a server that does not answer, and for an address that is none.
pub fn open(folder: &Path, place: &Place) -> Result<Box<dyn Store>> {
    let store = open_any(folder, place)?;
    // What cannot be read is told by whoever needs it.
    match store.choice(tables::COPY_OF) {
        Ok(Some(of)) => Err(crate::Error::NotOfThisStore {
            what: format!("{} is a copy of {of} that is not whole", store.place()),
            instead: "run `paperpick migrate` there again with the same `--to`: it goes on where it was"
                .into(),
        }),
        _ => Ok(store),
    }
}

/// The same for one that may not be whole yet.
fn open_any(folder: &Path, place: &Place) -> Result<Box<dyn Store>> {
    match place {
        Place::Folder => Ok(Box::new(sqlite::Sqlite::open(folder)?)),
        #[cfg(feature = "postgres")]
        Place::Server(server) => Ok(Box::new(postgres::Postgres::open(folder, server)?)),
        #[cfg(not(feature = "postgres"))]
        Place::Server(_) => Err(crate::Error::NotOfThisStore {
            what: "this build keeps libraries in files only, and the store is a server's".into(),
            instead: "build it with `cargo install --path . --features full`".into(),
        }),
    }
}

/// Whether a library is kept in `folder`; one on a server says so itself when it is opened.
pub fn is_there(folder: &Path, place: &Place) -> bool {
    *place != Place::Folder || folder.join(sqlite::DATABASE).exists()
}

/// Carries a whole library over to another place, each with the folder of its models and caches: every table, compared
/// with the one that it is a copy of by its rows and their checksum. The old one stays as it is. A run that was killed is
/// gone on with by the next one, which writes only what differs; until all is there, nobody else opens the new one.
///
/// # Errors
/// Those of [`open`]; [`NotOfThisStore`](crate::Error::NotOfThisStore) for a new place that holds another library, and
/// for an old one that was changed meanwhile.
pub fn migrate(from: (&Path, &Place), to: (&Path, &Place), progress: &dyn Progress) -> Result<Migrated> {
    let from = open(from.0, from.1)?;
    let mut to = open_any(to.0, to.1)?;
    migrate::migrate(from.as_ref(), to.as_mut(), progress)
}

/// Puts a backup in the place of the database in `folder`, which has none yet.
///
/// # Errors
/// [`Exists`](crate::Error::Exists) for a folder that has a database, [`NotALibrary`](crate::Error::NotALibrary) and
/// [`NewerDatabase`](crate::Error::NewerDatabase) for a file that is none of this paperpick's,
/// [`Damaged`](crate::Error::Damaged) for one that is not whole.
pub fn restore(file: &Path, folder: &Path, place: &Place) -> Result<Copied> {
    in_its_folder(
        place,
        "a backup is restored to a folder, but `store` names a server",
        "leave `store` out of the settings for this, or restore a dump with `pg_restore`",
    )?;
    sqlite::restore(file, folder)
}

/// Writes everything that can be read of the library in `from` into a new one in `to`, with its words indexed anew.
/// The old one is only read.
///
/// # Errors
/// [`Exists`](crate::Error::Exists) for a folder that has a database; [`NotALibrary`](crate::Error::NotALibrary) for a
/// file whose first page or whose list of tables cannot be read; [`NewerDatabase`](crate::Error::NewerDatabase). No
/// library is made then.
pub fn mend(from: (&Path, &Place), to: &Path, progress: &dyn Progress) -> Result<Salvaged> {
    in_its_folder(
        from.1,
        "a damaged file is mended in this way, but `store` names a server",
        "PostgreSQL's own tools look into its damage, such as `pg_amcheck`",
    )?;
    sqlite::mend(from.0, to, progress)
}

/// Sees that a library is kept in its folder.
fn in_its_folder(place: &Place, what: &str, instead: &str) -> Result<()> {
    match place {
        Place::Folder => Ok(()),
        Place::Server(_) => {
            Err(crate::Error::NotOfThisStore { what: what.to_owned(), instead: instead.to_owned() })
        }
    }
}
