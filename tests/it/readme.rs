//! Every transcript of the README is what a user gets.

use std::path::Path;

use crate::shell::Shell;

/// Runs the blocks marked `console` in order, in one library; a block's lines that begin with `$ `
/// are typed, and the others are what must come. `…` alone on a line stands for any lines.
#[test]
fn transcripts_are_true() {
    let readme = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let shell = Shell::new();
    std::os::unix::fs::symlink(Path::new(env!("CARGO_MANIFEST_DIR")).join("data"), shell.path().join("data"))
        .unwrap();
    let mut n_typed = 0;
    for block in readme.split("```console\n").skip(1).map(|rest| rest.split("```").next().unwrap()) {
        for piece in block.split("$ ").skip(1) {
            let (line, expected) = piece.split_once('\n').unwrap();
            let got = shell.run(line);
            assert!(matches(expected, &got), "$ {line}\n--- README\n{expected}\n--- got\n{got}");
            n_typed += 1;
        }
    }
    assert!(n_typed >= 5, "only {n_typed} transcripts were found");
}

fn matches(expected: &str, got: &str) -> bool {
    let mut rest = got.trim_end();
    for (i, part) in expected.trim_end().split("…\n").enumerate() {
        let part = part.trim_end_matches('…').trim_end();
        match rest.find(part) {
            Some(0) => rest = &rest[part.len()..],
            Some(at) if i > 0 => rest = &rest[at + part.len()..],
            _ => return false,
        }
    }
    rest.trim().is_empty() || expected.trim_end().ends_with('…')
}
