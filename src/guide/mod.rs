//! The guide: what paperpick does, chapter by chapter.
//!
//! Every transcript in it is run by a test (`tests/it/readme.rs`), each chapter in a library of its
//! own. The sample that the transcripts import ships with the source, in `data/sample`.
//!
//! **Using it**
//!
//! - [`first_days`]: build it, try the demo, make a library of your own.
//! - [`commands`]: every command and its main options, exit codes.
//! - [`sources`]: which files can be imported; `sync`, the calendar of what was announced, cron and
//!   systemd.
//! - [`likes`]: likes from BibTeX, RIS, Zotero, Semantic Scholar or a list; export to reference
//!   managers; backup.
//! - [`ranking`]: ratings, scores and their explanation, interests, the questions for a new reader.
//! - [`finding`]: papers similar to a paper or a text, search by words.
//! - [`topics`]: a day in named groups, maps, trends, topics that you follow or mute.
//!
//! **Reading it elsewhere**
//!
//! - [`digests`]: digests as Markdown, HTML or text, by mail and webhook; feeds for reader apps.
//! - [`browser`]: the web pages, and accounts for a group that shares one library.
//! - [`http`]: the HTTP API.
//! - [`json`]: `--json`, a script, and the fields of every answer.
//! - [`assistants`]: the library as tools of an assistant (MCP).
//!
//! **Reference and background**
//!
//! - [`settings`]: `config.toml`, environment variables, where files are kept.
//! - [`models`]: the built-in model, transformers, a model tuned to your field.
//! - [`large_libraries`]: the index and its graph; the server under load and under attack; three million papers.
//! - [`at_scale`]: a library on several servers, and what that takes.
//! - [`how_it_works`]: from a file to a ranked list, step by step.
//! - [`how_good`]: measurements, and how to repeat them on your own ratings.
//! - [`trust`]: what is promised of your data and of a server, and the test that keeps each promise.
//! - [`figures`]: the measurements in full.

#[doc = include_str!("first_days.md")]
pub mod first_days {}

#[doc = include_str!("commands.md")]
pub mod commands {}

#[doc = include_str!("sources.md")]
pub mod sources {}

#[doc = include_str!("likes.md")]
pub mod likes {}

#[doc = include_str!("ranking.md")]
pub mod ranking {}

#[doc = include_str!("finding.md")]
pub mod finding {}

#[doc = include_str!("topics.md")]
pub mod topics {}

#[doc = include_str!("digests.md")]
pub mod digests {}

#[doc = include_str!("browser.md")]
pub mod browser {}

#[doc = include_str!("http.md")]
pub mod http {}

#[doc = include_str!("json.md")]
pub mod json {}

#[doc = include_str!("assistants.md")]
pub mod assistants {}

#[doc = include_str!("settings.md")]
pub mod settings {}

#[doc = include_str!("models.md")]
pub mod models {}

#[doc = include_str!("large_libraries.md")]
pub mod large_libraries {}

#[doc = include_str!("at_scale.md")]
pub mod at_scale {}

#[doc = include_str!("how_it_works.md")]
pub mod how_it_works {}

#[doc = include_str!("how_good.md")]
pub mod how_good {}

#[doc = include_str!("trust.md")]
pub mod trust {}

/// The measurements in full: method, tables, and the commands that make them again.
pub mod figures {
    #[doc = include_str!("../../data/evaluation.md")]
    pub mod ranking {}

    #[doc = include_str!("../../data/topics.md")]
    pub mod topics {}

    #[doc = include_str!("../../data/index.md")]
    pub mod index {}

    #[doc = include_str!("../../data/model/README.md")]
    pub mod model {}
}
