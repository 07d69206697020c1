//! Sessions of one model, so that all cores read.

use std::sync::atomic::{AtomicUsize, Ordering};

use fastembed::{InitOptionsUserDefined, TextEmbedding, UserDefinedEmbeddingModel};

use crate::embed::Embedding;
use crate::error::{Error, Result};
use crate::progress::Progress;

/// What the sessions of one model may take together, over what the first one takes.
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
    most: usize,
    loaded: Vec<TextEmbedding>,
}

impl Sessions {
    /// Loads the first session of a model whose files are so long; `threads` is at least 1.
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
        let mut sessions =
            Self { name: name.to_owned(), model: Some(model), options, most, loaded: Vec::new() };
        for model in sessions.files_for(1) {
            sessions.loaded.push(load(name, model, &sessions.options)?);
        }
        Ok(sessions)
    }

    /// The files for as many further sessions as are missing to `n`.
    fn files_for(&mut self, n: usize) -> Vec<UserDefinedEmbeddingModel> {
        let further = self.loaded.len()..n;
        let each = further.map(|at| if at + 1 == self.most { self.model.take() } else { self.model.clone() });
        each.flatten().collect()
    }

    /// One vector a text, in order.
    pub fn embed(&mut self, texts: &[&str], progress: &dyn Progress) -> Result<Vec<Embedding>> {
        let wanted = (texts.len() / TEXTS_A_SESSION).clamp(1, self.most);
        let further = self.files_for(wanted);
        // The longest first, so that no session is left alone with one at the end.
        let mut order: Vec<usize> = (0..texts.len()).collect();
        order.sort_by_key(|&at| std::cmp::Reverse(texts[at].len()));
        let (order, next, name) = (&order, &AtomicUsize::new(0), self.name.as_str());
        let work = |session: &mut TextEmbedding| -> Result<Vec<(usize, Embedding)>> {
            let mine = std::iter::from_fn(|| order.get(next.fetch_add(1, Ordering::Relaxed)));
            let vectors = mine.map(|&at| {
                let vector = one(session, name, texts[at])?;
                progress.advance(1);
                Ok((at, vector))
            });
            vectors.collect()
        };
        let options = &self.options;
        let load_and_work = |model| {
            let mut session = load(name, model, options)?;
            Ok((work(&mut session)?, session))
        };
        let there = self.loaded.len().min(wanted);
        let (mut vectors, further) = std::thread::scope(|scope| -> Result<_> {
            let (first, others) = self.loaded[..there].split_at_mut(1);
            let others: Vec<_> = others.iter_mut().map(|session| scope.spawn(|| work(session))).collect();
            let further: Vec<_> =
                further.into_iter().map(|model| scope.spawn(|| load_and_work(model))).collect();
            let mut vectors = work(&mut first[0])?;
            for other in others {
                vectors.extend(ended(other)?);
            }
            let mut sessions = Vec::new();
            for other in further {
                let (more, session) = ended(other)?;
                vectors.extend(more);
                sessions.push(session);
            }
            Ok((vectors, sessions))
        })?;
        self.loaded.extend(further);
        vectors.sort_by_key(|(at, _)| *at);
        Ok(vectors.into_iter().map(|(_, vector)| vector).collect())
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

/// What a thread came to.
fn ended<T>(thread: std::thread::ScopedJoinHandle<'_, Result<T>>) -> Result<T> {
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
