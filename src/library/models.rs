//! Which models read the papers.
//!
//! One model serves the whole library. When another one is chosen, it reads the papers while the old
//! vectors serve, and takes over when it has read them all. Beside it a second model may read the
//! newest papers and those that are rated.

use std::collections::{HashMap, HashSet};

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Library;
use crate::embed::{Embedder, embed_papers};
use crate::error::Result;
use crate::paper::{ModelId, Paper, Row};
use crate::progress::Progress;
use crate::store::{Recent, Store};

/// Vectors that are stored in one transaction: a crash loses no more than these.
const BATCH: usize = 512;

/// Papers between two transactions of a model that may be slow.
const SLOW_BATCH: usize = 32;

/// A model as the user named it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Chosen {
    /// What it is loaded by.
    pub name: String,
    /// The name under which its vectors are stored.
    pub model: ModelId,
    /// The length of its vectors.
    pub dimensions: usize,
}

/// What is chosen for a library; where nothing is, the built-in model serves.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Choices {
    /// The model whose vectors serve.
    pub serving: Option<Chosen>,
    /// The model that is to serve when it has read every paper.
    pub next: Option<Chosen>,
    /// The model that reads the newest papers as well, and how many days of them.
    pub newest: Option<(Chosen, u32)>,
}

/// The models of a library, ready to read.
pub struct Models {
    /// The model whose vectors serve.
    pub serving: Box<dyn Embedder>,
    /// The model that is to serve when it has read every paper.
    pub next: Option<Box<dyn Embedder>>,
    /// The model that reads the newest papers as well, and how many days of them.
    pub newest: Option<(Box<dyn Embedder>, u32)>,
}

/// How the names of all tables begin that were ever built in.
const BUILTIN: &str = "builtin-";

/// Which models read the library's papers.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ModelUse {
    /// The one whose vectors serve.
    pub serving: String,
    /// The one that takes over when it has read every paper.
    pub next: Option<String>,
    /// The one that reads the newest papers beside it.
    pub newest: Option<String>,
    /// The papers of how many days those are.
    pub newest_days: Option<u32>,
    /// How many papers are still to be read.
    pub pending: usize,
}

/// The name of the choices in the store.
const CHOICES: &str = "models";

impl Library {
    /// The model whose vectors serve.
    pub fn model(&self) -> &ModelId {
        self.embedder.model()
    }

    /// What is chosen.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    pub fn choices(&self) -> Result<Choices> {
        choices(self.store.as_ref())
    }

    /// Which models read.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    pub fn model_use(&self) -> Result<ModelUse> {
        let choices = self.choices()?;
        Ok(ModelUse {
            serving: choices.serving.map_or_else(|| self.model().clone(), |chosen| chosen.model).to_string(),
            next: choices.next.map(|chosen| chosen.model.to_string()),
            newest_days: choices.newest.as_ref().map(|(_, days)| *days),
            newest: choices.newest.map(|(chosen, _)| chosen.model.to_string()),
            pending: self.n_more()?,
        })
    }

    /// Lets a model take over when it has read every paper; [`read_more`](Self::read_more) goes on
    /// with it.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    pub fn use_model(&mut self, chosen: Chosen, embedder: Box<dyn Embedder>) -> Result<()> {
        let present = self.embedder.model().clone();
        let mut serves = false;
        self.rechoose(None, |choices| {
            // Another one may serve by now.
            serves = chosen.model == *choices.serving.as_ref().map_or(&present, |serving| &serving.model);
            (choices.serving, choices.next) = match serves {
                true => (Some(chosen.clone()), None),
                false => (choices.serving.take(), Some(chosen.clone())),
            };
            true
        })?;
        match serves {
            true => (self.embedder, self.next) = (embedder, None),
            false => self.next = Some(embedder),
        }
        Ok(())
    }

    /// Lets a second model read the papers of the newest days, and those that are rated; `None` does
    /// without one.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    pub fn use_for_newest(&mut self, second: Option<(Chosen, Box<dyn Embedder>, u32)>) -> Result<()> {
        let (newest, second) = match second {
            Some((chosen, embedder, days)) => (Some((chosen, days)), Some((embedder, days))),
            None => (None, None),
        };
        self.rechoose(None, |choices| {
            choices.newest = newest.clone();
            true
        })?;
        self.newest = second;
        Ok(())
    }

    /// Changes what is chosen in the transaction that reads it, where `change` says that it did; with `ready`, only
    /// while that model has read every paper. Whether it was changed.
    fn rechoose(
        &mut self,
        ready: Option<&ModelId>,
        mut change: impl FnMut(&mut Choices) -> bool,
    ) -> Result<bool> {
        let loaded = &mut self.loaded;
        self.store.rechoose(CHOICES, ready, &mut |stored| {
            let mut choices = parsed(stored);
            if !change(&mut choices) {
                return None;
            }
            *loaded = choices;
            // Three models always serialise.
            serde_json::to_string(&*loaded).ok()
        })
    }

    /// How many papers have no fresh vector of the present model.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    pub fn n_pending(&self) -> Result<usize> {
        self.store.n_without_vector(self.embedder.model(), None)
    }

    /// How many papers the next model, and the one for the newest, still have to read.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    pub fn n_more(&self) -> Result<usize> {
        let next =
            self.next.as_ref().map_or(Ok(0), |next| self.store.n_without_vector(next.model(), None))?;
        let newest = match (&self.newest, self.recent()?) {
            (Some((embedder, _)), Some(recent)) => {
                self.store.n_without_vector(embedder.model(), Some(&recent))?
            }
            _ => 0,
        };
        Ok(next + newest)
    }

    /// Lets the next model and the one for the newest read on; the next one takes over when nothing is
    /// left to it. Cut off at any moment, it goes on where it was. Returns how many papers were read.
    ///
    /// # Errors
    /// [`crate::Error::Model`] if a model cannot run; what was stored before stays.
    pub fn read_more(&mut self, progress: &dyn Progress) -> Result<usize> {
        let mut done = 0;
        if let (Some((embedder, _)), Some(recent)) = (&self.newest, self.recent()?) {
            done += read(self.store.as_mut(), embedder.as_ref(), Some(&recent), SLOW_BATCH, progress)?;
        }
        if let Some(next) = &self.next {
            done += read(self.store.as_mut(), next.as_ref(), None, SLOW_BATCH, progress)?;
        }
        if let Some(next) = self.next.take() {
            let model = next.model().clone();
            // Another one may have been chosen meanwhile, and has not read anything; or papers have come in.
            let takes_over = self.rechoose(Some(&model), |choices| {
                let is_next = choices.next.as_ref().is_some_and(|chosen| chosen.model == model);
                if is_next {
                    choices.serving = choices.next.take();
                }
                is_next
            })?;
            if takes_over {
                self.embedder = next;
                self.settle_index()?;
            } else {
                self.next = Some(next);
            }
        }
        Ok(done)
    }

    /// Makes the vectors that are missing or stale, and settles the index; returns how many. Cut off
    /// at any moment, it goes on where it was.
    ///
    /// # Errors
    /// [`crate::Error::Model`] if the model cannot run; what was stored before stays.
    pub fn embed_pending(&mut self, progress: &dyn Progress) -> Result<usize> {
        let done = read(self.store.as_mut(), self.embedder.as_ref(), None, BATCH, progress)?;
        if done > 0 {
            self.settle_index()?;
        }
        Ok(done)
    }

    /// Reads a library whose built-in model is one of an earlier version: the table in the binary is
    /// quick, so nothing waits for the next import. The earlier table's vectors, which nothing can
    /// add to any more, go. Returns how many papers were read; none where there is nothing to do.
    ///
    /// # Errors
    /// Those of [`embed_pending`](Self::embed_pending).
    pub fn renew_builtin(&mut self, progress: &dyn Progress) -> Result<usize> {
        let model = self.embedder.model().clone();
        let earlier = |name: &ModelId| name.as_str().starts_with(BUILTIN) && *name != model;
        if !model.as_str().starts_with(BUILTIN) || !self.store.model_names()?.iter().any(earlier) {
            return Ok(0);
        }
        let done = self.embed_pending(progress)?;
        self.store.drop_vectors(BUILTIN, &model)?;
        Ok(done)
    }

    /// The newest papers and those that are rated, if a second model is to read them.
    fn recent(&self) -> Result<Option<Recent>> {
        let (Some((_, days)), Some(newest)) = (&self.newest, self.store.newest_day()?) else {
            return Ok(None);
        };
        let back = jiff::Span::new().try_days(i64::from(*days)).ok();
        let since = back.and_then(|back| newest.checked_sub(back).ok()).unwrap_or(Date::MIN);
        Ok(Some(Recent { since }))
    }

    /// The model that compares these papers: the one for the newest if it has read them all, else the
    /// one that serves.
    pub(crate) fn reader_of(&self, rows: &[Row]) -> Result<&dyn Embedder> {
        if let Some((second, _)) = &self.newest
            && self.store.vectors(second.model(), rows)?.iter().all(Option::is_some)
        {
            return Ok(second.as_ref());
        }
        Ok(self.embedder.as_ref())
    }
}

/// What is chosen; a choice that a later paperpick has written in another way is none.
pub(super) fn choices(store: &dyn Store) -> Result<Choices> {
    Ok(parsed(store.choice(CHOICES)?))
}

fn parsed(stored: Option<String>) -> Choices {
    stored.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default()
}

/// Makes the vectors of a model that are missing or stale, of all papers or of recent ones; the newest
/// papers first, so that the day that is looked at is read before the archive.
fn read(
    store: &mut dyn Store,
    embedder: &dyn Embedder,
    recent: Option<&Recent>,
    batch: usize,
    progress: &dyn Progress,
) -> Result<usize> {
    let (mut done, mut seen) = (0, HashSet::new());
    loop {
        // Hours may pass: what another process has added meanwhile is read as well.
        let mut rows = store.without_vector(embedder.model(), recent)?;
        rows.retain(|row| seen.insert(*row));
        if rows.is_empty() {
            return Ok(done);
        }
        for rows in rows.chunks(batch) {
            // Asked before the texts: where one changes meanwhile, its vector is of neither.
            let mut hashes = HashMap::new();
            for row in rows {
                hashes.extend(store.text_hashes(&[*row])?.first().map(|hash| (*row, *hash)));
            }
            let papers = store.papers(rows)?;
            let texts: Vec<&Paper> = papers.iter().map(|p| &p.paper).collect();
            let vectors = embed_papers(embedder, &texts, progress)?;
            let hashed = papers.iter().zip(vectors);
            let vectors: Vec<_> =
                hashed.filter_map(|(p, vector)| Some((p.row, *hashes.get(&p.row)?, vector))).collect();
            store.put_vectors(embedder.model(), &vectors)?;
            done += vectors.len();
        }
    }
}
