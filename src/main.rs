//! The command line of paperpick.

mod cli;

use std::io::ErrorKind;
use std::process::ExitCode;

use clap::Parser;

/// Gives back what is freed, on whatever thread.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let args = cli::Args::parse();
    let (json, language) = (args.json(), args.language());
    match cli::run(args) {
        Ok(outcome) => outcome.into(),
        // `paperpick export | head` ends well.
        Err(error) if is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) if json => cli::report_in_json(&error, language),
        Err(error) => cli::report(&error, language),
    }
}

fn is_closed_pipe(error: &anyhow::Error) -> bool {
    let kinds = error.chain().filter_map(|cause| cause.downcast_ref::<std::io::Error>());
    kinds.map(std::io::Error::kind).any(|kind| kind == ErrorKind::BrokenPipe)
}
