//! Answers that are slow to make and depend on papers and marks alone, kept until those change.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::{Days, Library};
use crate::error::Result;
use crate::paper::{ModelId, ReaderId};

/// How many answers of one kind are kept: a server's readers on a few days each.
const MOST: usize = 64;

/// One reader's answer for some days, and the edition of the library that it was made of.
struct Made<T> {
    edition: u64,
    answer: Arc<T>,
}

/// By what an answer is told from others of its kind: its reader, the model whose vectors it is made of, its
/// days.
type Key = (ReaderId, ModelId, Days);

fn key(library: &Library, days: Days) -> Key {
    (library.reader, library.model().clone(), days)
}

/// Answers of one kind.
pub(crate) struct Answers<T>(Mutex<HashMap<Key, Made<T>>>);

impl<T> Default for Answers<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T> Answers<T> {
    /// The answer that was made before, if it still holds.
    pub fn known(&self, library: &Library, days: Days) -> Result<Option<Arc<T>>> {
        let edition = library.edition()?;
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let made = all.get(&key(library, days)).filter(|made| made.edition == edition);
        Ok(made.map(|made| made.answer.clone()))
    }

    /// The answer that was made before, or else a new one.
    pub fn get(&self, library: &Library, days: Days, make: impl FnOnce() -> Result<T>) -> Result<Arc<T>> {
        if let Some(known) = self.known(library, days)? {
            return Ok(known);
        }
        let edition = library.edition()?;
        let answer = Arc::new(make()?);
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, made| made.edition == edition);
        if all.len() >= MOST {
            all.clear();
        }
        all.insert(key(library, days), Made { edition, answer: answer.clone() });
        Ok(answer)
    }
}

/// What connections to one library share; each verb keeps answers of its own type.
#[derive(Clone, Default)]
pub(crate) struct Kept(Arc<Mutex<HashMap<std::any::TypeId, Arc<dyn std::any::Any + Send + Sync>>>>);

impl Kept {
    /// The answers of one kind.
    pub fn of<T: Send + Sync + 'static>(&self) -> Arc<Answers<T>> {
        let mut kinds = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let kind = kinds.entry(std::any::TypeId::of::<T>());
        let answers = kind.or_insert_with(|| Arc::new(Answers::<T>::default())).clone();
        // Entered under its own type, so it always is of that type.
        answers.downcast().unwrap_or_default()
    }
}
