//! What has gone out, so that a day goes out once through each door.

use jiff::Timestamp;
use jiff::civil::Date;

use crate::error::Result;

/// Whose turn it is to send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// Nobody has sent this; it is noted that the asker does so now.
    Ours,
    /// It was sent then.
    Sent(Timestamp),
    /// Another run began to send it then, and has not ended.
    Theirs(Timestamp),
}

/// Whose turn it is to send, and what was sent.
pub trait Sent {
    /// Asks for the turn to send a day through a door. A turn taken before `stale` is lost: who
    /// took it has been killed.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    fn take_turn(&mut self, door: &str, day: Date, at: Timestamp, stale: Timestamp) -> Result<Turn>;

    /// Notes that a turn ended, well or not.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    fn end_turn(&mut self, door: &str, day: Date, at: Timestamp, sent: bool) -> Result<()>;

    /// Everything that has gone out, by door and day.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    fn all_sent(&self) -> Result<Vec<(String, Date, Timestamp)>>;
}
