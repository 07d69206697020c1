//! Where a library keeps its papers and what is said of them.

use std::fmt;

/// Where a library is kept. Models, the index and caches are in its folder in any case.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Place {
    /// In one file of its folder.
    #[default]
    Folder,
    /// In a schema of a PostgreSQL database.
    Server(Server),
}

/// A PostgreSQL database as its user names it.
#[derive(Clone, PartialEq, Eq)]
pub struct Server {
    /// `postgres://USER@HOST/DATABASE`, with `?schema=NAME` for another schema than `paperpick`.
    pub address: String,
    /// The password, for an address that has none.
    pub password: Option<String>,
    /// The text of a file of passwords as libpq knows it, for where there is no other: lines of
    /// `host:port:database:user:password`.
    pub passwords: Option<String>,
    /// The address of a replica, which is asked what it knows as well.
    pub replica: Option<String>,
    /// Addresses of the servers that hold its papers, in the order in which they were given when it was made; none for
    /// a library that is on one server. Later they may be left out.
    pub shards: Vec<String>,
}

impl Server {
    /// The server at an address, which tells the password itself or needs none.
    pub fn at(address: impl Into<String>) -> Self {
        Self { address: address.into(), password: None, passwords: None, shards: Vec::new(), replica: None }
    }
}

/// An address may hold a password.
impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").finish_non_exhaustive()
    }
}
