//! The command line: `Args` are what was typed; each verb turns its part into one call of the
//! library and prints the answer.

mod account;
mod cluster_plan;
mod demo;
mod digest;
mod doctor;
mod eval;
mod find;
mod import;
mod index;
mod keep;
mod likes;
mod mcp;
mod migrate;
mod model;
mod rank;
mod references;
mod serve;
mod session;
mod summarize;
mod sync;
mod today;
mod topics;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};
use paperpick::paper::{Language, Rating};

use session::print::counted;
pub use session::print::{report, report_in_json};
use session::settings::Session;

/// Keep up with research papers.
///
/// Ranks each day's papers against what you like and dislike, finds the papers similar to one, and
/// groups a day into named topics. Offline, on this machine.
#[derive(Debug, Parser)]
#[command(name = "paperpick", version, propagate_version = true, arg_required_else_help = true)]
#[command(
    after_help = "Exit codes: 0 done, 1 nothing to show, 2 failure.\nBegin with `paperpick demo`: the whole job, in seconds, on a sample."
)]
pub struct Args {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    verb: Verb,
}

impl Args {
    /// What things are said in.
    pub fn language(&self) -> Language {
        self.global.language()
    }

    /// Whether JSON is asked for.
    pub fn json(&self) -> bool {
        self.global.json
    }
}

impl Global {
    /// The language that is asked for, or else that of the locale, as POSIX has it.
    fn language(&self) -> Language {
        let of_locale = || {
            let mut locale =
                ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().filter_map(|name| std::env::var(name).ok());
            locale.find(|value| !value.is_empty()).unwrap_or_default()
        };
        Language::named(&self.language.clone().unwrap_or_else(of_locale))
    }
}

/// The heading of those in the help.
const EVERY_VERB: &str = "Options of every verb";

/// Options of every verb.
#[derive(Debug, clap::Args)]
pub struct Global {
    /// The folder of the library [default: the user's data folder]
    #[arg(long, global = true, help_heading = EVERY_VERB, value_name = "DIR", env = "PAPERPICK_LIBRARY")]
    library: Option<PathBuf>,
    /// The settings' file [default: config.toml in the user's config folder]
    #[arg(long, global = true, help_heading = EVERY_VERB, value_name = "FILE", env = "PAPERPICK_CONFIG")]
    config: Option<PathBuf>,
    /// Whose ratings and interests count, in a library with accounts [default: the first account]
    #[arg(long = "account", global = true, help_heading = EVERY_VERB, value_name = "NAME", env = "PAPERPICK_ACCOUNT")]
    reader: Option<String>,
    /// Say things in this language: en or ko [default: the locale's]
    #[arg(long, global = true, help_heading = EVERY_VERB, value_name = "LANGUAGE", value_parser = ["en", "ko"], env = "PAPERPICK_LANGUAGE")]
    language: Option<String>,
    /// Answer in JSON
    #[arg(long, global = true, help_heading = EVERY_VERB)]
    json: bool,
    /// No progress and no talk, only answers and errors
    #[arg(long, short, global = true, help_heading = EVERY_VERB)]
    quiet: bool,
    /// What to log: a level (error to trace), or a filter such as paperpick::serve=debug [default: warn]
    #[arg(long, global = true, help_heading = EVERY_VERB, value_name = "FILTER", env = "PAPERPICK_LOG")]
    log: Option<String>,
    /// Log to the end of this file, not on stderr
    #[arg(long, global = true, help_heading = EVERY_VERB, value_name = "FILE")]
    log_file: Option<PathBuf>,
    /// Log what happens on stderr; twice for more
    #[arg(long, short, global = true, help_heading = EVERY_VERB, action = clap::ArgAction::Count)]
    verbose: u8,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Run the whole job on a sample, in a library that is gone afterwards
    Demo,
    Import(import::Import),
    Sync(sync::Sync),
    Days(sync::Days),
    Today(today::Today),
    Rank(rank::Rank),
    Why(likes::profile::Why),
    Interests(likes::profile::Interests),
    Start(likes::profile::Start),
    Similar(find::Similar),
    Topics(topics::Topics),
    Search(find::Search),
    Show(find::Show),
    Summarize(summarize::Summarize),
    Digest(digest::Digest),
    Feed(digest::Feed),
    /// Serve the library to an assistant (Model Context Protocol) on stdin and stdout
    Mcp,
    /// Say that you want more like these papers
    Like(likes::rate::Rate),
    /// Say that you want less like these papers
    Dislike(likes::rate::Rate),
    /// Take ratings back
    Unrate(likes::rate::Rate),
    Likes(likes::rate::Likes),
    Save(likes::saved::Keep),
    /// List what you keep for later, the newest first
    Saved,
    Eval(eval::Eval),
    Export(references::Export),
    Index(index::Index),
    ClusterPlan(cluster_plan::ClusterPlan),
    /// Say what is there and what is stale, and how to mend it
    Doctor(doctor::Doctor),
    Backup(keep::Backup),
    Restore(keep::Restore),
    Migrate(migrate::Migrate),
    Model(model::Model),
    Serve(serve::Serve),
    Account(account::Account),
    Completions(keep::Completions),
}

/// What a verb came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It did what was asked.
    Done,
    /// There was nothing to show.
    Nothing,
    /// It answered, and a part of what was asked failed, which is said.
    Partly,
}

impl Outcome {
    /// Done, if there was anything.
    fn of(any: bool) -> Self {
        if any { Self::Done } else { Self::Nothing }
    }

    /// Done, unless so many lines or entries could not be read, which is said.
    fn unread(session: &Session, n: usize, what: &str) -> Self {
        match n {
            0 => Self::Done,
            n => Self::partly(
                session,
                format!("{} could not be read; the others were taken over", counted(n, what)),
            ),
        }
    }

    /// Says what failed beside an answer that was given.
    fn partly(session: &Session, failed: String) -> Self {
        report(&anyhow::Error::msg(failed), session.language);
        Self::Partly
    }
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Done => Self::SUCCESS,
            Outcome::Nothing => Self::from(1),
            Outcome::Partly => Self::from(2),
        }
    }
}

/// Does what was typed.
pub fn run(args: Args) -> Result<Outcome> {
    let session = Session::new(&args.global)?;
    match args.verb {
        Verb::Demo => demo::run(&session),
        Verb::Import(import) => import.run(&session),
        Verb::Sync(sync) => sync.run(&session),
        Verb::Days(days) => days.run(&session),
        Verb::Today(today) => today.run(&session),
        Verb::Rank(rank) => rank.run(&session),
        Verb::Why(why) => why.run(&session),
        Verb::Interests(interests) => interests.run(&session),
        Verb::Start(start) => start.run(&session),
        Verb::Similar(similar) => similar.run(&session),
        Verb::Topics(topics) => topics.run(&session),
        Verb::Search(search) => search.run(&session),
        Verb::Show(show) => show.run(&session),
        Verb::Summarize(summarize) => summarize.run(&session),
        Verb::Digest(digest) => digest.run(&session),
        Verb::Feed(feed) => feed.run(&session),
        Verb::Mcp => mcp::run(&session),
        Verb::Like(rate) => rate.run(&session, Some(Rating::Like)),
        Verb::Dislike(rate) => rate.run(&session, Some(Rating::Dislike)),
        Verb::Unrate(rate) => rate.run(&session, None),
        Verb::Likes(likes) => likes.run(&session),
        Verb::Save(save) => save.run(&session),
        Verb::Saved => likes::saved::list(&session),
        Verb::Eval(eval) => eval.run(&session),
        Verb::Export(export) => export.run(&session),
        Verb::Index(index) => index.run(&session),
        Verb::ClusterPlan(plan) => plan.run(&session),
        Verb::Doctor(verb) => verb.run(&session),
        Verb::Backup(backup) => backup.run(&session),
        Verb::Restore(restore) => restore.run(&session),
        Verb::Migrate(migrate) => migrate.run(&session),
        Verb::Model(model) => model.run(&session),
        Verb::Serve(serve) => serve.run(&session),
        Verb::Account(account) => account.run(&session),
        Verb::Completions(completions) => completions.run(),
    }
}
