//! A day on its way out: files, feeds, mail, calls, assistants.

use serde_json::Value;

use crate::shell::Shell;

/// What a round trip must keep of each paper.
fn kept(export: &str) -> Vec<(String, Value)> {
    let mut papers: Vec<(String, Value)> = export
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .filter(|paper| paper["listings"].as_array().unwrap().iter().any(|l| l["day"] == "2024-04-25"))
        .map(|mut paper| {
            paper["listings"].as_array_mut().unwrap().retain(|l| l["source"] == "digest");
            (paper["id"].as_str().unwrap().to_owned(), paper)
        })
        .collect();
    papers.sort_by(|a, b| a.0.cmp(&b.0));
    papers
}

#[test]
fn a_digest_imported_again_gives_the_same_papers() {
    let first = Shell::with_sample();
    for topics in ["", " --topics"] {
        let second = Shell::new();
        second.write("again.md", first.run(&format!("paperpick digest{topics}")));
        assert_eq!(second.run("paperpick import again.md"), "9 entries: 9 added\n");
        assert_eq!(kept(&second.run("paperpick export")), kept(&first.run("paperpick export")));
    }
}

#[test]
fn a_digest_in_every_format() {
    let shell = Shell::with_sample();
    shell.run("paperpick like 2404.08197");
    let text = shell.run("paperpick digest --format text -n 1 --by-topic");
    assert!(text.starts_with("Papers of 2024-04-25: 1 of 9 papers, by 1 like and 0 dislikes\n"), "{text}");
    let page = shell.run("paperpick digest --format html");
    assert!(page.starts_with("<!doctype html>") && page.ends_with("</html>\n"));
    assert!(!page.contains("<img") && !page.contains("http://"), "nothing is fetched");
    let json = shell.json("paperpick digest --format json --topics");
    assert_eq!(json, shell.json("paperpick digest --json --topics"));
    assert_eq!(json["shape"], "digest/1");
    let n: usize =
        json["sections"].as_array().unwrap().iter().map(|s| s["entries"].as_array().unwrap().len()).sum();
    assert_eq!(n, 9);
    let empty = Shell::without_papers().run("paperpick digest --format html");
    assert!(empty.contains("nothing to show") && empty.ends_with("[exit 1]\n"), "{empty}");
}
