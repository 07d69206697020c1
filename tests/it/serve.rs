//! The HTTP API of `paperpick serve`.

use serde_json::Value;

use crate::browse::Server;
use crate::shell::{Shell, sample};

fn ids(papers: &Value) -> Vec<&str> {
    papers.as_array().unwrap().iter().map(|p| p["id"].as_str().unwrap()).collect()
}

#[test]
fn every_verb_answers_as_on_the_command_line() {
    let shell = Shell::with_sample();
    shell.run("paperpick like 2404.15653 2599.00001");
    let server = Server::of(&shell, "");
    for (typed, asked) in [
        ("today -n 10", "today"),
        ("today --date 2024-04-25 -n 3", "today?date=2024-04-25&limit=3"),
        ("similar 2404.15420 -n 10", "similar?id=arXiv:2404.15420v1"),
        ("similar --text camera -n 2", "similar?text=camera&limit=2"),
        ("topics", "topics"),
        ("search 확산 모델", "search?words=%ED%99%95%EC%82%B0+%EB%AA%A8%EB%8D%B8"),
        ("show 2404.15653", "show?id=https://arxiv.org/abs/2404.15653"),
        ("likes", "likes"),
        ("doctor", "doctor"),
    ] {
        let mut answered = server.json(&format!("/api/v1/{asked}"));
        answered.as_object_mut().unwrap().remove("next");
        assert_eq!(answered, shell.json(&format!("paperpick {typed} --json")), "{typed}");
    }
    let exported = server.get("/api/v1/export");
    let typed = shell.output("paperpick export");
    assert!(exported.body == typed.stdout, "{} bytes", exported.body.len());
}

#[test]
fn pieces_of_a_list_make_the_whole_list() {
    let shell = Shell::with_sample();
    let server = Server::of(&shell, "");
    let mut path = "/api/v1/today?limit=4".to_owned();
    let mut all = Vec::new();
    loop {
        let piece = server.json(&path);
        all.extend(ids(&piece["picks"]).into_iter().map(str::to_owned));
        let Some(next) = piece["next"].as_str() else { break };
        path = format!("/api/v1/today?limit=4&cursor={next}");
    }
    assert_eq!(all, ids(&server.json("/api/v1/today?limit=100")["picks"]));
    assert_eq!(all.len(), 9);
}

#[test]
fn a_rating_changes_the_order_and_the_name_of_the_answer() {
    let shell = Shell::with_sample();
    let server = Server::of(&shell, "");
    let before = server.get("/api/v1/today");
    let name = format!("if-none-match: {}", before.header("etag").unwrap());
    let again = |name: &str| server.send("GET", "/api/v1/today", &[name], b"");
    assert_eq!((again(&name).status, again(&name).body.len()), (304, 0));

    let rated = server.post_json("/api/v1/rate", r#"{"ids": ["2404.16035"], "rating": "like"}"#);
    assert_eq!(rated.json()["papers"][0]["changed"], true);
    let after = again(&name);
    assert_eq!((after.status, ids(&after.json()["picks"])[0]), (200, "2404.16035"));
    server.post_json("/api/v1/rate", r#"{"ids": ["2404.16035"], "rating": null}"#);
    assert_eq!(server.json("/api/v1/today")["basis"], "votes");

    shell.run("paperpick like 2404.16022");
    assert_eq!(ids(&server.json("/api/v1/today")["picks"])[0], "2404.16022", "the command line's change");
}

#[test]
fn problems_say_what_came_and_what_to_do() {
    let shell = Shell::new();
    let server = Server::of(&shell, "");
    for (method, path, body, status, kind) in [
        ("GET", "/api/v1/show?id=2404.15653", "", 404, "/api#unknown-paper"),
        ("GET", "/api/v1/show?id=nonsense", "", 400, "/api#bad-identifier"),
        ("GET", "/api/v1/today", "", 404, "/api#nothing-listed"),
        ("GET", "/api/v1/today?date=yesterday", "", 400, "/api#bad-request"),
        ("GET", "/api/v1/today?limit=0", "", 400, "/api#bad-request"),
        ("GET", "/api/v1/similar", "", 400, "/api#bad-request"),
        ("GET", "/api/v1/nowhere", "", 404, "/api#not-found"),
        ("DELETE", "/api/v1/today", "", 405, "/api#method-not-allowed"),
        ("POST", "/api/v1/import", "Dear diary", 422, "/api#unrecognised-file"),
    ] {
        let answer = server.send(method, path, &[], body.as_bytes());
        let problem = answer.json();
        assert_eq!((answer.status, problem["type"].as_str().unwrap()), (status, kind), "{path}");
        assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{path}");
        assert_eq!(problem["status"], status);
        assert!(
            !problem["title"].as_str().unwrap().is_empty() && !problem["detail"].as_str().unwrap().is_empty()
        );
    }
    let bad = server.post_json("/api/v1/rate", r#"{"ids": ["2404.15653", "nonsense"], "rating": "like"}"#);
    assert_eq!(bad.status, 400);
    assert!(server.json("/api/v1/likes")["ratings"].as_array().unwrap().is_empty(), "none of them is rated");
    assert_eq!(server.post_json("/api/v1/rate", r#"{"ids": [], "rating": "love"}"#).status, 422);
}

#[test]
fn a_file_is_imported_and_one_too_large_is_refused() {
    let shell = Shell::new();
    let server = Server::of(&shell, "");
    let digest = std::fs::read_to_string(sample("2024-04-25.md")).unwrap();
    let imported = server.post("/api/v1/import?name=2024-04-25.md", &[], &digest).json();
    assert_eq!(
        (&imported["shape"], &imported["added"], &imported["embedded"]),
        (&"import/1".into(), &9.into(), &9.into())
    );
    assert_eq!(server.json("/api/v1/today")["n_listed"], 9);

    let refused = server.send("POST", "/api/v1/import", &["content-length: 1073741824"], &[b'x'; 1 << 16]);
    assert_eq!(refused.status, 413);
    let rates = format!(r#"{{"ids": ["{}"], "rating": "like"}}"#, "x".repeat(1 << 20));
    assert_eq!(server.post_json("/api/v1/rate", &rates).status, 413);
    assert_eq!(server.get("/healthz").text(), "ok\n");
}

#[test]
fn the_server_describes_itself_and_ends_well() {
    let shell = Shell::with_sample();
    let server = Server::of(&shell, "");
    let document = server.json("/api/v1/openapi.json");
    assert_eq!(document["openapi"], "3.1.0");
    for path in
        ["today", "similar", "topics", "search", "show", "likes", "doctor", "export", "rate", "import"]
    {
        assert!(document["paths"].get(format!("/api/v1/{path}")).is_some(), "{path}");
    }
    server.get("/api/v1/today");
    let metrics = server.get("/metrics").text();
    assert!(
        metrics.contains(r#"paperpick_requests_total{method="GET",route="/api/v1/today",status="200"} 1"#),
        "{metrics}"
    );
    assert!(metrics.contains("paperpick_papers 80"), "{metrics}");
    let answer = server.get("/healthz");
    assert!(answer.header("content-security-policy").unwrap().starts_with("default-src 'none'"));
    #[cfg(unix)]
    assert!(server.end());
}

#[test]
fn clients_that_say_nothing_keep_nobody_out() {
    let shell = Shell::with_sample();
    let server = Server::of(&shell, "");
    let silent: Vec<_> = (0..200).map(|_| std::net::TcpStream::connect(&server.address).unwrap()).collect();
    assert_eq!(server.json("/api/v1/today")["n_listed"], 9);
    drop(silent);
}
