//! Why a request failed, and how long a connection is waited for.

use std::io::ErrorKind;
use std::time::Duration;

use ureq::Timeout;

/// The longest wait for a connection.
const CONNECT: Duration = Duration::from_secs(15);

/// The same until somebody answers, halved with each host that does not, down to half a second: where
/// packets are lost, a sync of half a dozen hosts ends within ten seconds.
const FIRST_CONNECT: Duration = Duration::from_secs(4);
const SHORTEST_CONNECT: Duration = Duration::from_millis(500);

/// Why one try failed.
pub enum Failed {
    /// It may go better later, after the wait that the server named.
    Later(String, Option<Duration>),
    /// The same, but nothing was heard of the host: perhaps there is no network.
    Silent {
        /// What happened.
        reason: String,
        /// Whether there was not even a connection, which was waited for.
        is_timeout: bool,
    },
    /// No connection can be made to the host.
    NoHost(String),
    /// It will not.
    Never(String),
}

/// How long connections are waited for.
#[derive(Default)]
pub struct Connecting {
    /// Whether anybody has answered; before that there may be no network, and patience is short.
    pub is_answered: bool,
    n_silent: u32,
}

impl Connecting {
    /// The longest wait for the next connection.
    pub fn longest(&self) -> Duration {
        match self.is_answered {
            true => CONNECT,
            false => (FIRST_CONNECT / 2_u32.saturating_pow(self.n_silent)).max(SHORTEST_CONNECT),
        }
    }

    /// Notes what came of one.
    pub fn note(&mut self, failed: Option<&Failed>) {
        match failed {
            None => self.is_answered = true,
            Some(Failed::Silent { .. }) => self.n_silent += 1,
            Some(_) => {}
        }
    }
}

/// What a request that was not answered came to.
pub fn failed(error: ureq::Error) -> Failed {
    match error {
        ureq::Error::Io(error) => match broken(error) {
            Failed::Later(reason, _) => Failed::Silent { reason, is_timeout: false },
            failed => failed,
        },
        ureq::Error::Timeout(Timeout::Resolve | Timeout::Connect) => {
            Failed::Silent { reason: "it cannot be reached".to_owned(), is_timeout: true }
        }
        ureq::Error::Timeout(_) => Failed::Later("it did not answer in time".to_owned(), None),
        ureq::Error::Protocol(_) => Failed::Later("the answer is broken".to_owned(), None),
        // A machine that is offline need not wait to be told so.
        ureq::Error::HostNotFound => Failed::NoHost("no such host, or no network".to_owned()),
        ureq::Error::Other(error) => Failed::Never(error.to_string()),
        other => Failed::Never(other.to_string()),
    }
}

/// What a connection that broke came to.
pub fn broken(error: std::io::Error) -> Failed {
    match error.kind() {
        ErrorKind::ConnectionRefused => Failed::NoHost("the connection was refused".to_owned()),
        ErrorKind::NetworkUnreachable | ErrorKind::HostUnreachable | ErrorKind::NetworkDown => {
            Failed::NoHost("no network".to_owned())
        }
        ErrorKind::TimedOut | ErrorKind::WouldBlock => {
            Failed::Later("it did not answer in time".to_owned(), None)
        }
        _ if error.to_string().contains("timeout") => {
            Failed::Later("it did not answer in time".to_owned(), None)
        }
        _ => Failed::Later("the connection broke off".to_owned(), None),
    }
}
