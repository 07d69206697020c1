//! The lists of all readers, made by workers that share a queue.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::shell::{Shell, sample};
use crate::smtp::{Manner, Smtp};

const READERS: usize = 4;

/// The last reader gets no mail.
pub const MAILED: usize = READERS - 1;

/// A library with accounts, each of which likes something else, and mail for all but the last.
fn site(server: &Smtp) -> Shell {
    let shell = Shell::new();
    shell.run(&format!("paperpick import {}", sample("")));
    fill(&shell, &[]);
    shell.write("config.toml", settings(server));
    shell
}

/// Makes the accounts of a library, and likes.
pub fn fill(shell: &Shell, environment: &[(&str, &str)]) {
    let papers = shell.run_with("paperpick export", environment);
    let papers: Vec<&str> = papers.lines().filter_map(|line| line.split('"').nth(3)).collect();
    for n in 0..READERS {
        shell.run_given_with(&format!("paperpick account add reader{n}"), "a good password\n", environment);
        let likes: Vec<&str> = papers.iter().skip(7 * n).take(3).copied().collect();
        let said =
            shell.run_with(&format!("paperpick --account reader{n} like {}", likes.join(" ")), environment);
        assert!(said.contains("liked"), "{said}");
    }
}

/// Mail to all accounts but the last.
pub fn settings(server: &Smtp) -> String {
    let mut settings = format!(
        "[mail]\nserver = '127.0.0.1'\nport = {}\nfrom = 'paperpick <me@example.org>'\nto = ['me@example.org']\n\
         security = 'none'\n[mail.accounts]\n",
        server.port
    );
    for n in 1..READERS - 1 {
        writeln!(settings, "reader{n} = ['reader{n}@example.org']").unwrap();
    }
    settings
}

/// What tells the mails apart, once for each that came.
pub fn identities(server: &Smtp) -> Vec<String> {
    let identity =
        |mail: &String| mail.lines().find(|line| line.starts_with("Message-ID")).unwrap().to_owned();
    server.mails().iter().map(identity).collect()
}

/// Each reader's list, as it was made and as it is made for that reader alone.
pub fn lists(shell: &Shell, environment: &[(&str, &str)]) -> Vec<[Vec<String>; 2]> {
    let list = |n: usize| {
        ["rank", "today --again"].map(|verb| {
            let said = shell.run_with(&format!("paperpick --account reader{n} {verb} --json"), environment);
            let said: serde_json::Value = serde_json::from_str(&said).unwrap_or_else(|_| panic!("{said}"));
            let picks = said["picks"].as_array().unwrap();
            picks.iter().map(|pick| format!("{} {}", pick["id"], pick["score"])).collect()
        })
    };
    (0..READERS).map(list).collect()
}

#[test]
fn everybodys_list_is_the_one_that_each_would_get_and_goes_out_once() {
    let server = Smtp::start(Manner::Takes);
    let shell = site(&server);
    let none = shell.run("paperpick rank");
    assert!(none.contains("no list of 2024-04-25 was made yet") && none.contains("[exit 1]"), "{none}");
    let rank = "paperpick --config config.toml rank --all --mail";
    let workers = std::thread::scope(|scope| {
        let workers = [0; 3].map(|_| scope.spawn(|| shell.json(&format!("{rank} --json"))));
        workers.map(|worker| worker.join().unwrap())
    });
    let sum = |field: &str| workers.iter().map(|said| said[field].as_u64().unwrap() as usize).sum::<usize>();
    assert_eq!((sum("made"), sum("sent")), (READERS, MAILED), "{workers:?}");
    for [made, alone] in lists(&shell, &[]) {
        assert_eq!(made, alone);
        assert_eq!(made.len(), 9);
    }
    let mails = identities(&server);
    assert_eq!((mails.len(), mails.iter().collect::<BTreeSet<_>>().len()), (MAILED, MAILED));
    assert!(shell.run(rank).starts_with("2024-04-25: 0 lists made"), "nothing has changed");
    // What somebody says makes that reader's list anew, and nobody's mail.
    shell.run("paperpick --account reader2 dislike 2404.15653");
    let said = shell.run(rank);
    assert!(said.starts_with("2024-04-25: 1 list made") && said.ends_with(" 0 sent\n"), "{said}");
    assert!(lists(&shell, &[]).iter().all(|[made, alone]| made == alone));
    assert!(shell.run("paperpick --config config.toml digest --mail").contains("went out by mail at"));
    assert_eq!(server.mails().len(), MAILED);
}

#[test]
fn mail_that_is_refused_fails_its_list_and_the_next_run_sends_it() {
    let server = Smtp::start(Manner::Busy);
    let shell = site(&server);
    let rank = "paperpick --config config.toml rank --all --mail";
    let said = shell.run(rank);
    assert!(said.starts_with("2024-04-25: 1 list made") && said.contains("come back later"), "{said}");
    assert!(
        said.contains("3 lists failed; the same command tries again") && said.contains("[exit 2]"),
        "{said}"
    );
    server.now(Manner::Takes);
    let said = shell.run(rank);
    assert!(said.starts_with("2024-04-25: 3 lists made") && said.ends_with(" 3 sent\n"), "{said}");
    assert_eq!(server.mails().len(), MAILED);
    shell.write(
        "config.toml",
        "[mail]\nserver = 'x'\nfrom = 'a@b.c'\nto = ['a@b.c']\naccounts = {zoe = ['z@b.c']}",
    );
    let said = shell.run(rank);
    assert!(said.contains("names `zoe`, but there is no such account"), "{said}");
}
