//! What a user can ask of a library: one file a verb, each with its request, its answer and what it does.
//!
//! A request's fields cannot be wrong: each is checked when it is read. A door (the command line, the HTTP
//! API, the pages, an assistant's tools) fills a request in and shows the answer; both describe
//! themselves as JSON Schema, so no door writes down what another one knows.
//!
//! To add a verb: a file here, a line in [`catalogue`], and a line at each door that is to have it.

pub mod account;
pub mod backup;
mod catalogue;
pub mod cluster_plan;
pub mod days;
pub mod digest;
pub mod doctor;
pub mod eval;
pub mod export;
pub mod feed;
pub mod import;
pub mod index;
#[cfg(feature = "onnx")]
pub mod install;
pub mod interests;
pub mod likes;
pub mod migrate;
pub mod model;
pub mod pick;
pub mod points;
mod quota;
pub mod rank;
pub mod report;
pub mod search;
pub mod send;
mod shapes;
pub mod show;
pub mod similar;
pub mod start;
mod still;
pub mod summarize;
pub mod sync;
pub mod today;
pub mod topics;
pub mod why;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

pub use catalogue::{Described, catalogue};
pub(crate) use shapes::check_bounds;
pub use shapes::{
    Count, Filter, Probability, Shape, Shaped, Text, Whole, fields_of, schema_of, schema_whole, shaped_schema,
};
pub use still::Still;

use crate::config::{Quota, Sources, Summaries};
use crate::error::Result;
use crate::library::Library;
use crate::paper::Right;
use crate::progress::Progress;
use crate::source::fetch::Clock;
use model::ModelRoom;

/// What a verb may use besides the library, none of which the library knows by itself.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The time.
    pub clock: &'a dyn Clock,
    /// Hears how far the work has come.
    pub progress: &'a dyn Progress,
    /// What `sync` and `likes import` may ask.
    pub sources: &'a Sources,
    /// Where models come from.
    pub models: &'a dyn ModelRoom,
    /// The language model that writes summaries, if one is set up.
    pub summaries: Option<&'a Summaries>,
    /// What a member who asks may bring in on a day; an owner and the terminal, anything.
    pub quota: Option<&'a Quota>,
}

impl Context<'_> {
    /// The present moment.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }
}

/// A request that can be met: the same at every door.
pub trait Verb: DeserializeOwned + JsonSchema + Send + 'static {
    /// The verb as it is typed: `similar`, `topics marked`.
    const NAME: &'static str;
    /// The name and number of its answer's shape in JSON: `similar/1`.
    const SHAPE: &'static str;
    /// Whether it brings papers in, which a slow second model may still have to read when the answer is there.
    const BRINGS_PAPERS: bool = false;
    /// What it takes of whoever asks: every door lets in by it.
    const RIGHT: Right;
    /// What it comes to.
    type Answer: Serialize + JsonSchema + Send + 'static;

    /// Does it.
    ///
    /// # Errors
    /// Those that the verb's own documentation names.
    fn run(self, library: &mut Library, context: &Context<'_>) -> Result<Self::Answer>;
}

/// A verb whose answer is a list that can be asked for in pieces.
pub trait Paged: Verb {
    /// What the list is of.
    type Item;

    /// The same request for a list of so many, of which the first `n` are to be as if no more were asked.
    #[must_use]
    fn reaching(self, n: usize, reach: usize) -> Self;

    /// The list of an answer.
    fn items(answer: &mut Self::Answer) -> &mut Vec<Self::Item>;

    /// What names an item for good.
    fn id(item: &Self::Item) -> String;
}

/// Reads a request from JSON, as programs and assistants send it.
///
/// # Errors
/// [`Error::BadId`](crate::Error::BadId); [`Error::Invalid`](crate::Error::Invalid) for a field that is
/// unknown or has a wrong value, with what was expected.
pub fn read<V: Verb>(request: Value) -> Result<V> {
    shapes::fields::read(request)
}
