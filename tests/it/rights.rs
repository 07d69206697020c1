//! A library that may not be written is read, and one that may not be read says so.

#![cfg(unix)]

use std::fs::{Permissions, set_permissions};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;

use crate::shell::{Shell, words};

/// Somebody whom rights bind, where the tests run as root.
const NOBODY: u32 = 65_534;

/// Runs a line as somebody who may do no more than all may.
fn run(shell: &Shell, line: &str) -> String {
    let mut command = shell.command(&words(line)[1..]);
    if std::fs::metadata("/proc/self").is_ok_and(|me| std::os::unix::fs::MetadataExt::uid(&me) == 0) {
        command.uid(NOBODY).gid(NOBODY);
    }
    let output = command.output().unwrap();
    let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    format!("{said}[exit {}]", output.status.code().unwrap())
}

/// Gives rights to everything in a folder.
fn allow(folder: &Path, files: u32, folders: u32) {
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        match entry.path().is_dir() {
            true => allow(&entry.path(), files, folders),
            false => set_permissions(entry.path(), Permissions::from_mode(files)).unwrap(),
        }
    }
    set_permissions(folder, Permissions::from_mode(folders)).unwrap();
}

#[test]
fn a_read_only_library_is_read() {
    let shell = Shell::with_sample();
    shell.run("paperpick like 2404.16030");
    let library = shell.path().join("library");
    set_permissions(shell.path(), Permissions::from_mode(0o755)).unwrap();
    for (files, folders) in [(0o444, 0o555), (0o644, 0o555), (0o444, 0o755)] {
        allow(&library, files, folders);
        for line in [
            "today",
            "similar 2404.15653",
            "show 2404.15653",
            "search clip",
            "topics",
            "likes",
            "export",
            "doctor",
            "backup ../copy.sqlite",
        ] {
            let said = run(&shell, &format!("paperpick {line}"));
            let is_backup = line.starts_with("backup");
            assert!(said.ends_with("[exit 0]") || is_backup, "{files:o} {folders:o} {line}: {said}");
        }
        for line in ["like 2404.15653", "import -", "account add ann"] {
            let mut said = run(&shell, &format!("paperpick {line}"));
            if line == "import -" {
                // Nothing comes in, so nothing is written.
                said.clear();
            }
            assert!(
                said.is_empty() || said.contains("read-only") || said.contains("password"),
                "{line}: {said}"
            );
        }
    }
    allow(&library, 0o600, 0o755);
    for line in ["today", "doctor", "like 2404.15653"] {
        let said = run(&shell, &format!("paperpick {line}"));
        assert!(
            said.contains("you may not read or write it") && !said.contains("not a paperpick library"),
            "{line}: {said}"
        );
    }
    allow(&library, 0o644, 0o755);
}
