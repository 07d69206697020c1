//! Sessions of one model, so that all cores read.
//!
//! A single text, such as a query, is read by one session, whose threads are fixed when it is loaded: one
//! thread for a model that is small enough to have a session on each core. MiniLM then takes 97 ms for an
//! abstract of 243 tokens, and for a query as much less as that is shorter. More threads for it would be a
//! further copy of the model, or more threads than cores whenever all sessions read.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::ScopedJoinHandle;

use fastembed::{InitOptionsUserDefined, TextEmbedding, UserDefinedEmbeddingModel};

use crate::embed::Embedding;
use crate::error::{Error, Result};
use crate::progress::Progress;

/// Memory that the further sessions of one model may take together.
const MEMORY: u64 = 1 << 30;

/// Texts that are worth a further session: sixteen cores get one each for the papers of one transaction.
const TEXTS_A_SESSION: usize = 2;

/// Sessions that share nothing, each with its part of the threads.
///
/// One session of several threads works on one text at a time, and many of a text's operations are too
/// small to be shared out: an abstract of 243 tokens takes MiniLM 111 ms of CPU in one session of two
/// threads, 101 ms in two of one, and 97 ms where there is one thread in all; bit for bit the same vectors.
/// A session is loaded when there are texts enough for it, while the others read already, so that nothing
/// waits for more than the first one.
pub(super) struct Sessions {
    name: String,
    /// The files, until the last session is loaded.
    model: Option<UserDefinedEmbeddingModel>,
    options: InitOptionsUserDefined,
    /// How many sessions there may be, with the first.
    most: usize,
    first: TextEmbedding,
    further: Vec<TextEmbedding>,
}

impl Sessions {
    /// Loads the first session of a model whose files have `bytes` in all; `threads` is at least 1.
    pub fn load(
        name: &str,
        model: UserDefinedEmbeddingModel,
        options: InitOptionsUserDefined,
        threads: usize,
        bytes: u64,
    ) -> Result<Self> {
        // Weights of int8 are multiplied out to fp32 in memory, in part: twice the file.
        let fit = 1 + MEMORY / (2 * bytes).max(1);
        let most = usize::try_from(fit).unwrap_or(usize::MAX).min(threads.max(1));
        let options = options.with_intra_threads((threads / most).max(1));
        let for_further = (most > 1).then(|| model.clone());
        let first = load(name, model, &options)?;
        Ok(Self { name: name.to_owned(), model: for_further, options, most, first, further: Vec::new() })
    }

    /// The files for each session that is missing to `n` of them.
    fn files_for(&mut self, n: usize) -> Vec<UserDefinedEmbeddingModel> {
        let missing = 1 + self.further.len()..n;
        let each = missing.map(|at| if at + 1 == self.most { self.model.take() } else { self.model.clone() });
        each.flatten().collect()
    }

    /// One vector a text, in order. A further session that cannot be loaded, for lack of memory, is done
    /// without.
    pub fn embed(&mut self, texts: &[&str], progress: &dyn Progress) -> Result<Vec<Embedding>> {
        let wanted = (texts.len() / TEXTS_A_SESSION).clamp(1, self.most);
        let files = self.files_for(wanted);
        let work = Work::new(&self.name, texts, progress);
        let (name, options) = (self.name.as_str(), &self.options);
        let load_and_read = |model| {
            let mut session = load(name, model, options)?;
            let read = work.read(&mut session);
            Ok((session, read))
        };
        let (mut read, loaded) = std::thread::scope(|scope| {
            let there = self.further.iter_mut().take(wanted - 1);
            let there: Vec<_> = there.map(|session| scope.spawn(|| work.read(session))).collect();
            let loading: Vec<_> =
                files.into_iter().map(|model| scope.spawn(|| load_and_read(model))).collect();
            let mut read = vec![work.read(&mut self.first)];
            read.extend(there.into_iter().map(joined));
            let loaded: Vec<Result<_>> = loading.into_iter().map(joined).collect();
            (read, loaded)
        });
        let mut refused = None;
        for loaded in loaded {
            match loaded {
                Ok((session, vectors)) => {
                    self.further.push(session);
                    read.push(vectors);
                }
                Err(error) => refused = Some(error),
            }
        }
        if let Some(error) = refused {
            // Not tried again for each transaction.
            (self.most, self.model) = (1 + self.further.len(), None);
            tracing::warn!("{} sessions read, no further one can be loaded: {error}", self.most);
        }
        let mut vectors: Vec<_> =
            read.into_iter().collect::<Result<Vec<_>>>()?.into_iter().flatten().collect();
        vectors.sort_by_key(|(at, _)| *at);
        Ok(vectors.into_iter().map(|(_, vector)| vector).collect())
    }
}

/// The texts that sessions share out among themselves.
struct Work<'a> {
    name: &'a str,
    texts: &'a [&'a str],
    order: Vec<usize>,
    next: AtomicUsize,
    progress: &'a dyn Progress,
}

impl<'a> Work<'a> {
    fn new(name: &'a str, texts: &'a [&'a str], progress: &'a dyn Progress) -> Self {
        // The longest first, so that no session is left alone with one at the end.
        let mut order: Vec<usize> = (0..texts.len()).collect();
        order.sort_by_key(|&at| std::cmp::Reverse(texts[at].len()));
        Self { name, texts, order, next: AtomicUsize::new(0), progress }
    }

    /// Embeds texts until none is left, or a session failed; each vector with its text's place.
    fn read(&self, session: &mut TextEmbedding) -> Result<Vec<(usize, Embedding)>> {
        let mine = std::iter::from_fn(|| self.order.get(self.next.fetch_add(1, Ordering::Relaxed)));
        let vectors = mine.map(|&at| {
            let vector = one(session, self.name, self.texts[at]).inspect_err(|_| {
                self.next.store(self.order.len(), Ordering::Relaxed);
            })?;
            self.progress.advance(1);
            Ok((at, vector))
        });
        vectors.collect()
    }
}

fn load(
    name: &str,
    model: UserDefinedEmbeddingModel,
    options: &InitOptionsUserDefined,
) -> Result<TextEmbedding> {
    let loaded = TextEmbedding::try_new_from_user_defined(model, options.clone());
    loaded.map_err(|e| Error::Model { model: name.to_owned(), reason: e.to_string() })
}

/// Waits for a thread and returns its result; its panic goes on here.
fn joined<T>(thread: ScopedJoinHandle<'_, T>) -> T {
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

/// Embeds one text, so that no vector can depend on its neighbours: models with dynamic int8
/// scale by the whole batch (cosine .995 between batches of 24 and 1).
///
/// Nothing is lost by it: on abstracts sorted by length MiniLM reads 12 to 14 a second of a core
/// in batches of 1, and 11 in batches of 8, which pad.
fn one(session: &mut TextEmbedding, model: &str, text: &str) -> Result<Embedding> {
    let failed = |reason: String| Error::Model { model: model.into(), reason };
    let vectors = session.embed([text], None).map_err(|e| failed(e.to_string()))?;
    let vector = vectors.into_iter().next().ok_or_else(|| failed("it made no vector".into()))?;
    Embedding::normalized(vector).map_err(|_| failed("it made a vector that is zero or not finite".into()))
}
