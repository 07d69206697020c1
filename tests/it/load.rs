//! What one request may cost a server: work that nobody waits for ends, and another site's page begins none.

use std::fmt::Write as _;
use std::io::Write as _;
use std::net::TcpStream;
use std::time::Duration;

use serde_json::json;

use crate::browse::Server;
use crate::shell::Shell;

/// A library of so many days with forty papers each, of which some are liked.
fn library(n_days: usize) -> Shell {
    let shell = Shell::new();
    let mut lines = String::new();
    for n in 0..n_days * 40 {
        let words = |salt: usize| {
            (0..40)
                .map(|i| format!("word{}", (n * 31 + i * i * 17 + salt) % 211))
                .collect::<Vec<_>>()
                .join(" ")
        };
        let day = jiff::civil::date(2024, 1, 1) + jiff::Span::new().days((n % n_days) as i64);
        let paper = json!({
            "id": format!("2401.{n:05}"),
            "title": words(1),
            "abstract": words(2),
            "listings": [{"day": day, "source": "arxiv", "announced": "new"}],
        });
        writeln!(lines, "{paper}").unwrap();
    }
    shell.write("papers.jsonl", lines);
    shell.run("paperpick import papers.jsonl");
    shell.run("paperpick like 2401.00001 2401.00050 2401.00099");
    shell
}

/// A figure of `/metrics`.
fn figure(server: &Server, name: &str) -> u64 {
    let metrics = server.get("/metrics").text();
    let line = metrics.lines().find_map(|line| line.strip_prefix(&format!("paperpick_{name} ")));
    line.unwrap_or_else(|| panic!("{name}: {metrics}")).parse().unwrap()
}

fn wait_for(server: &Server, name: &str, wanted: u64) {
    for _ in 0..20_000 {
        if figure(server, name) == wanted {
            return;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    panic!("{name} is never {wanted}");
}

/// Four maps of ten years held every turn for minutes after their client had gone.
#[test]
fn work_ends_when_nobody_waits_for_it() {
    let shell = library(60);
    let server = Server::of(&shell, "");
    for (n, path) in ["/api/v1/today?days=60&n=500", "/api/v1/topics/trend?days=60", "/topics/trend?days=59"]
        .into_iter()
        .enumerate()
    {
        let mut client = TcpStream::connect(&server.address).unwrap();
        write!(client, "GET {path} HTTP/1.1\r\nhost: {}\r\n\r\n", server.address).unwrap();
        wait_for(&server, "turns_taken", 1);
        drop(client);
        wait_for(&server, "turns_taken", 0);
        assert_eq!(figure(&server, "given_up_total"), n as u64 + 1, "{path} was done to its end");
    }
    assert_eq!(server.get("/api/v1/topics?days=1").status, 200, "the connection serves others");
}

#[test]
fn another_sites_page_leads_to_pages_and_begins_no_work() {
    let shell = Shell::with_sample();
    let server = Server::of(&shell, "");
    let from = |mode: &str, dest: &str, path: &str| {
        let (mode, dest) = (format!("sec-fetch-mode: {mode}"), format!("sec-fetch-dest: {dest}"));
        server.send("GET", path, &["sec-fetch-site: cross-site", &mode, &dest], b"").status
    };
    for path in ["/", "/topics?days=2", "/paper/2404.15653", "/feeds.opml"] {
        assert_eq!(from("navigate", "document", path), 200, "{path}: a link");
        assert_eq!(from("no-cors", "image", path), 403, "{path}: a picture in a page");
        assert_eq!(from("navigate", "iframe", path), 403, "{path}: a frame");
    }
    assert_eq!(from("no-cors", "image", "/feeds/picks.atom?token=any"), 403, "a token that nobody was given");
    for path in ["/api/v1/topics/map?days=3650", "/api/v1/export", "/metrics"] {
        assert_eq!(from("navigate", "document", path), 403, "{path}");
        assert_eq!(server.get("/api/v1/topics/map").status, 200, "a program");
    }
}
