//! `export`, `doctor`, `completions`.

use std::io::Write;

use anyhow::{Result, bail};
use clap::{Args, CommandFactory};
use clap_complete::Shell;
use paperpick::Error;
use paperpick::app::State;

use super::Outcome;
use super::print::{Page, answer, counted};
use super::settings::Session;

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

/// Writes everything but vectors, as lines of JSON: papers, and then what is known besides.
pub fn export(session: &Session) -> Result<Outcome> {
    let app = session.open()?;
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let mut n = 0;
    app.export(|paper| {
        n += 1;
        write_line(&mut out, paper)
    })?;
    app.export_beside(|line| {
        n += 1;
        write_line(&mut out, line)
    })?;
    out.flush()?;
    Ok(Outcome::of(n > 0))
}

fn write_line(out: &mut impl Write, value: &impl serde::Serialize) -> Result<(), Error> {
    let written = serde_json::to_writer(&mut *out, value).map_err(std::io::Error::from);
    written.and_then(|()| out.write_all(b"\n")).map_err(Error::io("stdout"))
}

/// Says how everything is.
pub fn doctor(session: &Session) -> Result<Outcome> {
    let doctor = session.open()?.doctor()?;
    let mut page = Page::new(session);
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
    answer(session, "doctor/1", &doctor, &page)?;
    match doctor.checks.iter().find(|check| check.state == State::Broken) {
        Some(check) => bail!("the {} is broken: {}", check.name, check.found),
        None => Ok(Outcome::Done),
    }
}
