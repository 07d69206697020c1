//! Whatever bytes come, every reader ends, soon and in little memory, and what it took for a paper
//! reads back from its own export.
//!
//! Each reader gets its seeds, files of `tests/fixtures`, damaged: bytes and words put in, left out,
//! repeated, or swapped for a piece of another seed. A moment for each; `PAPERPICK_FUZZ_SECONDS=600`
//! takes ten minutes for each, `PAPERPICK_SEED` begins elsewhere, `PAPERPICK_FUZZ_READERS=bibtex,ris` is for
//! some of them only, and `PAPERPICK_FUZZ_SEEDS` names a folder with more seeds, which every reader gets. An input that fails is kept in the target folder.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::io::Cursor;
use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use paperpick::source::{self, Format, Hints};
use paperpick::{Paper, PaperId};

use crate::server::mix;

/// What a reader may hold at once: a megabyte, and so much for each byte of the input, of which a mark
/// of BibTeX needs the most (three times 76 where a list of them has just grown).
const BOUND: (usize, usize) = (1 << 20, 256);

/// No input is longer.
const LONGEST: usize = 1 << 18;

/// Longer than this, on whatever machine, is a hang.
const PATIENCE: Duration = Duration::from_secs(30);

pub type Parse = fn(&[u8]);

/// Every reader, with the files that are its seeds.
pub const PARSERS: &[(&str, Parse, &[&str])] = &[
    ("digest", papers, &["digest.md", "digest_shapes.md"]),
    ("hugging face", papers, &["hugging_face.json"]),
    ("atom", papers, &["atom.xml", "api.xml", "api_error.xml"]),
    ("rss", papers, &["rss.xml"]),
    ("metadata", papers, &["metadata.jsonl"]),
    ("export", papers, &["export.jsonl"]),
    ("oai", papers, &["oai.xml"]),
    ("bibtex", papers, &["references.bib", "reference_styles.bib"]),
    ("ris", papers, &["references.ris"]),
    ("zotero", papers, &["zotero.json"]),
    ("semantic scholar", papers, &["semantic_scholar.json"]),
    ("gzip", packed, &["digest.md", "rss.xml", "metadata.jsonl"]),
    ("opml", |bytes| drop(source::feeds("f", bytes)), &["feeds.opml"]),
    ("zotero library", zotero, &["zotero.json", "zotero_collections.json"]),
    ("announcement", announcement, &["announcement.html"]),
    ("harvest", |bytes| drop(source::harvest(bytes)), &["oai.xml"]),
    ("identifiers", identifiers, &["identifiers.txt"]),
];

fn papers(bytes: &[u8]) {
    let hints = Hints { day: None, source: Some("lab".into()) };
    let Ok(mut reader) = source::read("file", Box::new(Cursor::new(bytes.to_vec())), &hints) else { return };
    while let Some(entry) = reader.next() {
        drop(reader.beside());
        let Ok(paper) = entry else { continue };
        assert_eq!(PaperId::parse(paper.id.as_str()).unwrap().0, paper.id);
        assert_eq!(exported(&paper).as_ref(), Some(&paper));
    }
}

/// A paper by way of its export.
fn exported(paper: &Paper) -> Option<Paper> {
    let line = serde_json::to_string(paper).unwrap();
    let mut reader = source::read("export", Box::new(Cursor::new(line)), &Hints::default()).unwrap();
    assert_eq!(reader.format(), Format::Export);
    reader.next()?.ok()
}

/// The damage may be within the packing, or be of the packing.
fn packed(bytes: &[u8]) {
    let mut whole = gzip(bytes);
    papers(&whole);
    for byte in bytes.iter().take(3) {
        let at = whole.len() * usize::from(*byte) / 256;
        whole[at] ^= byte;
    }
    papers(&whole);
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = Vec::new();
    let mut encoder = flate2::bufread::GzEncoder::new(bytes, flate2::Compression::fast());
    std::io::Read::read_to_end(&mut encoder, &mut packed).unwrap();
    packed
}

fn zotero(bytes: &[u8]) {
    assert!(source::items("items", bytes).count() <= bytes.len() + 1);
    assert!(source::collections("collections", bytes).count() <= bytes.len() + 1);
}

fn announcement(bytes: &[u8]) {
    if let Ok(page) = source::announcement(&String::from_utf8_lossy(bytes)) {
        assert!(page.shown().count() <= page.papers.len());
    }
}

fn identifiers(bytes: &[u8]) {
    for line in String::from_utf8_lossy(bytes).lines() {
        if let Ok((id, _)) = PaperId::parse(line) {
            assert_eq!(PaperId::parse(id.as_str()).unwrap(), (id, None), "{line}");
        }
        source::day_in_name(line);
    }
}

/// Pieces that mean something to some reader.
pub const WORDS: [&str; 40] = [
    "\"",
    "'",
    "{",
    "}",
    "[",
    "]",
    "(",
    ")",
    "<",
    ">",
    "</entry>",
    "<entry>",
    "<![CDATA[",
    "]]>",
    "<!--",
    "&#x110000;",
    "&amp;",
    "&",
    "### [",
    "](https://arxiv.org/abs/",
    "\\",
    "\\'{",
    "{\\\"",
    "$",
    "\n",
    "\r\n",
    "\0",
    "\t",
    "é",
    "한",
    "\u{feff}",
    "-1",
    "1e999",
    "99999999999999999999",
    "null",
    "TY  - ",
    "ER  - ",
    "@article{",
    "0000-00-00",
    ", ",
];

pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, n: usize) -> usize {
        self.0 = mix(self.0.wrapping_add(0x9e37_79b9_7f4a_7c15));
        usize::try_from(self.0 % (n.max(1) as u64)).unwrap()
    }

    /// A piece of at most `longest` bytes.
    pub fn piece<'a>(&mut self, of: &'a [u8], longest: usize) -> &'a [u8] {
        let from = self.below(of.len());
        let n = self.below(longest.min(of.len() - from) + 1);
        &of[from..from + n]
    }

    /// A damaged seed.
    fn input(&mut self, seeds: &[Vec<u8>]) -> Vec<u8> {
        let mut bytes = seeds[self.below(seeds.len())].clone();
        for _ in 0..=self.below(6) {
            let at = self.below(bytes.len() + 1);
            let to = at + self.below((bytes.len() - at).min(64) + 1);
            let new = match self.below(8) {
                0 => Vec::new(),
                1 => (0..=self.below(7)).map(|_| self.below(256) as u8).collect(),
                2 | 3 => WORDS[self.below(WORDS.len())].as_bytes().to_vec(),
                4 => WORDS[self.below(WORDS.len())].repeat(1 << self.below(14)).into_bytes(),
                5 => {
                    let piece = self.piece(&bytes, 200).to_vec();
                    piece.repeat(1 << self.below(10))
                }
                6 => {
                    let other = &seeds[self.below(seeds.len())];
                    self.piece(other, 2_000).to_vec()
                }
                _ => {
                    bytes.truncate(at.max(1));
                    continue;
                }
            };
            let to = if self.below(2) == 0 { at } else { to };
            bytes.splice(at..to, new);
            bytes.truncate(LONGEST);
        }
        bytes
    }
}

#[test]
fn every_reader_survives_what_it_is_given() {
    let set = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<f64>().ok());
    let time = Duration::from_secs_f64(set("PAPERPICK_FUZZ_SECONDS").unwrap_or(0.2));
    let seed = set("PAPERPICK_SEED").unwrap_or(1.0) as u64;
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let more: Vec<Vec<u8>> = match std::env::var("PAPERPICK_FUZZ_SEEDS") {
        Ok(folder) => walkdir::WalkDir::new(folder)
            .sort_by_file_name()
            .into_iter()
            .filter_map(|entry| std::fs::read(entry.unwrap().path()).ok())
            .collect(),
        Err(_) => Vec::new(),
    };
    let only = std::env::var("PAPERPICK_FUZZ_READERS");
    let is_meant = |name: &str| only.as_ref().map_or(true, |only| only.split(',').any(|meant| meant == name));
    let left = Mutex::new(PARSERS.iter().filter(|(name, ..)| is_meant(name)));
    let one_after_another = || {
        while let Some((name, parse, files)) = left.lock().map_or(None, |mut left| left.next()) {
            let own = files.iter().map(|file| std::fs::read(fixtures.join(file)).unwrap());
            let seeds: Vec<Vec<u8>> = own.chain(more.iter().cloned()).collect();
            println!("{name}: {}", fuzz(name, *parse, &seeds, seed, time));
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, |n| n.get()) {
            scope.spawn(one_after_another);
        }
    });
}

/// Runs one reader until the time is over, the whole seeds first; says what was measured.
fn fuzz(name: &str, parse: Parse, seeds: &[Vec<u8>], seed: u64, time: Duration) -> String {
    let now = Mutex::new((Instant::now(), Vec::new()));
    let fail = |what: &str| -> ! {
        let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("fuzz-{}", name.replace(' ', "-")));
        std::fs::write(&file, &now.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).1).unwrap();
        panic!("{name}, seed {seed}: {what}; the input is {}", file.display());
    };
    std::thread::scope(|scope| {
        let worker = scope.spawn(|| {
            let (began, mut n, mut slowest, mut most) = (Instant::now(), 0_usize, Duration::ZERO, 0);
            while n < seeds.len() || began.elapsed() < time {
                let mut random = Random(seed ^ (n as u64) << 20);
                let input = seeds.get(n).cloned().unwrap_or_else(|| random.input(seeds));
                *now.lock().unwrap() = (Instant::now(), input.clone());
                let at = Instant::now();
                let held = peak(|| parse(&input));
                slowest = slowest.max(at.elapsed());
                most = most.max(held);
                assert!(
                    held <= BOUND.0 + BOUND.1 * input.len(),
                    "{held} bytes were held for an input of {}",
                    input.len()
                );
                n += 1;
            }
            format!("{n} inputs in {:.0?}, the slowest {slowest:.1?}, at most {most} bytes", began.elapsed())
        });
        while !worker.is_finished() {
            std::thread::sleep(Duration::from_millis(20));
            if now.lock().is_ok_and(|now| now.0.elapsed() > PATIENCE) {
                fail("no end");
            }
        }
        worker.join().unwrap_or_else(|_| fail("a panic, above"))
    })
}

thread_local! {
    /// Bytes that the thread holds, and the most that it held.
    static HELD: Cell<(isize, isize)> = const { Cell::new((0, 0)) };
    /// Bytes that the thread asked for, whether it holds them still or not.
    static ASKED: Cell<usize> = const { Cell::new(0) };
}

/// The most bytes that the thread held at once while something ran, beside those before.
fn peak(run: impl FnOnce()) -> usize {
    let before = HELD.get().0;
    HELD.set((before, before));
    run();
    usize::try_from(HELD.get().1 - before).unwrap_or(0)
}

/// The bytes that the thread asked for while something ran.
pub fn asked(run: impl FnOnce()) -> usize {
    let before = ASKED.get();
    run();
    ASKED.get() - before
}

/// The system's allocator, which counts for each thread.
struct Counting;

#[global_allocator]
static COUNTING: Counting = Counting;

impl Counting {
    fn count(change: isize) {
        let _ = ASKED.try_with(|asked| asked.set(asked.get() + usize::try_from(change).unwrap_or(0)));
        // A thread that ends may free after its counter is gone.
        let _ = HELD.try_with(|held| {
            let now = held.get().0 + change;
            held.set((now, held.get().1.max(now)));
        });
    }
}

#[expect(unsafe_code, reason = "an allocator is unsafe by its trait; this one only counts")]
// SAFETY: every call goes to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        Self::count(layout.size() as isize);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        Self::count(-(layout.size() as isize));
        unsafe { System.dealloc(at, layout) }
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        Self::count(size as isize - layout.size() as isize);
        unsafe { System.realloc(at, layout, size) }
    }
}
