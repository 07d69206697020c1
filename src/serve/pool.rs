//! The library behind the server: a few connections, each used by one request at a time, and the
//! answers that still hold.

use std::collections::HashMap;
use std::io::{self, Cursor};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use rayon::{ThreadPool, ThreadPoolBuilder};
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use tracing::Instrument;

use super::access::Who;
use super::problem::Problem;
use super::turns::{Turns, Waited, Waiting};
use super::{Open, slow};
use crate::error::{Error, Result};
use crate::library::{Days, Library, patient_threads};
use crate::paper::Right;
use crate::progress::Silent;
use crate::store::in_database;
use crate::verbs::import::{Import, Imported};
use crate::verbs::topics::{self, Topics};
use crate::verbs::{Context, Verb};

/// How long a request waits for its turn before it is told to come back.
const PATIENCE: Duration = Duration::from_secs(10);
/// A request works on so many threads at most.
const MOST_THREADS: usize = 4;
/// How many bytes of answers are kept, their questions and headers counted in.
const KEPT_BYTES: usize = 32 << 20;

/// Single-flight lock: identical concurrent requests share one computation.
pub type Flight = tokio::sync::Mutex<()>;

/// Connections to the library, for many requests at once.
pub struct Pool {
    open: Open,
    idle: Mutex<Vec<Worker>>,
    /// Those whose work gives way to others': of readers who have another turn already.
    patient: Mutex<Vec<Worker>>,
    /// A thread that gives way to others, for reading files.
    reading: Option<ThreadPool>,
    pub turns: Arc<Turns>,
    long_turn: Arc<Semaphore>,
    /// Never writes; so it sees when any other connection, of this program or another, has.
    watch: Mutex<Library>,
    kept: Mutex<KeptAnswers>,
    /// Questions that are being answered.
    flights: Mutex<HashMap<String, Weak<Flight>>>,
    /// The turn for grouping a day for which nobody waits.
    grouping: Arc<Semaphore>,
}

/// A connection to the library, and threads for the work on it alone: on threads that all share, a small question
/// would wait until every part of a large one that began before it is done.
struct Worker {
    library: Library,
    threads: ThreadPool,
}

#[derive(Default)]
struct KeptAnswers {
    answers: HashMap<String, KeptAnswer>,
    bytes: usize,
}

/// An answer that was given, and the state of the library that it was given on.
#[derive(Clone)]
pub struct KeptAnswer {
    pub version: i64,
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Pool {
    /// Opens the library twice: once to work, once to watch.
    pub fn open(open: Open, workers: usize) -> Result<Self> {
        let (mut first, watch) = (open()?, open()?);
        first.share(&watch);
        Ok(Self {
            open,
            idle: Mutex::new(vec![Worker::new(first, true)?]),
            patient: Mutex::default(),
            reading: patient_threads(1),
            turns: Arc::new(Turns::new(workers)),
            long_turn: Arc::new(Semaphore::new(1)),
            watch: Mutex::new(watch),
            kept: Mutex::default(),
            flights: Mutex::default(),
            grouping: Arc::new(Semaphore::new(1)),
        })
    }
}

impl Pool {
    fn idle(&self, is_first: bool) -> &Mutex<Vec<Worker>> {
        if is_first { &self.idle } else { &self.patient }
    }
}

impl super::Site {
    /// Looks something up for a reader when it is its turn. When the request is given up (its client is gone, its
    /// time is over), the work ends at its next step.
    pub async fn look<T: Send + 'static>(
        self: &Arc<Self>,
        who: Who,
        work: impl FnOnce(&mut Library, &Context<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T, Problem> {
        let waited = Arc::new(Waited::default());
        let _waiting = Waiting(waited.clone());
        self.work_for(who, waited, work).await
    }

    /// Changes something for a reader when it is its turn: once begun it is done to the end, also for one who does
    /// not wait for it (a browser that leads on).
    pub async fn work<T: Send + 'static>(
        self: &Arc<Self>,
        who: Who,
        work: impl FnOnce(&mut Library, &Context<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T, Problem> {
        self.work_for(who, Arc::default(), work).await
    }

    /// Does work on a thread that may block. It keeps its turn to its end: there is never more work at once than
    /// there are turns.
    async fn work_for<T: Send + 'static>(
        self: &Arc<Self>,
        who: Who,
        waited: Arc<Waited>,
        work: impl FnOnce(&mut Library, &Context<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T, Problem> {
        let (account, asked) = (slow::present().unwrap_or_default(), Instant::now());
        let turn = tokio::time::timeout(PATIENCE, self.pool.turns.clone().take(who.reader)).await;
        let Ok(Some(turn)) = turn else { return Err(Problem::busy()) };
        let waiting = asked.elapsed();
        let site = self.clone();
        blocking(move || {
            let is_first = turn.is_first;
            let _turn = turn;
            let mut worker = site.worker(is_first)?;
            worker.library.set_reader(who.reader);
            let done = match waited.begin(worker.library.stop()) {
                true => worker.run(waiting, &account, |library| work(library, &site.context(&Silent, who))),
                false => Err(Error::GivenUp),
            };
            waited.end();
            if matches!(done, Err(Error::GivenUp)) {
                site.metrics.given_up();
            }
            lock(site.pool.idle(is_first)).push(worker);
            done
        })
        .await
    }

    /// Answers a question of one who has the right to it.
    pub async fn ask<V: Verb>(self: &Arc<Self>, who: Who, request: V) -> Result<V::Answer, Problem> {
        who.check(V::RIGHT)?;
        let run = move |library: &mut Library, context: &Context<'_>| request.run(library, context);
        self.look(who, run).instrument(tracing::info_span!("verb", name = V::NAME)).await
    }

    /// Makes a change that is asked for by one who has the right to it.
    pub async fn change<V: Verb>(self: &Arc<Self>, who: Who, request: V) -> Result<V::Answer, Problem> {
        who.check(V::RIGHT)?;
        let run = move |library: &mut Library, context: &Context<'_>| request.run(library, context);
        self.work(who, run).instrument(tracing::info_span!("verb", name = V::NAME)).await
    }

    /// What verbs may use besides the library.
    pub fn context<'a>(&'a self, progress: &'a dyn crate::progress::Progress, who: Who) -> Context<'a> {
        Context {
            clock: self.clock.as_ref(),
            progress,
            sources: &self.sources,
            models: self.models.as_ref(),
            summaries: self.summaries.as_ref(),
            quota: (!who.role.may(Right::Own)).then_some(&self.quota),
        }
    }

    /// An idle connection, or one more. One that loaded other models than are chosen now is opened anew: old
    /// and new vectors do not compare, and each would rebuild the other's index.
    fn worker(&self, is_first: bool) -> Result<Worker> {
        while let Some(idle) = { lock(self.pool.idle(is_first)).pop() } {
            if idle.library.serves_what_is_chosen()? {
                return Ok(idle);
            }
        }
        Worker::new(self.open()?, is_first)
    }

    /// A day's topics if they are made already; or else they are made meanwhile, one day after the other: a day
    /// of a thousand papers takes a good part of a second.
    pub fn topics_soon(self: &Arc<Self>, library: &Library, days: Days) -> Result<Option<Arc<Topics>>> {
        let known = match topics::known_topics(library, days) {
            // There will be none: nobody is to wait for them.
            Err(Error::TooManyPapers { .. }) => return Ok(Some(Arc::new(Topics::nothing()))),
            known => known?,
        };
        if known.is_none()
            && let Ok(turn) = self.pool.grouping.clone().try_acquire_owned()
        {
            let (site, who) = (self.clone(), Who::least(library.reader()));
            tokio::spawn(async move {
                let _turn = turn;
                // Whoever asks for the topics themselves is told what went wrong.
                let _ = site.work(who, move |library, _| topics::topics(library, days)).await;
            });
        }
        Ok(known)
    }

    /// The turn for long work, of which there is one: importing, exporting, embedding.
    pub fn long_turn(&self) -> Result<OwnedSemaphorePermit, Problem> {
        let turn = self.pool.long_turn.clone().try_acquire_owned();
        turn.map_err(|_| Problem { retry_after: Some(5), ..Problem::busy() })
    }

    /// One more connection to the library, for long work.
    pub fn open(&self) -> Result<Library> {
        let mut library = (self.pool.open)()?;
        library.share(&lock(&self.pool.watch));
        Ok(library)
    }

    /// Reads a file of a reader's into the library, in the turn for long work.
    pub async fn import(
        self: &Arc<Self>,
        turn: OwnedSemaphorePermit,
        who: Who,
        request: Import,
        file: Bytes,
    ) -> Result<Imported, Problem> {
        who.check(Import::RIGHT)?;
        let site = self.clone();
        blocking(move || {
            let _turn = turn;
            let read = || {
                let mut library = site.open()?;
                library.set_reader(who.reader);
                let request = Import { input: Some(Box::new(Cursor::new(file))), ..request };
                request.run(&mut library, &site.context(&Silent, who))
            };
            match &site.pool.reading {
                Some(thread) => thread.install(read),
                None => read(),
            }
        })
        .await
    }

    /// Looks at the library between two answers: quick work that never writes.
    pub async fn glance<T: Send + 'static>(
        self: &Arc<Self>,
        look: impl FnOnce(&Library) -> Result<T> + Send + 'static,
    ) -> Result<T, Problem> {
        let site = self.clone();
        blocking(move || look(&lock(&site.pool.watch))).await
    }

    /// The single-flight lock of a question.
    pub fn flight(&self, question: &str) -> Arc<Flight> {
        let mut flights = lock(&self.pool.flights);
        if let Some(flight) = flights.get(question).and_then(Weak::upgrade) {
            return flight;
        }
        flights.retain(|_, flight| flight.strong_count() > 0);
        let flight = Arc::new(Flight::new(()));
        flights.insert(question.to_owned(), Arc::downgrade(&flight));
        flight
    }

    /// The answer that was given to this question, if nothing has changed since.
    pub fn kept(&self, question: &str, version: i64) -> Option<KeptAnswer> {
        let kept = lock(&self.pool.kept);
        kept.answers.get(question).filter(|answer| answer.version == version).cloned()
    }

    /// Keeps an answer until something changes.
    pub fn keep(&self, question: String, answer: KeptAnswer) {
        let mut kept = lock(&self.pool.kept);
        let size = answer.size(&question);
        if kept.bytes + size > KEPT_BYTES {
            *kept = KeptAnswers::default();
        }
        if size <= KEPT_BYTES / 8 {
            kept.bytes += size;
            let question_bytes = question.clone();
            if let Some(old) = kept.answers.insert(question, answer) {
                kept.bytes -= old.size(&question_bytes);
            }
        }
    }
}

impl Worker {
    fn new(library: Library, is_first: bool) -> Result<Self> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let n = cores.min(MOST_THREADS);
        if let Some(threads) = (!is_first).then(|| patient_threads(n)).flatten() {
            return Ok(Self { library, threads });
        }
        let threads = ThreadPoolBuilder::new().num_threads(n).build();
        Ok(Self { library, threads: threads.map_err(|error| Error::io("threads")(io::Error::other(error)))? })
    }

    /// Works on the library, and counts what that takes for the request that asked.
    fn run<T: Send>(
        &mut self,
        waiting: Duration,
        account: &slow::Account,
        work: impl FnOnce(&mut Library) -> Result<T> + Send,
    ) -> Result<T> {
        let (library, span, runtime) = (&mut self.library, tracing::Span::current(), Handle::current());
        self.threads.install(|| {
            // What is begun for later is begun there.
            let _entered = runtime.enter();
            let (begun, before) = (Instant::now(), in_database());
            let done = span.in_scope(|| work(library));
            let sqlite = in_database() - before;
            let computing = begun.elapsed().saturating_sub(sqlite);
            slow::add(account, slow::Spent { waiting, sqlite, computing });
            done
        })
    }
}

impl KeptAnswer {
    /// What keeping it costs, in bytes: its question, its headers and its body.
    fn size(&self, question: &str) -> usize {
        let headers: usize =
            self.headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 64).sum();
        question.len() + headers + self.body.len() + 256
    }
}

/// Does work on a thread that may block; a panic in it is a failure of this request alone.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T, Problem> {
    let span = tracing::Span::current();
    match tokio::task::spawn_blocking(move || span.in_scope(work)).await {
        Ok(done) => done.map_err(Problem::from),
        Err(panic) => Err(Problem::panicked(&panic)),
    }
}

/// A panic while the lock was held left nothing half done: everything behind these locks is
/// replaced whole.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use axum::http::header;

    use super::*;

    /// Only bodies were counted, and addresses and headers filled the memory beside them.
    #[test]
    fn a_kept_answer_costs_its_question_and_its_headers_too() {
        let mut headers = HeaderMap::new();
        let answer = |headers: HeaderMap| KeptAnswer {
            version: 1,
            status: StatusCode::OK,
            headers,
            body: Bytes::from_static(b"12345"),
        };
        let bare = answer(headers.clone()).size("");
        assert_eq!(answer(headers.clone()).size(&"x".repeat(1_000)), bare + 1_000);
        headers.insert(header::ETAG, "y".repeat(500).parse().unwrap());
        assert!(answer(headers).size("") >= bare + 500);
    }
}
