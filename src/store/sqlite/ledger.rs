//! What the fetcher keeps between runs: when each service was asked last, whose turn it is to ask, and the
//! validators (`ETag`, `Last-Modified`) of what was taken over.

use std::fs::File;

use rusqlite::{OptionalExtension, params};

use super::Sqlite;
use crate::error::Result;
use crate::source::fetch::{Asked, Ledger, Service, Validators};
use crate::store::Upkeep;
use crate::store::fetched::{self, Fetched};

impl Fetched for Sqlite {
    fn validators(&self, address: &str) -> Result<Validators> {
        let sql = "SELECT etag, modified FROM validators WHERE address = ?1";
        let found = self
            .db
            .query_row(sql, [address], |row| Ok(Validators { etag: row.get(0)?, modified: row.get(1)? }));
        Ok(found.optional()?.unwrap_or_default())
    }

    fn remember(&self, address: &str, validators: &Validators) -> Result<()> {
        let sql = "INSERT OR REPLACE INTO validators VALUES (?1, ?2, ?3)";
        self.db.execute(sql, params![address, validators.etag, validators.modified])?;
        Ok(())
    }
}

impl Ledger for Sqlite {
    fn turn(&self, service: &Service) -> Result<File> {
        fetched::turn(&self.folder(), service)
    }

    fn asked(&self, service: &Service) -> Result<Option<Asked>> {
        let sql = "SELECT at, done FROM requests WHERE service = ?1";
        let found = self
            .db
            .query_row(sql, [service.name()], |row| Ok((row.get::<_, String>(0)?, row.get::<_, bool>(1)?)));
        Ok(found.optional()?.and_then(|(at, done)| Some(Asked { at: at.parse().ok()?, done })))
    }

    fn note(&self, service: &Service, asked: Asked) -> Result<()> {
        let sql = "INSERT OR REPLACE INTO requests VALUES (?1, ?2, ?3)";
        self.db.execute(sql, params![service.name(), asked.at.to_string(), asked.done])?;
        Ok(())
    }
}
