//! paperpick keeps up with research papers.
//!
//! Data flows one way; a room never names a room to its right:
//!
//! ```text
//! source ──▶ paper ──▶ embed ──▶ store ──▶ index ──▶ recommend ─┐
//! (files,    (one       (text →   (SQLite,   (nearest   similar   ├─▶ app ─▶ the binary's verbs
//!  network)   paper)     vector)   the truth)  papers)   topics  ─┘
//!                                    ▲                     │
//!                                    └────── ratings ◀─────┘
//! ```
//!
//! The library knows no terminal, no clock and no environment: days, seeds and folders are
//! arguments. The same library and the same input give the same answer.
//!
//! ```
//! use paperpick::app::{App, Days, Subject};
//! use paperpick::embed::{Silent, builtin::Builtin};
//! use paperpick::paper::Rating;
//! use paperpick::{PaperId, source};
//!
//! # let folder = tempfile::tempdir()?;
//! # let folder = folder.path();
//! let listing = r#"
//! {"listed": "2024-04-25", "id": "2404.15653", "title": "CatLIP: CLIP-level Visual Recognition"}
//! {"listed": "2024-04-25", "id": "2404.16030", "title": "MoDE: CLIP Data Experts via Clustering"}
//! "#;
//! let mut app = App::open(folder, Box::new(Builtin::new()))?;
//! app.import(source::read("listing", Box::new(listing.trim().as_bytes()), &Default::default())?, &Silent)?;
//! app.embed_pending(&Silent)?;
//!
//! let (mode, _) = PaperId::parse("arXiv:2404.16030v1")?;
//! app.rate(&[mode.clone()], Some(Rating::Like), "2024-04-25T09:00:00Z".parse()?)?;
//! assert_eq!(app.today(Days::Newest, 10)?.picks[0].paper.id, "2404.16030");
//! assert_eq!(app.similar(&Subject::Paper(mode), 1)?.neighbours[0].paper.id, "2404.15653");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod app;
pub mod config;
pub mod deliver;
pub mod embed;
pub mod error;
pub mod evaluate;
mod hash;
pub mod index;
pub mod paper;
pub mod present;
pub mod progress;
mod random;
pub mod recommend;
pub mod serve;
pub mod source;
pub mod store;
pub mod terms;
pub mod topics;

pub use embed::{Embedder, Embedding};
pub use error::{Error, Result};
pub use paper::{ModelId, Paper, PaperId};
