//! What a teacher has said of texts, kept in a file: a teacher is slow, and a run that is cut off
//! goes on where it was.
//!
//! The file is a line with the teacher's name and the length of its vectors, then for each text
//! 8 bytes of its hash and the vector in `f32`, little-endian.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;

use super::Taught;
use crate::embed::{Embedder, Role};
use crate::error::{Error, Result};
use crate::hash::fnv1a;
use crate::progress::Progress;

/// Texts between two writes.
const BLOCK: usize = 64;

/// The texts with the teacher's vectors; those that `file` does not hold yet are read by the teacher
/// and added to it.
///
/// # Errors
/// [`Error::Invalid`] if the file holds another teacher's words, [`Error::Io`], or the teacher's own.
pub fn lessons(
    teacher: &dyn Embedder,
    texts: Vec<String>,
    file: &Path,
    progress: &dyn Progress,
) -> Result<Vec<Taught>> {
    let dimensions = teacher.dimensions();
    let record = 8 + 4 * dimensions;
    let header = format!("{} {dimensions}\n", teacher.model());
    let mut open =
        OpenOptions::new().read(true).append(true).create(true).open(file).map_err(Error::io(file))?;
    let mut bytes = Vec::new();
    open.read_to_end(&mut bytes).map_err(Error::io(file))?;
    if bytes.is_empty() {
        open.write_all(header.as_bytes()).map_err(Error::io(file))?;
    } else if !bytes.starts_with(header.as_bytes()) {
        let reason =
            format!("{} holds the vectors of another model than {}", file.display(), teacher.model());
        return Err(Error::Invalid(reason));
    }
    let held = bytes.get(header.len()..).unwrap_or_default();
    let mut known: HashMap<u64, Vec<f32>> = HashMap::new();
    for record in held.chunks_exact(record) {
        let (hash, vector) = record.split_at(8);
        let hash = hash.iter().rev().fold(0, |all, &b| all << 8 | u64::from(b));
        known.insert(hash, vector.as_chunks::<4>().0.iter().map(|b| f32::from_le_bytes(*b)).collect());
    }
    cut(&mut open, (header.len() + held.len() / record * record) as u64).map_err(Error::io(file))?;
    let missing: Vec<&str> =
        texts.iter().map(String::as_str).filter(|t| !known.contains_key(&fnv1a(t.bytes()))).collect();
    progress.advance(texts.len() - missing.len());
    for block in missing.chunks(BLOCK) {
        let mut written = Vec::with_capacity(block.len() * record);
        for (text, vector) in block.iter().zip(teacher.embed(Role::Document, block, progress)?) {
            written.extend(fnv1a(text.bytes()).to_le_bytes());
            vector.as_slice().iter().for_each(|x| written.extend(x.to_le_bytes()));
            known.insert(fnv1a(text.bytes()), vector.as_slice().to_vec());
        }
        open.write_all(&written).map_err(Error::io(file))?;
    }
    let taught = texts
        .into_iter()
        .filter_map(|text| Some(Taught { vector: known.get(&fnv1a(text.bytes()))?.clone(), text }));
    Ok(taught.collect())
}

/// Takes off what a run that was cut off left half written.
fn cut(file: &mut File, length: u64) -> std::io::Result<()> {
    if file.seek(SeekFrom::End(0))? > length {
        file.set_len(length)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::embed::Embedding;
    use crate::embed::builtin::Builtin;
    use crate::paper::ModelId;
    use crate::progress::Silent;

    /// Counts what it is asked.
    struct Counting(Builtin, AtomicUsize);

    impl Embedder for Counting {
        fn model(&self) -> &ModelId {
            self.0.model()
        }

        fn dimensions(&self) -> usize {
            self.0.dimensions()
        }

        fn embed(&self, role: Role, texts: &[&str], progress: &dyn Progress) -> Result<Vec<Embedding>> {
            self.1.fetch_add(texts.len(), Ordering::Relaxed);
            self.0.embed(role, texts, progress)
        }
    }

    #[test]
    fn nothing_is_asked_twice_and_a_half_written_answer_is_asked_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("lessons");
        let teacher = Counting(Builtin::new(), AtomicUsize::new(0));
        let texts = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>();
        let learn = |names: &[&str]| lessons(&teacher, texts(names), &file, &Silent).expect("lessons");
        let first = learn(&["graph", "image"]);
        assert_eq!(learn(&["image", "graph"])[1], first[0]);
        assert_eq!(teacher.1.load(Ordering::Relaxed), 2);
        let size = std::fs::metadata(&file).expect("the file").len();
        OpenOptions::new().write(true).open(&file).expect("the file").set_len(size - 5).expect("shorter");
        assert_eq!(learn(&["graph", "image", "text"])[..2], first);
        assert_eq!(teacher.1.load(Ordering::Relaxed), 4);
        std::fs::write(&file, "another-1 8\n").expect("written");
        assert!(lessons(&teacher, texts(&["graph"]), &file, &Silent).is_err());
    }
}
