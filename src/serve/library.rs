//! The library behind the server: a few [`App`]s, each used by one request at a time, and the
//! answers that still hold.

use std::collections::HashMap;
use std::io::Cursor;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use jiff::civil::Date;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::Open;
use super::problem::Problem;
use crate::app::{App, DayMap, Days, Imported, Topics, Trend};
use crate::error::{Error, Result};
use crate::paper::ReaderId;
use crate::progress::Silent;
use crate::source::{self, Hints};

/// How long a request waits for its turn before it is told to come back.
const PATIENCE: Duration = Duration::from_secs(10);
/// Of how many days the topics are kept.
const KEPT_TOPICS: usize = 64;
/// How many bytes of answers are kept.
const KEPT_BYTES: usize = 32 << 20;

/// The turn of those who ask one question.
pub type Flight = tokio::sync::Mutex<()>;

/// The library, for many requests at once.
pub struct Library {
    open: Open,
    idle: Mutex<Vec<App>>,
    turns: Arc<Semaphore>,
    long_turn: Arc<Semaphore>,
    /// Never writes; so it sees when any other connection, of this program or another, has.
    watch: Mutex<App>,
    kept: Mutex<Kept>,
    /// Questions that are being answered.
    flights: Mutex<HashMap<String, Weak<Flight>>>,
    /// What is slow to make and depends on papers and marks alone.
    topics: Made<Topics>,
    maps: Made<DayMap>,
    trends: Made<Trend>,
    /// The turn for grouping a day for which nobody waits.
    grouping: Arc<Semaphore>,
}

/// Values by reader and days.
struct Made<T>(Mutex<HashMap<(ReaderId, Days), Of<T>>>);

/// A value, and the edition of the library that it was made of.
type Of<T> = (u64, Arc<T>);

impl<T> Default for Made<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T> Made<T> {
    /// The value that was made, if it still holds.
    fn known(&self, edition: u64, wanted: (ReaderId, Days)) -> Option<Arc<T>> {
        let all = lock(&self.0);
        all.get(&wanted).filter(|(of, _)| *of == edition).map(|(_, value)| value.clone())
    }

    /// The value that was made, or else a new one.
    fn get(&self, app: &App, days: Days, make: impl FnOnce() -> Result<T>) -> Result<Arc<T>> {
        let (edition, wanted) = (app.edition()?, (app.reader(), days));
        if let Some(value) = self.known(edition, wanted) {
            return Ok(value);
        }
        let value = Arc::new(make()?);
        let mut all = lock(&self.0);
        all.retain(|_, (of, _)| *of == edition);
        if all.len() >= KEPT_TOPICS {
            all.clear();
        }
        all.insert(wanted, (edition, value.clone()));
        Ok(value)
    }
}

#[derive(Default)]
struct Kept {
    answers: HashMap<String, Answer>,
    bytes: usize,
}

/// An answer that was given, and the state of the library that it was given on.
#[derive(Clone)]
pub struct Answer {
    pub version: i64,
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Library {
    /// Opens the library twice: once to work, once to watch.
    pub fn open(open: Open, workers: usize) -> Result<Self> {
        let (mut first, watch) = (open()?, open()?);
        first.share_index(&watch);
        Ok(Self {
            open,
            idle: Mutex::new(vec![first]),
            turns: Arc::new(Semaphore::new(workers.max(1))),
            long_turn: Arc::new(Semaphore::new(1)),
            watch: Mutex::new(watch),
            kept: Mutex::default(),
            flights: Mutex::default(),
            topics: Made::default(),
            maps: Made::default(),
            trends: Made::default(),
            grouping: Arc::new(Semaphore::new(1)),
        })
    }
}

impl super::Site {
    /// Does work for a reader on a thread that may block, when it is its turn.
    ///
    /// A request that is given up (its client is gone, its time is over) keeps its turn until its
    /// work is done: there is never more work at once than there are turns.
    pub async fn work<T: Send + 'static>(
        self: &Arc<Self>,
        reader: ReaderId,
        work: impl FnOnce(&mut App) -> Result<T> + Send + 'static,
    ) -> Result<T, Problem> {
        let turns = self.library.turns.clone();
        let turn = match tokio::time::timeout(PATIENCE, turns.acquire_owned()).await {
            Ok(Ok(turn)) => turn,
            _ => return Err(Problem::busy()),
        };
        let site = self.clone();
        let done = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            let library = &site.library;
            let idle = lock(&library.idle).pop();
            let mut app = idle.map_or_else(|| site.open(), Ok)?;
            app.set_reader(reader);
            let done = work(&mut app);
            lock(&library.idle).push(app);
            done
        });
        match done.await {
            Ok(done) => done.map_err(Problem::from),
            Err(panic) => Err(Problem::panicked(&panic)),
        }
    }

    /// A day's topics for a reader. They do not depend on ratings: they hold until papers or marks
    /// change.
    pub async fn topics(self: &Arc<Self>, reader: ReaderId, days: Days) -> Result<Arc<Topics>, Problem> {
        let site = self.clone();
        self.work(reader, move |app| site.topics_by(app, days)).await
    }

    /// The same, for those who have their turn already.
    pub fn topics_by(&self, app: &App, days: Days) -> Result<Arc<Topics>> {
        self.library.topics.get(app, days, || app.topics(days))
    }

    /// The same if they are made already; or else they are made meanwhile, one day after the other: a day
    /// of a thousand papers takes a good part of a second.
    pub fn topics_soon(self: &Arc<Self>, app: &App, days: Days) -> Result<Option<Arc<Topics>>> {
        let known = self.library.topics.known(app.edition()?, (app.reader(), days));
        if known.is_none()
            && let Ok(turn) = self.library.grouping.clone().try_acquire_owned()
        {
            let (site, reader) = (self.clone(), app.reader());
            tokio::spawn(async move {
                let _turn = turn;
                // Whoever asks for the topics themselves is told what went wrong.
                let _ = site.topics(reader, days).await;
            });
        }
        Ok(known)
    }

    /// Some days in two dimensions; whose likes are shown there is out of date.
    pub fn map_by(&self, app: &App, days: Days) -> Result<Arc<DayMap>> {
        self.library.maps.get(app, days, || app.topic_map(days))
    }

    /// The topics of the last `n` days.
    pub fn trend_by(&self, app: &App, n: u32) -> Result<Arc<Trend>> {
        self.library.trends.get(app, Days::Last(n), || app.topic_trend(n))
    }

    /// The turn for long work, of which there is one: importing, exporting, embedding.
    pub fn long_turn(&self) -> Result<OwnedSemaphorePermit, Problem> {
        let turn = self.library.long_turn.clone().try_acquire_owned();
        turn.map_err(|_| Problem { retry_after: Some(5), ..Problem::busy() })
    }

    /// One more connection to the library, for long work.
    pub fn open(&self) -> Result<App> {
        let mut app = (self.library.open)()?;
        app.share_index(&lock(&self.library.watch));
        Ok(app)
    }

    /// Reads a file into the library and makes its vectors, in the turn for long work.
    pub async fn import(
        self: &Arc<Self>,
        turn: OwnedSemaphorePermit,
        name: String,
        day: Option<Date>,
        file: Bytes,
    ) -> Result<Imported, Problem> {
        let site = self.clone();
        let done = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            let hints = Hints { day: day.or_else(|| source::day_in_name(&name)), ..Hints::default() };
            let reader = source::read(&name, Box::new(Cursor::new(file)), &hints)?;
            let mut app = site.open()?;
            let mut imported = app.import(reader, &Silent)?;
            imported.embedded = app.embed_pending(&Silent)?;
            Ok(imported)
        });
        match done.await {
            Ok(done) => done.map_err(|e: Error| e.into()),
            Err(panic) => Err(Problem::panicked(&panic)),
        }
    }

    /// Looks at the library between two answers: quick work that never writes.
    pub async fn glance<T: Send + 'static>(
        self: &Arc<Self>,
        look: impl FnOnce(&App) -> Result<T> + Send + 'static,
    ) -> Result<T, Problem> {
        let site = self.clone();
        let done = tokio::task::spawn_blocking(move || look(&lock(&site.library.watch)));
        match done.await {
            Ok(done) => done.map_err(Problem::from),
            Err(panic) => Err(Problem::panicked(&panic)),
        }
    }

    /// The turn of those who ask this question now.
    pub fn flight(&self, question: &str) -> Arc<Flight> {
        let mut flights = lock(&self.library.flights);
        if let Some(flight) = flights.get(question).and_then(Weak::upgrade) {
            return flight;
        }
        flights.retain(|_, flight| flight.strong_count() > 0);
        let flight = Arc::new(Flight::new(()));
        flights.insert(question.to_owned(), Arc::downgrade(&flight));
        flight
    }

    /// The answer that was given to this question, if nothing has changed since.
    pub fn kept(&self, question: &str, version: i64) -> Option<Answer> {
        let kept = lock(&self.library.kept);
        kept.answers.get(question).filter(|answer| answer.version == version).cloned()
    }

    /// Keeps an answer until something changes.
    pub fn keep(&self, question: String, answer: Answer) {
        let mut kept = lock(&self.library.kept);
        if kept.bytes + answer.body.len() > KEPT_BYTES {
            *kept = Kept::default();
        }
        if answer.body.len() <= KEPT_BYTES / 8 {
            kept.bytes += answer.body.len();
            if let Some(old) = kept.answers.insert(question, answer) {
                kept.bytes -= old.body.len();
            }
        }
    }
}

/// A panic while the lock was held left nothing half done: everything behind these locks is
/// replaced whole.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
