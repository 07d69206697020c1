//! Everything in a library compared with what it should be. PostgreSQL sees to its own pages; what no rule of the
//! schema can see to is looked at here: rows of papers that are gone, texts, and vectors.

use super::address::Address;
use super::connection::Connection;
use super::schema::OF_A_PAPER;
use super::{Postgres, unwritten};
use crate::error::Result;
use crate::paper::{ModelId, Row};
use crate::progress::Progress;
use crate::store::{Examination, Examined, Finding, Problem};

/// A library that is examined, over a connection of its own.
pub(super) struct Examining<'a> {
    store: &'a Postgres,
    db: Connection,
    progress: &'a dyn Progress,
}

impl<'a> Examining<'a> {
    pub fn begin(store: &'a Postgres, progress: &'a dyn Progress) -> Result<Self> {
        let address: Address = store.db.address.clone();
        let db = Connection::open(address)?;
        db.batch("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")?;
        Ok(Self { store, db, progress })
    }
}

impl Examination for Examining<'_> {
    fn foreign_keys(&self) -> Result<Examined> {
        orphans(&self.db)
    }

    fn rows(&self) -> Result<Examined> {
        unwritten("examine rows")
    }

    fn papers(&self) -> Result<(Examined, Examined)> {
        unwritten("examine papers")
    }

    fn vectors(
        &self,
        _model: &ModelId,
        _visit: &mut dyn FnMut(Row, Vec<f32>, bool) -> Result<()>,
    ) -> Result<Examined> {
        let _ = (self.store, self.progress);
        unwritten("examine vectors")
    }

    fn is_of(&self, generation: u64) -> bool {
        let sql = "SELECT value FROM counters WHERE name = 'generation'";
        self.db
            .row(sql, &[])
            .is_ok_and(|row| row.try_get::<_, i64>(0).is_ok_and(|now| now as u64 == generation))
    }
}

/// The rows of papers that are gone, and of papers under another name than their own.
fn orphans(db: &Connection) -> Result<Examined> {
    let mut examined = Examined::default();
    for (table, column) in OF_A_PAPER.iter().filter(|(table, _)| *table != "papers") {
        let also = if *table == "ids" { "OR p.id != t.id" } else { "" };
        let sql = format!(
            "SELECT count(*) FROM {table} t LEFT JOIN papers p ON p.row = t.{column} WHERE p.row IS NULL {also}"
        );
        examined.rows += 1;
        let n: i64 = db.row(&sql, &[])?.try_get(0)?;
        if n > 0 {
            examined.findings.push(Finding {
                table: (*table).to_owned(),
                problem: Problem::Dangling { parent: "papers".into() },
                rows: Some(n as u64),
                read: 0,
                first: None,
            });
        }
    }
    Ok(examined)
}

/// What is wrong at a glance: rows of papers that are gone.
pub(super) fn check(db: &Connection) -> Vec<String> {
    let examined = match orphans(db) {
        Ok(examined) => examined,
        Err(error) => return vec![error.to_string()],
    };
    let told = |finding: &Finding| {
        format!("{} rows of {} are of no paper", finding.rows.unwrap_or_default(), finding.table)
    };
    examined.findings.iter().map(told).collect()
}

/// The tables with rows that cannot be read.
pub(super) fn unread(db: &Connection) -> Result<Vec<Finding>> {
    let sql = "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
               WHERE n.nspname = $1 AND c.relkind = 'r' ORDER BY c.relname";
    let mut findings = Vec::new();
    for row in db.rows(sql, &[&db.address.schema])? {
        let table: String = row.try_get(0)?;
        // A row as text is read whole, wherever it lies.
        let read = db.rows(&format!("SELECT sum(length(t::text)) FROM {table} t"), &[]);
        let error = match read {
            Ok(_) => continue,
            Err(error @ (crate::Error::GivenUp | crate::Error::NoServer { .. })) => return Err(error),
            Err(error) => error.to_string(),
        };
        let problem = Problem::Unreadable { after: None, before: None, error };
        findings.push(Finding { table, problem, rows: None, read: 0, first: None });
    }
    Ok(findings)
}
