//! Folders that are whole or not there.

use std::fs::File;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::error::{Error, Result};

/// A folder that is written aside and put in its place when it is complete; dropped before, it leaves
/// nothing.
pub struct FolderAside {
    path: PathBuf,
    aside: TempDir,
}

/// How the folders begin that are written aside.
const ASIDE: &str = ".installing-";

impl FolderAside {
    /// Begins a folder that will be at `path`. Whoever calls this has [`turn`] in the folder above:
    /// what a killed process has left there goes.
    ///
    /// # Errors
    /// [`Error::Io`] where the folder above cannot be written.
    pub fn create(path: &Path) -> Result<Self> {
        let above = path.parent().unwrap_or(Path::new("."));
        for entry in std::fs::read_dir(above).map_err(Error::io(above))?.flatten() {
            if entry.file_name().to_string_lossy().starts_with(ASIDE) {
                std::fs::remove_dir_all(entry.path()).map_err(Error::io(entry.path()))?;
            }
        }
        let aside = TempDir::with_prefix_in(ASIDE, above).map_err(Error::io(above))?;
        let folder = Self { path: path.to_path_buf(), aside };
        std::fs::create_dir(folder.path()).map_err(Error::io(path))?;
        Ok(folder)
    }

    /// Where to write.
    pub fn path(&self) -> PathBuf {
        self.aside.path().join("new")
    }

    /// Puts the folder in its place; what was there before goes.
    ///
    /// # Errors
    /// Whatever was at the path before is still there then.
    pub fn keep(self) -> Result<()> {
        let before = self.aside.path().join("before");
        let had = self.path.exists();
        if had {
            std::fs::rename(&self.path, &before).map_err(Error::io(&self.path))?;
        }
        std::fs::rename(self.path(), &self.path).map_err(|error| {
            if had {
                // The first error is the one to tell.
                let _ = std::fs::rename(&before, &self.path);
            }
            Error::io(&self.path)(error)
        })
    }
}

/// Waits until no other process writes into a folder, which is made where it is missing; until the file
/// is dropped, none will.
///
/// # Errors
/// [`Error::Io`] where the folder cannot be written.
pub fn turn(folder: &Path) -> Result<File> {
    std::fs::create_dir_all(folder).map_err(Error::io(folder))?;
    let path = folder.join(".installing.lock");
    let file = File::options().create(true).append(true).open(&path).map_err(Error::io(&path))?;
    file.lock().map_err(Error::io(&path))?;
    Ok(file)
}
