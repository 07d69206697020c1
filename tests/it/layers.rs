//! The plan of the house: no room names a higher one, no two files import each other, every outside crate
//! has one owner, and nothing is too long to read.
//!
//! Each list of exceptions is exact: what is mended must be taken off it, so a list only shrinks.

mod names;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use names::{Modules, Target};

/// The rooms from the ground up; rooms on one floor do not know each other.
const FLOORS: &[&[&str]] = &[
    &["error"],
    &["progress", "hash", "random", "files", "octets"],
    &["paper", "config"],
    &["terms"],
    &["source", "embed"],
    &["store"],
    &["index"],
    &["recommend", "similar", "topics", "summarize"],
    &["evaluate"],
    &["library"],
    &["verbs"],
    &["present"],
    &["deliver"],
    &["serve"],
    &["guide"],
];

/// Crates that are everybody's: data, days, errors, threads, arrays, the log.
const SHARED: &[&str] =
    &["serde", "serde_json", "schemars", "jiff", "thiserror", "rayon", "ndarray", "tracing"];

/// Crates that the binary and a room of the library both use, and why neither can do it for the other.
const SHARED_WITH_CLI: &[(&str, &str, &str)] = &[
    ("tokio", "serve", "whoever owns the process makes the runtime, binds the address and hears the signals"),
    ("tempfile", "files", "the demo's folder is the demo's own, and goes when it ends"),
];

/// Files that import each other, still. Opened one by one; no new one comes.
const CIRCLES: &[&[&str]] = &[];

/// The longest function, in lines from its name to its end, that needs no reason.
const LONGEST_FUNCTION: usize = 60;

/// Longer functions, how long each may be, and why.
const LONG_FUNCTIONS: &[(&str, &str, usize, &str)] = &[];

/// The longest file, in lines.
const LONGEST_FILE: usize = 500;

#[test]
fn no_room_names_a_higher_one() {
    let floor = |room: &str| FLOORS.iter().position(|rooms| rooms.contains(&room));
    let house = house();
    let mut wrong = BTreeSet::new();
    for (i, file) in house.files().iter().enumerate() {
        let room = room_of(&file.path);
        if room == "lib" || room == "cli" {
            continue;
        }
        let here = floor(room).unwrap_or_else(|| panic!("{room} is on no floor"));
        for target in house.named_by(i) {
            let Target::File(named) = target else { continue };
            let other = room_of(&house.files()[named].path);
            if other != room && floor(other).is_none_or(|there| there >= here) {
                wrong.insert(format!("{} names {}", file.path, house.files()[named].path));
            }
        }
    }
    assert_eq!(wrong, BTreeSet::new());
}

#[test]
fn no_two_files_import_each_other() {
    let known: Vec<Vec<String>> =
        CIRCLES.iter().map(|circle| circle.iter().map(|file| (*file).to_owned()).collect()).collect();
    assert_eq!(house().circles(), known, "left: the circles there are; right: those that are known");
}

#[test]
fn every_outside_crate_has_one_owner() {
    let house = house();
    let mut owners: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for (i, file) in house.files().iter().enumerate() {
        for target in house.named_by(i) {
            if let Target::Crate(name) = target {
                owners.entry(name).or_default().insert(room_of(&file.path));
            }
        }
    }
    assert!(owners.len() > 40, "the crates were not found: {owners:?}");
    owners.retain(|name, rooms| rooms.len() > 1 && !SHARED.contains(&name.as_str()));
    let known = SHARED_WITH_CLI
        .iter()
        .map(|(name, room, _)| ((*name).to_owned(), BTreeSet::from(["cli", *room])))
        .collect();
    assert_eq!(owners, known, "left: crates of more than one room; right: those with a reason");
}

/// The store's engines, each with the crate that it alone knows.
const ENGINES: &[(&str, &str)] = &[("store/sqlite/", "rusqlite"), ("store/postgres/", "postgres")];

#[test]
fn nobody_but_an_engine_knows_its_database() {
    let house = house();
    let mut wrong = BTreeSet::new();
    let mut engines: BTreeSet<&(&str, &str)> = BTreeSet::new();
    for (i, file) in house.files().iter().enumerate() {
        let engine = ENGINES.iter().find(|(folder, _)| file.path.starts_with(folder));
        for target in house.named_by(i) {
            let (named, of) = match &target {
                Target::Crate(name) => (name.as_str(), ENGINES.iter().find(|(_, known)| known == name)),
                Target::File(to) => {
                    let path = house.files()[*to].path.as_str();
                    (path, ENGINES.iter().find(|(folder, _)| path.starts_with(folder)))
                }
            };
            let Some(of) = of else { continue };
            engines.extend(engine.filter(|engine| *engine == of));
            // The face of the store opens it.
            if engine != Some(of) && (file.path != "store/mod.rs" || named == of.1) {
                wrong.insert(format!("{} names {named}", file.path));
            }
        }
    }
    assert_eq!(wrong, BTreeSet::new());
    assert_eq!(engines.len(), ENGINES.len(), "an engine was not found");
}

#[test]
fn functions_stay_short_enough_to_read() {
    let house = house();
    let long = house.files().iter().flat_map(|file| {
        let long = file.functions.iter().filter(|(_, n)| *n > LONGEST_FUNCTION);
        long.map(|(name, n)| (file.path.as_str(), name.as_str(), *n))
    });
    let long: BTreeSet<_> = long.collect();
    let known: BTreeSet<_> = LONG_FUNCTIONS.iter().map(|(file, name, n, _)| (*file, *name, *n)).collect();
    assert_eq!(
        long, known,
        "left: functions of more than {LONGEST_FUNCTION} lines; right: those with a reason"
    );
}

#[test]
fn files_stay_short_enough_to_read() {
    let long = |(file, text): &(PathBuf, String)| {
        let n = text.lines().count();
        (n > LONGEST_FILE).then(|| format!("{}: {n} lines", file.display()))
    };
    let long: Vec<String> = files(&src()).iter().filter_map(long).collect();
    assert!(long.is_empty(), "split these:\n{}", long.join("\n"));
}

/// Ways to write a file.
const WRITES: &[&str] = &[
    "File::create",
    "File::options",
    "OpenOptions",
    "fs::write",
    "fs::copy",
    "fs::rename",
    "tempfile_in",
    ".persist",
];

/// Those who write otherwise than by `files::write` or `files::Aside`, and why.
const OWN_WRITERS: &[(&str, &str)] = &[
    ("files.rs", "it is the one"),
    ("files/folder.rs", "whole folders, and locks, which hold nothing"),
    ("store/fetched.rs", "a lock, which holds nothing"),
    ("cli/session/settings.rs", "the log, which is added to"),
    ("embed/onnx/packages.rs", "within a folder that is put in its place whole"),
    ("embed/train/lessons.rs", "appends a record at a time, and cuts off half a one"),
];

#[test]
fn files_are_written_in_one_way() {
    let root = src();
    let writes = |(path, text): (PathBuf, String)| {
        let name = path.strip_prefix(&root).unwrap().to_string_lossy().replace('\\', "/");
        let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
        let writes = !is_of_tests(&name) && WRITES.iter().any(|way| code.contains(way));
        writes.then_some(name)
    };
    let found: BTreeSet<String> = files(&root).into_iter().filter_map(writes).collect();
    let known: BTreeSet<String> = OWN_WRITERS.iter().map(|(file, _)| (*file).to_owned()).collect();
    assert_eq!(found, known, "left: the files that write by themselves; right: those with a reason");
}

/// Ways to write to a terminal, and those of the command line who may use them besides the one, and why.
const TERMINAL: &[&str] = &["stdout()", "stderr()", "io::stdout", "io::stderr", "println!", "print!"];
const OWN_TERMINAL: &[(&str, &str)] = &[
    ("cli/session/print.rs", "it is the one"),
    (
        "cli/session/settings.rs",
        "asks whether they are terminals, and starts the log, which escapes by itself",
    ),
    ("cli/references.rs", "an export is long, and each piece of it is cleaned"),
    ("cli/keep.rs", "completions, all of whose words are our own"),
    ("cli/mcp.rs", "a protocol, for no terminal"),
];

#[test]
fn what_goes_to_a_terminal_is_cleaned_in_one_place() {
    let root = src();
    let writes = |(path, text): (PathBuf, String)| {
        let name = path.strip_prefix(&root).unwrap().to_string_lossy().replace('\\', "/");
        let writes = room_of(&name) == "cli" && TERMINAL.iter().any(|way| text.contains(way));
        writes.then_some(name)
    };
    let found: BTreeSet<String> = files(&root).into_iter().filter_map(writes).collect();
    let known: BTreeSet<String> = OWN_TERMINAL.iter().map(|(file, _)| (*file).to_owned()).collect();
    assert_eq!(found, known, "left: the files that write by themselves; right: those with a reason");
}

fn src() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// The files of the library and the binary, without those that hold tests only.
fn house() -> Modules {
    let root = src();
    let read = files(&root).into_iter().map(|(path, text)| {
        let inside = path.strip_prefix(&root).unwrap().to_string_lossy().replace('\\', "/");
        (inside, text)
    });
    let read: Vec<_> = read.filter(|(path, _)| !is_of_tests(path)).collect();
    assert!(read.len() > 100, "the house was not found");
    Modules::read(read, names::dependencies(&root.with_file_name("Cargo.toml")))
}

/// Whether a file within `src` holds tests only.
fn is_of_tests(path: &str) -> bool {
    path.ends_with("tests.rs") || path.contains("/tests/")
}

fn files(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.extend(files(&path));
        } else if path.extension().is_some_and(|e| e == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            all.push((path, text));
        }
    }
    all.sort();
    all
}

/// The room of a file of `src`; the binary's root is of its room.
fn room_of(path: &str) -> &str {
    match path.split(['/', '.']).next().unwrap() {
        "main" => "cli",
        room => room,
    }
}

/// Files with unsafe code, and why each needs it.
const UNSAFE: &[(&str, &str)] = &[
    ("src/index/kernels.rs", "vector instructions, a prefetch, and the memory map of the index"),
    ("tests/it/fuzz.rs", "an allocator that counts is unsafe by its trait"),
];

#[test]
fn unsafe_code_is_only_where_it_is_known_to_be() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = BTreeSet::new();
    for folder in ["src", "tests", "benches"] {
        for entry in walkdir::WalkDir::new(root.join(folder)).into_iter().map(Result::unwrap) {
            let is_code = entry.path().extension().is_some_and(|extension| extension == "rs");
            if !is_code || entry.path().ends_with("tests/it/layers.rs") {
                continue;
            }
            let text = std::fs::read_to_string(entry.path()).unwrap();
            let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
            if code
                .into_iter()
                .any(|line| ["unsafe {", "unsafe fn", "unsafe impl"].iter().any(|word| line.contains(word)))
            {
                found.insert(entry.path().strip_prefix(root).unwrap().display().to_string());
            }
        }
    }
    let known: BTreeSet<String> = UNSAFE.iter().map(|(file, _)| (*file).to_owned()).collect();
    assert_eq!(found, known, "left: the files with unsafe code; right: those with a reason");
}
