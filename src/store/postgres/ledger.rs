//! What the fetcher keeps between runs: when each service was asked last, whose turn it is to ask, and the
//! validators (`ETag`, `Last-Modified`) of what was taken over.

use std::fs::File;

use super::Postgres;
use crate::error::Result;
use crate::source::fetch::{Asked, Ledger, Service, Validators};
use crate::store::fetched::{self, Fetched};

impl Fetched for Postgres {
    fn validators(&self, address: &str) -> Result<Validators> {
        let found = self.db.find("SELECT etag, modified FROM validators WHERE address = $1", &[&address])?;
        let Some(row) = found else { return Ok(Validators::default()) };
        Ok(Validators { etag: row.try_get(0)?, modified: row.try_get(1)? })
    }

    fn remember(&self, address: &str, validators: &Validators) -> Result<()> {
        let sql = "INSERT INTO validators VALUES ($1, $2, $3)
                   ON CONFLICT (address) DO UPDATE SET etag = excluded.etag, modified = excluded.modified";
        self.transaction(|db| db.run(sql, &[&address, &validators.etag, &validators.modified]).map(drop))
    }
}

impl Ledger for Postgres {
    /// Among the processes of one machine: several machines have several addresses, and a service counts by these.
    fn turn(&self, service: &Service) -> Result<File> {
        fetched::turn(&self.folder, service)
    }

    fn asked(&self, service: &Service) -> Result<Option<Asked>> {
        let found = self.db.find("SELECT at, done FROM requests WHERE service = $1", &[&service.name()])?;
        let Some(row) = found else { return Ok(None) };
        let (at, done): (&str, bool) = (row.try_get(0)?, row.try_get(1)?);
        Ok(at.parse().ok().map(|at| Asked { at, done }))
    }

    fn note(&self, service: &Service, asked: Asked) -> Result<()> {
        let sql = "INSERT INTO requests VALUES ($1, $2, $3)
                   ON CONFLICT (service) DO UPDATE SET at = excluded.at, done = excluded.done";
        self.transaction(|db| db.run(sql, &[&service.name(), &asked.at.to_string(), &asked.done]).map(drop))
    }
}
