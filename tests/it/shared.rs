//! A library that a PostgreSQL server keeps: every verb, and the web server, as if it were a file. The address of a
//! server is in `PAPERPICK_TEST_POSTGRES`; `.ci/postgres` starts one.

#[cfg(target_os = "linux")]
mod kills;
mod moved;
#[cfg(target_os = "linux")]
mod pair;

use std::sync::atomic::{AtomicU32, Ordering};

use crate::browse::Server;
use crate::shell::{Shell, sample};

/// A moment that does not pass, so that both libraries say the same of it.
const STILL: &str = "2024-04-26T09:00:00Z@2026-01-01T00:00:00Z*0.000000000001";

/// A library in a schema of its own, as the settings name it, with the password where libpq has it.
struct Shared {
    shell: Shell,
    schema: String,
    client: postgres::Client,
}

impl Shared {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let server = std::env::var("PAPERPICK_TEST_POSTGRES").expect("the address of a server to test with");
        let client = postgres::Client::connect(&server, postgres::NoTls).unwrap();
        let schema = format!("test_it_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let (user, rest) = server.split_once("://").and_then(|(_, rest)| rest.split_once('@')).unwrap();
        let (user, password) = user.split_once(':').unwrap();
        let shell = Shell::new();
        let shards = shards();
        let shards = if shards.is_empty() { String::new() } else { format!("shards = {shards:?}\n") };
        let settings = format!(
            "{shards}store = 'postgres://{user}:${{LAB}}@{rest}?schema={schema}&application_name={schema}'"
        );
        shell.write("environment.toml", settings);
        shell.write(
            ".config/paperpick/config.toml",
            format!("{shards}store = 'postgres://{user}@{rest}?schema={schema}'"),
        );
        shell.write(".pgpass", format!("*:*:*:{user}:{password}\n"));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::Permissions::from_mode(0o600);
            std::fs::set_permissions(shell.path().join(".pgpass"), mode).unwrap();
        }
        Self { shell, schema, client }
    }

    /// Ends every connection but this one to the library, as a server does that is started again.
    fn end_connections(&mut self) {
        let sql = "SELECT pg_terminate_backend(pid, 9000) FROM pg_stat_activity WHERE application_name = $1";
        self.client.execute(sql, &[&self.schema]).unwrap();
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        let sql = format!("DROP SCHEMA IF EXISTS {} CASCADE", self.schema);
        self.client.batch_execute(&sql).unwrap();
        for (i, shard) in shards().iter().enumerate() {
            let server = format!("DROP SERVER IF EXISTS {}_{i} CASCADE", self.schema);
            self.client.batch_execute(&server).unwrap();
            postgres::Client::connect(shard, postgres::NoTls).unwrap().batch_execute(&sql).unwrap();
        }
    }
}

/// The addresses of shards, where papers are to lie on some.
fn shards() -> Vec<String> {
    let shards = std::env::var("PAPERPICK_TEST_SHARDS").unwrap_or_default();
    shards.split_whitespace().map(str::to_owned).collect()
}

/// What somebody does, and looks at.
const LINES: &[&str] = &[
    "like 2404.08197 https://arxiv.org/abs/2402.04252 2401.09865",
    "dislike 2403.17008",
    "unrate 2401.09865",
    "today",
    "today --json",
    "similar 2404.15653 --json",
    "topics",
    "topics --json",
    "why 2404.16030",
    "why 2404.16030 --json",
    "search CLIP",
    "search \"diffusion mod\"",
    "search 이미지",
    "interests",
    "likes",
    "days",
    "show 2404.15653",
    "index",
    "feed",
    "digest",
    "export",
];

#[test]
#[ignore = "needs PAPERPICK_TEST_POSTGRES"]
fn every_verb_says_the_same_of_a_library_on_a_server() {
    let (file, mut server) = (Shell::new(), Shared::new());
    let import = format!("import {}", sample(""));
    for line in [import.as_str(), import.as_str()].iter().chain(LINES) {
        let [ours, theirs] = [&file, &server.shell].map(|shell| {
            let said = shell.run_with(&format!("paperpick {line}"), &[("PAPERPICK_CLOCK", STILL)]);
            said.replace(&shell.path().display().to_string(), "HERE")
        });
        assert!(!ours.contains("[exit 2]"), "{line}: {ours}");
        assert_eq!(theirs, ours, "{line}");
    }
    assert!(server.shell.run("paperpick doctor").contains("library postgres://127.0.0.1"));
    server
        .client
        .batch_execute(&format!("DELETE FROM {}.ids WHERE id = '2404.15653'", server.schema))
        .unwrap();
    server
        .client
        .batch_execute(&format!("INSERT INTO {}.ids VALUES ('2404.15653', 999)", server.schema))
        .unwrap();
    let broken = server.shell.run("paperpick doctor");
    assert!(broken.contains("BROKEN  database: rows of ids that are of no paper: 1"), "{broken}");
    assert!(broken.contains("mend: pg_restore") && !broken.contains("--mend"), "{broken}");
    assert!(!server.shell.path().join("library/library.sqlite").exists());
}

#[test]
#[ignore = "needs PAPERPICK_TEST_POSTGRES"]
fn a_server_that_finds_neighbours_finds_the_same_and_no_index_is_made_beside_it() {
    let (file, server) = (Shell::new(), Shared::new());
    let settings = server.shell.path().join(".config/paperpick/config.toml");
    let settings = std::fs::read_to_string(settings).unwrap();
    server.shell.write(".config/paperpick/config.toml", format!("neighbours = 'server'\n{settings}"));
    let import = format!("import {}", sample(""));
    for line in [
        import.as_str(),
        "similar 2404.15653 --json",
        "similar --text \"image matting\" --json",
        "search images",
    ] {
        let [ours, theirs] = [&file, &server.shell]
            .map(|shell| shell.run_with(&format!("paperpick {line}"), &[("PAPERPICK_CLOCK", STILL)]));
        assert!(!ours.contains("[exit 2]"), "{line}: {ours}");
        assert_eq!(theirs, ours, "{line}");
    }
    let state = server.shell.run("paperpick index");
    assert!(
        state.contains("kept:    by the server at postgres://") && state.contains("graph:   none"),
        "{state}"
    );
    let state = server.shell.run("paperpick index --optimize");
    assert!(state.contains("search:  by the graph"), "{state}");
    let examined = server.shell.run("paperpick doctor --deep");
    assert!(examined.contains("none: the server finds neighbours"), "{examined}");
    let kept = walk(server.shell.path());
    assert!(!kept.iter().any(|path| path.ends_with("index.bin")), "{kept:?}");
}

/// Every file below a folder.
fn walk(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path] }).collect()
}

#[test]
#[ignore = "needs PAPERPICK_TEST_POSTGRES"]
fn a_server_names_its_secrets_in_the_environment_and_what_is_for_files_is_refused() {
    let server = Shared::new();
    let run = |line: &str, environment: &[(&str, &str)]| server.shell.run_with(line, environment);
    let named = "paperpick doctor --config environment.toml";
    assert!(run(named, &[]).contains("there is no variable LAB"));
    assert!(run(named, &[("LAB", "wrong")]).contains("password authentication failed"));
    let password = std::env::var("PAPERPICK_TEST_POSTGRES").unwrap();
    let password = password.split(['@', ':']).nth(2).unwrap().to_owned();
    assert!(run(named, &[("LAB", &password)]).contains("0 papers"));
    let elsewhere = [("PAPERPICK_STORE", "postgres://ann:secret@127.0.0.1:1/lab")];
    let told = run("paperpick today", &elsewhere);
    assert!(
        told.contains("postgres://127.0.0.1:1/lab does not answer") && !told.contains("secret"),
        "{told}"
    );
    assert!(run("paperpick today", &[("PAPERPICK_STORE", "mysql://x")]).contains("PAPERPICK_STORE: "));
    for (line, expected) in [
        ("paperpick backup copy.sqlite", "pg_dump"),
        ("paperpick restore copy.sqlite", "pg_restore"),
        ("paperpick doctor --mend new", "pg_amcheck"),
    ] {
        let told = run(line, &[]);
        assert!(told.contains(expected) && told.contains("[exit 2]"), "{told}");
    }
    assert!(
        run("paperpick demo", &[]).contains("Read 80 papers"),
        "its library is a file's, whatever the settings say"
    );
}

#[test]
#[ignore = "needs PAPERPICK_TEST_POSTGRES"]
fn a_web_server_outlives_its_connections_and_sees_what_others_change() {
    let mut server = Shared::new();
    server.shell.run(&format!("paperpick import {}", sample("")));
    let web = Server::of(&server.shell, "");
    let today = |web: &Server| web.json("/api/v1/today?n=3");
    let first = today(&web);
    assert_eq!(first["last"], "2024-04-25", "{first}");
    server.shell.run("paperpick like 2404.15653 2404.16022");
    let liked = today(&web);
    assert_ne!(liked["picks"], first["picks"], "another process has changed the library");
    server.end_connections();
    assert_eq!(today(&web)["picks"], liked["picks"]);
    assert_eq!(web.post_json("/api/v1/rate", r#"{"ids": ["2404.15449"], "rating": "like"}"#).status, 200);
    assert!(server.shell.run("paperpick likes").contains("2404.15449"));
    #[cfg(unix)]
    assert!(web.end(), "it ends well");
}
