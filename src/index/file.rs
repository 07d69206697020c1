//! A file of tables that is opened by memory map and trusts no byte it has not checked.
//!
//! ```text
//! page 0      magic · checksum · length · head as JSON
//! page 1…     the tables, each from the beginning of a page, as the machine holds them in memory
//! then        one checksum for each page from 1 on
//! ```
//!
//! The head carries the checksum of the checksums, so opening reads the first page and 4 bytes for
//! every 4,096, and a page is checked when it is first touched: a damaged byte is found before it
//! is used, and opening gigabytes takes no longer than opening a small file.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use memmap2::Mmap;
use serde::{Deserialize, Serialize};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use super::kernels;
use crate::error::{Error, Result};
use crate::files::{Aside, Checksum, checksum};
use crate::paper::ModelId;

/// The last byte is the version of the layout; another version is a foreign file.
const MAGIC: [u8; 16] = *b"paperpick index\x03";
const PAGE: usize = 4096;
/// Magic, checksum and length before the head's JSON.
const LEAD: usize = 24;

/// What an index was made of: it is stale as soon as one of them differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// The model of all vectors.
    pub model: ModelId,
    /// The length of each vector.
    pub dimensions: usize,
    /// The store's count of changes to its vectors.
    pub generation: u64,
}

/// The tables of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TableKind {
    /// Vectors by position, f32.
    Vectors,
    /// 8-bit codes by position, i8.
    Codes,
    /// The scale of each code, f32.
    Scales,
    /// Signs of the vectors around their mean by position, u64.
    Signs,
    /// That mean, f32.
    Mean,
    /// 4-bit codes by position, u8; with a graph only.
    Shorts,
    /// The step of each of their places, f32.
    Steps,
    /// The store's rows in ascending order, i64.
    Rows,
    /// The position of each of those rows, u32.
    Positions,
    /// The place of each position among those rows, u32; [`NOBODY`] where a row is gone.
    Ranks,
    /// The graph's links, by position, u32.
    Links,
}

/// A place that stands for nothing in a table of positions, ranks or links.
pub const NOBODY: u32 = u32::MAX;

#[derive(Debug, Serialize, Deserialize)]
struct Head<F> {
    stamp: Stamp,
    little_endian: bool,
    facts: F,
    tables: BTreeMap<TableKind, Range<u64>>,
    /// The whole file's length.
    bytes: u64,
    /// Where the checksums of the pages are, and their own checksum.
    sums: Range<u64>,
    sums_checksum: u32,
}

/// Writes a file aside and puts it in its place when it is complete.
pub struct Writer {
    path: PathBuf,
    out: BufWriter<Aside>,
    at: u64,
    page: Checksum,
    sums: Vec<u32>,
    tables: BTreeMap<TableKind, Range<u64>>,
}

impl Writer {
    /// Begins a file that will be at `path`.
    ///
    /// # Errors
    /// [`Error::Io`] where the folder cannot be written.
    pub fn create(path: &Path) -> Result<Self> {
        let mut out = BufWriter::with_capacity(1 << 18, Aside::create(path)?);
        out.write_all(&[0; PAGE]).map_err(Error::io(path))?;
        Ok(Self {
            path: path.to_path_buf(),
            out,
            at: PAGE as u64,
            page: Checksum::default(),
            sums: Vec::new(),
            tables: BTreeMap::new(),
        })
    }

    /// Writes more of a table, or begins it; a table is written in one go, without others between.
    ///
    /// # Errors
    /// [`Error::Io`], such as for a full disk.
    pub fn write<T: IntoBytes + Immutable>(&mut self, table: TableKind, values: &[T]) -> Result<()> {
        if !self.tables.contains_key(&table) {
            self.fill_page()?;
            self.tables.insert(table, self.at..self.at);
        }
        self.raw(values.as_bytes())?;
        if let Some(range) = self.tables.get_mut(&table) {
            debug_assert_eq!(
                range.end + size_of_val(values) as u64,
                self.at,
                "{table:?} is not in one piece"
            );
            range.end = self.at;
        }
        Ok(())
    }

    /// Ends the file, has the disk keep it, and puts it in its place.
    ///
    /// # Errors
    /// [`Error::Io`]; whatever was at the path before is still there then.
    pub fn finish<F: Serialize>(mut self, stamp: &Stamp, facts: &F) -> Result<()> {
        self.fill_page()?;
        let sums = self.sums.as_bytes();
        let head = Head {
            stamp: stamp.clone(),
            little_endian: cfg!(target_endian = "little"),
            facts,
            tables: self.tables,
            bytes: self.at + sums.len() as u64,
            sums: self.at..self.at + sums.len() as u64,
            sums_checksum: checksum(sums),
        };
        let json = serde_json::to_vec(&head).map_err(|e| Error::Invalid(e.to_string()))?;
        if json.len() > PAGE - LEAD {
            return Err(Error::Invalid(format!("the model's name is too long: `{}`", stamp.model)));
        }
        let mut page = [0_u8; PAGE];
        page[..16].copy_from_slice(&MAGIC);
        page[20..LEAD].copy_from_slice(&(json.len() as u32).to_le_bytes());
        page[LEAD..LEAD + json.len()].copy_from_slice(&json);
        let head_checksum = checksum(&page[20..]);
        page[16..20].copy_from_slice(&head_checksum.to_le_bytes());

        let io = Error::io(&self.path);
        let write = || -> std::io::Result<()> {
            self.out.write_all(sums)?;
            self.out.seek(SeekFrom::Start(0))?;
            self.out.write_all(&page)?;
            self.out.into_inner().map_err(std::io::IntoInnerError::into_error)?.keep()
        };
        write().map_err(io)
    }

    fn fill_page(&mut self) -> Result<()> {
        let rest = self.at.next_multiple_of(PAGE as u64) - self.at;
        self.raw(&[0; PAGE][..rest as usize])
    }

    fn raw(&mut self, mut bytes: &[u8]) -> Result<()> {
        while !bytes.is_empty() {
            let room = PAGE - (self.at % PAGE as u64) as usize;
            let (now, later) = bytes.split_at(room.min(bytes.len()));
            self.out.write_all(now).map_err(Error::io(&self.path))?;
            self.page.update(now);
            self.at += now.len() as u64;
            if self.at.is_multiple_of(PAGE as u64) {
                self.sums.push(std::mem::take(&mut self.page).finish());
            }
            bytes = later;
        }
        Ok(())
    }
}

/// A page is not what was written, or a number in it points outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Damaged;

/// An open file.
pub struct Tables<F> {
    path: PathBuf,
    map: Mmap,
    head: Head<F>,
    /// One bit a page: it has been checked.
    checked: Box<[AtomicU64]>,
}

/// A table's numbers in an open file.
#[derive(Clone, Copy)]
pub struct Numbers<T> {
    at: usize,
    len: usize,
    number: std::marker::PhantomData<T>,
}

impl<T> Numbers<T> {
    /// How many numbers.
    pub fn len(&self) -> usize {
        self.len
    }
}

impl<F: for<'de> Deserialize<'de>> Tables<F> {
    /// Opens a file and checks all but the tables' pages. `None` where there is no file.
    ///
    /// # Errors
    /// [`Error::DamagedIndex`] for whatever is not a complete file of this version and machine.
    pub fn open(path: &Path) -> Result<Option<Self>> {
        let file = match File::open(path) {
            Ok(file) => file,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(Error::io(path)(e)),
        };
        let bad = |reason: &str| Error::DamagedIndex { path: path.to_path_buf(), reason: reason.into() };
        let bytes = file.metadata().map_err(Error::io(path))?.len();
        if bytes < PAGE as u64 {
            return Err(bad("it is shorter than its head"));
        }
        let map = kernels::map(&file).map_err(Error::io(path))?;
        let page = &map[..PAGE];
        if page[..16] != MAGIC {
            return Err(bad("it was written by another program or version"));
        }
        let number = |at: usize| u32::from_le_bytes([page[at], page[at + 1], page[at + 2], page[at + 3]]);
        if checksum(&page[20..]) != number(16) {
            return Err(bad("its head is damaged"));
        }
        let json = page.get(LEAD..LEAD + number(20) as usize).ok_or_else(|| bad("its head is damaged"))?;
        let head: Head<F> = serde_json::from_slice(json).map_err(|_| bad("its head cannot be read"))?;
        if head.little_endian != cfg!(target_endian = "little") {
            return Err(bad("it was written by a machine of another byte order"));
        }
        if head.bytes != bytes || map.len() as u64 != bytes {
            return Err(bad("it is not as long as it was"));
        }
        let inside = |range: &Range<u64>, end| range.start <= range.end && range.end <= end;
        let n_pages = head.sums.start / PAGE as u64;
        if !inside(&head.sums, bytes)
            || (n_pages.saturating_sub(1)) * 4 != head.sums.end - head.sums.start
            || !head.tables.values().all(|t| inside(t, head.sums.start) && t.start % PAGE as u64 == 0)
        {
            return Err(bad("its tables are outside of it"));
        }
        if checksum(&map[head.sums.start as usize..head.sums.end as usize]) != head.sums_checksum {
            return Err(bad("its checksums are damaged"));
        }
        let checked = (0..n_pages.div_ceil(64)).map(|_| AtomicU64::new(0)).collect();
        Ok(Some(Self { path: path.to_path_buf(), map, head, checked }))
    }
}

impl<F> Tables<F> {
    /// What the file was made of.
    pub fn stamp(&self) -> &Stamp {
        &self.head.stamp
    }

    /// What its writer noted beside the tables.
    pub fn facts(&self) -> &F {
        &self.head.facts
    }

    /// The file's length in bytes.
    pub fn bytes(&self) -> u64 {
        self.head.bytes
    }

    /// The length of a table in bytes; 0 if there is none.
    pub fn table_bytes(&self, table: TableKind) -> u64 {
        self.head.tables.get(&table).map_or(0, |range| range.end - range.start)
    }

    /// A table of exactly `len` numbers.
    ///
    /// # Errors
    /// [`Error::DamagedIndex`] if it has another length.
    pub fn numbers<T>(&self, table: TableKind, len: usize) -> Result<Numbers<T>> {
        let range = self.head.tables.get(&table).cloned().unwrap_or(0..0);
        if (len as u64).checked_mul(size_of::<T>() as u64) != Some(range.end - range.start) {
            return Err(Error::DamagedIndex {
                path: self.path.clone(),
                reason: format!("its table {table:?} has an unexpected length"),
            });
        }
        Ok(Numbers { at: range.start as usize, len, number: std::marker::PhantomData })
    }

    /// Some of a table's numbers; pages that nobody has seen before are checked first.
    #[inline]
    pub fn get<T>(&self, numbers: Numbers<T>, range: Range<usize>) -> Result<&[T], Damaged>
    where
        T: FromBytes + Immutable + KnownLayout,
    {
        if range.start >= range.end || range.end > numbers.len {
            return if range.is_empty() { Ok(&[]) } else { Err(Damaged) };
        }
        let start = numbers.at + range.start * size_of::<T>();
        let end = numbers.at + range.end * size_of::<T>();
        for page in start / PAGE..end.div_ceil(PAGE) {
            if self.checked[page / 64].load(Ordering::Relaxed) >> (page % 64) & 1 == 0 {
                self.check(page)?;
            }
        }
        <[T]>::ref_from_bytes(&self.map[start..end]).map_err(|_| Damaged)
    }

    /// Tells the processor that these numbers will be read soon.
    #[inline]
    pub fn prefetch<T>(&self, numbers: Numbers<T>, range: Range<usize>) {
        let bytes = numbers.at + range.start * size_of::<T>()..numbers.at + range.end * size_of::<T>();
        if let Some(bytes) = self.map.get(bytes) {
            kernels::prefetch(bytes);
        }
    }

    /// Checks every page that has not been checked yet.
    pub fn check_all(&self) -> Result<(), Damaged> {
        (1..self.head.sums.start as usize / PAGE).try_for_each(|page| self.check(page))
    }

    /// This damage as an error of the library.
    pub fn error(&self, _: Damaged) -> Error {
        Error::DamagedIndex { path: self.path.clone(), reason: "a page of it is damaged".into() }
    }

    #[cold]
    fn check(&self, page: usize) -> Result<(), Damaged> {
        let at = self.head.sums.start as usize + (page - 1) * 4;
        let expected = u32::read_from_bytes(&self.map[at..at + 4]).map_err(|_| Damaged)?;
        if checksum(&self.map[page * PAGE..(page + 1) * PAGE]) != expected {
            return Err(Damaged);
        }
        self.checked[page / 64].fetch_or(1 << (page % 64), Ordering::Relaxed);
        Ok(())
    }
}
