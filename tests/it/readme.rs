//! Every transcript of the README is what a user gets.
//!
//! `UPDATE_README=1 cargo test readme` writes what a user gets now into the README.

use std::path::Path;

use jiff::civil::{Date, date};

use crate::server::Fault;
use crate::shell::Shell;
use crate::sync::{Reader, row, week};

const FENCE: &str = "```console\n";

/// Runs the blocks marked `console` in order, in one library that holds nothing at first, in a
/// folder that holds `data/`. Lines that begin with `$ ` are typed; the others must come. A line
/// `…` stands for lines that are left out. Where a block begins with the date, it is of a reader whose
/// source is arXiv.
#[test]
fn transcripts_are_true() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = std::fs::read_to_string(root.join("README.md")).unwrap();
    let shell = Shell::new();
    std::os::unix::fs::symlink(root.join("data"), shell.path().join("data")).unwrap();
    let mut away = Away::new();
    let mut blocks = readme.split(FENCE);
    let mut renewed = blocks.next().unwrap().to_owned();
    let mut n_typed = 0;
    for rest in blocks {
        let (block, after) = rest.split_once("```").unwrap();
        renewed.push_str(FENCE);
        let is_away = block.starts_with(DATE);
        for (typed, shown) in pieces(block) {
            let got = if is_away { away.run(typed, &shown) } else { shell.run(typed) };
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

/// How a block tells on which day it is typed.
const DATE: &str = "$ date +%F\n";

/// A reader of arXiv, who is away on some days; on 16 October OAI-PMH does not answer.
struct Away {
    reader: Reader,
    today: Date,
}

impl Away {
    fn new() -> Self {
        let mut world = week();
        for n in 0..3 {
            world.rows.push(row(900 + n, date(2025, 10, 9), &["cs.CV"]));
        }
        Self { reader: Reader::new(world, "arxiv = [\"cs.CV\"]"), today: Date::ZERO }
    }

    fn run(&mut self, typed: &str, shown: &str) -> String {
        if typed == "date +%F" {
            self.today = shown.trim().parse().unwrap();
            let n_faults = if self.today == date(2025, 10, 16) { 9 } else { 0 };
            self.reader.server.world(|world| {
                world.scripted = std::iter::repeat_n(("/oai", Fault::Unavailable), n_faults).collect();
            });
            return shown.to_owned();
        }
        // As the hosts are called that the server stands for.
        self.reader.on(self.today.day(), typed).replace("http://HOST/oai", "https://oaipmh.arxiv.org/oai")
    }
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
