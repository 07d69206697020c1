//! Sending a day once.

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;

use crate::error::{Error, Result};
use crate::library::Library;
use crate::store::Turn;

/// After so long, a run that began to send and never ended was killed.
const STALE: SignedDuration = SignedDuration::from_mins(10);

/// What sending a day came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Sent {
    /// The door: `mail` or `webhook`.
    pub door: String,
    /// The day.
    pub day: Date,
    /// Whether it went out now; if not, it had gone out before.
    pub now: bool,
    /// When it went out.
    pub at: Timestamp,
}

/// What came of an attempt to send a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sending {
    /// It has gone out, now or before.
    Done(Sent),
    /// Another run began to send it then, and has not ended.
    Elsewhere(Timestamp),
}

/// Runs `send` if the day has not gone out through this door, or if it is to go out `again`.
/// A failure leaves no trace, so the next run tries again.
///
/// # Errors
/// Those of `send`; [`Error::Invalid`] while another run is sending the same.
pub fn send_once(
    library: &mut Library,
    door: &str,
    day: Date,
    at: Timestamp,
    again: bool,
    send: impl FnOnce() -> Result<()>,
) -> Result<Sent> {
    match try_send(library, door, day, at, again, send)? {
        Sending::Done(sent) => Ok(sent),
        Sending::Elsewhere(then) => Err(Error::Invalid(format!(
            "another run began to send {day} by {door} at {then}; if it was killed, try again ten minutes later"
        ))),
    }
}

/// The same, where another run that is sending is no failure.
///
/// # Errors
/// Those of `send`.
pub fn try_send(
    library: &mut Library,
    door: &str,
    day: Date,
    at: Timestamp,
    again: bool,
    send: impl FnOnce() -> Result<()>,
) -> Result<Sending> {
    let done = |now, at| Sending::Done(Sent { door: door.to_owned(), day, now, at });
    match library.store.take_turn(door, day, at, at - STALE)? {
        Turn::Sent(then) if !again => return Ok(done(false, then)),
        Turn::Theirs(then) => return Ok(Sending::Elsewhere(then)),
        Turn::Ours | Turn::Sent(_) => {}
    }
    let result = send();
    library.store.end_turn(door, day, at, result.is_ok())?;
    result.map(|()| done(true, at))
}
