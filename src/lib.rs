//! paperpick keeps up with research papers.
//!
//! Data flows one way; a room never names a room to its right:
//!
//! ```text
//! source ──▶ paper ──▶ embed ──▶ store ──▶ index ──▶ recommend ─┐
//! (files,    (one       (text →   (SQLite,   (nearest   similar   ├─▶ app ─▶ present ─▶ terminal · JSON
//!  network)   paper)     vector)   the truth)  papers)   topics  ─┘
//!                                    ▲                     │
//!                                    └────── ratings ◀─────┘
//! ```
//!
//! The library knows no terminal, no clock and no environment: days, seeds and folders are
//! arguments. The same library and the same input give the same answer.

pub mod app;
pub mod config;
pub mod embed;
pub mod error;
pub mod evaluate;
pub mod index;
pub mod paper;
pub mod present;
pub mod recommend;
pub mod similar;
pub mod source;
pub mod store;
pub mod terms;
pub mod topics;

pub use embed::{Embedder, Embedding, ModelId};
pub use error::{Error, Result};
pub use paper::{Paper, PaperId};
