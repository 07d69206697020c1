//! What other programs write is read as its authors meant: no two papers are mixed, no entry is lost silently.

mod bibtex;
mod encodings;
mod feeds;
mod identity;
mod other;

use serde_json::Value;

use crate::shell::Shell;

/// What a library holds after these files, each imported twice with the same result: its papers as they are
/// exported, in the order of their titles.
fn papers(files: &[(&str, &[u8])]) -> Vec<Value> {
    let shell = Shell::new();
    for (name, bytes) in files {
        shell.write(name, bytes);
    }
    let import =
        || files.iter().map(|(name, _)| shell.run(&format!("paperpick import {name}"))).collect::<String>();
    let said = import();
    let first = shell.run("paperpick export");
    import();
    assert_eq!(shell.run("paperpick export"), first, "again: {said}");
    let mut papers: Vec<Value> = first.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    papers.retain(|paper: &Value| paper.get("beside").is_none());
    papers.sort_by_key(|paper| paper["title"].as_str().unwrap_or_default().to_owned());
    papers
}

/// One field of each paper; lists are joined by commas.
fn field(papers: &[Value], name: &str) -> Vec<String> {
    let text = |value: &Value| match value {
        Value::Array(items) => items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", "),
        value => value.as_str().unwrap_or_default().to_owned(),
    };
    papers.iter().map(|paper| text(&paper[name])).collect()
}

/// The titles of what one file holds.
fn titles(name: &str, text: &str) -> Vec<String> {
    field(&papers(&[(name, text.as_bytes())]), "title")
}
