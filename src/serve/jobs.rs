//! Long work: begun by one request, looked at by others, one at a time for all readers.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use tokio::sync::OwnedSemaphorePermit;

use super::Site;
use super::access::Who;
use super::problem::Problem;
use crate::error::{Error, Result};
use crate::library::Library;
use crate::paper::ReaderId;
use crate::progress::Progress;
use crate::verbs::{Context, Shape, Shaped, Verb};

/// The last work of each kind of each reader.
#[derive(Default)]
pub struct Jobs(Mutex<BTreeMap<(ReaderId, String), Arc<Job>>>);

/// Some work.
struct Job {
    verb: String,
    since: Timestamp,
    steps: AtomicUsize,
    end: OnceLock<std::result::Result<Value, Problem>>,
}

impl Progress for Job {
    fn advance(&self, n: usize) {
        self.steps.fetch_add(n, Ordering::Relaxed);
    }
}

/// How some work stands.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct JobShown {
    /// What is done.
    pub verb: String,
    /// `running`, `done` or `failed`.
    pub state: &'static str,
    /// Since when.
    pub since: Timestamp,
    /// How many steps are done: answers, papers, days.
    pub steps: usize,
    /// What it came to, in the shape of the verb.
    pub answer: Option<Value>,
    /// What went wrong.
    pub problem: Option<Problem>,
}

impl Job {
    fn shown(&self) -> JobShown {
        let end = self.end.get();
        JobShown {
            verb: self.verb.clone(),
            state: end.map_or("running", |end| if end.is_ok() { "done" } else { "failed" }),
            since: self.since,
            steps: self.steps.load(Ordering::Relaxed),
            answer: end.and_then(|end| end.as_ref().ok().cloned()),
            problem: end.and_then(|end| end.as_ref().err().cloned()),
        }
    }
}

impl Site {
    /// Begins a verb's work for a reader, on a connection of its own.
    pub fn begin<V: Verb>(self: &Arc<Self>, who: Who, request: V) -> std::result::Result<JobShown, Problem> {
        self.begin_in(self.long_turn()?, who, request)
    }

    /// The same for those who have the turn already.
    pub fn begin_in<V: Verb>(
        self: &Arc<Self>,
        turn: OwnedSemaphorePermit,
        who: Who,
        request: V,
    ) -> std::result::Result<JobShown, Problem> {
        who.check(V::RIGHT)?;
        Ok(self.begin_work(turn, who, V::NAME, V::SHAPE, move |library, context| {
            let answer = request.run(library, context)?;
            if V::BRINGS_PAPERS {
                library.read_more(context.progress)?;
            }
            Ok(answer)
        }))
    }

    /// Begins work that is no verb of the library's alone.
    pub fn begin_work<T: Serialize>(
        self: &Arc<Self>,
        turn: OwnedSemaphorePermit,
        who: Who,
        verb: &'static str,
        shape: Shape,
        work: impl FnOnce(&mut Library, &Context<'_>) -> Result<T> + Send + 'static,
    ) -> JobShown {
        // A verb of several words is one name in an address.
        let verb = verb.replace(' ', "-");
        let job = Arc::new(Job {
            verb: verb.clone(),
            since: self.now(),
            steps: AtomicUsize::new(0),
            end: OnceLock::new(),
        });
        self.lock_jobs().insert((who.reader, verb), job.clone());
        let (site, begun) = (self.clone(), job.shown());
        let done = tokio::task::spawn_blocking({
            let job = job.clone();
            let span = tracing::info_span!("job", verb = %job.verb);
            move || {
                let _entered = span.entered();
                let _turn = turn;
                let mut library = site.open()?;
                library.set_reader(who.reader);
                let context = site.context(job.as_ref(), who);
                let answer = Shaped { shape, answer: work(&mut library, &context)? };
                serde_json::to_value(answer).map_err(|error| Error::Invalid(error.to_string()))
            }
        });
        tokio::spawn(async move {
            let end = match done.await {
                Ok(end) => end.map_err(|error: Error| Problem::from(error)),
                Err(panic) => Err(Problem::panicked(&panic)),
            };
            // Nobody else ends it.
            let _ = job.end.set(end);
        });
        begun
    }

    /// The last work of a kind, by its verb or the name that it had once.
    pub fn job(&self, reader: ReaderId, verb: &str) -> Option<JobShown> {
        let verb = match verb {
            "eval" => "eval-replay",
            "likes" => "likes-import",
            "model" => "model-use",
            verb => verb,
        };
        self.jobs(reader).into_iter().find(|job| job.verb == verb)
    }

    /// The last work of every kind.
    pub fn jobs(&self, reader: ReaderId) -> Vec<JobShown> {
        let jobs = self.lock_jobs();
        jobs.iter().filter(|((of, _), _)| *of == reader).map(|(_, job)| job.shown()).collect()
    }

    fn lock_jobs(&self) -> std::sync::MutexGuard<'_, BTreeMap<(ReaderId, String), Arc<Job>>> {
        self.jobs.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
