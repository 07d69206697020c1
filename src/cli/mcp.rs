//! `mcp`: the library as the tools of an assistant, on standard input and output.

use anyhow::{Context, Result};
use paperpick::serve::mcp::{Mcp, Own};

use super::Outcome;
use super::session::settings::Session;

/// Serves until the assistant closes its end.
pub fn run(session: &Session) -> Result<Outcome> {
    // A library that cannot be opened is told to whoever set this up, before the protocol begins.
    drop(session.open()?);
    let opener = session.clone();
    let own = Own::new(
        Box::new(move || opener.open_library()),
        session.clock.clone(),
        session.config.sync.clone(),
        Box::new(session.clone()),
    );
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .context("the server's runtime")?;
    runtime.block_on(Mcp::new(own).serve_on(tokio::io::stdin(), tokio::io::stdout()))?;
    // The thread that reads standard input cannot be woken.
    runtime.shutdown_background();
    Ok(Outcome::Done)
}
