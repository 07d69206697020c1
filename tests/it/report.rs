//! What a library and a server tell of themselves to those who mend them: the report, and the log.

use rusqlite::Connection;

use crate::browse::Server;
use crate::shell::Shell;

/// A word that nothing of the program says.
const SECRET: &str = "quagga";

/// A library in which everything that a reader can name is named by the secret.
fn full_of_secrets() -> Shell {
    let shell = Shell::with_sample();
    let paper = |n: u32| {
        format!(
            "{{\"id\": \"2401.0000{n}\", \"title\": \"{SECRET} {n}\", \"abstract\": \"Of the {SECRET}.\", \
             \"authors\": [\"Ann {SECRET}\"], \"categories\": [\"cs.CV\"], \
             \"listings\": [{{\"day\": \"2024-04-26\", \"source\": \"{SECRET}\", \"announced\": \"new\"}}]}}\n"
        )
    };
    shell.write(&format!("{SECRET}.jsonl"), (1..6).map(paper).collect::<String>());
    shell.write(
        &format!("{SECRET}.toml"),
        format!(
            "[sync]\nfeeds = [{{ name = \"{SECRET}\", url = \"https://ann:{SECRET}@{SECRET}.example/feed\" }}]\n\
             digests = [\"/home/{SECRET}/digests\"]\ncontact = \"mailto:{SECRET}@example.org\"\n\
             [mail]\nserver = \"{SECRET}.example\"\nfrom = \"{SECRET}@example.org\"\nto = [\"{SECRET}@example.org\"]\n"
        ),
    );
    for line in [
        format!("import {SECRET}.jsonl"),
        "like 2401.00001 2401.00002".to_owned(),
        format!("interests name 1 {SECRET}"),
        "topics follow 2401.00001".to_owned(),
    ] {
        let said = shell.run(&format!("paperpick {line}"));
        assert!(!said.contains("error"), "{line}: {said}");
    }
    shell.run_given(&format!("paperpick account add {SECRET}"), &format!("{SECRET} {SECRET}\n"));
    shell.write(&format!("library/.index-{SECRET}"), SECRET);
    let db = Connection::open(shell.path().join("library/library.sqlite")).unwrap();
    db.execute_batch(&format!(
        "INSERT INTO feeds VALUES ('https://{SECRET}.example/feed', '{SECRET}');
         INSERT INTO shared_names VALUES (1, '{SECRET}');
         INSERT INTO models (name, dimensions) VALUES ('{SECRET}', 4);"
    ))
    .unwrap();
    shell
}

#[test]
fn a_report_holds_nothing_private() {
    let shell = full_of_secrets();
    std::fs::rename(shell.path().join("library"), shell.path().join(SECRET)).unwrap();
    let options = format!("--library {SECRET} --config {SECRET}.toml");
    let plain = shell.run(&format!("paperpick doctor {options}"));
    assert!(plain.contains(SECRET), "the secret is there to be told: {plain}");
    let report = shell.run(&format!("paperpick doctor --report {options}"));
    for told in ["version: ", "schema: ", "\"papers\":", "\"owner\":1", "\"feeds\":2", "\"names\":\"stale\""]
    {
        assert!(report.contains(told), "{told}: {report}");
    }
    let json = shell.run(&format!("paperpick doctor --report --json {options}"));
    let home = shell.path().display().to_string();
    for text in [&report, &json] {
        let text = text.to_lowercase();
        assert!(!text.contains(SECRET) && !text.contains(&home.to_lowercase()), "{text}");
    }
}

#[test]
fn what_is_logged_is_asked_for_and_goes_where_it_is_to_go() {
    let shell = Shell::with_sample();
    let said = shell.run("paperpick --log paperpick=loud today");
    assert!(
        said.contains("--log is `paperpick=loud`, but it is a level") && said.contains("[exit 2]"),
        "{said}"
    );
    let server = Server::of(&shell, "--log paperpick=info --log-file server.log");
    assert_eq!(server.get("/api/v1/today").status, 200);
    assert!(shell.path().join("server.log").exists());
    shell.run("paperpick like 2404.15653");
    let said = shell.run("paperpick --log debug --log-file day.log today");
    let log = std::fs::read_to_string(shell.path().join("day.log")).unwrap();
    assert!(
        log.contains("the profile is learned") && !said.contains("the profile is learned"),
        "{log}{said}"
    );
}
