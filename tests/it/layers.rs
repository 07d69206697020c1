//! The plan of the house: no room names a higher one, and every outside crate has one owner.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The rooms from the ground up; rooms on one floor do not know each other.
const FLOORS: &[&[&str]] = &[
    &["error", "progress", "hash", "random"],
    &["paper", "config"],
    &["terms"],
    &["source", "embed"],
    &["store"],
    &["index"],
    &["recommend", "similar", "topics"],
    &["evaluate"],
    &["library"],
    &["verbs"],
    &["present"],
    &["deliver"],
    &["serve"],
];

/// Crates that are everybody's: data, days, errors, threads, arrays, the log.
const SHARED: &[&str] = &[
    "std",
    "core",
    "crate",
    "super",
    "self",
    "serde",
    "serde_json",
    "schemars",
    "jiff",
    "thiserror",
    "rayon",
    "ndarray",
    "tracing",
];

#[test]
fn no_room_names_a_higher_one() {
    let floor = |room: &str| FLOORS.iter().position(|rooms| rooms.contains(&room));
    let mut wrong = Vec::new();
    for (file, text) in library() {
        let room = room_of(&file);
        let here = floor(&room).unwrap_or_else(|| panic!("{room} is on no floor"));
        for (i, line) in code(&text) {
            for named in line.split("crate::").skip(1) {
                let named: String = named.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                // A capital letter is one of the crate root's nouns, which belong to low rooms.
                let Some(there) = floor(&named) else { continue };
                if named != room && there >= here {
                    wrong.push(format!("{}:{i}: {room} names {named}", file.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_outside_crate_has_one_owner() {
    let mut owners: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (file, text) in library() {
        for (_, line) in code(&text) {
            let Some(used) = line.trim_start().strip_prefix("use ") else { continue };
            let named = used.trim_start_matches("::").split([':', ';', ' ', '{']).next().unwrap_or_default();
            let local = named.starts_with(char::is_uppercase) || is_module(&file, named);
            if !SHARED.contains(&named) && !local {
                let rooms = owners.entry(named.to_owned()).or_default();
                let room = room_of(&file);
                if !rooms.contains(&room) {
                    rooms.push(room);
                }
            }
        }
    }
    owners.retain(|_, rooms| rooms.len() > 1);
    assert!(owners.is_empty(), "used in more than one room: {owners:?}");
}

#[test]
fn files_stay_short_enough_to_read() {
    let long = |(file, text): &(PathBuf, String)| {
        let n = text.lines().count();
        (n > 500).then(|| format!("{}: {n} lines", file.display()))
    };
    let long: Vec<String> = files(&src()).iter().filter_map(long).collect();
    assert!(long.is_empty(), "split these:\n{}", long.join("\n"));
}

fn src() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// The files of the library, without its root, its guide and the binary.
fn library() -> Vec<(PathBuf, String)> {
    let mut files = files(&src());
    files.retain(|(file, _)| {
        !["lib", "main", "cli", "guide"].contains(&room_of(file).as_str()) && !file.ends_with("tests.rs")
    });
    assert!(files.len() > 20, "the house was not found");
    files
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

fn room_of(file: &Path) -> String {
    let inside = file.strip_prefix(src()).unwrap();
    inside.iter().next().unwrap().to_string_lossy().trim_end_matches(".rs").to_owned()
}

/// The numbered lines before the file's tests, without comments.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let lines = text.lines().enumerate().map(|(i, line)| (i + 1, line));
    lines
        .take_while(|(_, line)| !line.starts_with("mod tests {"))
        .filter(|(_, line)| !line.trim_start().starts_with("//"))
}

/// Whether a name is a module beside the file or in its own folder.
fn is_module(file: &Path, name: &str) -> bool {
    let beside = file.parent().unwrap();
    let inside = file.with_extension("");
    [beside, inside.as_path()]
        .iter()
        .any(|folder| folder.join(format!("{name}.rs")).exists() || folder.join(name).join("mod.rs").exists())
}
