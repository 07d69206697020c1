//! `doctor`, `backup`, `restore`, `completions`.

use std::io::Write;
use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::{Args, CommandFactory};
use clap_complete::Shell;
use indicatif::HumanBytes;
use paperpick::progress::Silent;
use paperpick::store::Copied;
use paperpick::verbs::backup::{self, BackUp};
use paperpick::verbs::doctor::{Examine, State};
use paperpick::verbs::report::MakeReport;

use super::Outcome;
use super::session::print::{TerminalPage, answer, counted, shaped};
use super::session::settings::Session;

/// Print completions for a shell.
#[derive(Debug, Args)]
pub struct Completions {
    /// Which shell
    shell: Shell,
}

impl Completions {
    /// Prints them.
    pub fn run(self) -> Result<Outcome> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut super::Args::command(), "paperpick", &mut script);
        std::io::stdout().write_all(&script)?;
        Ok(Outcome::Done)
    }
}

/// Copy the library's database to a file, also while it is in use.
///
/// The copy is compared with the library row by row before the file is there. It holds everything, vectors, accounts
/// and the hashes of their passwords too: keep it as safe as the library.
#[derive(Debug, Args)]
pub struct Backup {
    /// The file to write, which is not there yet
    file: PathBuf,
}

impl Backup {
    /// Writes it.
    pub fn run(self, session: &Session) -> Result<Outcome> {
        let copied = session.ask(BackUp { file: self.file }, &Silent)?;
        answer::<BackUp>(session, &copied, &copied_page(session, &copied))?;
        Ok(Outcome::Done)
    }
}

/// Make the library from a backup; nothing that is there is replaced.
///
/// The backup is checked first, and the library is compared with it row by row.
#[derive(Debug, Args)]
pub struct Restore {
    /// A file that `paperpick backup` has written
    file: PathBuf,
}

impl Restore {
    /// Makes it.
    pub fn run(self, session: &Session) -> Result<Outcome> {
        let copied = backup::restore(&self.file, &session.library)?;
        shaped(session, "backup/1", &copied, &copied_page(session, &copied))?;
        Ok(Outcome::Done)
    }
}

fn copied_page(session: &Session, copied: &Copied) -> TerminalPage {
    let mut page = TerminalPage::new(session);
    let size = &copied.size;
    page.line(format!(
        "{}: {}, {}, {}, {}; compared, and the same",
        copied.file,
        HumanBytes(copied.bytes),
        counted(size.papers as usize, "paper"),
        counted(size.likes as usize, "like"),
        counted(size.dislikes as usize, "dislike"),
    ));
    page
}

/// `doctor`: how everything is.
#[derive(Debug, Args)]
pub struct Doctor {
    /// Print what to paste into a bug report; nothing in it is private
    #[arg(long)]
    report: bool,
}

impl Doctor {
    /// Does it.
    pub fn run(self, session: &Session) -> Result<Outcome> {
        if !self.report {
            return doctor(session);
        }
        let report = session.ask(MakeReport {}, &Silent)?;
        let mut page = TerminalPage::new(session);
        let told = serde_json::to_value(&report)?;
        for (name, value) in told.as_object().into_iter().flatten() {
            page.line(format!("{name}: {value}"));
        }
        answer::<MakeReport>(session, &report, &page)?;
        Ok(Outcome::Done)
    }
}

/// Says how everything is.
fn doctor(session: &Session) -> Result<Outcome> {
    let doctor = session.ask(Examine {}, &Silent)?;
    let mut page = TerminalPage::new(session);
    let size = &doctor.size;
    page.line(format!("paperpick {}, library {}", doctor.version, doctor.library));
    let counts = [
        counted(size.papers as usize, "paper"),
        counted(size.korean as usize, "Korean summary"),
        counted(size.days as usize, "day"),
        counted(size.likes as usize, "like"),
        counted(size.dislikes as usize, "dislike"),
    ];
    page.line(counts.join(", "));
    for model in &doctor.models {
        let vectors = counted(model.vectors as usize, "vector");
        page.line(format!("{vectors} of {} in {} dimensions", model.model, model.dimensions));
    }
    if size.papers == 0 {
        page.line("the library is empty: `paperpick import FILE`, or `paperpick sync`");
    }
    // Nothing is good about an empty library.
    for check in doctor.checks.iter().filter(|check| size.papers > 0 || check.state == State::Broken) {
        let state = match check.state {
            State::Good => "good  ",
            State::Stale => "stale ",
            State::Broken => "BROKEN",
        };
        page.line(format!("{state}  {}: {}", check.name, check.found));
        if let Some(mend) = &check.mend {
            page.line(format!("        mend: {mend}"));
        }
    }
    answer::<Examine>(session, &doctor, &page)?;
    match doctor.checks.iter().find(|check| check.state == State::Broken) {
        Some(check) => bail!("the {} is broken: {}", check.name, check.found),
        None => Ok(Outcome::Done),
    }
}
