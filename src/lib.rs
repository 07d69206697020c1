//! paperpick keeps up with research papers.
//!
//! The [`guide`] tells what it does and how to use it, from the [first days](guide::first_days) to the
//! [settings](guide::settings). What follows is for those who read or call the code.
//!
//! Data flows one way; a room never names a room to its right:
//!
//! ```text
//! source ──▶ paper ──▶ embed ──▶ store ──▶ index ──▶ recommend ─┐
//! (files,    (one       (text →   (SQLite or (nearest   similar   ├─▶ library ─▶ verbs ─▶ present ─▶ doors
//!  network)   paper)     vector)  PostgreSQL:  papers)   topics  ─┘   (open)     (one a   (texts)   (terminal,
//!                                 the truth)               │                     file)              web, API,
//!                                    └────── ratings ◀─────┘                                        MCP, mail)
//! ```
//!
//! The library knows no terminal, no clock and no environment: days, seeds and folders are
//! arguments. The same library and the same input give the same answer.
//!
//! Everything that a user can ask is in [`verbs`], one file a verb: a request whose fields cannot be wrong, an
//! answer that describes itself, one function. The doors only fill requests in and show answers.
//!
//! ```
//! use paperpick::embed::builtin::Builtin;
//! use paperpick::library::{Days, Library};
//! use paperpick::paper::Rating;
//! use paperpick::progress::Silent;
//! use paperpick::verbs::{self, Context, Count, Verb};
//! use paperpick::verbs::{import::Import, likes::rate::Rate, similar::FindSimilar, today::RankDays};
//! use paperpick::PaperId;
//! # use paperpick::verbs::Still;
//!
//! # let folder = tempfile::tempdir()?;
//! # let folder = folder.path();
//! let listing = r#"
//! {"listed": "2024-04-25", "id": "2404.15653", "title": "CatLIP: CLIP-level Visual Recognition"}
//! {"listed": "2024-04-25", "id": "2404.16030", "title": "MoDE: CLIP Data Experts via Clustering"}
//! "#;
//! let outside = Still::at("2024-04-25T09:00:00Z".parse()?);
//! let context = outside.context();
//! let mut library = Library::open(folder, Box::new(Builtin::new()))?;
//! let file = Import { name: "listing".into(), day: None, input: Some(Box::new(listing.trim().as_bytes())) };
//! assert_eq!(file.run(&mut library, &context)?.added, 2);
//!
//! let (mode, _) = PaperId::parse("arXiv:2404.16030v1")?;
//! Rate { ids: vec![mode.clone()], rating: Some(Rating::Like) }.run(&mut library, &context)?;
//! let today = RankDays::first(Days::Newest, Count::default()).run(&mut library, &context)?;
//! assert_eq!(today.picks[0].paper.id, "2404.15653"); // what is liked already comes behind what is new
//! let similar = FindSimilar::to(mode, Count::new(1)?).run(&mut library, &context)?;
//! assert_eq!(similar.neighbours[0].paper.id, "2404.15653");
//!
//! // As a program asks over HTTP, or an assistant's tool:
//! let request: FindSimilar = verbs::read(serde_json::json!({"id": "2404.15653", "n": 1}))?;
//! assert_eq!(request.run(&mut library, &context)?.neighbours[0].paper.id, "2404.16030");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod config;
pub mod deliver;
pub mod embed;
pub mod error;
pub mod evaluate;
pub mod files;
pub mod guide;
mod hash;
pub mod index;
pub mod library;
mod octets;
pub mod paper;
pub mod present;
pub mod progress;
mod random;
pub mod recommend;
pub mod serve;
pub mod source;
pub mod store;
pub mod summarize;
pub mod terms;
pub mod topics;
pub mod verbs;

pub use embed::{Embedder, Embedding};
pub use error::{Error, Result};
pub use paper::{ModelId, Paper, PaperId};
