//! An address with what it takes and gives.

use std::sync::Arc;

use axum::http::Method;
use axum::routing::MethodRouter;
use schemars::JsonSchema;
use serde_json::Value;

use crate::paper::Right;
use crate::serve::Site;
use crate::serve::jobs::JobShown;
use crate::verbs::{Shape, Verb, schema_of, schema_whole};

/// A verb at an address.
pub struct Route {
    /// GET or POST.
    pub method: Method,
    /// The address below `/api/v1`.
    pub path: &'static str,
    /// `look`, `change` or `work`.
    pub tag: &'static str,
    /// What it takes of whoever asks.
    pub right: Right,
    /// What it is called and does, as a schema's description tells it.
    pub about: String,
    /// What may be asked, as JSON Schema.
    pub request: Value,
    /// How that is sent.
    pub sent: Sent,
    /// What comes, with the name of its shape.
    pub answer: Option<(Shape, Value)>,
    /// The shape that a job's answer has.
    pub job: Option<(Shape, Value)>,
    /// Other media types in which it may come.
    pub media: Vec<&'static str>,
    /// What answers.
    pub handler: MethodRouter<Arc<Site>>,
}

/// How a request is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sent {
    /// As options after `?`.
    Options,
    /// The same, for a list that comes in pieces.
    Pieces,
    /// As a body of JSON.
    Json,
    /// A file as the body, its options after `?`.
    File,
}

impl Route {
    /// Of a verb, without what answers.
    pub fn of<V: Verb>(path: &'static str, tag: &'static str, sent: Sent) -> Self {
        let route = Self::special::<V, V::Answer>(path, (tag, ""), sent, V::SHAPE, MethodRouter::new());
        let about = route.request["description"].as_str().unwrap_or_default().to_owned();
        Self { about, right: V::RIGHT, ..route }
    }

    /// An address of its own kind: what is asked and what comes are told by types. It is the owner's if nothing
    /// else is said.
    pub fn special<Q: JsonSchema, A: JsonSchema>(
        path: &'static str,
        (tag, about): (&'static str, &str),
        sent: Sent,
        shape: Shape,
        handler: MethodRouter<Arc<Site>>,
    ) -> Self {
        let method = if matches!(sent, Sent::Options | Sent::Pieces) { Method::GET } else { Method::POST };
        let request = schema_whole::<Q>();
        let answer = Some((shape, schema_of::<A>()));
        Self {
            method,
            path,
            tag,
            right: Right::Own,
            about: about.to_owned(),
            request,
            sent,
            answer,
            job: None,
            media: Vec::new(),
            handler,
        }
    }

    /// The same for all who have a right.
    #[must_use]
    pub fn needs(self, right: Right) -> Self {
        Self { right, ..self }
    }

    /// The same, whose answer is a job with an answer of this shape.
    #[must_use]
    pub fn with_job(self, shape: Shape) -> Self {
        let job = self.answer.map(|(_, schema)| (shape, schema));
        Self { answer: Some(("job/1", schema_of::<JobShown>())), job, ..self }
    }

    /// The same with one option more, which is not the verb's but the door's.
    #[must_use]
    pub fn with<T: JsonSchema>(mut self, name: &str) -> Self {
        let mut schema = schema_whole::<T>();
        if let Some(schema) = schema.as_object_mut() {
            // The option has a name already.
            schema.remove("title");
        }
        self.request["properties"][name] = schema;
        self
    }

    /// The same, which may come in other media too.
    #[must_use]
    pub fn also(self, media: &[&'static str]) -> Self {
        Self { media: media.to_vec(), ..self }
    }

    /// The same, which never comes as JSON.
    #[must_use]
    pub fn no_json(self) -> Self {
        Self { answer: None, ..self }
    }
}

/// No options at all.
#[derive(serde::Deserialize, JsonSchema)]
pub struct Nothing {}
