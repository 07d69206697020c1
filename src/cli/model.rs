//! `model`: which model reads the papers, and how to make one.

mod bench;
mod install;
mod list;
mod room;
mod train;
mod tune;

use anyhow::{Result, bail};
use clap::{Args, Subcommand};
use paperpick::verbs::model::{ModelRoom, UseModel};

use super::Outcome;
use super::import::read_more;
use super::session::print::{TerminalPage, answer, counted};
use super::session::settings::Session;

/// Choose, compare and make models that read papers.
#[derive(Debug, Args)]
pub struct Model {
    #[command(subcommand)]
    what: ModelVerb,
}

#[derive(Debug, Subcommand)]
enum ModelVerb {
    /// List every model that can be used
    List,
    Info(list::Info),
    Install(install::Install),
    Use(Use),
    Bench(bench::Bench),
    Tune(tune::Tune),
    Train(Box<train::Train>),
}

/// Let a model read the library's papers.
///
/// The vectors that are there serve until the new ones are complete. The work can be cut off at any
/// moment; the next `import` goes on with it. `paperpick model use builtin` is the way back.
#[derive(Debug, Args)]
pub struct Use {
    /// builtin, a table's file or name, a folder with an ONNX model, or a name that `model list` shows
    #[arg(value_name = "MODEL", required_unless_present = "newest")]
    model: Option<String>,
    /// Use it beside the other one, for the papers of the newest N days and those that are rated; 0
    /// ends that
    #[arg(long, value_name = "N")]
    newest: Option<u32>,
    /// Only choose it; the next `import` begins with the work
    #[arg(long)]
    later: bool,
}

impl Model {
    /// Does it.
    pub fn run(self, session: &Session) -> Result<Outcome> {
        match self.what {
            ModelVerb::List => list::list(session),
            ModelVerb::Info(info) => info.run(session),
            ModelVerb::Install(install) => install.run(session),
            ModelVerb::Use(chosen) => chosen.run(session),
            ModelVerb::Bench(bench) => bench.run(session),
            ModelVerb::Tune(tune) => tune.run(session),
            ModelVerb::Train(train) => train.run(session),
        }
    }
}

impl Use {
    /// Chooses it, and begins.
    fn run(self, session: &Session) -> Result<Outcome> {
        let mut library = session.open_or_make()?;
        match (self.newest, &self.model) {
            (Some(0), None) => library.use_for_newest(None)?,
            (Some(0), Some(_)) => bail!("--newest 0 ends the second model: give no name with it"),
            (Some(_), None) => bail!("--newest wants a model that is to read those papers"),
            (days, Some(name)) => {
                let (chosen, embedder) = session.load(name)?;
                match days {
                    Some(days) => library.use_for_newest(Some((chosen, embedder, days)))?,
                    None => library.use_model(chosen, embedder)?,
                }
            }
            (None, None) => bail!("a model is wanted: `paperpick model list` names them"),
        }
        if !self.later {
            read_more(&mut library, session)?;
        }
        let used = library.model_use()?;
        let mut page = TerminalPage::new(session);
        page.line(format!("{} serves", page.bold(&used.serving)));
        if let Some(next) = &used.next {
            let left = counted(used.pending, "paper");
            page.line(format!(
                "{next} takes over when it has read {left} more: the next `paperpick import` begins"
            ));
        }
        if let (Some(newest), Some(days)) = (&used.newest, used.newest_days) {
            page.line(format!(
                "{newest} reads the newest {} beside it, and what is rated",
                counted(days as usize, "day")
            ));
        }
        answer::<UseModel>(session, &used, &page)?;
        Ok(Outcome::Done)
    }
}
