//! What is done to a library while calls fail: each job, and the library that it begins with.

use jiff::Timestamp;
use jiff::civil::date;
use rusqlite::Connection;

use crate::server::Server;
use crate::shell::{Shell, sample};
use crate::sync::{RATE, clock, week};
use crate::webhook::{GOOD, Receiver};

/// A command, and what it promises.
pub struct Job {
    pub name: &'static str,
    /// As a user types it, with `> FILE` at its end where its output is kept.
    pub line: &'static str,
    /// Makes the library that it begins with, and what it asks of others.
    pub prepare: fn(&Shell) -> World,
    /// From when on what it did is kept.
    pub promise: Promise,
    /// The file that it makes beside the database.
    pub makes: Option<&'static str>,
    /// Whether it is all or nothing.
    pub is_atomic: bool,
    /// Whether somebody else has the library open meanwhile, such as a server; then its end syncs nothing.
    pub is_beside: bool,
    /// A day of the papers that it brings.
    pub day: &'static str,
}

/// From when on what a job did outlives a cut of the power.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Promise {
    /// As soon as it says so.
    Said,
    /// Once the command has ended well.
    Ended,
    /// It is an answer, and what it notes beside is not worth a failure.
    Nothing,
}

/// What answers on the network meanwhile.
#[derive(Default)]
pub struct World {
    _server: Option<Server>,
    _receiver: Option<Receiver>,
}

const PLAIN: Job = Job {
    name: "",
    line: "",
    prepare: base,
    promise: Promise::Said,
    makes: None,
    is_atomic: true,
    is_beside: false,
    day: "2024-04-25",
};

/// Papers are announced by what lists them, which can be read again: a cut while one is read may lose the newest.
const BRINGS_PAPERS: Job = Job { promise: Promise::Ended, is_atomic: false, ..PLAIN };

/// Every job.
pub const JOBS: &[Job] = &[
    Job { name: "import", line: "import day.md", ..BRINGS_PAPERS },
    Job { name: "first import", line: "import day.md", prepare: nothing, ..BRINGS_PAPERS },
    Job { name: "like", line: "like 2402.04252 2404.16030", ..PLAIN },
    Job { name: "dislike", line: "dislike 2402.04252 2401.04575", ..PLAIN },
    Job { name: "unrate", line: "unrate 2312.03818", ..PLAIN },
    Job { name: "likes import", line: "likes import likes.ris", is_atomic: false, ..PLAIN },
    Job { name: "interests", line: "interests pin 1", ..PLAIN },
    Job { name: "topics", line: "topics follow 2404.16030", prepare: with_day, ..PLAIN },
    Job { name: "today", line: "today -n 3", prepare: with_day, promise: Promise::Nothing, ..PLAIN },
    Job {
        name: "sync",
        line: "sync --config config.toml",
        prepare: with_sources,
        day: "2025-10-13",
        ..BRINGS_PAPERS
    },
    Job { name: "re-embed", line: "model use small.pptable", prepare: with_table, is_atomic: false, ..PLAIN },
    Job {
        name: "tune",
        line: "model tune --from small.pptable --epochs 1 --quiet",
        prepare: with_field,
        makes: Some("library/tuned.pptable"),
        ..PLAIN
    },
    Job { name: "index", line: "index --optimize --deterministic", prepare: with_day, ..PLAIN },
    Job { name: "export", line: "export > out.jsonl", ..PLAIN },
    Job { name: "backup", line: "backup out.sqlite", makes: Some("out.sqlite"), ..PLAIN },
    Job {
        name: "restore",
        line: "restore whole.sqlite",
        prepare: with_backup,
        makes: Some("library/library.sqlite"),
        ..PLAIN
    },
    Job { name: "migrate", line: "likes", prepare: with_old_schema, promise: Promise::Ended, ..PLAIN },
    Job { name: "feed", line: "feed > feed.xml", prepare: with_day, ..PLAIN },
    Job {
        name: "publish",
        line: "digest --webhook --config config.toml",
        prepare: with_hook,
        is_atomic: false,
        ..PLAIN
    },
    // Each kind of thing that people say.
    Job { name: "like, served", line: "like 2402.04252 2404.16030", is_beside: true, ..PLAIN },
    Job {
        name: "likes import, served",
        line: "likes import likes.ris",
        is_atomic: false,
        is_beside: true,
        ..PLAIN
    },
    Job { name: "interests, served", line: "interests pin 1", is_beside: true, ..PLAIN },
    Job {
        name: "topics, served",
        line: "topics follow 2404.16030",
        prepare: with_day,
        is_beside: true,
        ..PLAIN
    },
    Job {
        name: "publish, served",
        line: "digest --webhook --config config.toml",
        prepare: with_hook,
        is_atomic: false,
        is_beside: true,
        ..PLAIN
    },
];

fn nothing(shell: &Shell) -> World {
    shell.write("day.md", std::fs::read(sample("2024-04-25.md")).unwrap());
    World::default()
}

/// Twenty papers, a few of them rated, and files to read.
fn base(shell: &Shell) -> World {
    let lines = std::fs::read_to_string(sample("background.jsonl")).unwrap();
    shell.write("base.jsonl", lines.lines().take(20).collect::<Vec<_>>().join("\n") + "\n");
    let fixture = format!("{}/tests/fixtures/references.ris", env!("CARGO_MANIFEST_DIR"));
    shell.write("likes.ris", std::fs::read(fixture).unwrap());
    run(shell, "import base.jsonl");
    run(shell, "like 2312.03818 2312.14232 2402.15021 2404.16022");
    run(shell, "dislike 2401.16013");
    nothing(shell)
}

fn with_day(shell: &Shell) -> World {
    let world = base(shell);
    run(shell, "import day.md");
    world
}

fn with_sources(shell: &Shell) -> World {
    base(shell);
    let mut sources = week();
    sources.today = Some(date(2025, 10, 13));
    let server = Server::new(sources);
    shell.write("config.toml", server.settings("arxiv = [\"cs.CV\"]"));
    World { _server: Some(server), ..World::default() }
}

fn with_table(shell: &Shell) -> World {
    let world = with_day(shell);
    train(shell, &sample("background.jsonl"));
    world
}

/// As many papers as tuning wants.
fn with_field(shell: &Shell) -> World {
    let line = |i: usize| {
        let (a, b) =
            (["zebra", "yak", "wombat", "viper"][i % 4], ["stripe", "horn", "pouch", "venom"][i % 4]);
        format!(
            "{{\"listed\":\"2024-04-25\",\"id\":\"2404.{i:05}\",\"title\":\"On the {a} number {i}\",\"abstract\":\"We look at the {b} of a {a}. It has {b}.\"}}\n"
        )
    };
    shell.write("field.jsonl", (0..110).map(line).collect::<String>());
    run(shell, "import field.jsonl");
    train(shell, "field.jsonl");
    World::default()
}

fn train(shell: &Shell, corpus: &str) {
    let options = "--apart 5 --dimensions 32 --words 300 --epochs 1 --batch 32 --out small.pptable --quiet";
    run(shell, &format!("model train --corpus {corpus} {options}"));
}

fn with_backup(shell: &Shell) -> World {
    let world = with_day(shell);
    run(shell, "backup whole.sqlite");
    std::fs::remove_dir_all(shell.path().join("library")).unwrap();
    world
}

/// Undoes the steps of the schema after the tenth.
fn with_old_schema(shell: &Shell) -> World {
    let world = with_day(shell);
    let db = Connection::open(shell.path().join("library/library.sqlite")).unwrap();
    db.execute_batch(
        "DROP TABLE made; DROP TABLE lists; DROP TABLE asked; DROP TABLE titles; DROP TABLE aliases; DROP TABLE brought; ALTER TABLE accounts DROP COLUMN role;
         DROP TABLE taken_back; ALTER TABLE interests DROP COLUMN at;
         DROP INDEX picks; DROP INDEX papers_by_edition; ALTER TABLE papers DROP COLUMN edition;
         DROP TABLE gone; DROP TABLE shared_names;
         DROP INDEX papers_by_doi; DROP INDEX ratings_of_paper; DROP INDEX saved_of_paper;
         DROP INDEX interests_of_paper; PRAGMA user_version = 10",
    )
    .unwrap();
    world
}

fn with_hook(shell: &Shell) -> World {
    let world = with_day(shell);
    let receiver = Receiver::start(GOOD);
    shell.write("config.toml", format!("[webhook]\nurl = 'http://127.0.0.1:{}/'\n", receiver.port));
    World { _receiver: Some(receiver), ..world }
}

fn run(shell: &Shell, line: &str) {
    let said = shell.run_with(&format!("paperpick {line}"), &[("PAPERPICK_CLOCK", &clock(date(2024, 5, 1)))]);
    assert!(!said.contains("[exit"), "{line}: {said}");
}

/// When the job is done; its library was made the day before.
pub fn now() -> String {
    at("2024-05-02T13:00:00Z")
}

/// When it is done again: late enough for a run that was killed to count as such.
pub fn later() -> String {
    at("2024-05-02T19:00:00Z")
}

fn at(begin: &str) -> String {
    format!("{begin}@{}*{RATE}", Timestamp::now())
}
