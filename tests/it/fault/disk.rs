//! What a disk holds after the power was cut: replays the record of a run, and drops what was not synced.
//!
//! POSIX promises no more than this: bytes of a file are kept once that file is synced, a name once its folder is.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::server::mix;

/// The files and folders beneath one folder; `None` is a folder.
pub type Tree = BTreeMap<PathBuf, Option<Arc<Vec<u8>>>>;

/// Bytes that a disk writes whole, or not at all.
const SECTOR: u64 = 512;

/// Reads a tree from the disk of this machine.
pub fn read(root: &Path) -> Tree {
    let read = |name: PathBuf| {
        let path = root.join(&name);
        let bytes = path.is_file().then(|| Arc::new(std::fs::read(&path).unwrap()));
        (name, bytes)
    };
    names(root).into_iter().map(read).collect()
}

/// The names beneath a folder.
pub fn names(root: &Path) -> Vec<PathBuf> {
    let entries = walkdir::WalkDir::new(root).min_depth(1).into_iter().map(Result::unwrap);
    entries.map(|entry| entry.path().strip_prefix(root).unwrap().to_path_buf()).collect()
}

/// Makes a folder hold a tree, and nothing else.
pub fn write(root: &Path, tree: &Tree) {
    for entry in std::fs::read_dir(root).unwrap().map(Result::unwrap) {
        match entry.file_type().unwrap().is_dir() {
            true => std::fs::remove_dir_all(entry.path()).unwrap(),
            false => std::fs::remove_file(entry.path()).unwrap(),
        }
    }
    for (name, bytes) in tree {
        match bytes {
            None => std::fs::create_dir_all(root.join(name)).unwrap(),
            Some(bytes) => std::fs::write(root.join(name), bytes.as_slice()).unwrap(),
        }
    }
}

/// A call as the shim recorded it.
#[derive(Debug)]
pub struct Record {
    /// Which call of the run, from 1.
    pub call: u32,
    pub op: u8,
    flags: u8,
    inode: u64,
    offset: u64,
    /// Of names beneath the folder, relative to it.
    pub path: PathBuf,
    to: PathBuf,
    data: Vec<u8>,
}

/// Reads the shim's log; the last record may have been cut off by the kill.
pub fn records(log: &[u8], root: &Path) -> Vec<Record> {
    const HEAD: usize = 32;
    let number = |at: usize, n: usize| {
        log[at..at + n].iter().rev().fold(0_u64, |number, byte| number << 8 | u64::from(*byte))
    };
    let (mut records, mut at) = (Vec::new(), 0);
    while at + HEAD <= log.len() {
        let (len_a, len_b) = (number(at + 6, 2) as usize, number(at + 8, 2) as usize);
        let n_data = number(at + 12, 4) as usize;
        let Some(rest) = log.get(at + HEAD..at + HEAD + len_a + len_b + n_data) else { break };
        let path = |bytes: &[u8]| {
            let path = Path::new(std::str::from_utf8(bytes).unwrap());
            path.strip_prefix(root).unwrap_or(path).to_path_buf()
        };
        records.push(Record {
            call: number(at, 4) as u32,
            op: log[at + 4],
            flags: log[at + 5],
            inode: number(at + 16, 8),
            offset: number(at + 24, 8),
            path: path(&rest[..len_a]),
            to: path(&rest[len_a..len_a + len_b]),
            data: rest[len_a + len_b..].to_vec(),
        });
        at += HEAD + rest.len();
    }
    records
}

/// What of the unsynced is lost.
#[derive(Debug, Clone, Copy)]
pub enum Loss {
    /// All of it.
    Everything,
    /// The bytes; names were in time, as ext4 does it without `auto_da_alloc`.
    Bytes,
    /// A part that is drawn: names from some moment on, and bytes by the sector.
    Some(u64),
}

#[derive(Debug, Clone, Copy)]
enum Node {
    Folder,
    File(usize),
}

type Names = BTreeMap<PathBuf, Node>;

enum NameChange {
    Put(PathBuf, Node),
    Remove(PathBuf),
    Move(PathBuf, PathBuf),
}

impl NameChange {
    fn is_in(&self, folder: &Path) -> bool {
        let (Self::Put(path, _) | Self::Remove(path) | Self::Move(_, path)) = self;
        path.parent() == Some(folder)
    }

    fn apply(&self, names: &mut Names) {
        match self {
            Self::Put(path, node) => drop(names.insert(path.clone(), *node)),
            Self::Remove(path) => drop(names.remove(path)),
            Self::Move(from, to) => {
                let node = names.remove(from);
                // A name that was never on the disk has nothing to be moved; its new name is put.
                node.map(|node| names.insert(to.clone(), node));
            }
        }
    }
}

enum ByteChange {
    Write(u64, Vec<u8>),
    Length(u64),
}

impl ByteChange {
    fn apply(&self, bytes: &mut Vec<u8>, mut kept: impl FnMut() -> bool) {
        match self {
            Self::Length(n) => bytes.resize(*n as usize, 0),
            Self::Write(at, data) => {
                let mut done = 0;
                while done < data.len() {
                    let from = at + done as u64;
                    let n = ((SECTOR - from % SECTOR) as usize).min(data.len() - done);
                    if kept() {
                        let end = from as usize + n;
                        bytes.resize(bytes.len().max(end), 0);
                        bytes[from as usize..end].copy_from_slice(&data[done..done + n]);
                    }
                    done += n;
                }
            }
        }
    }
}

#[derive(Default)]
struct File {
    synced: Vec<u8>,
    pending: Vec<ByteChange>,
}

/// A disk on which a program is running.
pub struct Disk {
    synced: Names,
    live: Names,
    pending: Vec<NameChange>,
    files: Vec<File>,
    by_inode: HashMap<u64, usize>,
}

impl Disk {
    /// A disk on which all of a tree is safe.
    pub fn new(tree: &Tree) -> Self {
        let (mut names, mut files) = (Names::new(), Vec::new());
        for (path, bytes) in tree {
            let node = bytes.as_ref().map_or(Node::Folder, |bytes| {
                files.push(File { synced: bytes.to_vec(), pending: Vec::new() });
                Node::File(files.len() - 1)
            });
            names.insert(path.clone(), node);
        }
        Self { live: names.clone(), synced: names, pending: Vec::new(), files, by_inode: HashMap::new() }
    }

    /// Does what a call did.
    pub fn take(&mut self, record: &Record) {
        let Record { path, to, .. } = record;
        match record.op {
            b'o' => self.open(record),
            b'w' => self.change(record, ByteChange::Write(record.offset, record.data.clone())),
            b't' => self.change(record, ByteChange::Length(record.offset)),
            b's' => self.sync(record),
            b'd' => self.name(NameChange::Put(path.clone(), Node::Folder)),
            b'u' => self.name(NameChange::Remove(path.clone())),
            b'l' => self.name(NameChange::Put(to.clone(), self.live[path])),
            b'r' => {
                let node = self.live[path];
                assert!(matches!(node, Node::File(_)), "a folder is renamed: {}", path.display());
                self.name(NameChange::Move(path.clone(), to.clone()));
                self.live.insert(to.clone(), node);
                // Where only the new name reaches the disk, it names the file all the same.
                self.pending.push(NameChange::Put(to.clone(), node));
            }
            // Space that is set aside says nothing of bytes; what was acknowledged is on no disk.
            b'f' | b'a' | b'e' => {}
            op => panic!("the shim recorded `{}`", char::from(op)),
        }
    }

    fn open(&mut self, record: &Record) {
        let (is_new, is_emptied, is_folder) =
            (record.flags & 1 == 1, record.flags & 2 == 2, record.flags & 4 == 4);
        let path = record.path.clone();
        if !is_folder && (is_new || !self.live.contains_key(&path)) {
            self.files.push(File::default());
            let node = Node::File(self.files.len() - 1);
            // What was there already, another process has made, and it is taken for safe.
            if !is_new {
                self.synced.insert(path.clone(), node);
                self.live.insert(path, node);
            } else {
                self.name(NameChange::Put(path, node));
            }
        }
        if let Some(Node::File(file)) = self.live.get(&record.path) {
            self.by_inode.insert(record.inode, *file);
            if is_emptied {
                self.files[*file].pending.push(ByteChange::Length(0));
            }
        }
    }

    fn file(&self, record: &Record) -> Option<usize> {
        self.by_inode.get(&record.inode).copied().or_else(|| match self.live.get(&record.path) {
            Some(Node::File(file)) => Some(*file),
            _ => None,
        })
    }

    fn change(&mut self, record: &Record, change: ByteChange) {
        let file = self.file(record).unwrap_or_else(|| panic!("{record:?} is of no file"));
        self.files[file].pending.push(change);
    }

    fn name(&mut self, change: NameChange) {
        change.apply(&mut self.live);
        self.pending.push(change);
    }

    fn sync(&mut self, record: &Record) {
        if let Some(file) = self.file(record) {
            let File { synced, pending } = &mut self.files[file];
            pending.drain(..).for_each(|change| change.apply(synced, || true));
            return;
        }
        let (safe, pending) =
            std::mem::take(&mut self.pending).into_iter().partition(|change| change.is_in(&record.path));
        self.pending = pending;
        let safe: Vec<NameChange> = safe;
        safe.iter().for_each(|change| change.apply(&mut self.synced));
    }

    /// What is there when the power comes back.
    pub fn after(&self, loss: Loss) -> Tree {
        let mut state = if let Loss::Some(seed) = loss { seed } else { 0 };
        let mut draw = move || {
            state = mix(state.wrapping_add(0x9e37_79b9_7f4a_7c15));
            state
        };
        let n_named = match loss {
            Loss::Everything => 0,
            Loss::Bytes => self.pending.len(),
            Loss::Some(_) => draw() as usize % (self.pending.len() + 1),
        };
        let mut names = self.synced.clone();
        self.pending[..n_named].iter().for_each(|change| change.apply(&mut names));
        let mut tree = Tree::new();
        for (path, node) in &names {
            let folder = path.parent().unwrap();
            let is_shared_memory = path.to_string_lossy().ends_with("-shm");
            // Sorted, a folder comes before what is in it.
            if is_shared_memory || (folder != Path::new("") && !tree.contains_key(folder)) {
                continue;
            }
            let Node::File(file) = node else {
                tree.insert(path.clone(), None);
                continue;
            };
            let File { synced, pending } = &self.files[*file];
            let mut bytes = synced.clone();
            if matches!(loss, Loss::Some(_)) {
                pending.iter().for_each(|change| change.apply(&mut bytes, || draw().is_multiple_of(2)));
            }
            tree.insert(path.clone(), Some(Arc::new(bytes)));
        }
        tree
    }
}
