//! What a user would miss: the binary as it is used, its crash safety, and the plan of the house.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod backup;
mod browse;
mod commands;
mod crash;
mod deep;
mod doors;
mod eval;
#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
mod fault;
mod formats;
mod fuzz;
mod house;
mod kept;
mod kinds;
mod layers;
mod load;
mod mail;
mod mcp;
mod model;
mod profile;
mod rank;
mod reading;
mod readme;
mod replay;
mod report;
mod rights;
mod roles;
mod scale;
mod search;
mod serve;
mod server;
#[cfg(feature = "postgres")]
mod shared;
mod shell;
mod smtp;
mod summaries;
mod sync;
mod terminal;
mod topics;
mod webhook;
mod work;
