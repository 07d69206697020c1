//! One connection to PostgreSQL: statements, transactions, and who else has changed something.
//!
//! Every transaction that writes raises one of a few counters as its last act: several, so that those who write at once
//! seldom wait for each other. Their sum, less what this connection added, tells what others did.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use postgres::types::ToSql;
use postgres::{Client, Row as SqlRow, SimpleQueryMessage, Statement};

use super::address::Address;
use super::errors::{explained, is_conflict};
use super::replica::{Replaying, Replica};
use crate::error::{Error, Result};
use crate::store::spent;

/// Counters of changes.
pub(super) const COUNTERS: i32 = 16;

/// Prepared statements that are kept; more are seldom the same ones.
const STATEMENTS: usize = 256;

/// A transaction that was in another's way is run so often, and so often a server that broke off is looked for.
const ATTEMPTS: u32 = 5;

/// How long is waited before it is looked for again; then twice as long, and so on: four seconds in all.
const PAUSE: Duration = Duration::from_millis(250);

/// How many shards hold the papers of a library in schema `$1`.
const SHARDS: &str = "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                      WHERE n.nspname = $1 AND c.relkind = 'f' AND c.relname ~ '^papers_[0-9]+$'";

/// What lies on one shard is joined there.
const JOINED_THERE: &str = "SET enable_partitionwise_join TO on";

/// What a statement is given.
pub(super) type Values<'a> = &'a [&'a (dyn ToSql + Sync)];

/// How much a power cut may undo.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lasting {
    /// Nothing that was acknowledged: what people say.
    AtOnce,
    /// The last moment: papers and vectors, which can be had again.
    Soon,
}

/// A connection, made again when it was lost between two transactions.
pub(super) struct Connection {
    pub address: Address,
    /// Absent only while it is dropped.
    client: RefCell<Option<Client>>,
    statements: RefCell<HashMap<String, Statement>>,
    is_in_transaction: Cell<bool>,
    /// Whether the client is of no use any more.
    is_lost: Cell<bool>,
    n_own_changes: Cell<i64>,
    /// The server's process that answers here.
    process: Cell<i32>,
    /// Where reads may go.
    replica: Option<Replica<Self>>,
    /// Whether a server that broke off is waited for; nobody waits for one that there is another for.
    is_patient: bool,
    /// What ends statements, while it has not heard that it did.
    interrupts: Interrupts,
    /// Servers that hold the papers; none where this one does.
    pub n_shards: Cell<usize>,
}

type Interrupts = Arc<Mutex<Vec<JoinHandle<()>>>>;

impl Connection {
    /// Connects, with the names of the schema and of the extension `vector` known.
    pub fn open(address: Address) -> Result<Self> {
        let (client, process, n_shards) = connect(&address)?;
        Ok(Self {
            address,
            client: RefCell::new(Some(client)),
            statements: RefCell::default(),
            is_in_transaction: Cell::new(false),
            is_lost: Cell::new(false),
            n_own_changes: Cell::new(0),
            process: Cell::new(process),
            replica: None,
            is_patient: true,
            interrupts: Interrupts::default(),
            n_shards: Cell::new(n_shards),
        })
    }

    /// The same, whose reads go to a replica where that has all that was written.
    pub fn with_replica(mut self, replica: Option<Address>) -> Self {
        self.replica = replica.map(Replica::at);
        self
    }

    /// Begins work that belongs together: all that it reads is read from where everything is that was written before.
    pub fn begin_work(&self) {
        if let Some(replica) = &self.replica {
            replica.begin(|| {
                let written = "SELECT pg_current_wal_insert_lsn()::text";
                let row =
                    self.prepared_here(written, |client, statement| client.query_one(statement, &[]))?;
                Ok(row.try_get(0)?)
            });
        }
    }

    /// The rows that a statement answers.
    pub fn rows(&self, sql: &str, values: Values<'_>) -> Result<Vec<SqlRow>> {
        self.prepared(sql, |client, statement| client.query(statement, values))
    }

    /// The first row, if there is one.
    pub fn find(&self, sql: &str, values: Values<'_>) -> Result<Option<SqlRow>> {
        Ok(self.rows(sql, values)?.into_iter().next())
    }

    /// The only row.
    pub fn row(&self, sql: &str, values: Values<'_>) -> Result<SqlRow> {
        self.prepared(sql, |client, statement| client.query_one(statement, values))
    }

    /// The numbers in the only column.
    pub fn numbers(&self, sql: &str, values: Values<'_>) -> Result<Vec<i64>> {
        self.rows(sql, values)?.iter().map(|row| Ok(row.try_get(0)?)).collect()
    }

    /// Runs a statement; how many rows it changed.
    pub fn run(&self, sql: &str, values: Values<'_>) -> Result<u64> {
        self.prepared(sql, |client, statement| client.execute(statement, values))
    }

    /// Adds rows to a table: `sql` is `COPY … FROM STDIN`, and `rows` are in its text format.
    pub fn copy_in(&self, sql: &str, rows: &[u8]) -> Result<u64> {
        self.ask(|client| {
            let mut copy = client.copy_in(sql)?;
            // What went wrong is told at the end, by the server.
            let _ = copy.write_all(rows);
            copy.finish()
        })
    }

    /// Runs statements without values.
    pub fn batch(&self, sql: &str) -> Result<()> {
        self.ask(|client| client.batch_execute(sql))
    }

    /// Runs `work` in one transaction: all of it happens, or none. One that another transaction was in the way of, or
    /// whose connection was lost before it was to be committed, is run again.
    pub fn transaction<T>(&self, lasting: Lasting, mut work: impl FnMut(&Self) -> Result<T>) -> Result<T> {
        let begin = match lasting {
            Lasting::AtOnce => "BEGIN",
            Lasting::Soon => "BEGIN; SET LOCAL synchronous_commit = off",
        };
        if let Some(replica) = &self.replica {
            replica.end();
        }
        let mut attempt = 1;
        loop {
            match self.attempt(begin, lasting, &mut work) {
                Err(Undone { error, may_be_done: false }) if attempt < ATTEMPTS && is_conflict(&error) => {
                    attempt += 1;
                }
                Err(Undone { error: Error::NoServer { .. }, may_be_done: false }) if attempt < ATTEMPTS => {
                    std::thread::sleep(PAUSE * 2_u32.pow(attempt - 1));
                    attempt += 1;
                }
                done => return done.map_err(|undone| undone.error),
            }
        }
    }

    fn attempt<T>(
        &self,
        begin: &str,
        lasting: Lasting,
        work: &mut impl FnMut(&Self) -> Result<T>,
    ) -> Result<T, Undone> {
        let begun = self.begin(begin)?;
        let done = work(self)?;
        let number = match lasting {
            Lasting::AtOnce => self.number()?,
            Lasting::Soon => None,
        };
        // Whatever has locked a row has written, too: that is counted as a change, which costs a look.
        let sql = format!(
            "UPDATE changes SET value = value + 1
             WHERE counter = {} AND pg_current_xact_id_if_assigned() IS NOT NULL; COMMIT",
            self.process.get().rem_euclid(COUNTERS)
        );
        let counted = match self.ask(|client| client.simple_query(&sql)) {
            Ok(counted) => counted,
            Err(error @ Error::NoServer { .. }) => {
                drop(begun);
                let Some(number) = number else { return Err(Undone { error, may_be_done: true }) };
                match self.has_committed(&number) {
                    Some(true) => {
                        self.n_own_changes.set(self.n_own_changes.get() + 1);
                        return Ok(done);
                    }
                    Some(false) => return Err(error.into()),
                    None => return Err(Undone { error, may_be_done: true }),
                }
            }
            Err(error) => return Err(error.into()),
        };
        begun.end();
        if let Some(SimpleQueryMessage::CommandComplete(n)) = counted.first() {
            self.n_own_changes.set(self.n_own_changes.get() + *n as i64);
        }
        Ok(done)
    }

    /// Runs `work` on the store as it is at one moment; within a transaction, at its moments.
    pub fn moment<T>(&self, work: impl FnOnce(&Self) -> Result<T>) -> Result<T> {
        self.moment_with("", work)
    }

    /// The same with settings of its own.
    pub fn moment_with<T>(&self, settings: &str, work: impl FnOnce(&Self) -> Result<T>) -> Result<T> {
        if self.is_in_transaction.get() {
            return work(self);
        }
        let begun = self.begin(&format!("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; {settings}"))?;
        let done = work(self)?;
        self.batch("COMMIT")?;
        begun.end();
        Ok(done)
    }

    /// The number of the transaction, if it has written something.
    fn number(&self) -> Result<Option<String>> {
        Ok(self.row("SELECT pg_current_xact_id_if_assigned()::text", &[])?.try_get(0)?)
    }

    /// Whether a transaction happened whose connection was lost while it was committed; nothing if nobody can say.
    fn has_committed(&self, number: &str) -> Option<bool> {
        for look in 0..ATTEMPTS {
            std::thread::sleep(PAUSE * 2_u32.pow(look) / 2);
            let asked = self.row("SELECT pg_xact_status($1::text::xid8)", &[&number]);
            let status = asked.and_then(|row| Ok(row.try_get::<_, Option<String>>(0)?));
            match status.as_ref().map(Option::as_deref) {
                Ok(Some("committed")) => return Some(true),
                Ok(Some("aborted")) => return Some(false),
                // Still under way; or there is no server yet.
                Ok(Some(_)) | Err(Error::NoServer { .. }) => {}
                // A server that took over and never heard of it: the number is to come.
                Err(Error::Database(_)) => return Some(false),
                _ => return None,
            }
        }
        None
    }

    /// Counts the shards of the library, which may have been made meanwhile.
    pub fn count_shards(&self) -> Result<usize> {
        let sql = format!("SELECT ({SHARDS})");
        let n: i64 = self.row(&sql, &[&self.address.schema])?.try_get(0)?;
        if n > 0 {
            self.batch(JOINED_THERE)?;
        }
        self.n_shards.set(n as usize);
        Ok(n as usize)
    }

    /// Sees that a transaction is counted as a change that has written on shards only.
    pub fn note_change(&self) -> Result<()> {
        self.batch("SELECT pg_current_xact_id()")
    }

    fn begin(&self, sql: &str) -> Result<Begun<'_>> {
        self.batch(sql)?;
        self.is_in_transaction.set(true);
        Ok(Begun { connection: self, is_over: false })
    }

    /// How often other connections have changed something.
    pub fn changes_by_others(&self) -> Result<i64> {
        // What a replica has not heard of counts, too.
        let sql = "SELECT sum(value)::bigint FROM changes";
        let row = self.prepared_here(sql, |client, statement| client.query_one(statement, &[]))?;
        let all: i64 = row.try_get(0)?;
        Ok(all - self.n_own_changes.get())
    }

    /// What ends the statement that runs, from another thread.
    pub fn interrupt(&self) -> impl Fn() + Send + Sync + use<> {
        // One of the work before would end the first statement of the next.
        let pending = std::mem::take(&mut *self.interrupts.lock().unwrap_or_else(PoisonError::into_inner));
        pending.into_iter().for_each(|thread| drop(thread.join()));
        let here = (self.address.clone(), self.process.get());
        let replica = self.replica.as_ref().and_then(Replica::process);
        let asked: Vec<(Address, i32)> = [Some(here), replica].into_iter().flatten().collect();
        let interrupts = self.interrupts.clone();
        move || {
            let asked = asked.clone();
            // It waits for the server, which whoever asks for it must not.
            let thread = std::thread::spawn(move || {
                for (address, process) in &asked {
                    if let Err(error) = end_statement(address, *process) {
                        tracing::warn!("a statement could not be ended: {error}");
                    }
                }
            });
            interrupts.lock().unwrap_or_else(PoisonError::into_inner).push(thread);
        }
    }

    fn prepared<T>(
        &self,
        sql: &str,
        run: impl Fn(&mut Client, &Statement) -> std::result::Result<T, postgres::Error>,
    ) -> Result<T> {
        // Outside of a transaction nothing is changed.
        let replica = self.replica.as_ref().filter(|_| !self.is_in_transaction.get());
        match replica.and_then(|replica| replica.ask(|replica| replica.prepared_here(sql, &run))) {
            Some(done) => done,
            None => self.prepared_here(sql, run),
        }
    }

    fn prepared_here<T>(
        &self,
        sql: &str,
        run: impl Fn(&mut Client, &Statement) -> std::result::Result<T, postgres::Error>,
    ) -> Result<T> {
        self.ask(|client| {
            let known = self.statements.borrow().get(sql).cloned();
            let statement = match known {
                Some(statement) => statement,
                None => {
                    let statement = client.prepare(sql)?;
                    let mut statements = self.statements.borrow_mut();
                    if statements.len() >= STATEMENTS {
                        statements.clear();
                    }
                    statements.insert(sql.to_owned(), statement.clone());
                    statement
                }
            };
            run(client, &statement)
        })
    }

    /// Asks the server. Outside of a transaction nothing is changed, so that what a lost connection kept from being
    /// answered is asked again.
    fn ask<T>(
        &self,
        mut run: impl FnMut(&mut Client) -> std::result::Result<T, postgres::Error>,
    ) -> Result<T> {
        let began = Instant::now();
        let is_in_transaction = self.is_in_transaction.get();
        let mut done = self.ask_once(is_in_transaction, &mut run);
        let attempts = if self.is_patient { ATTEMPTS } else { 2 };
        for attempt in 1..attempts {
            if !self.is_lost.get() || is_in_transaction {
                break;
            }
            // At once for a connection that was idle too long; then a server may be taking over from another.
            if attempt > 1 {
                std::thread::sleep(PAUSE * 2_u32.pow(attempt - 2));
            }
            done = self.ask_once(false, &mut run);
        }
        spent::add(began.elapsed());
        done
    }

    fn ask_once<T>(
        &self,
        is_in_transaction: bool,
        run: &mut impl FnMut(&mut Client) -> std::result::Result<T, postgres::Error>,
    ) -> Result<T> {
        let mut client = self.client.borrow_mut();
        let lost =
            || Error::NoServer { server: self.address.shown.clone(), reason: "connection closed".into() };
        if !is_in_transaction && (self.is_lost.get() || client.as_ref().is_none_or(Client::is_closed)) {
            self.statements.borrow_mut().clear();
            self.is_lost.set(true);
            let (again, process, _) = connect(&self.address)?;
            self.process.set(process);
            release(client.replace(again));
            self.is_lost.set(false);
        }
        let done = run(client.as_mut().ok_or_else(lost)?);
        done.map_err(|error| {
            let error = explained(error, &self.address.shown);
            self.is_lost.set(matches!(error, Error::NoServer { .. }));
            error
        })
    }
}

impl Replaying for Connection {
    fn connect(address: &Address) -> Result<Self> {
        let mut connection = Self::open(address.clone())?;
        connection.is_patient = false;
        Ok(connection)
    }

    fn has_replayed(&self, position: &str) -> Result<bool> {
        let sql =
            "SELECT coalesce(pg_last_wal_replay_lsn() >= $1::text::pg_lsn, false) AND pg_is_in_recovery()";
        Ok(self.row(sql, &[&position])?.try_get(0)?)
    }

    fn process(&self) -> i32 {
        self.process.get()
    }
}

/// Why a transaction did not end well.
struct Undone {
    error: Error,
    /// Whether it may have happened all the same: the connection was lost while it was committed.
    may_be_done: bool,
}

impl From<Error> for Undone {
    fn from(error: Error) -> Self {
        Self { error, may_be_done: false }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.statements.borrow_mut().clear();
        release(self.client.borrow_mut().take());
    }
}

/// Ends a connection on a thread of its own: it brings a runtime, and no runtime may end within another one.
fn release(client: Option<Client>) {
    if let Some(client) = client {
        std::thread::spawn(move || drop(client));
    }
}

/// A transaction that goes back unless it is over.
struct Begun<'a> {
    connection: &'a Connection,
    is_over: bool,
}

impl Begun<'_> {
    fn end(mut self) {
        self.is_over = true;
    }
}

impl Drop for Begun<'_> {
    fn drop(&mut self) {
        if !self.is_over
            && let Err(error) = self.connection.batch("ROLLBACK")
        {
            tracing::debug!("the server takes it back by itself: {error}");
        }
        self.connection.is_in_transaction.set(false);
    }
}

/// Connects; the client, the process of the server that answers it, and how many shards the library has.
fn connect(address: &Address) -> Result<(Client, i32, usize)> {
    let client = address.config.connect(address.tls.clone());
    let mut client = client.map_err(|error| explained(error, &address.shown))?;
    let sql = format!("SELECT pg_backend_pid(), (SELECT n.nspname FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
                                         WHERE e.extname = 'vector'),
                 ({SHARDS})");
    let found = client
        .query_one(&sql, &[&address.schema])
        .and_then(|row| Ok((row.try_get(0)?, row.try_get(1)?, row.try_get(2)?)));
    let (process, vectors, n_shards): (i32, Option<String>, i64) =
        found.map_err(|error| explained(error, &address.shown))?;
    let path: Vec<String> = [Some(address.schema.clone()), vectors, Some("public".into())]
        .into_iter()
        .flatten()
        .map(|name| format!("\"{}\"", name.replace('"', "\"\"")))
        .collect();
    let joins = if n_shards > 0 { JOINED_THERE } else { "" };
    let sql = format!("SET search_path TO {}; SET lock_timeout TO '30s'; {joins}", path.join(", "));
    client.batch_execute(&sql).map_err(|error| explained(error, &address.shown))?;
    Ok((client, process, n_shards as usize))
}

/// Ends the statement that a process of the server runs. Over a connection of its own, which answers when the process
/// has been told: the protocol's own request to cancel answers nothing, and may end a statement that comes later.
fn end_statement(address: &Address, process: i32) -> Result<()> {
    let told = |error| explained(error, &address.shown);
    let mut client = address.config.connect(address.tls.clone()).map_err(told)?;
    client.query_one("SELECT pg_cancel_backend($1)", &[&process]).map(drop).map_err(told)
}
