//! Models by the names that users give them.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use paperpick::embed::Embedder;
use paperpick::embed::builtin::Builtin;

use super::settings::Session;

/// The name of the model in the binary.
pub const BUILTIN: &str = "builtin";

/// How the file name of a table ends.
pub const TABLE: &str = "pptable";

impl Session {
    /// Loads a model: `builtin`; a table's file, or the name of one in the library's folder; a
    /// folder with an ONNX model, or its ONNX file; a name that fastembed knows.
    pub fn embedder(&self, name: &str) -> Result<Box<dyn Embedder>> {
        if name == BUILTIN {
            return Ok(Box::new(Builtin::new()));
        }
        match self.table(name) {
            Some(file) => {
                let bytes = std::fs::read(&file).with_context(|| file.display().to_string())?;
                Ok(Box::new(Builtin::from_bytes(bytes).with_context(|| file.display().to_string())?))
            }
            None => self.transformer(name),
        }
    }

    /// The file of a table, by path or by its name in the library's folder.
    pub fn table(&self, name: &str) -> Option<PathBuf> {
        let path = Path::new(name);
        let own = self.library.join(format!("{name}.{TABLE}"));
        if path.extension().is_some_and(|e| e == TABLE) {
            Some(path.to_path_buf())
        } else {
            own.is_file().then_some(own)
        }
    }

    #[cfg(not(feature = "onnx"))]
    fn transformer(&self, name: &str) -> Result<Box<dyn Embedder>> {
        anyhow::bail!("model `{name}`: this paperpick was built without transformers (feature `onnx`)")
    }

    #[cfg(feature = "onnx")]
    fn transformer(&self, name: &str) -> Result<Box<dyn Embedder>> {
        use paperpick::embed::onnx::{Onnx, Runtime};

        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let runtime = Runtime::load(&self.runtime)?;
        if Path::new(name).exists() {
            return Ok(Box::new(Onnx::open(&runtime, Path::new(name), threads)?));
        }
        let progress = super::print::Downloads::new(self);
        Ok(Box::new(Onnx::named(&runtime, name, &self.hub, threads, &|d| progress.tell(d))?))
    }
}
