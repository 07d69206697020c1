//! `migrate`: the library in another place.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use paperpick::store::Place;
use paperpick::verbs::migrate;

use super::Outcome;
use super::session::print::{Bar, TerminalPage, counted, shaped};
use super::session::settings::Session;

/// Carry the whole library into a PostgreSQL database, or back into a folder.
///
/// Every table is copied and compared with what it is a copy of, by its rows and a checksum. The old library stays as it
/// is. Killed at any moment, the same command goes on: it writes only what differs.
#[derive(Debug, Args)]
pub struct Migrate {
    /// The new place: an address as `store` in the settings has it, or a folder
    #[arg(long, value_name = "ADDRESS")]
    to: String,
}

impl Migrate {
    /// Does it.
    pub fn run(self, session: &Session) -> Result<Outcome> {
        let new = match self.to.contains("://") {
            true => Session { place: session.place_at(&self.to)?, ..session.clone() },
            false => Session { library: PathBuf::from(&self.to), place: Place::Folder, ..session.clone() },
        };
        let bar = Bar::new(session, "copying rows", None);
        let (from, to) = ((&*session.library, &session.place), (&*new.library, &new.place));
        let migrated = migrate::migrate(from, to, || new.open_library(), &bar)?;
        drop(bar);
        let mut page = TerminalPage::new(session);
        page.line(format!(
            "{}: {}, {}, {}; compared, and the same",
            migrated.to,
            counted(migrated.size.papers as usize, "paper"),
            counted(migrated.size.likes as usize, "like"),
            counted(migrated.size.dislikes as usize, "dislike"),
        ));
        for table in migrated.tables.iter().filter(|table| table.rows > 0) {
            let there = table.rows - table.written;
            let there = if there == 0 { String::new() } else { format!(", {there} of them there before") };
            let rows = counted(table.rows as usize, "row");
            page.line(format!("  {}: {rows}{there}, checksum {}", table.table, table.checksum));
        }
        match new.place {
            Place::Folder => {
                page.line("without `store` in the settings, `--library` or `library` names it from now on")
            }
            Place::Server(_) => {
                page.line("with this address as `store` in the settings, it is used from now on")
            }
        }
        shaped(session, "migrate/1", &migrated, &page)?;
        Ok(Outcome::Done)
    }
}
