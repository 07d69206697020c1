//! What people type to search.

use serde_json::json;

use crate::browse::Server;
use crate::shell::Shell;

/// The identifiers that a search finds by its words.
fn found(shell: &Shell, typed: &str) -> Vec<String> {
    let found = shell.json(&format!("paperpick search --by-words -n 50 --json -- '{typed}'"));
    let papers = found["papers"].as_array().unwrap();
    papers.iter().map(|paper| paper["id"].as_str().unwrap().to_owned()).collect()
}

/// `quantizat` found nothing: words are kept by their stems, and the stem is shorter than what was typed.
#[test]
fn no_beginning_of_a_word_that_is_found_finds_nothing() {
    let shell = Shell::with_sample();
    let server = Server::of(&shell, "");
    let mut n_words = 0;
    for paper in server.json("/api/v1/search?words=model&n=12")["papers"].as_array().unwrap() {
        for word in paper["title"].as_str().unwrap().split(|c: char| !c.is_ascii_alphabetic()) {
            n_words += usize::from(word.len() > 4);
            for end in 2..=word.len() {
                let path = format!("/api/v1/search?by=words&n=1&words={}", &word[..end]);
                assert!(!server.json(&path)["papers"].as_array().unwrap().is_empty(), "{}", &word[..end]);
            }
        }
    }
    assert!(n_words > 40, "{n_words}");
}

#[test]
fn a_slip_is_mended_and_told_and_nonsense_finds_nothing() {
    let shell = Shell::with_sample();
    assert_eq!(found(&shell, "difusion"), found(&shell, "diffusion"));
    assert_eq!(found(&shell, "dfifusion image"), found(&shell, "diffusion image"));
    assert_eq!(found(&shell, "\"imgae editing\""), found(&shell, "\"image editing\""));
    let mended = shell.json("paperpick search difusion --json");
    assert_eq!(mended["unsaid"], json!([{"word": "difusion", "papers": 0, "instead": "diffusion"}]));
    let nonsense = shell.run("paperpick search xqzjwv");
    assert!(
        nonsense.contains("no paper says or means: `xqzjwv`") && nonsense.contains("[exit 1]"),
        "{nonsense}"
    );
    assert!(found(&shell, "xqzjwv diffusion").is_empty(), "all words are wanted");
    assert!(found(&shell, "\"").is_empty() && found(&shell, "\"\" -").is_empty(), "nothing is asked");
    let both = shell.json("paperpick search xqzjwv diffusion --json");
    assert_eq!(both["unsaid"][0]["instead"], json!(null));
    assert!(!both["papers"].as_array().unwrap().is_empty());
}

/// An identifier found papers that share its digits, or mean nothing.
#[test]
fn an_identifier_and_an_address_lead_to_their_paper() {
    let shell = Shell::with_sample();
    for typed in ["2404.15653", "https://arxiv.org/pdf/2404.15653v2", "arXiv:2404.15653"] {
        assert_eq!(found(&shell, typed), ["2404.15653"], "{typed}");
    }
    let missing = shell.run("paperpick search 2404.99999");
    assert!(
        missing.contains("2404.99999 is not in this library") && missing.contains("[exit 1]"),
        "{missing}"
    );
}

#[test]
fn conditions_hold_for_what_is_said_and_for_what_is_meant() {
    let shell = Shell::with_sample();
    shell.write(
        "more.jsonl",
        [
            r#"{"id": "2403.00001", "title": "Image editing in C++", "authors": ["Jiteng Mu"], "categories": ["cs.CV"], "listed": "2024-03-05"}"#,
            r#"{"id": "2403.00002", "title": "Editing an image", "authors": ["Mu, J."], "categories": ["cs.CV"], "listed": "2024-03-06"}"#,
            r#"{"id": "2403.00003", "title": "Image editing by diffusion", "authors": ["Jo Mu"], "categories": ["cs.GR"], "listed": "2024-02-06"}"#,
        ]
        .join("\n"),
    );
    shell.run("paperpick import more.jsonl");
    let server = Server::of(&shell, "");
    let every = |typed: &str| {
        let typed = typed.replace('"', "%22").replace(' ', "%20").replace('+', "%2B");
        server.json(&format!("/api/v1/search?n=50&words={typed}"))["papers"].as_array().unwrap().clone()
    };
    let ids = |typed: &str| {
        let mut ids: Vec<String> =
            every(typed).iter().map(|p| p["id"].as_str().unwrap().to_owned()).collect();
        ids.sort();
        ids
    };
    assert_eq!(ids("\"image editing\" since:2024-02 until:2024-03"), ["2403.00001", "2403.00003"]);
    assert_eq!(ids("\"image editing\" -diffusion until:2024-03"), ["2403.00001"]);
    assert_eq!(ids("author:\"Jiteng Mu\""), ["2403.00001", "2403.00002", "2404.16029"]);
    assert_eq!(ids("author:mu category:cs.GR"), ["2403.00003"]);
    assert_eq!(ids("editing c++"), ["2403.00001"]);
    assert!(
        every("-diffusion image").iter().all(|paper| !paper.to_string().to_lowercase().contains("diffusion"))
    );
    let newest = every("category:cs.CV on:2024-03 author:mu");
    assert_eq!(
        newest.iter().map(|p| &p["id"]).collect::<Vec<_>>(),
        ["2403.00002", "2403.00001"],
        "the newest first"
    );
    let wrong = shell.run("paperpick search since:monday");
    assert!(
        wrong.contains("`monday` is no day; expected 2025-05-20, 2025-05 or 2025")
            && wrong.contains("[exit 2]")
    );
}

#[test]
fn the_page_says_what_became_of_a_word() {
    let shell = Shell::with_sample();
    let server = Server::of(&shell, "");
    let page = |path: &str| server.get(path).text();
    assert!(page("/search?q=difusion").contains("no paper says `difusion`; `diffusion` is looked for"));
    assert!(page("/search?q=2404.99999").contains("2404.99999 is not in this library."));
    assert!(page("/search?q=2404.15653").contains("CatLIP"));
}
