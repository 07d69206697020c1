//! `export`: everything as lines of JSON, or papers as reference managers read them.

use std::io::Write;

use anyhow::Result;
use clap::{Args, ValueEnum};
use paperpick::Error;
use paperpick::present::references;
use paperpick::store::Whose;
use paperpick::verbs::export;

use super::Outcome;
use super::session::print::{escaped, harmless};
use super::session::settings::Session;

/// Write everything but vectors as lines of JSON, which `import` reads back.
#[derive(Debug, Args)]
pub struct Export {
    /// Write the papers alone, for a reference manager
    #[arg(long = "as", value_name = "FORMAT")]
    form: Option<Form>,
    /// Only papers that you like
    #[arg(long, requires = "form")]
    likes: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Form {
    Bibtex,
    Ris,
}

impl Export {
    /// Writes them.
    pub fn run(self, session: &Session) -> Result<Outcome> {
        let library = session.open()?;
        let mut out = std::io::BufWriter::new(std::io::stdout().lock());
        let mut n = 0;
        let mut write = |text: String| {
            n += 1;
            out.write_all(text.as_bytes()).map_err(Error::io("stdout"))
        };
        match self.form {
            None => export::lines(&library, Whose::Everybodys, |line| {
                write(escaped(&String::from_utf8_lossy(line)))
            })?,
            Some(form) => {
                let form = match form {
                    Form::Bibtex => references::Form::Bibtex,
                    Form::Ris => references::Form::Ris,
                };
                export::papers(&library, self.likes, |paper| write(harmless(&form.entry(paper))))?;
            }
        }
        out.flush()?;
        Ok(Outcome::of(n > 0))
    }
}
