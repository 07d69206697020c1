//! `doctor`: how everything is, and what can be saved.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use clap::Args;
use paperpick::progress::Silent;
use paperpick::store::{MendedTable, Place};
use paperpick::verbs::doctor::{self, Check, Examine, Mended, State};
use paperpick::verbs::report::MakeReport;

use super::Outcome;
use super::session::print::{Bar, TerminalPage, answer, counted, shaped};
use super::session::settings::Session;

/// `doctor`: how everything is.
#[derive(Debug, Args)]
pub struct Doctor {
    /// Print what to paste into a bug report; nothing in it is private
    #[arg(long)]
    report: bool,
    /// Compare everything with what it should be: every row, vectors with their texts, search with the papers, the
    /// index with the vectors
    #[arg(long, conflicts_with = "report")]
    deep: bool,
    /// Save what can be read of a damaged library in this folder, as a new library; the old one stays as it is
    #[arg(long, value_name = "NEWFOLDER", conflicts_with_all = ["report", "deep"])]
    mend: Option<PathBuf>,
}

impl Doctor {
    /// Does it.
    pub fn run(self, session: &Session) -> Result<Outcome> {
        if let Some(folder) = &self.mend {
            return mend(session, folder);
        }
        if !self.report {
            return examine(session, self.deep);
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
fn examine(session: &Session, deep: bool) -> Result<Outcome> {
    let bar = Bar::new(session, "examining", None);
    let doctor = session.ask_of(&mut session.open_to_examine()?, Examine { deep }, &bar)?;
    drop(bar);
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
    let broken: Vec<&Check> = doctor.checks.iter().filter(|check| check.state == State::Broken).collect();
    if size.papers == 0 && broken.is_empty() {
        page.line("the library is empty: `paperpick import FILE`, or `paperpick sync`");
    }
    // Nothing is good about an empty library.
    for check in doctor.checks.iter().filter(|_| size.papers > 0 || !broken.is_empty()) {
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
    match broken.first() {
        Some(check) => bail!("the {} is broken: {}", check.name, check.found),
        None => Ok(Outcome::Done),
    }
}

/// Saves what can be read in a new library.
fn mend(session: &Session, folder: &Path) -> Result<Outcome> {
    let bar = Bar::new(session, "saving", None);
    let new = Session { library: folder.to_path_buf(), place: Place::Folder, ..session.clone() };
    let mended = doctor::mend((&session.library, &session.place), folder, |_| new.open_library(), &bar)?;
    drop(bar);
    shaped(session, "mend/1", &mended, &mended_page(session, &mended))?;
    Ok(Outcome::Done)
}

fn mended_page(session: &Session, mended: &Mended) -> TerminalPage {
    let mut page = TerminalPage::new(session);
    let size = &mended.library.size;
    page.line(format!(
        "{}: {}, {}, {}",
        mended.library.file,
        counted(size.papers, "paper"),
        counted(size.likes, "like"),
        counted(size.dislikes, "dislike"),
    ));
    for table in &mended.tables {
        page.line(format!("  {}: {}", table.table, told(table)));
    }
    if mended.embedded > 0 {
        page.line(format!("{} made again", counted(mended.embedded, "vector")));
    }
    if mended.pending > 0 {
        page.line(format!(
            "{} to be read by the model: `paperpick import` goes on",
            counted(mended.pending, "paper")
        ));
    }
    page
}

/// `80 rows saved; 3 rows cannot be read`.
fn told(table: &MendedTable) -> String {
    let mut told = vec![format!("{} saved", counted(table.saved, "row"))];
    match table.unreadable {
        Some(0) => {}
        Some(n) => told.push(format!("{} cannot be read", counted(n, "row"))),
        None => told.push("an unknown number of rows cannot be read".to_owned()),
    }
    for (n, what) in [
        (table.unfit, "left out: it says nothing that can be used"),
        (table.orphaned, "left out: what it belongs to is lost"),
        (table.altered, "altered, and saved as it can be read"),
    ] {
        if n > 0 {
            told.push(format!("{} {what}", counted(n, "row")));
        }
    }
    told.join("; ")
}
