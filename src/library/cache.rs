//! Files that only save time: what was learned, in the folder `cache/` of a library. A file that is
//! missing, old or damaged is made again, and the folder may be removed at any time.

use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{Error, Result};
use crate::files::{self, read_checked, write_checked};

/// The terms by which papers are told apart, the same for every reader and model.
pub(crate) const LEXICON: &str = "lexicon.bin";

/// At most so many profiles are kept, one for each reader and model. A profile takes 3 to 5 MB where
/// 20,000 papers gave the terms, of which its weights are most.
const MOST_FILES: usize = 32;

/// What earlier versions kept beside the database.
const FORMER_FILES: [&str; 2] = ["profile.bin", "background.bin"];

/// The files of one library.
pub(crate) struct Cache {
    library: PathBuf,
    folder: PathBuf,
}

impl Cache {
    /// The cache of the library in a folder.
    pub fn of(library: &Path) -> Self {
        Self { library: library.to_path_buf(), folder: library.join("cache") }
    }

    /// The value of a file, if there is one that is whole.
    pub fn read<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        postcard::from_bytes(&read_checked(&self.folder.join(name))?).ok()
    }

    /// Writes a file, and removes what is too much. These files only save time: where they cannot be written
    /// (a full disk, a folder that may only be read), that is logged, and the answer is as good.
    pub fn write<T: Serialize>(&self, name: &str, value: &T) {
        if let Err(error) = self.try_write(name, value) {
            tracing::warn!("what was learned could not be kept: {error}");
        }
    }

    fn try_write<T: Serialize>(&self, name: &str, value: &T) -> Result<()> {
        let path = self.folder.join(name);
        let body =
            postcard::to_stdvec(value).map_err(|e| Error::Invalid(format!("{}: {e}", path.display())))?;
        std::fs::create_dir_all(&self.folder).map_err(Error::io(&self.folder))?;
        write_checked(&path, &body)?;
        for former in FORMER_FILES {
            // Most libraries never had one.
            let _ = std::fs::remove_file(self.library.join(former));
        }
        self.sweep(MOST_FILES);
        [&self.library, &self.folder].into_iter().for_each(|folder| files::sweep(folder));
        Ok(())
    }

    /// Removes the profiles that were written longest ago until `most` are left. Terms and backgrounds stay: all
    /// readers use them, and there is one for each model.
    /// Whatever is used is written anew as the library changes, and what is removed is made again.
    fn sweep(&self, most: usize) {
        let Ok(entries) = std::fs::read_dir(&self.folder) else { return };
        let is_swept = |path: &Path| {
            path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"profile-"))
        };
        let mut files: Vec<_> = entries
            .flatten()
            .filter(|entry| is_swept(&entry.path()))
            .filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path())))
            .collect();
        files.sort_unstable();
        let excess = files.len().saturating_sub(most);
        for (_, path) in files.drain(..excess) {
            let _ = std::fs::remove_file(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::*;

    #[test]
    fn a_bounded_number_of_profiles_is_kept_and_always_what_all_readers_use() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::of(folder.path());
        std::fs::write(folder.path().join("profile.bin"), "of an earlier version").unwrap();
        for (i, name) in
            [LEXICON, "background-a.bin", "profile-1-a.bin", "profile-2-a.bin"].iter().enumerate()
        {
            cache.try_write(name, &i).unwrap();
            let file = std::fs::File::options().write(true).open(cache.folder.join(name)).unwrap();
            file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(i as u64)).unwrap();
        }
        cache.sweep(1);
        let kept = |name: &str| cache.read::<usize>(name);
        assert_eq!([LEXICON, "background-a.bin", "profile-2-a.bin"].map(kept), [Some(0), Some(1), Some(3)]);
        assert_eq!(kept("profile-1-a.bin"), None);
        assert!(!folder.path().join("profile.bin").exists());
    }

    #[test]
    fn a_damaged_file_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::of(folder.path());
        cache.try_write("some.bin", &"what was learned").unwrap();
        let path = cache.folder.join("some.bin");
        let bytes = std::fs::read(&path).unwrap();
        for i in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[i] ^= 1;
            std::fs::write(&path, damaged).unwrap();
            assert_eq!(cache.read::<String>("some.bin"), None, "byte {i}");
            std::fs::write(&path, &bytes[..i]).unwrap();
            assert_eq!(cache.read::<String>("some.bin"), None, "the first {i} bytes");
        }
    }
}
