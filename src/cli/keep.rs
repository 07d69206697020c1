//! `backup`, `restore`, `completions`.

use std::io::Write;
use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, CommandFactory};
use clap_complete::Shell;
use indicatif::HumanBytes;
use paperpick::progress::Silent;
use paperpick::store::Copied;
use paperpick::verbs::backup::{self, BackUp};

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
        let copied = backup::restore(&self.file, &session.library, &session.place)?;
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
