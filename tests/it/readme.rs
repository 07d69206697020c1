//! Every transcript of the README is what a user gets.
//!
//! `UPDATE_README=1 cargo test readme` writes what a user gets now into the README.

use std::path::Path;

use crate::shell::Shell;

const FENCE: &str = "```console\n";

/// Runs the blocks marked `console` in order, in one library that holds nothing at first, in a
/// folder that holds `data/`. Lines that begin with `$ ` are typed; the others must come. A line
/// `…` stands for lines that are left out.
#[test]
fn transcripts_are_true() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = std::fs::read_to_string(root.join("README.md")).unwrap();
    let shell = Shell::new();
    std::os::unix::fs::symlink(root.join("data"), shell.path().join("data")).unwrap();
    let mut blocks = readme.split(FENCE);
    let mut renewed = blocks.next().unwrap().to_owned();
    let mut n_typed = 0;
    for rest in blocks {
        let (block, after) = rest.split_once("```").unwrap();
        renewed.push_str(FENCE);
        for (typed, shown) in pieces(block) {
            let got = shell.run(typed);
            let kept = if is_shortened(&shown, &got) { shown } else { got };
            renewed.push_str(&format!("$ {typed}\n{kept}"));
            n_typed += 1;
        }
        renewed.push_str("```");
        renewed.push_str(after);
    }
    assert!(n_typed >= 5, "only {n_typed} transcripts were found");
    if std::env::var_os("UPDATE_README").is_some() {
        std::fs::write(root.join("README.md"), &renewed).unwrap();
    }
    for (i, (shown, got)) in readme.lines().zip(renewed.lines()).enumerate() {
        assert_eq!(shown, got, "README.md:{}: shown on the left, printed on the right", i + 1);
    }
    assert_eq!(readme, renewed);
}

/// What is typed, and what is shown below it.
fn pieces(block: &str) -> Vec<(&str, String)> {
    let mut pieces: Vec<(&str, String)> = Vec::new();
    for line in block.lines() {
        match line.strip_prefix("$ ") {
            Some(typed) => pieces.push((typed, String::new())),
            None => {
                let shown = &mut pieces.last_mut().expect("a block begins with $").1;
                shown.push_str(line);
                shown.push('\n');
            }
        }
    }
    pieces
}

/// Whether `shown` is `got` with lines left out, each gap marked by a line `…`.
fn is_shortened(shown: &str, got: &str) -> bool {
    let parts: Vec<&str> = shown.split("…\n").collect();
    let (Some(first), Some(last)) = (parts.first(), parts.last()) else { return false };
    let mut rest = match got.strip_prefix(first) {
        Some(rest) if parts.len() > 1 => rest,
        _ => return false,
    };
    for part in &parts[1..parts.len() - 1] {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}
