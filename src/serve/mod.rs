//! The web pages and the HTTP API over one library, for one reader or for several.
//!
//! The server is handed its listener, its clock and its end. Waiting (async) stays in this room:
//! SQLite blocks, so all work on the library happens in `library`, on threads of its own.
//! Everything that a page needs is in the binary; nothing is asked of another host.

mod access;
mod answer;
mod api;
mod library;
pub mod mcp;
mod metrics;
mod pages;
mod paging;
pub mod password;
mod problem;
mod router;
mod static_files;
mod throttle;
mod words;

use std::future::Future;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tower::ServiceExt;

use crate::app::App;
use crate::error::{Error, Result};
use library::Library;
use metrics::Metrics;
use throttle::Throttle;

/// How long a client may take to send the head of a request, and may stay silent between two.
const HEAD_TIME: Duration = Duration::from_secs(10);
/// How long a connection may live: a client that reads a byte a minute must go at last.
const CONNECTION_TIME: Duration = Duration::from_secs(300);
/// How long requests under way may take to end when the server ends.
const FAREWELL: Duration = Duration::from_secs(5);

/// Opens one more connection to the library.
pub type Open = Box<dyn Fn() -> Result<App> + Send + Sync>;

/// What a server works with.
pub struct Settings {
    /// Opens the library; called once for each request that is answered at the same time.
    pub open: Open,
    /// The clock.
    pub now: fn() -> Timestamp,
    /// How many papers a list shows if the request does not say, 1 to 1,000.
    pub n: usize,
    /// How many requests may work on the library at once, at least 1.
    pub workers: usize,
    /// How many clients may be connected at once; others wait.
    pub connections: usize,
}

/// Everything that requests share.
struct Site {
    library: Library,
    metrics: Metrics,
    now: fn() -> Timestamp,
    n: usize,
    /// Whether only this machine can reach it.
    is_local: bool,
    throttle: Throttle,
    /// Turns for checking passwords.
    hashing: Semaphore,
}

/// Answers requests until `shutdown` is done, and then until those under way are answered.
///
/// # Errors
/// Those of opening the library; [`Error::Invalid`] for an address that others can reach while the
/// library has no accounts. Afterwards, a failure of a request is an answer to it.
pub async fn run(
    listener: TcpListener,
    settings: Settings,
    shutdown: impl Future<Output = ()>,
) -> Result<()> {
    let slots = Arc::new(Semaphore::new(settings.connections));
    let address = listener.local_addr().map_err(Error::io("the listening address"))?.ip();
    let has_accounts = (settings.open)()?.has_accounts()?;
    if !address.is_loopback() && !has_accounts {
        return Err(Error::Invalid(format!(
            "{address} can be reached by others, and this library has no accounts: everybody could read and change it; \
             make one first (`paperpick account add NAME`), or listen on 127.0.0.1"
        )));
    }
    let site = Site {
        now: settings.now,
        n: settings.n,
        is_local: address.is_loopback(),
        throttle: Throttle::default(),
        hashing: Semaphore::new(2),
        metrics: Metrics::default(),
        library: Library::open(settings)?,
    };
    let router = router::router(Arc::new(site));
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD_TIME).max_buf_size(64 << 10);
    let graceful = GracefulShutdown::new();
    let mut shutdown = pin!(shutdown);
    loop {
        let accept = async {
            // Closed only with the semaphore itself, which lives as long as this loop.
            let slot = slots.clone().acquire_owned().await;
            (slot, listener.accept().await)
        };
        let (slot, accepted) = tokio::select! {
            accepted = accept => accepted,
            () = &mut shutdown => break,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!("a connection could not be accepted: {error}");
                // Too many open files: some will be closed soon.
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        let router = router.clone();
        let service = service_fn(move |request: Request<Incoming>| {
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(Peer(peer));
            router.clone().oneshot(request)
        });
        let connection = graceful.watch(http.serve_connection(TokioIo::new(stream), service));
        tokio::spawn(async move {
            // How a connection ends is its client's affair.
            let _ = tokio::time::timeout(CONNECTION_TIME, connection).await;
            drop(slot);
        });
    }
    drop(listener);
    let _ = tokio::time::timeout(FAREWELL, graceful.shutdown()).await;
    Ok(())
}

/// Who is at the other end.
#[derive(Debug, Clone, Copy)]
struct Peer(SocketAddr);
