//! Killed at any moment, an import loses no committed paper, and the next run goes on.

use std::io::Write;
use std::process::Stdio;
use std::time::Duration;

use crate::shell::Shell;

const N: usize = 6_000;

/// A listing of made-up papers, one a line.
pub fn listing() -> String {
    let line = |i: usize| {
        let id = format!("{:02}{:02}.{:05}", 15 + i % 10, 1 + i % 12, i);
        format!(
            "{{\"listed\":\"2024-04-25\",\"id\":\"{id}\",\"title\":\"Paper {i}\",\"abstract\":\"On the number {i}.\",\"authors\":[],\"categories\":[\"cs.CV\"],\"comment\":null}}\n"
        )
    };
    (0..N).map(line).collect()
}

fn n_papers(shell: &Shell) -> usize {
    shell.json("paperpick doctor --json")["size"]["papers"].as_u64().unwrap() as usize
}

#[test]
fn a_killed_import_loses_nothing_that_was_committed() {
    let shell = Shell::new();
    let text = listing();
    shell.write("listing.jsonl", &text);
    let mut before = 0;
    for round in 0..6_usize {
        // The pipe is fed up to a point and then left open, so the kill lands in the middle.
        let words = ["import", "-"].map(str::to_owned);
        let mut child = shell
            .command(&words)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let part = text.len() * (round + 1) / 7 + 11 * round;
        child.stdin.as_mut().unwrap().write_all(&text.as_bytes()[..part]).unwrap();
        std::thread::sleep(Duration::from_millis(40 * round as u64));
        child.kill().unwrap();
        child.wait().unwrap();
        let now = n_papers(&shell);
        assert!(now >= before, "round {round}: {before} papers became {now}");
        before = now;
    }
    assert!(before < N, "the kills came too late to test anything");
    let report = shell.json("paperpick import listing.jsonl --json");
    assert_eq!(report["added"], N - before, "the rest, and only the rest");
    assert_eq!(report["unchanged"], before);
    assert_eq!(report["embedded"], N, "the killed runs came to no vectors");
    let again = shell.run("paperpick import listing.jsonl");
    assert_eq!(again, "6,000 entries: nothing new\n");
}

#[test]
fn what_killed_runs_left_is_named_by_doctor_and_swept() {
    let shell = Shell::with_sample();
    for name in [".index-dead", "cache/.tmpdead", ".writing-dead"] {
        shell.write(&format!("library/{name}"), "half a file");
    }
    let said = shell.run("paperpick doctor");
    assert!(said.contains("stale   files: killed runs left 33 bytes in"), "{said}");
    for name in [".index-dead", ".tmpdead", ".writing-dead"] {
        assert!(said.contains(name), "{name}: {said}");
    }
    shell.run("paperpick index");
    let said = shell.run("paperpick doctor");
    assert!(said.contains("good    files: none is half written"), "{said}");
}
