//! A library that moves to a server and back, and runs that are killed on the way.

use std::process::Stdio;
use std::time::{Duration, Instant};

use super::{STILL, Shared};
use crate::shell::{Shell, sample, words};

/// What its reader looks at.
const LOOKS: &[&str] = &[
    "today --again",
    "today --again --json",
    "today --by-topic --again",
    "similar 2404.15653",
    "similar 2404.15653 --json",
    "why 2404.16030 --json",
    "search CLIP",
    "search 이미지",
    "search '\"kingfisher\"'",
    "topics --json",
    "interests",
    "likes",
    "saved",
    "account list",
    "days",
    "export",
];

impl Shared {
    fn address(&self) -> String {
        format!("{}?schema={}", std::env::var("PAPERPICK_TEST_POSTGRES").unwrap(), self.schema)
    }

    /// Starts to move a library and kills that at a table, which `lock` keeps from it.
    fn kill_at(&mut self, table: &str, lock: &str, shell: &Shell, line: &str, environment: &[(&str, &str)]) {
        let mut locked = self.client.transaction().unwrap();
        locked.batch_execute(&format!("LOCK TABLE {}.{table} IN {lock} MODE", self.schema)).unwrap();
        let mut moving = shell.command(&words(line)[1..]);
        moving.envs(environment.iter().copied()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut moving = moving.spawn().unwrap();
        let waiting = format!(
            "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = '{}.{table}'::regclass",
            self.schema
        );
        let began = Instant::now();
        while locked.query_one(&waiting, &[]).unwrap().get::<_, i64>(0) == 0 {
            assert!(moving.try_wait().unwrap().is_none(), "it ended before it was killed");
            assert!(began.elapsed() < Duration::from_secs(60), "it never came to {table}");
            std::thread::sleep(Duration::from_millis(5));
        }
        moving.kill().unwrap();
        moving.wait().unwrap();
        locked.rollback().unwrap();
    }
}

fn look(shell: &Shell, library: &str, environment: &[(&str, &str)]) -> Vec<String> {
    let environment: Vec<_> = environment.iter().copied().chain([("PAPERPICK_CLOCK", STILL)]).collect();
    let look = |line: &&str| {
        let said = shell.run_with(&format!("paperpick --library {library} {line}"), &environment);
        assert!(!said.contains("[exit 2]"), "{line}: {said}");
        format!("{line}:\n{said}")
    };
    LOOKS.iter().map(look).collect()
}

fn agree(now: Vec<String>, before: &[String]) {
    now.iter().zip(before).for_each(|(now, before)| assert_eq!(now, before));
}

#[test]
#[ignore = "needs PAPERPICK_TEST_POSTGRES"]
fn a_library_that_moves_to_a_server_and_back_says_the_same_also_when_each_run_is_killed_once() {
    let mut server = Shared::new();
    let shell = Shell::new();
    let at_server = server.address();
    let there = [("PAPERPICK_STORE", at_server.as_str())];
    for line in [
        format!("import {}", sample("")).as_str(),
        "like 2404.15653 2404.16030 2402.04252",
        "dislike 2404.15420",
        "unrate 2404.15420",
        "save 2404.16022",
        "topics follow \"CLIP pre-training\"",
        "interests name 2404.15653 CLIP",
        "today",
    ] {
        let said = shell.run_with(&format!("paperpick {line}"), &[("PAPERPICK_CLOCK", STILL)]);
        assert!(!said.contains("[exit 2]"), "{line}: {said}");
    }
    let said = shell.run_given("paperpick account add ann", "a good password\n");
    assert!(said.contains("ann"), "{said}");
    // There: the tables are made, and then papers are, when it is killed.
    shell.run_with("paperpick doctor", &there);
    let to_server = format!("paperpick migrate --to {at_server}");
    server.kill_at("ratings", "EXCLUSIVE", &shell, &to_server, &[]);
    let half = shell.run_with("paperpick today", &there);
    assert!(half.contains("is a copy of") && half.contains("[exit 2]"), "{half}");
    // All but the last step is done, and a paper that was copied already says something else.
    server.kill_at("counters", "SHARE", &shell, &to_server, &[]);
    let changed = r#"{"id": "2404.14700", "version": 2, "title": "FlashSpeech", "abstract": "Of a kingfisher's speech."}"#;
    shell.write("changed.jsonl", changed);
    shell.run("paperpick import changed.jsonl");
    let file = || std::fs::read(shell.path().join("library/library.sqlite")).unwrap();
    let (before, old) = (look(&shell, "library", &[]), file());
    let moved = shell.run(&to_server);
    assert!(moved.contains("80 papers, 3 likes, 0 dislikes; compared, and the same"), "{moved}");
    assert!(moved.contains("  papers: 80 rows, 79 of them there before"), "{moved}");
    assert!(moved.contains("  ratings: 3 rows, 3 of them there before, checksum"), "{moved}");
    assert!(!moved.contains("password") && !moved.contains("postgres:postgres"), "{moved}");
    agree(look(&shell, "library", &there), &before);
    assert!(file() == old, "the old library was changed");
    let again = shell.run(&to_server);
    assert!(again.contains("holds another library") && again.contains("[exit 2]"), "{again}");

    // And back, into another folder.
    let to_folder = "paperpick migrate --to back";
    server.kill_at("ratings", "ACCESS EXCLUSIVE", &shell, to_folder, &there);
    let half = shell.run("paperpick --library back today");
    assert!(half.contains("is a copy of postgres://127.0.0.1") && half.contains("[exit 2]"), "{half}");
    let elsewhere = shell.run(to_folder);
    assert!(elsewhere.contains("that is not whole") && elsewhere.contains("[exit 2]"), "{elsewhere}");
    let moved = shell.run_with(to_folder, &there);
    assert!(moved.contains("80 papers, 3 likes, 0 dislikes; compared, and the same"), "{moved}");
    assert!(moved.contains("  papers: 80 rows, 80 of them there before"), "{moved}");
    agree(look(&shell, "back", &[]), &before);
    assert!(shell.run("paperpick --library back doctor --deep").contains("good    database"));
}
