//! Finds ONNX Runtime's library and checks it before anything else touches it.
//!
//! fastembed and ort panic at first use if the library is missing or too old; loading it here
//! first turns that into an error with a command that mends it.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use ort::LoadDynamicError;

use crate::error::{Error, Result};

/// Where the library may be.
#[derive(Debug, Clone, Default)]
pub struct RuntimePlaces {
    /// A file or folder that the user named: if it is given, nothing else is looked at.
    pub named: Option<PathBuf>,
    /// Folders to look in, best first: beside the program, Python's environments (`/usr`,
    /// `~/.local`, a virtual environment), folders of libraries.
    pub folders: Vec<PathBuf>,
    /// The folder that `model install` and the command in the error install into; looked in first.
    pub install: PathBuf,
}

/// The library, loaded into this process and new enough.
#[derive(Debug, Clone)]
pub struct Runtime {
    path: PathBuf,
}

impl Runtime {
    /// Loads the first library that is new enough. A process holds one: later calls return it,
    /// whatever their places.
    ///
    /// # Errors
    /// [`Error::NoRuntime`] if there is none, with the reason for each that was refused.
    pub fn load(places: &RuntimePlaces) -> Result<Self> {
        static LOADED: Mutex<Option<Runtime>> = Mutex::new(None);
        let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(runtime) = &*loaded {
            return Ok(runtime.clone());
        }
        let mut refused = Vec::new();
        for path in places.candidates() {
            match ort::init_from(&path) {
                Ok(_) => return Ok(loaded.insert(Self { path }).clone()),
                Err(error) => refused.push(describe(&path, &error)),
            }
        }
        let reason = match (refused.is_empty(), &places.named) {
            (false, _) => refused.join("; "),
            (true, Some(path)) => format!("there is none at {}", path.display()),
            (true, None) => "none was found".into(),
        };
        let version = format!("1.{}", ort::MINOR_VERSION);
        let command = format!(
            "python3 -m pip install --no-deps --target '{}' 'onnxruntime>={version}'",
            places.install.display()
        );
        Err(Error::NoRuntime { version, reason, command })
    }

    /// The library's file.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl RuntimePlaces {
    /// Every file that may be the library, best first.
    fn candidates(&self) -> Vec<PathBuf> {
        match &self.named {
            Some(path) if path.is_dir() => libraries_under(path),
            Some(path) if path.is_file() => vec![path.clone()],
            Some(_) => Vec::new(),
            None => {
                let folders = [&self.install].into_iter().chain(&self.folders);
                folders.flat_map(|folder| libraries_under(folder)).collect()
            }
        }
        .into_iter()
        // A name alone would be looked for beside the program by ort.
        .filter_map(|path| std::path::absolute(path).ok())
        .collect()
    }
}

/// The libraries in a folder, in its `lib`, and in the `onnxruntime` packages below it.
fn libraries_under(folder: &Path) -> Vec<PathBuf> {
    let mut packages = vec![folder.to_path_buf()];
    // Linux and macOS: lib/python3.12/site-packages, Debian: dist-packages; Windows: Lib/site-packages.
    for lib in ["lib", "lib64", "Lib"].map(|lib| folder.join(lib)) {
        for inner in subfolders(&lib).into_iter().filter(|f| begins_with(f, "python")).chain([lib]) {
            packages.extend(["site-packages", "dist-packages"].map(|p| inner.join(p)));
        }
    }
    let direct = [folder.to_path_buf(), folder.join("lib")];
    let capi = packages.into_iter().map(|p| p.join("onnxruntime").join("capi"));
    direct.into_iter().chain(capi).flat_map(|f| libraries_in(&f)).collect()
}

/// `libonnxruntime.so.1.31.1`, `libonnxruntime.1.31.1.dylib`, `onnxruntime.dll`; the newest first
/// as far as names tell. The providers' libraries beside it have a longer stem.
fn libraries_in(folder: &Path) -> Vec<PathBuf> {
    let stem = format!("{}onnxruntime.", std::env::consts::DLL_PREFIX);
    let extension = std::env::consts::DLL_EXTENSION;
    let is_library = |path: &PathBuf| begins_with(path, &stem) && file_name(path).contains(extension);
    let mut found: Vec<_> = entries(folder).into_iter().filter(|p| is_library(p) && p.is_file()).collect();
    found.sort_by(|a, b| b.cmp(a));
    found
}

fn subfolders(folder: &Path) -> Vec<PathBuf> {
    let mut found: Vec<_> = entries(folder).into_iter().filter(|p| p.is_dir()).collect();
    found.sort_by(|a, b| b.cmp(a));
    found
}

/// What a folder holds; a folder that cannot be read holds nothing.
fn entries(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    entries.filter_map(|entry| Some(entry.ok()?.path())).collect()
}

fn begins_with(path: &Path, start: &str) -> bool {
    file_name(path).starts_with(start)
}

fn file_name(path: &Path) -> std::borrow::Cow<'_, str> {
    path.file_name().unwrap_or_default().to_string_lossy()
}

fn describe(path: &Path, error: &LoadDynamicError) -> String {
    let path = path.display();
    match error {
        LoadDynamicError::BadVersion { version_str, .. } => format!("{path} is version {version_str}"),
        LoadDynamicError::MissingApi { .. } => format!("{path} is another library"),
        LoadDynamicError::Dlopen { error, .. } => format!("{path} cannot be loaded: {error}"),
        LoadDynamicError::InvalidVersionString => format!("{path} does not tell its version"),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::process::Command;

    use super::*;

    fn refused(places: &RuntimePlaces) -> (String, String) {
        let error = Runtime::load(places).expect_err("no runtime");
        (error.to_string(), error.hint().unwrap_or_default())
    }

    #[test]
    fn without_a_library_the_error_holds_the_command_that_mends_it() {
        let folder = tempfile::tempdir().unwrap();
        let install = folder.path().join("runtime");
        let places = RuntimePlaces { install: install.clone(), ..RuntimePlaces::default() };
        let (error, hint) = refused(&places);
        assert!(error.contains("none was found"), "{error}");
        let command = format!("pip install --no-deps --target '{}' 'onnxruntime>=1.", install.display());
        assert!(hint.contains(&command), "{hint}");
    }

    #[test]
    fn a_file_that_is_no_library_is_named_and_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("libonnxruntime.so.1.30.0");
        fs::write(&file, "not a library").unwrap();
        let places = RuntimePlaces { named: Some(file.clone()), ..RuntimePlaces::default() };
        let (error, _) = refused(&places);
        assert!(error.contains(&*file.to_string_lossy()), "{error}");
    }

    #[test]
    fn an_old_library_is_refused_with_its_version() {
        let folder = tempfile::tempdir().unwrap();
        let source = folder.path().join("old.c");
        let library = folder
            .path()
            .join(std::env::consts::DLL_PREFIX.to_owned() + "onnxruntime." + std::env::consts::DLL_EXTENSION);
        let code = "static const void *api(unsigned v) { (void)v; return 0; }
            static const char *version(void) { return \"1.17.3\"; }
            static const struct { const void *(*api)(unsigned); const char *(*version)(void); } base = { api, version };
            const void *OrtGetApiBase(void) { return &base; }";
        fs::write(&source, code).unwrap();
        let built = Command::new("cc").args(["-shared", "-fPIC", "-o"]).args([&library, &source]).status();
        if !built.is_ok_and(|status| status.success()) {
            eprintln!("skipped: no C compiler");
            return;
        }
        let places = RuntimePlaces { folders: vec![folder.path().into()], ..RuntimePlaces::default() };
        let (error, _) = refused(&places);
        assert!(error.contains("is version 1.17.3"), "{error}");
    }

    #[test]
    fn the_library_is_found_where_pip_puts_it_and_its_helpers_are_not_taken_for_it() {
        let python = tempfile::tempdir().unwrap();
        let capi = python.path().join("lib/python3.12/site-packages/onnxruntime/capi");
        fs::create_dir_all(&capi).unwrap();
        let library = capi.join(format!(
            "{}onnxruntime.{}",
            std::env::consts::DLL_PREFIX,
            std::env::consts::DLL_EXTENSION
        ));
        fs::write(&library, "").unwrap();
        fs::write(capi.join("libonnxruntime_providers_shared.so"), "").unwrap();
        assert_eq!(libraries_under(python.path()), [library]);
    }
}
