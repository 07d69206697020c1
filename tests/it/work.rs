//! What the server does besides looking: long work, topics, feeds, first questions.

use std::io::{Read, Write};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::browse::Server;
use crate::shell::{Shell, sample};

const FORM: [&str; 1] = ["content-type: application/x-www-form-urlencoded"];

/// Answers every request with a picture, and counts them.
fn pictures() -> (String, std::sync::Arc<std::sync::atomic::AtomicUsize>) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let (address, n) = (listener.local_addr().unwrap().to_string(), std::sync::Arc::default());
    let count = std::sync::Arc::<std::sync::atomic::AtomicUsize>::clone(&n);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut head = [0; 2048];
            let read = stream.read(&mut head).unwrap();
            count.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            let is_picture = head[..read].starts_with(b"GET /a.png");
            let body: &[u8] = if is_picture { b"\x89PNG\r\n\x1a\n" } else { b"<svg onload=x>" };
            let head =
                format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
            stream.write_all(head.as_bytes()).unwrap();
            stream.write_all(body).unwrap();
        }
    });
    (address, n)
}

#[test]
fn pictures_come_with_a_sync_if_they_are_wanted_and_from_nowhere_else() {
    let shell = Shell::new();
    let (address, n) = pictures();
    let entry = |id: &str, image: &str| {
        format!(
            "### [T {id}](https://arxiv.org/abs/{id})\n\n![](http://{address}/{image})\n\nVote: 1\n\n- It works.\n\n"
        )
    };
    let day = entry("2404.00001", "a.png") + &entry("2404.00002", "b.svg");
    shell.write("digests/2024-04-25.md", format!("## Daily Papers (2024-04-25)\n\n{day}"));
    let host = address.split(':').next().unwrap();
    let settings = format!("[sync]\ndigests = ['digests']\nprivate_hosts = ['{host}']\n");
    shell.write("config.toml", &settings);
    shell.run("paperpick sync --config config.toml");
    let asked = || n.load(std::sync::atomic::Ordering::Relaxed);
    assert_eq!(asked(), 0, "they are not wanted");
    shell.write("config.toml", settings + "pictures = true\n");
    for _ in 0..2 {
        shell.run("paperpick sync --config config.toml");
        assert_eq!(asked(), 2, "each is asked for once");
    }
    let server = Server::of(&shell, "");
    let page = server.get("/").text();
    assert!(page.contains("src=\"/picture/2404.00001\"") && !page.contains("/picture/2404.00002"), "{page}");
    assert!(!page.contains(&address), "a browser is led nowhere else");
    assert_eq!(server.get("/picture/2404.00001").header("content-type"), Some("image/png"));
    assert_eq!(server.get("/picture/2404.00002").status, 404);
}

/// What some work came to.
fn done(server: &Server, verb: &str) -> Value {
    let begin = Instant::now();
    loop {
        let jobs = server.json("/api/v1/jobs");
        let job = jobs["jobs"].as_array().unwrap().iter().find(|job| job["verb"] == verb).unwrap().clone();
        if job["state"] != "running" {
            return job;
        }
        assert!(begin.elapsed() < Duration::from_secs(120), "{job}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn an_empty_library_is_synced_from_its_first_page() {
    let shell = Shell::new();
    std::fs::create_dir(shell.path().join("digests")).unwrap();
    std::fs::copy(sample("2024-04-25.md"), shell.path().join("digests/2024-04-25.md")).unwrap();
    shell.write("config.toml", "[sync]\ndigests = ['digests']\n");
    let server = Server::of(&shell, "--config config.toml");
    let welcome = server.get("/").text();
    assert!(welcome.contains("action=\"/sync\"") && !welcome.contains("name=\"arxiv\""), "{welcome}");
    assert_eq!(server.post("/sync", &FORM, "").header("location"), Some("/work/sync"));
    let job = done(&server, "sync");
    assert_eq!((&job["state"], &job["answer"]["shape"]), (&"done".into(), &"sync/1".into()), "{job}");
    assert_eq!(job["answer"]["imported"]["added"], 9);
    assert!(server.get("/work/sync").text().contains("added: 9"));
    assert!(server.get("/").text().contains("CatLIP"));
    assert_eq!(server.get("/work/nothing").status, 404);
}

#[test]
fn long_work_is_begun_by_one_request_and_seen_by_others() {
    let shell = Shell::with_sample();
    let server = Server::of(&shell, "");
    for (path, body, verb, shape) in [
        ("index", "{}", "index", "index/1"),
        ("index", r#"{"optimize": true}"#, "index", "index/1"),
        ("model", r#"{"model": "builtin"}"#, "model-use", "model-use/1"),
        ("eval/topics", r#"{"days": 2}"#, "eval-topics", "eval-topics/1"),
        ("models/bench", r#"{"n": 10}"#, "model-bench", "model-bench/1"),
    ] {
        let begun = server.post_json(&format!("/api/v1/{path}"), body);
        assert_eq!((begun.status, &begun.json()["shape"]), (202, &"job/1".into()));
        assert_eq!(done(&server, verb)["answer"]["shape"], shape);
    }
    let too_few = server.post_json("/api/v1/models/tune", "{}");
    assert_eq!(too_few.status, 202);
    let problem = done(&server, "model-tune")["problem"].clone();
    assert!(problem["detail"].as_str().unwrap().contains("tuning wants 100 and more"), "{problem}");
    for (path, body) in [
        ("tune", r#"{"name": "../up"}"#),
        ("tune", r#"{"name": "builtin"}"#),
        ("tune", r#"{"rate": 0}"#),
        ("bench", r#"{"models": []}"#),
        ("bench", r#"{"models": ["/etc/passwd"]}"#),
    ] {
        let status = server.post_json(&format!("/api/v1/models/{path}"), body).status;
        assert!([400, 422].contains(&status), "{path} {body}: {status}");
    }
    let likes = server.post("/api/v1/likes/import", &[], "2404.15653\n2404.16030 # CLIP\n");
    assert_eq!(likes.status, 202);
    assert_eq!(done(&server, "likes-import")["answer"]["liked"], 2);
    assert_eq!(server.json("/api/v1/likes")["ratings"].as_array().unwrap().len(), 2);
    server.post("/eval", &FORM, "");
    let eval = done(&server, "eval-replay");
    assert!(eval["state"] == "done" || eval["problem"]["type"] == "/api#nothing-listed", "{eval}");

    assert_eq!(server.post("/api/v1/eval/start", &[], "").status, 202);
    assert_eq!(
        done(&server, "eval-start")["problem"]["type"],
        "/api#nothing-listed",
        "80 papers are too few"
    );

    let failed = server.post_json("/api/v1/sync", "{}");
    assert_eq!(failed.status, 202);
    let job = done(&server, "sync");
    assert_eq!((&job["state"], &job["problem"]["type"]), (&"failed".into(), &"/api#bad-request".into()));
    assert!(job["problem"]["detail"].as_str().unwrap().contains("no source is set"), "{job}");
    assert_eq!(server.post_json("/api/v1/model", r#"{"model": "../../etc/passwd"}"#).status, 422);
    assert_eq!(server.json("/api/v1/model"), {
        let mut used = shell.json("paperpick model use builtin --json");
        used["shape"] = "model-use/1".into();
        used
    });
    assert_eq!(server.json("/api/v1/models"), shell.json("paperpick model list --json"));
    assert_eq!(server.json("/api/v1/models/info"), shell.json("paperpick model info --json"));
    assert_eq!(server.get("/api/v1/models/info?model=..%2Fbuiltin").status, 400);
    assert_eq!(server.get("/api/v1/models/info?model=nothing").status, 404);
}

#[test]
fn models_are_judged_and_made_as_on_the_command_line() {
    let shell = Shell::with_sample();
    // Enough papers to learn from, each of words of its own.
    let line = |i: u32| {
        let words: Vec<String> = (0..12).map(|j| format!("word{}", (i * 7 + j * 13) % 101)).collect();
        let (title, text) = (words[..4].join(" "), words.join(" "));
        let category = if i.is_multiple_of(2) { "cs.CV" } else { "cs.CL" };
        format!(
            r#"{{"id": "2403.{i:05}", "title": "{title}", "abstract": "{text}", "categories": ["{category}"]}}"#
        )
    };
    shell.write("more.jsonl", (1..=120).map(line).collect::<Vec<_>>().join("\n"));
    shell.run("paperpick import more.jsonl");
    let server = Server::of(&shell, "");
    let answer = |path: &str, body: &Value, verb: &str| {
        let begun = server.post_json(&format!("/api/v1/{path}"), &body.to_string());
        assert_eq!(begun.status, 202, "{}", begun.text());
        done(&server, verb)["answer"].clone()
    };
    let judged = answer("eval/embed", &serde_json::json!({}), "eval-embed");
    assert_eq!(judged, shell.json("paperpick eval embed --json"));

    let mut tuned = answer("models/tune", &serde_json::json!({"name": "mine", "epochs": 1}), "model-tune");
    let mut typed = shell.json("paperpick model tune --name mine --epochs 1 --json");
    for tuned in [&mut tuned, &mut typed] {
        assert!(tuned["seconds"].take().is_f64());
    }
    assert_eq!(tuned, typed);
    let models = server.json("/api/v1/models");
    assert!(models["models"].as_array().unwrap().iter().any(|model| model["name"] == "mine"), "{models}");

    let paper = |id: &str, about: &str| {
        format!(r#"{{"id": "{id}", "title": "{about}", "abstract": "About {about}."}}"#)
    };
    let papers =
        [paper("a", "diffusion models"), paper("b", "image diffusion"), paper("c", "tax law")].join("\n");
    let judgements = "query\tfacet\tcandidate\trelevance\na\tall\tb\t3\na\tall\tc\t0\n";
    shell.write("papers.jsonl", &papers);
    shell.write("qrels.tsv", judgements);
    let sent = serde_json::json!({"papers": papers, "judgements": judgements});
    let judged = answer("eval/similar", &sent, "eval-similar");
    assert_eq!(judged, shell.json("paperpick eval similar --papers papers.jsonl --qrels qrels.tsv --json"));
    assert_eq!(judged["fused"]["map"], 1.0);
}

#[test]
fn every_other_verb_answers_as_on_the_command_line() {
    let shell = Shell::with_sample();
    shell.run("paperpick like 2404.15653 2404.16030");
    shell.run("paperpick topics follow CLIP");
    let server = Server::of(&shell, "");
    for (typed, asked) in [
        ("digest --json -n 3 --by-topic", "digest?n=3&topics=true"),
        ("feed --json", "feed"),
        ("feed topics/clip --json -n 2", "feed?of=topics/clip&n=2"),
        ("topics marked --json", "topics/marked"),
        ("topics --since 28d --trend --json", "topics/trend?days=28"),
        ("interests --json", "interests"),
        ("why 2404.16030 --json", "why?id=2404.16030"),
    ] {
        let answered = server.json(&format!("/api/v1/{asked}"));
        assert_eq!(answered, shell.json(&format!("paperpick {typed}")), "{typed}");
    }
    assert_eq!(server.json("/api/v1/topics/map")["papers"].as_array().unwrap().len(), 9);
    let markdown = server.get("/api/v1/digest?format=markdown&n=9");
    assert_eq!(markdown.text(), shell.run("paperpick digest -n 9"));
    let marked = server.post_json("/api/v1/topics", r#"{"about": "2404.16022", "mark": "mute"}"#).json();
    assert_eq!(marked["mark"], "mute", "{marked}");
    let name = marked["name"].as_str().unwrap();
    let forgotten = server.post_json("/api/v1/topics/forget", &format!(r#"{{"name": "{name}"}}"#)).json();
    assert_eq!(forgotten["changed"], true);
}

#[test]
fn a_topic_that_is_not_wanted_leaves_the_list() {
    let shell = Shell::with_sample();
    let server = Server::of(&shell, "");
    let before = server.get("/").text();
    let cards = |page: &str| page.split("<details").next().unwrap().matches("data-id=").count();
    assert!(before.contains("formaction=\"/topics\"") && cards(&before) == 9);
    let muted = server.post("/topics", &FORM, "id=2404.15653&mark=mute&date=2024-04-25&next=/");
    let back = muted.header("location").unwrap();
    assert!(muted.status == 303 && back.starts_with("/?undo=topic:"), "{back}");
    let after = server.get("/").text();
    let (shown, hidden) = after.split_once("<details").unwrap();
    assert!(!shown.contains("CatLIP") && hidden.contains("CatLIP"), "{after}");
    let name = hidden.split("name=\"id\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let name = name.replace(' ', "+").replace('(', "%28").replace(')', "%29");
    server.post("/topics", &FORM, &format!("id={name}&mark=none&next=/"));
    assert_eq!(cards(&server.get("/").text()), 9);
    assert_eq!(server.post("/topics", &FORM, "id=2404.15653&mark=hate&next=/").status, 400);
}

#[test]
fn questions_follow_from_the_answers_before_them() {
    let shell = Shell::with_sample();
    let server = Server::of(&shell, "");
    let mut asked = Vec::new();
    let mut skipped = String::new();
    for i in 0..6 {
        let question = server.json(&format!("/api/v1/start?skip={skipped}"));
        let id = question["paper"]["id"].as_str().unwrap().to_owned();
        assert!(!asked.contains(&id), "{id} twice");
        match i % 3 {
            0 => skipped.push_str(&format!("{id},")),
            _ => {
                let rating = if i % 3 == 1 { "like" } else { "dislike" };
                server.post_json("/api/v1/rate", &format!(r#"{{"ids": ["{id}"], "rating": "{rating}"}}"#));
            }
        }
        asked.push(id);
    }
    let page = server.get("/start?asked=0").text();
    assert!(page.contains("1 / 10") && page.contains("name=\"rating\" value=\"like\""), "{page}");
    assert!(!server.get("/start?asked=10").text().contains("value=\"like\""));
    let me = server.get("/me").text();
    assert!(me.contains("action=\"/eval\"") && me.contains("/feeds/picks.atom"), "{me}");
}

#[test]
fn a_server_in_front_says_who_signs_in() {
    let shell = Shell::new();
    shell.run_given("paperpick account add ada", "correct horse\n");
    let tries = |server: &Server, n: usize, from: &dyn Fn(usize) -> String| -> Vec<u16> {
        let attempt = |i: usize| {
            let from = format!("x-forwarded-for: {}", from(i));
            server
                .post("/sign-in", &[FORM[0], &from], &format!("name=nobody{i}&password=guessed+wrong"))
                .status
        };
        (0..n).map(attempt).collect()
    };
    let elsewhere = |i: usize| format!("203.0.113.{i}");
    let trusting = Server::of(&shell, "--proxy 127.0.0.1");
    assert!(tries(&trusting, 24, &elsewhere).iter().all(|status| *status == 403));
    let lying = |i: usize| format!("203.0.113.{i}, 198.51.100.7");
    // More than twenty, for a slow machine earns one anew while it tries.
    assert!(tries(&trusting, 40, &lying).contains(&429), "only what the proxy wrote counts");
    let plain = Server::of(&shell, "");
    assert!(tries(&plain, 40, &elsewhere).contains(&429), "nobody is believed");
}

#[test]
fn many_who_ask_the_same_wait_for_one_answer() {
    let shell = Shell::with_sample();
    let server = Server::of(&shell, "");
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| assert_eq!(server.get("/?by=topic").status, 200));
        }
    });
    let metrics = server.get("/metrics").text();
    assert!(metrics.contains("paperpick_answers_kept_total 7"), "{metrics}");
}

/// Ratings were answered with 200 and went into a file that nobody could find again.
#[cfg(unix)]
#[test]
fn a_library_that_is_removed_under_its_server_takes_nothing_more() {
    let shell = Shell::with_sample();
    let server = Server::of(&shell, "");
    let rate = || server.post_json("/api/v1/rate", r#"{"ids": ["2404.15653"], "rating": "like"}"#).status;
    assert_eq!((server.get("/healthz").status, rate()), (200, 200));
    let (library, moved) = (shell.path().join("library"), shell.path().join("moved"));
    std::fs::rename(&library, &moved).unwrap();
    assert_eq!((server.get("/healthz").status, rate()), (503, 503), "removed");
    shell.write("nothing.txt", "");
    shell.run("paperpick import nothing.txt");
    assert!(library.exists());
    assert_eq!((server.get("/healthz").status, rate()), (503, 503), "replaced");
    std::fs::remove_dir_all(&library).unwrap();
    std::fs::rename(&moved, &library).unwrap();
    assert_eq!((server.get("/healthz").status, rate()), (200, 200), "put back");
}

/// Six wrong guesses of a stranger locked the owner out.
#[test]
fn guesses_from_elsewhere_keep_nobody_out() {
    let shell = Shell::new();
    shell.run_given("paperpick account add ada", "correct horse\n");
    let server = Server::of(&shell, "--proxy 127.0.0.1");
    let sign_in = |from: &str, password: &str| {
        let form = format!("name=ada&password={password}");
        server.post("/sign-in", &[FORM[0], &format!("x-forwarded-for: {from}")], &form).status
    };
    let guess = |from: &str| sign_in(from, "guessed+wrong");
    let tries: Vec<u16> = (0..7).map(|_| guess("203.0.113.1")).collect();
    assert_eq!(tries[5..], [429, 429], "the stranger waits");
    assert_eq!(sign_in("198.51.100.7", "correct+horse"), 303, "the owner does not");
    let tries: Vec<u16> = (0..130).map(|i| guess(&format!("203.0.113.{}", 2 + i))).collect();
    assert!(tries.contains(&429), "nor does guessing from everywhere go on for ever");
    assert_eq!(sign_in("198.51.100.7", "correct+horse"), 303, "where the owner signed in before");
}
