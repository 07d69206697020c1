//! `serve`: the web pages and the HTTP API.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use anyhow::{Context, Result};
use clap::Args;
use paperpick::serve::{self, Settings};

use super::Outcome;
use super::session::print::talk;
use super::session::settings::Session;

/// Show the library in a browser, and answer its HTTP API.
///
/// Until interrupted. Everything that the pages need is in this program.
#[derive(Debug, Args)]
pub struct Serve {
    /// The address to listen on
    #[arg(long, value_name = "IP", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    address: IpAddr,
    /// The port to listen on; 0 takes a free one
    #[arg(long, value_name = "N", default_value_t = 8404)]
    port: u16,
    /// The address under which others see this server, for links in feeds, such as
    /// https://papers.example.org
    #[arg(long, value_name = "URL")]
    base: Option<String>,
    /// The address of a server in front of this one; it is believed when it says who asks
    #[arg(long, value_name = "IP")]
    proxy: Option<IpAddr>,
}

impl Serve {
    /// Serves until interrupted.
    pub fn run(self, session: &Session) -> Result<Outcome> {
        // A connection is an open file; the rest is for the library's own.
        let n_files = rlimit::increase_nofile_limit(10_000).unwrap_or(256);
        let for_opening = session.clone();
        let settings = Settings {
            open: Box::new(move || for_opening.open_library()),
            clock: session.clock.clone(),
            sources: session.config.sync.clone(),
            quota: session.config.quota,
            summaries: session.config.summaries.clone(),
            models: Box::new(session.clone()),
            base: self.base.map(|base| base.trim_end_matches('/').to_owned()),
            proxy: self.proxy,
            n: session.config.n,
            workers: std::thread::available_parallelism().map_or(2, usize::from) * 2,
            connections: (n_files as usize).saturating_sub(128).clamp(64, 8_192),
        };
        // Work waits for its turn before it takes a thread, so few are enough; each keeps memory of its own.
        let mut runtime = tokio::runtime::Builder::new_multi_thread();
        let runtime = runtime.max_blocking_threads(16).enable_all().build()?;
        let done = runtime.block_on(async {
            let address = SocketAddr::new(self.address, self.port);
            let listener = tokio::net::TcpListener::bind(address)
                .await
                .with_context(|| format!("listening on {address}; --port N takes another"))?;
            let serving = format!("serving http://{} (Ctrl-C ends it)", listener.local_addr()?);
            serve::run(listener, settings, || talk(session, serving), interrupted()).await?;
            Ok(Outcome::Done)
        });
        // Long work that is cut off goes on with the next run.
        runtime.shutdown_background();
        done
    }
}

/// Done when the user or the system asks the program to end.
async fn interrupted() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminated) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminated.recv() => {}
            }
            return;
        }
    }
    // Without a way to be interrupted, it serves until it is killed.
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
