//! `import`: papers from files.

use std::collections::HashSet;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::Args;
use jiff::civil::Date;
use paperpick::library::Library;
use paperpick::paper::Paper;
use paperpick::progress::Progress;
use paperpick::source::{self, Hints, Place, Problem, Reader};
use paperpick::store::Whose;
use paperpick::verbs::import::{self, Imported};
use walkdir::{DirEntry, WalkDir};

use super::Outcome;
use super::session::print::{Bar, TerminalPage, counted, grouped, report, said, talk, told};
use super::session::settings::{self, Session};

/// Read papers from files.
///
/// What a file is, is seen from its content: a digest in Markdown, Hugging Face's daily papers,
/// arXiv's Atom, RSS and OAI-PMH, JSON lines (listings, Kaggle's arXiv metadata, paperpick's own
/// export), BibTeX, RIS, Zotero and Semantic Scholar, each also compressed with gzip. A paper that is there already is merged. Broken entries are reported, and
/// the others are kept.
#[derive(Debug, Args)]
pub struct Import {
    /// Files or folders, or - for stdin
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The day on which papers were listed that do not name one [default: a day in the file's name]
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = settings::day, allow_negative_numbers = true)]
    day: Option<Date>,
}

impl Import {
    /// Imports every file, then makes the vectors.
    pub fn run(self, session: &Session) -> Result<Outcome> {
        let mut library = session.open_or_make()?;
        let mut total = Imported::default();
        let (mut n_unreadable, mut n_cut) = (0, 0);
        let files = expand(self.files)?;
        if files.is_empty() {
            bail!("there is no file to read: the folder is empty");
        }
        for (file, is_named) in files {
            match read_into(&mut library, session, &file, self.day) {
                Ok(imported) => {
                    imported.problems.iter().for_each(|problem| talk(session, problem.to_string()));
                    let silent = imported.broken - imported.problems.len();
                    if silent > 0 {
                        talk(session, format!("{}: {silent} more broken entries", file.display()));
                    }
                    n_cut += usize::from(imported.problems.iter().any(Problem::ended_the_reading));
                    total.add(imported);
                }
                // What stands beside the papers in a folder was not asked for by name.
                Err(error) if !is_named && is_unrecognised(&error) => {
                    talk(session, format!("skipped: {}", file.display()));
                }
                // One file that cannot be read does not hide the others.
                Err(error) => {
                    report(&error, session.language);
                    n_unreadable += 1;
                    total.problems.push(Problem {
                        file: file.display().to_string(),
                        place: Place::Line(1),
                        message: told(&error),
                    });
                }
            }
        }
        total.embedded = embed(&mut library, session)?;
        let mut page = TerminalPage::new(session);
        page.line(summary(&total));
        said::<import::Import>(session, &total, &page)?;
        read_more(&mut library, session)?;
        if n_unreadable > 0 {
            let files = counted(n_unreadable, "file");
            return Ok(Outcome::partly(
                session,
                format!("{files} could not be read; everything else was imported"),
            ));
        }
        if n_cut > 0 {
            let files = counted(n_cut, "file");
            return Ok(Outcome::partly(
                session,
                format!("{files} ended too early; what was read before that was imported"),
            ));
        }
        let any = total.entries > total.broken || total.statements > 0;
        match total.broken {
            n if n > 0 && any => Ok(Outcome::unread(session, n, "entry")),
            _ => Ok(Outcome::of(any)),
        }
    }
}

/// Makes the missing vectors under a progress bar.
pub fn embed(library: &mut Library, session: &Session) -> Result<usize> {
    let n_pending = library.n_pending()?;
    Ok(library.embed_pending(&Bar::new(session, "embedding", Some(n_pending)))?)
}

fn read_into(library: &mut Library, session: &Session, file: &Path, day: Option<Date>) -> Result<Imported> {
    let (name, input) = input(file)?;
    Ok(import::file(library, Whose::Everybodys, &name, input, day, &Bar::new(session, "reading", None))?)
}

/// Goes on with a model that has not read everything yet; it may take long and be cut off.
pub fn read_more(library: &mut Library, session: &Session) -> Result<()> {
    let n = library.n_more()?;
    if n > 0 {
        let papers = counted(n, "paper");
        talk(
            session,
            format!("reading {papers} with the model that was chosen last; stop it at will, it goes on"),
        );
    }
    library.read_more(&Bar::new(session, "reading", Some(n)))?;
    Ok(())
}

/// A file, or stdin, and what it is called.
pub fn input(file: &Path) -> Result<(String, Box<dyn BufRead + Send>)> {
    if file == Path::new("-") {
        return Ok(("stdin".into(), Box::new(BufReader::new(std::io::stdin()))));
    }
    let name = file.display().to_string();
    let opened = File::open(file).with_context(|| name.clone())?;
    Ok((name, Box::new(BufReader::with_capacity(1 << 16, opened))))
}

/// The entries of a file, or of stdin.
fn reader(file: &Path) -> Result<Reader> {
    let (name, input) = input(file)?;
    let hints = Hints { day: source::day_in_name(&name), ..Hints::default() };
    Ok(source::read(&name, input, &hints)?)
}

/// The good entries of a file, or of the files in a folder, each paper once.
pub fn papers_in(session: &Session, path: &Path) -> Result<Vec<Paper>> {
    let bar = Bar::new(session, "reading", None);
    let mut papers = Vec::new();
    let mut seen = HashSet::new();
    for (file, is_named) in expand(vec![path.to_path_buf()])? {
        let entries = match reader(&file) {
            Err(error) if !is_named && is_unrecognised(&error) => continue,
            entries => entries?,
        };
        for paper in entries.flatten() {
            bar.advance(1);
            if seen.insert(paper.id.clone()) {
                papers.push(paper);
            }
        }
    }
    Ok(papers)
}

/// A file of lines, unpacked where it is compressed.
pub fn opened(file: &Path) -> Result<Box<dyn BufRead + Send>> {
    let name = file.display().to_string();
    let input = BufReader::with_capacity(1 << 16, File::open(file).with_context(|| name.clone())?);
    Ok(source::unpacked(&name, Box::new(input))?)
}

fn is_unrecognised(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(paperpick::Error::UnknownFormat { .. }))
}

/// The files as they were named, and folders as the files in them, however deep, in the order of
/// names; true for a file that was named itself. Hidden files are not looked at.
fn expand(files: Vec<PathBuf>) -> Result<Vec<(PathBuf, bool)>> {
    let hidden = |entry: &DirEntry| entry.file_name().as_encoded_bytes().starts_with(b".");
    let mut all = Vec::new();
    for file in files {
        if file.is_dir() {
            let walk = WalkDir::new(&file).min_depth(1).sort_by_file_name();
            for entry in walk.into_iter().filter_entry(|entry| !hidden(entry)) {
                let entry = entry.with_context(|| format!("looking for files in {}", file.display()))?;
                if entry.path().is_file() {
                    all.push((entry.into_path(), false));
                }
            }
        } else {
            all.push((file, true));
        }
    }
    Ok(all)
}

/// What came in, on one line.
pub fn summary(imported: &Imported) -> String {
    let mut line = counted(imported.entries - imported.broken, "entry");
    if imported.broken > 0 {
        line.push_str(&format!(" and {} broken", grouped(imported.broken)));
    }
    if imported.added + imported.updated + imported.statements == 0 {
        return line + ": nothing new";
    }
    let said = if imported.statements == 1 { "statement" } else { "statements" };
    let parts = [
        (imported.added, "added"),
        (imported.updated, "updated"),
        (imported.unchanged, "unchanged"),
        (imported.statements, said),
    ];
    let said = parts.iter().filter(|part| part.0 > 0);
    let said: Vec<String> = said.map(|(n, what)| format!("{} {what}", grouped(n))).collect();
    format!("{line}: {}", said.join(", "))
}
