//! Files that are whole or not there: written aside, synced, renamed into place, and checked by CRC-32.
//!
//! For caches and models beside the database; the database itself is SQLite's business.

#[cfg(feature = "onnx")]
mod folder;

use std::fs::File;
use std::io::{Result as IoResult, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

#[cfg(feature = "onnx")]
pub use folder::{FolderAside, turn};
use tempfile::NamedTempFile;

use crate::error::{Error, Result};

/// How the names of files begin that are being written.
const PREFIX: &str = ".writing-";

/// Read and written by its owner, and nobody else.
#[cfg(unix)]
const PRIVATE: u32 = 0o600;

/// How many letters are drawn behind that.
const N_DRAWN: usize = 6;

/// The same, and how they began in earlier versions.
const PREFIXES: [&str; 3] = [PREFIX, ".index-", ".tmp"];

/// A file that is written aside and put in its place when it is complete; dropped before, it leaves
/// nothing.
pub struct Aside {
    path: PathBuf,
    file: NamedTempFile,
}

impl Aside {
    /// Begins a file that will be at `path`.
    ///
    /// # Errors
    /// [`Error::Io`] where the folder cannot be written.
    pub fn create(path: &Path) -> Result<Self> {
        // A link stays one: what it names is replaced.
        let path = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
        let folder = folder_of(&path);
        // Not only a library's folders: a backup may have been killed anywhere.
        remove(abandoned(folder).filter(|(path, _)| is_own(path)));
        let mut named = tempfile::Builder::new();
        named.prefix(PREFIX).rand_bytes(N_DRAWN);
        // For its owner alone, as what somebody likes is nobody else's business; a file that is replaced stays as open
        // as its owner made it.
        #[cfg(unix)]
        named.permissions(match path.metadata() {
            Ok(found) if found.is_file() => found.permissions(),
            _ => std::os::unix::fs::PermissionsExt::from_mode(PRIVATE),
        });
        loop {
            let file = named.tempfile_in(folder).map_err(Error::io(folder))?;
            // Whose lock is free was left by a killed run; who swept it before it was locked is made way for.
            #[cfg(unix)]
            file.as_file().lock().map_err(Error::io(folder))?;
            if file.path().exists() {
                return Ok(Self { path, file });
            }
        }
    }

    /// Where it is until then, for those who write by a name.
    pub fn path(&self) -> &Path {
        self.file.path()
    }

    /// Has the disk keep what was written, and puts it in its place.
    ///
    /// # Errors
    /// Whatever was at the path before is still there then.
    pub fn keep(self) -> IoResult<()> {
        self.file.as_file().sync_all()?;
        sync_folder(&self.put()?);
        Ok(())
    }

    /// The same, but refuses to replace anything.
    ///
    /// # Errors
    /// [`AlreadyExists`](std::io::ErrorKind::AlreadyExists).
    pub fn keep_new(self) -> IoResult<()> {
        self.file.as_file().sync_all()?;
        self.file.persist_noclobber(&self.path).map_err(|e| e.error)?;
        sync_folder(&self.path);
        Ok(())
    }

    /// Puts it in its place without waiting for the disk: it can be made again, should the power be cut.
    fn put(self) -> IoResult<PathBuf> {
        self.file.persist(&self.path).map_err(|e| e.error)?;
        Ok(self.path)
    }
}

/// Files in a folder that killed runs began to write.
pub fn left_over(folder: &Path) -> Vec<PathBuf> {
    abandoned(folder).map(|(path, _)| path).collect()
}

/// Removes the files in a folder that killed runs began to write.
pub fn sweep(folder: &Path) {
    remove(abandoned(folder));
}

fn remove(files: impl Iterator<Item = (PathBuf, File)>) {
    for (path, _lock) in files {
        // What cannot be removed stays, and does no harm.
        let _ = std::fs::remove_file(path);
    }
}

/// Whether a name is none that anybody else would give, in a folder that holds what others wrote.
fn is_own(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().as_encoded_bytes();
    let drawn = name.strip_prefix(PREFIX.as_bytes());
    drawn.is_some_and(|drawn| drawn.len() == N_DRAWN && drawn.iter().all(u8::is_ascii_alphanumeric))
}

/// Such files, each with its lock, which nobody holds who is alive.
fn abandoned(folder: &Path) -> impl Iterator<Item = (PathBuf, File)> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let is_aside = |path: &Path| {
        let name = path.file_name().unwrap_or_default().as_encoded_bytes();
        PREFIXES.iter().any(|prefix| name.starts_with(prefix.as_bytes())) && path.is_file()
    };
    let paths = entries.map(|entry| entry.path()).filter(move |path| cfg!(unix) && is_aside(path));
    paths.filter_map(|path| {
        let file = File::open(&path).ok()?;
        file.try_lock().ok()?;
        Some((path, file))
    })
}

/// Makes an empty file for its owner alone, which another program is to fill; one that is there stays as it is. What
/// keeps it from being made keeps that program from it, too, which says so.
pub fn claim(path: &Path) {
    let mut options = File::options();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, PRIVATE);
    let _ = options.write(true).create_new(true).open(path);
}

/// Makes a folder and those above it, and has the disk keep their names: whatever is synced in a folder goes with it.
///
/// # Errors
/// [`Error::Io`].
pub fn make_folder(path: &Path) -> Result<()> {
    let missing: Vec<&Path> =
        path.ancestors().take_while(|above| !above.as_os_str().is_empty() && !above.exists()).collect();
    std::fs::create_dir_all(path).map_err(Error::io(path))?;
    // Its own name also where it is there: who made it may have been killed before this.
    missing.iter().skip(1).chain(&[path]).for_each(|path| sync_folder(path));
    Ok(())
}

/// The new name of a file is on disk only when its folder is; not every system can sync one.
fn sync_folder(path: &Path) {
    if let Ok(folder) = File::open(folder_of(path)) {
        let _ = folder.sync_all();
    }
}

/// The folder that a path is in, also for a name alone.
fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

impl Write for Aside {
    fn write(&mut self, bytes: &[u8]) -> IoResult<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> IoResult<()> {
        self.file.flush()
    }
}

impl Seek for Aside {
    fn seek(&mut self, to: SeekFrom) -> IoResult<u64> {
        self.file.seek(to)
    }
}

/// Writes a whole file, of which the disk has all or nothing; what is no file, such as `/dev/stdout`, is written to.
///
/// # Errors
/// [`Error::Io`]; whatever was at the path before is still there then.
pub fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    if path.metadata().is_ok_and(|found| !found.is_file()) {
        return std::fs::write(path, bytes).map_err(Error::io(path));
    }
    let mut file = Aside::create(path)?;
    file.write_all(bytes).and_then(|()| file.keep()).map_err(Error::io(path))
}

/// Writes `body` behind its checksum; what is made again where the checksum is wrong.
///
/// # Errors
/// [`Error::Io`]; whatever was at the path before is still there then.
pub fn write_checked(path: &Path, body: &[u8]) -> Result<()> {
    let mut file = Aside::create(path)?;
    let write = || {
        file.write_all(&checksum(body).to_le_bytes())?;
        file.write_all(body)?;
        file.put()?;
        Ok(())
    };
    write().map_err(Error::io(path))
}

/// Reads what [`write_checked`] wrote; `None` where the file is missing or damaged, which for a cache is
/// the same.
pub fn read_checked(path: &Path) -> Option<Vec<u8>> {
    let mut bytes = std::fs::read(path).ok()?;
    let (check, body) = bytes.split_first_chunk::<4>()?;
    let is_whole = u32::from_le_bytes(*check) == checksum(body);
    bytes.drain(..4);
    is_whole.then_some(bytes)
}

/// CRC-32 (IEEE 802.3): finds damage, and is no defence against anyone.
pub fn checksum(bytes: &[u8]) -> u32 {
    crc32fast::hash(bytes)
}

/// A [`checksum`] of bytes that come piece by piece.
#[derive(Debug, Clone, Default)]
pub struct Checksum(crc32fast::Hasher);

impl Checksum {
    /// Takes the next bytes in.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The checksum of all of them.
    pub fn finish(self) -> u32 {
        self.0.finalize()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_damaged_or_missing_file_reads_as_none() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cache.bin");
        assert_eq!(read_checked(&path), None);
        write_checked(&path, b"learned").unwrap();
        assert_eq!(read_checked(&path).as_deref(), Some(&b"learned"[..]));
        let mut bytes = std::fs::read(&path).unwrap();
        for at in 0..bytes.len() {
            bytes[at] ^= 1;
            std::fs::write(&path, &bytes).unwrap();
            assert_eq!(read_checked(&path), None, "byte {at}");
            bytes[at] ^= 1;
        }
        std::fs::write(&path, &bytes[..3]).unwrap();
        assert_eq!(read_checked(&path), None);
    }

    /// A table that was tuned anew on a full disk was empty afterwards.
    #[cfg(unix)]
    #[test]
    fn what_cannot_be_written_whole_leaves_what_was_there() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let folder = tempfile::tempdir().unwrap();
        let (path, link) = (folder.path().join("table"), folder.path().join("link"));
        write(&path, b"before").unwrap();
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600, "nobody else may read it");
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o640)).unwrap();
        symlink(&path, &link).unwrap();
        write(&link, b"after").unwrap();
        assert!(link.symlink_metadata().unwrap().is_symlink());
        assert_eq!(std::fs::read(&path).unwrap(), b"after");
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o640, "as its owner made it");
        assert!(write(Path::new("/dev/full"), b"device").is_err());
        write(Path::new("/dev/null"), b"device").unwrap();
        assert!(!Path::new("/dev/null").is_file());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
    }

    #[cfg(unix)]
    #[test]
    fn only_what_nobody_writes_any_more_is_swept() {
        let folder = tempfile::tempdir().unwrap();
        let mut written = Aside::create(&folder.path().join("table")).unwrap();
        written.write_all(b"whole").unwrap();
        for name in [".writing-x", ".index-x", ".tmpx", ".other", "index-x"] {
            std::fs::write(folder.path().join(name), "half").unwrap();
        }
        let mut found = left_over(folder.path());
        found.sort();
        assert_eq!(found, [".index-x", ".tmpx", ".writing-x"].map(|name| folder.path().join(name)));
        sweep(folder.path());
        assert_eq!(left_over(folder.path()), Vec::<PathBuf>::new());
        written.keep().unwrap();
        let mut names: Vec<_> =
            std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, [".other", "index-x", "table"]);
    }

    /// A backup that was killed left its half in a folder where nobody looked.
    #[cfg(unix)]
    #[test]
    fn the_next_file_of_a_folder_sweeps_what_killed_runs_left_and_nothing_of_others() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let written = Aside::create(&path("first")).unwrap();
        let others = [".tmpabcdef", ".writing-notes1.txt", ".writing-on"];
        for name in others.iter().chain(&[".writing-abCD12"]) {
            std::fs::write(path(name), "half").unwrap();
        }
        write(&path("second"), b"whole").unwrap();
        assert!(!path(".writing-abCD12").exists());
        assert!(others.iter().all(|name| path(name).exists()));
        written.keep().unwrap();
    }

    #[test]
    fn a_file_that_is_not_kept_leaves_what_was_there_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cache.bin");
        write_checked(&path, b"before").unwrap();
        let mut aside = Aside::create(&path).unwrap();
        aside.write_all(b"half of").unwrap();
        drop(aside);
        assert_eq!(read_checked(&path).as_deref(), Some(&b"before"[..]));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
