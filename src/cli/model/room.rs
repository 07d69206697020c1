//! What a server is told of models, and what it lets be done with them.

use paperpick::embed::Embedder;
use paperpick::library::{Chosen, Library};
use paperpick::progress::Progress;
use paperpick::verbs::model::{ModelRoom, ModelWork};
use paperpick::{Error, Result};
use serde::Serialize;
use serde_json::Value;

use super::super::eval::{on_library, on_texts};
use super::super::session::settings::Session;
use super::bench::Bench;
use super::list::{Info, listed};
use super::tune::Tune;

impl ModelRoom for Session {
    fn list(&self, app: &Library) -> Result<Value> {
        as_value(listed(self, app)?)
    }

    fn info(&self, app: &Library, name: &str) -> Result<Option<Value>> {
        if !listed(self, app)?.models.iter().any(|model| model.name == name && model.here) {
            return Ok(None);
        }
        let broken = |reason: String| Error::Model { model: name.to_owned(), reason };
        let known = Info { model: name.to_owned() }.known(self).map_err(|error| broken(error.to_string()))?;
        as_value(known).map(Some)
    }

    fn load(&self, name: &str) -> Result<(Chosen, Box<dyn Embedder>)> {
        let embedder = self.embedder(name)?;
        let (model, dimensions) = (embedder.model().clone(), embedder.dimensions());
        Ok((Chosen { name: self.lasting(name), model, dimensions }, embedder))
    }

    fn work(&self, app: &Library, work: ModelWork, progress: &dyn Progress) -> Result<Value> {
        let done = match work {
            ModelWork::Tune { name, from, epochs, rate, seed } => {
                let tune = Tune { name, from, epochs, rate, seed };
                tune.tuned(self, app, |_| progress.advance(1), progress).map(as_value)
            }
            ModelWork::Bench { models, n } => Bench { models, n }.benched(self, progress).map(as_value),
            ModelWork::Embed { models } => on_library(self, app, &models, progress).map(as_value),
            ModelWork::Similar { model, papers, judgements, splits } => {
                on_texts(self, &model, [&papers, &judgements], splits.as_deref(), progress).map(as_value)
            }
        };
        done.map_err(|error| match error.downcast() {
            Ok(known) => known,
            Err(other) => Error::Invalid(other.to_string()),
        })?
    }
}

fn as_value(answer: impl Serialize) -> Result<Value> {
    serde_json::to_value(answer).map_err(|error| Error::Invalid(error.to_string()))
}
