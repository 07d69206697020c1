//! A day of Hugging Face's API in the reader's language, by a language model of the tests' own.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::time::{Duration, Instant};

use jiff::civil::date;
use serde_json::{Value, json};

use crate::browse::Server;
use crate::shell::{Shell, sample};
use crate::sync::{Reader, week};

/// Answers every request of the chat API with a summary in Korean of what it was sent, and tells its address.
fn chat() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/v1", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let mut head = String::new();
            while reader.read_line(&mut head).is_ok_and(|n| n > 2) {}
            let head = head.to_lowercase();
            let length = head.split("content-length: ").nth(1).unwrap().lines().next().unwrap();
            let mut body = vec![0; length.trim().parse().unwrap()];
            reader.read_exact(&mut body).unwrap();
            let request: Value = serde_json::from_slice(&body).unwrap();
            let paper: Value =
                serde_json::from_str(request["messages"][1]["content"].as_str().unwrap()).unwrap();
            let title = paper["title"].as_str().unwrap();
            let text = format!(
                "- '{title}' 라는 제목의 연구로, 알려진 사실을 새롭게 정리하고 설명합니다.\n\
                 - 여러 관점에서 문제를 살펴보고 간단한 방법을 제안합니다.\n- 남은 질문이 무엇인지 함께 보여 줍니다."
            );
            let choice = json!({"message": {"role": "assistant", "content": text}, "finish_reason": "stop"});
            let answer = json!({"choices": [choice]}).to_string();
            let head = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                answer.len()
            );
            let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(answer.as_bytes()));
        }
    });
    url
}

/// What each entry of a digest is made of, line by line.
fn shapes(digest: &str) -> Vec<Vec<&str>> {
    let mut entries: Vec<Vec<&str>> = Vec::new();
    for line in digest.lines().filter(|line| !line.is_empty()) {
        let kind = match line {
            line if line.starts_with("## Daily Papers (") => continue,
            line if line.starts_with("### [") && line.contains("](https://arxiv.org/abs/") => {
                entries.push(Vec::new());
                "title"
            }
            line if line.starts_with("![](https://") => "picture",
            line if line.starts_with("Vote: ") && line[6..].parse::<u32>().is_ok() => "votes",
            line if line.starts_with("Authors: ") => "authors",
            line if line.starts_with("Summary by: ") => "writer",
            line if line.starts_with("- ") => "point",
            other => panic!("{other}"),
        };
        let entry = entries.last_mut().unwrap();
        if entry.last() != Some(&kind) {
            entry.push(kind);
        }
    }
    entries
}

#[test]
fn a_day_of_hugging_face_alone_becomes_a_digest_in_korean_of_the_same_shape_as_its_reader_s_own() {
    let mut world = week();
    let ids: Vec<String> =
        world.rows.iter().filter(|row| row.day == date(2025, 10, 14)).map(|row| row.id.clone()).collect();
    world.picks.insert(date(2025, 10, 14), ids.iter().cloned().zip([31, 9, 2]).collect());
    world.tells_all = true;
    let reader = Reader::new(world, "hugging_face = true");
    let settings = std::fs::read_to_string(reader.shell.path().join("config.toml")).unwrap();
    let summaries = format!("[summaries]\nurl = \"{}\"\nmodel = \"small-1\"\nlanguage = \"ko\"\n", chat());
    reader.shell.write("config.toml", format!("{settings}{summaries}"));
    let synced = reader.on(14, "paperpick sync");
    assert!(synced.contains("3 added"), "{synced}");
    let digest = reader.on(15, "paperpick digest --language ko --date 2025-10-14");
    assert!(digest.starts_with("## Daily Papers (2025-10-14)\n"), "{digest}");
    let shape = shapes(&digest);
    assert_eq!(shape.len(), 3, "{digest}");
    let own = std::fs::read_to_string(sample("2024-04-25.md")).unwrap();
    let own = &shapes(&own)[0];
    for entry in shape {
        let rest: Vec<&str> =
            entry.iter().copied().filter(|kind| !["writer", "picture"].contains(kind)).collect();
        let wanted: Vec<&str> = own.iter().copied().filter(|kind| *kind != "picture").collect();
        assert_eq!(rest, wanted, "the shape of the reader's own digest: {digest}");
        assert_eq!(entry[entry.len() - 2], "writer", "and who wrote it");
    }
    assert_eq!(digest.matches("Summary by: small-1 (a language model)").count(), 3, "{digest}");

    let other = Shell::new();
    other.write("2025-10-14.md", &digest);
    assert_eq!(other.run("paperpick import 2025-10-14.md"), "3 entries: 3 added\n");
    let back: Value = other.json(&format!("paperpick show {} --json", ids[0]));
    assert_eq!(
        (&back["votes"][0]["count"], &back["authors"]),
        (&json!(31), &json!(["Ann Roy", "Kim Min"])),
        "{back}"
    );
    assert!(back["summaries"].is_null(), "what a model wrote is not taken for what a person wrote: {back}");

    // It is exported with its model, and an import has it again.
    other.write("all.jsonl", reader.on(15, "paperpick export"));
    other.run("paperpick --library copy import all.jsonl");
    let copied = other.json(&format!("paperpick --library copy show {} --json", ids[0]));
    assert_eq!(copied["made"][0]["model"], "small-1", "{copied}");
}

#[test]
fn a_paper_s_page_has_a_button_for_a_summary_and_then_the_summary_with_its_model() {
    let shell = Shell::with_sample();
    let line = r#"{"listed": "2024-04-26", "id": "2404.00001", "title": "Reading herons", "abstract": "We read herons. They are birds."}"#;
    shell.write("one.jsonl", line);
    shell.run("paperpick import one.jsonl");
    let plain = Server::of(&shell, "");
    assert!(!plain.get("/paper/2404.00001").text().contains("/summarize"), "no model is set up");
    drop(plain);
    shell.write(
        "config.toml",
        format!("[summaries]\nurl = \"{}\"\nmodel = \"small-1\"\nlanguage = \"ko\"\n", chat()),
    );
    let server = Server::of(&shell, "--config config.toml");
    assert!(server.get("/paper/2404.00001").text().contains("action=\"/summarize\""));
    let form = ["content-type: application/x-www-form-urlencoded"];
    let begun = server.post("/summarize", &form, "id=2404.00001");
    assert_eq!(begun.header("location"), Some("/work/summarize"), "{}", begun.text());
    let begin = Instant::now();
    while server.json("/api/v1/jobs")["jobs"][0]["state"] == "running" {
        assert!(begin.elapsed() < Duration::from_secs(60));
        std::thread::sleep(Duration::from_millis(50));
    }
    let page = server.get("/paper/2404.00001").text();
    assert!(page.contains("Summary by small-1, a language model") && page.contains("lang=\"ko\""), "{page}");
    assert!(!page.contains("action=\"/summarize\""), "it is there");
    assert!(server.get("/work/summarize").text().contains("Reading herons"));
}
