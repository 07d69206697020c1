//! Folders that are whole or not there.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::error::{Error, Result};

/// A folder that is written aside and put in its place when it is complete; dropped before, it leaves
/// nothing.
pub struct FolderAside {
    path: PathBuf,
    aside: TempDir,
}

/// The prefix of the temporary folders; each holds `new`, and for a moment `before/NAME`: what was there.
const ASIDE: &str = ".installing-";

impl FolderAside {
    /// Begins a folder that will be at `path`. The caller holds the lock of [`turn`]: what a killed process
    /// has left in the folder above is removed, and a folder that it had moved away is put back.
    ///
    /// # Errors
    /// [`Error::Io`] where the folder above cannot be written.
    pub fn create(path: &Path) -> Result<Self> {
        let above = above(path);
        for entry in std::fs::read_dir(above).map_err(Error::io(above))?.flatten() {
            if entry.file_name().to_string_lossy().starts_with(ASIDE) {
                clear(&entry.path(), above).map_err(Error::io(entry.path()))?;
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
    /// Whatever was at the path before is put back then; where that fails too, or the process is killed
    /// between the two renames, the next [`create`](Self::create) puts it back.
    pub fn keep(self) -> Result<()> {
        let before = self.aside.path().join("before").join(self.path.file_name().unwrap_or_default());
        let had = self.path.exists();
        if had {
            std::fs::create_dir(above(&before)).map_err(Error::io(&before))?;
            std::fs::rename(&self.path, &before).map_err(Error::io(&self.path))?;
        }
        std::fs::rename(self.path(), &self.path).map_err(|error| {
            if had && std::fs::rename(&before, &self.path).is_err() {
                // Dropped, it would take along the only copy of what was there.
                let _ = self.aside.keep();
            }
            // The first error is the one to tell.
            Error::io(&self.path)(error)
        })
    }
}

/// Removes what another process has left aside, after what it had moved away is back in its place.
fn clear(left: &Path, above: &Path) -> std::io::Result<()> {
    if !left.symlink_metadata()?.is_dir() {
        return std::fs::remove_file(left);
    }
    for entry in std::fs::read_dir(left.join("before")).into_iter().flatten().flatten() {
        let place = above.join(entry.file_name());
        if !place.exists() {
            std::fs::rename(entry.path(), place)?;
        }
    }
    std::fs::remove_dir_all(left)
}

/// The folder that holds a path.
fn above(path: &Path) -> &Path {
    path.parent().filter(|above| !above.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Takes the lock for installing a folder at `path`, held until the file is dropped: one for all folders
/// beside it, over all processes. The folder above is made where it is missing; `waits` is called before
/// this blocks because another process holds the lock.
///
/// # Errors
/// [`Error::Io`] where the folder above cannot be written.
pub fn turn(path: &Path, waits: &dyn Fn()) -> Result<File> {
    let above = above(path);
    std::fs::create_dir_all(above).map_err(Error::io(above))?;
    let path = above.join(".installing.lock");
    let file = File::options().create(true).append(true).open(&path).map_err(Error::io(&path))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            waits();
            file.lock().map_err(Error::io(&path))?;
        }
        Err(TryLockError::Error(error)) => return Err(Error::io(&path)(error)),
    }
    Ok(file)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn what_a_killed_process_had_moved_away_comes_back_and_its_leavings_go() {
        let root = tempfile::tempdir().unwrap();
        let at = |name: &str| root.path().join(name);
        fs::create_dir_all(at(".installing-killed/before/model")).unwrap();
        fs::write(at(".installing-killed/before/model/old"), "").unwrap();
        fs::create_dir_all(at(".installing-killed/before/there")).unwrap();
        fs::create_dir(at("there")).unwrap();
        fs::write(at(".installing-file"), "").unwrap();
        drop(FolderAside::create(&at("other")).unwrap());
        assert!(at("model/old").is_file(), "it is the only copy");
        let mut names: Vec<_> =
            fs::read_dir(root.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, ["model", "there"]);
    }

    #[test]
    fn whoever_waits_for_another_is_told() {
        let root = tempfile::tempdir().unwrap();
        let path = &root.path().join("model");
        let first = turn(path, &|| panic!("nobody is there")).unwrap();
        std::thread::scope(|scope| {
            let (told, hears) = std::sync::mpsc::channel();
            scope.spawn(move || turn(path, &|| told.send(()).unwrap()).unwrap());
            hears.recv().expect("it is told before it blocks");
            drop(first);
        });
    }
}
