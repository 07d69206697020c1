//! A context in which time stands still and nothing is outside: for tests, examples and benchmarks.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

use super::Context;
use super::model::{ModelRoom, ModelWork};
use crate::config::Sources;
use crate::embed::Embedder;
use crate::error::{Error, Result};
use crate::library::{Chosen, Library};
use crate::progress::{Progress, Silent};
use crate::source::fetch::Clock;

/// A moment, no sources, and no model but the one that a library was opened with.
pub struct Still {
    now: Timestamp,
    sources: Sources,
}

impl Still {
    /// Time stands still at this moment.
    pub fn at(now: Timestamp) -> Self {
        Self { now, sources: Sources::default() }
    }

    /// What a verb may use.
    pub fn context(&self) -> Context<'_> {
        Context {
            clock: self,
            progress: &Silent,
            sources: &self.sources,
            models: self,
            summaries: None,
            quota: None,
        }
    }
}

impl Clock for Still {
    fn now(&self) -> Timestamp {
        self.now
    }

    fn sleep(&self, _: Duration) {}
}

impl ModelRoom for Still {
    fn list(&self, _: &Library) -> Result<Value> {
        Ok(Value::Array(Vec::new()))
    }

    fn info(&self, _: &Library, _: &str) -> Result<Option<Value>> {
        Ok(None)
    }

    fn load(&self, name: &str) -> Result<(Chosen, Box<dyn Embedder>)> {
        Err(Error::Model { model: name.to_owned(), reason: "there is no other model here".into() })
    }

    fn work(&self, _: &Library, _: ModelWork, _: &dyn Progress) -> Result<Value> {
        Err(Error::Invalid("there are no models to work on here".into()))
    }
}
