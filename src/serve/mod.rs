//! The web pages and the HTTP API over one library, for one reader or for several.
//!
//! The server is handed its listener, its clock and its end. Waiting (async) stays in this room:
//! SQLite blocks, so all work on the library happens in `pool`, on threads of its own.
//! Everything that a page needs is in the binary; nothing is asked of another host.

mod access;
mod answer;
mod api;
mod feeds;
mod jobs;
pub mod mcp;
mod metrics;
mod pages;
mod paging;
pub mod password;
mod places;
mod pool;
mod problem;
mod router;
mod slow;
mod static_files;
mod throttle;
mod turns;
mod words;

use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, header};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use jiff::Timestamp;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tower::ServiceExt;

use crate::config::{Quota, Sources, Summaries};
use crate::error::{Error, Result};
use crate::library::Library;
use crate::source::fetch::Clock;
use crate::verbs::account;
use crate::verbs::model::ModelRoom;
use jobs::Jobs;
use metrics::Metrics;
use places::{Place, Places};
use pool::Pool;
use throttle::Throttle;

/// How long a client may take to send the head of a request, and may stay silent between two.
const HEAD_TIME: Duration = Duration::from_secs(10);
/// How long a connection may live: a client that reads a byte a minute must go at last.
const CONNECTION_TIME: Duration = Duration::from_secs(300);
/// Grace period for in-flight requests at shutdown.
const GRACE: Duration = Duration::from_secs(5);

/// Opens one more connection to the library.
pub type Open = Box<dyn Fn() -> Result<Library> + Send + Sync>;

/// What a server works with.
pub struct Settings {
    /// Opens the library; called once for each request that is answered at the same time.
    pub open: Open,
    /// The clock.
    pub clock: Arc<dyn Clock + Send + Sync>,
    /// What `sync` asks.
    pub sources: Sources,
    /// What a member may bring in on a day.
    pub quota: Quota,
    /// The language model that writes summaries, if one is set up.
    pub summaries: Option<Summaries>,
    /// The models that can be chosen.
    pub models: Box<dyn ModelRoom>,
    /// The address under which others see this server, such as `https://papers.example.org`; the one
    /// that they ask for, if not given.
    pub base: Option<String>,
    /// A server in front of this one, which says in `X-Forwarded-For` who asks.
    pub proxy: Option<IpAddr>,
    /// How many papers a list shows if the request does not say, 1 to 1,000.
    pub n: usize,
    /// How many requests may work on the library at once, at least 1.
    pub workers: usize,
    /// How many clients may be connected at once; others wait.
    pub connections: usize,
}

/// Everything that requests share.
struct Site {
    pool: Pool,
    metrics: Metrics,
    jobs: Jobs,
    clock: Arc<dyn Clock + Send + Sync>,
    sources: Sources,
    quota: Quota,
    summaries: Option<Summaries>,
    models: Box<dyn ModelRoom>,
    base: Option<String>,
    proxy: Option<IpAddr>,
    n: usize,
    /// Whether only this machine can reach it.
    is_local: bool,
    throttle: Throttle,
    /// Turns for checking passwords.
    hashing: Semaphore,
}

impl Site {
    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The address of this server, without a slash at its end.
    fn base(&self, headers: &HeaderMap) -> String {
        let host = || headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
        self.base.clone().unwrap_or_else(|| format!("http://{}", host()))
    }

    /// Who asks: the one at the other end, or whom the server in front says to be at its other end.
    /// What clients wrote into that header themselves stands before that.
    fn client(&self, Peer(peer): Peer, headers: &HeaderMap) -> IpAddr {
        let forwarded = headers.get_all("x-forwarded-for").iter().next_back();
        let last = forwarded.and_then(|line| line.to_str().ok()?.rsplit(',').next()?.trim().parse().ok());
        last.filter(|_| self.proxy == Some(peer.ip())).unwrap_or(peer.ip())
    }
}

/// Answers requests until `shutdown` is done, and then until those under way are answered; `ready` is
/// called before the first.
///
/// # Errors
/// Those of opening the library; [`Error::Invalid`] for an address that others can reach while the
/// library has no accounts. Afterwards, a failure of a request is an answer to it.
pub async fn run(
    listener: TcpListener,
    settings: Settings,
    ready: impl FnOnce(),
    shutdown: impl Future<Output = ()>,
) -> Result<()> {
    let address = listener.local_addr().map_err(Error::io("the listening address"))?.ip();
    let slots = Arc::new(Semaphore::new(settings.connections));
    // Everybody comes from the server in front, if there is one.
    let places = Places::new(settings.connections / 2, settings.proxy);
    // A store may wait for a server, which a thread that answers requests must not.
    let site = tokio::task::spawn_blocking(move || Site::new(settings, address)).await;
    let site = site.unwrap_or_else(|panicked| std::panic::resume_unwind(panicked.into_panic()))?;
    let site = Arc::new(site);
    prepare(site.clone());
    let router = router::router(site);
    ready();
    let graceful = GracefulShutdown::new();
    let mut shutdown = pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            accepted = accept(&listener, &slots, &places) => accepted,
            () = &mut shutdown => break,
        };
        if let Some(connection) = accepted {
            connection.serve(router.clone(), &graceful);
        }
    }
    drop(listener);
    let _ = tokio::time::timeout(GRACE, graceful.shutdown()).await;
    Ok(())
}

impl Site {
    fn new(settings: Settings, address: IpAddr) -> Result<Self> {
        let has_accounts = account::has_accounts(&(settings.open)()?)?;
        if !address.is_loopback() && !has_accounts {
            return Err(Error::Invalid(format!(
                "{address} can be reached by others, and this library has no accounts: everybody could read and change it; \
                 make one first (`paperpick account add NAME`), or listen on 127.0.0.1"
            )));
        }
        Ok(Self {
            jobs: Jobs::default(),
            clock: settings.clock,
            sources: settings.sources,
            quota: settings.quota,
            summaries: settings.summaries,
            models: settings.models,
            base: settings.base,
            proxy: settings.proxy,
            n: settings.n,
            is_local: address.is_loopback(),
            throttle: Throttle::default(),
            hashing: Semaphore::new(2),
            metrics: Metrics::default(),
            pool: Pool::open(settings.open, settings.workers)?,
        })
    }
}

/// Makes ahead what the first questions need. Where it fails, they make it, or tell what is wrong.
fn prepare(site: Arc<Site>) {
    tokio::task::spawn_blocking(move || {
        if let Err(error) = site.open().and_then(|library| library.prepare()) {
            tracing::warn!("what the first questions need could not be made ahead: {error}");
        }
    });
}

/// A client, and one of the places for those who are connected at once.
struct Connection {
    stream: TcpStream,
    peer: SocketAddr,
    slot: OwnedSemaphorePermit,
    place: Place,
}

/// The next client when there is a place; none where accepting failed, after a moment, or where its address has
/// more connections than one may.
async fn accept(listener: &TcpListener, slots: &Arc<Semaphore>, places: &Places) -> Option<Connection> {
    // Closed only with the semaphore itself, which lives as long as the server.
    let slot = slots.clone().acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, peer)) => places.of(peer.ip()).map(|place| Connection { stream, peer, slot, place }),
        Err(error) => {
            tracing::warn!("a connection could not be accepted: {error}");
            // Too many open files: some will be closed soon.
            tokio::time::sleep(Duration::from_millis(50)).await;
            None
        }
    }
}

impl Connection {
    /// Answers its requests on a task of its own, for [`CONNECTION_TIME`] at most.
    fn serve(self, router: Router, graceful: &GracefulShutdown) {
        let Self { stream, peer, slot, place } = self;
        let service = service_fn(move |request: Request<Incoming>| {
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(Peer(peer));
            router.clone().oneshot(request)
        });
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new()).header_read_timeout(HEAD_TIME).max_buf_size(64 << 10);
        let connection = graceful.watch(http.serve_connection(TokioIo::new(stream), service));
        tokio::spawn(async move {
            // How a connection ends is its client's affair.
            let _ = tokio::time::timeout(CONNECTION_TIME, connection).await;
            drop((slot, place));
        });
    }
}

/// Who is at the other end.
#[derive(Debug, Clone, Copy)]
struct Peer(SocketAddr);
