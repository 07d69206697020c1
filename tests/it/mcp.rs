//! The assistant's door, spoken to line by line.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use serde_json::{Value, json};

use crate::shell::Shell;

/// A client of `paperpick mcp`.
struct Client {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    n: u64,
}

impl Client {
    fn new(shell: &Shell) -> Self {
        let mut command = shell.command(&["mcp".to_owned()]);
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let input = child.stdin.take();
        let output = BufReader::new(child.stdout.take().unwrap());
        let mut client = Self { child, input, output, n: 0 };
        let hello = client.ask(
            "initialize",
            json!({"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}),
        );
        assert_eq!(hello["result"]["serverInfo"]["name"], "paperpick", "{hello}");
        client.say(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}).to_string());
        client
    }

    fn say(&mut self, line: &str) {
        let input = self.input.as_mut().unwrap();
        input.write_all(line.as_bytes()).unwrap();
        input.write_all(b"\n").unwrap();
        input.flush().unwrap();
    }

    fn hear(&mut self) -> Value {
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"))
    }

    fn ask(&mut self, method: &str, params: Value) -> Value {
        self.n += 1;
        let id = self.n;
        self.say(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}).to_string());
        loop {
            let heard = self.hear();
            if heard["id"] == id {
                return heard;
            }
        }
    }

    /// What a tool gives; an error is its text.
    fn call(&mut self, tool: &str, arguments: Value) -> Result<Value, String> {
        let heard = self.ask("tools/call", json!({"name": tool, "arguments": arguments}));
        match heard["result"]["isError"].as_bool() {
            Some(false) => Ok(heard["result"]["structuredContent"].clone()),
            Some(true) => Err(heard["result"]["content"][0]["text"].as_str().unwrap().to_owned()),
            None => panic!("{heard}"),
        }
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        // The server ends when its input does.
        drop(self.input.take());
        let ended = self.child.wait().unwrap();
        assert!(std::thread::panicking() || ended.success(), "{ended}");
    }
}

/// The names of all tools.
pub fn tools(shell: &Shell) -> Vec<String> {
    let tools = Client::new(shell).ask("tools/list", json!({}));
    let tools = tools["result"]["tools"].as_array().unwrap().iter();
    tools.map(|tool| tool["name"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn every_tool_answers() {
    let shell = Shell::with_sample();
    let mut client = Client::new(&shell);
    let tools = client.ask("tools/list", json!({}));
    let names: Vec<&str> =
        tools["result"]["tools"].as_array().unwrap().iter().map(|t| t["name"].as_str().unwrap()).collect();
    for name in ["today", "similar", "topics", "search", "show", "why", "like", "dislike"] {
        assert!(names.contains(&name), "{names:?}");
    }
    assert_eq!(client.call("today", json!({"n": 3})).unwrap()["picks"].as_array().unwrap().len(), 3);
    assert_eq!(client.call("similar", json!({"id": "2404.15653"})).unwrap()["shape"], "similar/1");
    assert_eq!(client.call("similar", json!({"text": "확산 모델", "n": 2})).unwrap()["text"], "확산 모델");
    assert_eq!(client.call("topics", json!({"date": "2024-04-25"})).unwrap()["n_listed"], 9);
    assert_eq!(client.call("search", json!({"words": "CatLIP"})).unwrap()["papers"][0]["id"], "2404.15653");
    assert_eq!(
        client.call("like", json!({"ids": ["2404.15653", "2512.00001"]})).unwrap()["papers"][0]["changed"],
        true
    );
    for name in ["show", "get_paper"] {
        assert_eq!(client.call(name, json!({"id": "arXiv:2404.15653v1"})).unwrap()["rating"], "like");
    }
    client.call("dislike", json!({"ids": ["2404.15653"]})).unwrap();
    assert_eq!(shell.json("paperpick show 2404.15653 --json")["rating"], "dislike");
}

#[test]
fn mistakes_are_explained_and_sizes_are_limited() {
    let shell = Shell::with_sample();
    let mut client = Client::new(&shell);
    let long = "x".repeat(2_001);
    for (tool, arguments, words) in [
        ("today", json!({"n": 51}), "1 to 50"),
        ("today", json!({"n": -1}), "today: `n` is -1, but 1 to 50"),
        ("today", json!({"m": 1}), "it takes no `m`; it takes date, days, n, min_score, category, variety"),
        ("today", json!({"date": "2024-04-28"}), "the nearest day with papers is 2024-04-25"),
        ("today", json!({"date": "2024-04-25", "days": 2}), "not both"),
        ("topics", json!({"days": 32}), "1 to 31"),
        ("similar", json!({}), "give either id or text"),
        ("similar", json!({"text": long}), "1 to 2000 are taken"),
        ("similar", json!({"id": "2404.99999"}), "not in the library"),
        ("search", json!({"words": " "}), "some words are wanted"),
        ("get_paper", json!({"id": "2413.00001"}), "the month is not 01 to 12"),
        ("get_paper", json!({}), "missing field `id`"),
        ("like", json!({"ids": []}), "1 to 100"),
        ("like", json!({"ids": ["2404.15653", "nonsense"]}), "not a paper's identifier"),
    ] {
        let said = client.call(tool, arguments.clone()).unwrap_err();
        assert!(said.contains(words), "{tool} {arguments}: {said}");
    }
    assert!(shell.run("paperpick likes").contains("nothing rated yet"), "half a list was rated");
    let said = client.ask("tools/call", json!({"name": "tomorrow"}));
    assert!(said["error"]["message"].as_str().unwrap().contains("the tools are today"), "{said}");
    // A request of any length costs no memory, and the next one is answered.
    client.say(
        &json!({"jsonrpc": "2.0", "id": 99, "method": "ping", "params": {"x": "y".repeat(1 << 20)}})
            .to_string(),
    );
    client.say("this is not JSON");
    assert_eq!(client.call("today", json!({})).unwrap()["shape"], "today/1");
}

#[test]
fn resources_are_papers_and_topics() {
    let shell = Shell::with_sample();
    let mut client = Client::new(&shell);
    let listed = client.ask("resources/list", json!({}));
    let uris: Vec<&str> = listed["result"]["resources"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| r["uri"].as_str().unwrap())
        .collect();
    assert_eq!((uris[0], uris.len()), ("paperpick://topics/2024-04-25", 10));
    for uri in uris {
        let read = client.ask("resources/read", json!({"uri": uri}));
        let text = read["result"]["contents"][0]["text"].as_str().unwrap_or_else(|| panic!("{read}"));
        assert!(serde_json::from_str::<Value>(text).unwrap()["shape"].is_string());
    }
    for (uri, words) in [
        ("paperpick://paper/2404.99999", "not in the library"),
        ("paperpick://topics/yesterday", "YYYY-MM-DD"),
        ("file:///etc/passwd", "expected paperpick://"),
    ] {
        let said = client.ask("resources/read", json!({"uri": uri}));
        assert!(said["error"]["message"].as_str().unwrap().contains(words), "{said}");
    }
}

#[test]
fn hostile_papers_come_out_short_and_visible() {
    let shell = Shell::new();
    let title = format!("a\u{202e}b\u{e0049}\u{7} {}", "long ".repeat(2_000));
    let names: Vec<String> = (0..3_000).map(|i| format!("Name {i}")).collect();
    let line = json!({"listed": "2024-04-25", "id": "2404.00001", "title": title, "abstract": "x ".repeat(50_000), "authors": names});
    shell.write("hostile.jsonl", format!("{line}\n"));
    shell.run("paperpick import hostile.jsonl");
    let mut client = Client::new(&shell);
    let paper = client.call("get_paper", json!({"id": "2404.00001"})).unwrap();
    assert!(paper.to_string().len() < 10_000, "{} bytes", paper.to_string().len());
    assert!(paper["title"].as_str().unwrap().starts_with("ab long"), "{paper}");
    assert_eq!(paper["authors"][20], "and 2980 more");
}
