//! The webhook, to receivers that take a call and to those that do not.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;

use crate::shell::Shell;

/// A call: its head in lower case, and its body.
type Call = (String, String);

/// A receiver that gives one answer to every call.
pub struct Receiver {
    pub port: u16,
    answer: Arc<Mutex<String>>,
    calls: Arc<Mutex<Vec<Call>>>,
}

impl Receiver {
    pub fn start(answer: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let receiver = Self { port, answer: Arc::new(Mutex::new(answer.to_owned())), calls: Arc::default() };
        let (answer, calls) = (receiver.answer.clone(), receiver.calls.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut reader = BufReader::new(stream.try_clone().unwrap());
                let mut head = String::new();
                while reader.read_line(&mut head).is_ok_and(|n| n > 2) {}
                let head = head.to_lowercase();
                let length = head.split("content-length: ").nth(1).and_then(|rest| rest.lines().next());
                let mut body = vec![0; length.and_then(|n| n.trim().parse().ok()).unwrap_or(0)];
                let _ = reader.read_exact(&mut body);
                calls.lock().unwrap().push((head, String::from_utf8(body).unwrap()));
                let answer = answer.lock().unwrap().clone();
                if answer == "slow" {
                    std::thread::sleep(Duration::from_secs(3));
                }
                let _ = stream.write_all(answer.as_bytes());
            }
        });
        receiver
    }

    fn now(&self, answer: &str) {
        *self.answer.lock().unwrap() = answer.to_owned();
    }

    fn calls(&self) -> Vec<Call> {
        self.calls.lock().unwrap().clone()
    }
}

pub const GOOD: &str = "HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n";

fn shell_with_hook(receiver: &Receiver, more: &str) -> Shell {
    let shell = Shell::with_sample();
    let url = format!("http://127.0.0.1:{}/hook/SECRETPATH", receiver.port);
    shell.write("config.toml", format!("[webhook]\nurl = '{url}'\npatience_seconds = 1\n{more}"));
    shell
}

fn call(shell: &Shell) -> String {
    shell.run("paperpick --config config.toml digest --webhook -vv")
}

#[test]
fn a_day_is_posted_once_and_signed() {
    let receiver = Receiver::start(GOOD);
    let shell = shell_with_hook(&receiver, "secret_file = 'key'\n");
    shell.write("key", "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD\n");
    assert_eq!(call(&shell), "sent 2024-04-25 by webhook\n");
    assert!(call(&shell).starts_with("2024-04-25 went out by webhook at "));
    let calls = receiver.calls();
    let [(head, body)] = &calls[..] else { panic!("{} calls", calls.len()) };
    for line in [
        "post /hook/secretpath ",
        "content-type: application/json",
        "webhook-id: paperpick.2024-04-25",
        "webhook-signature: v1,",
    ] {
        assert!(head.contains(line), "{head}");
    }
    let body: Value = serde_json::from_str(body).unwrap();
    assert_eq!((&body["shape"], &body["day"]), (&"digest/1".into(), &"2024-04-25".into()));
    assert_eq!(body["sections"][0]["entries"].as_array().unwrap().len(), 9);
}

#[test]
fn a_failure_is_explained_and_mended_by_the_next_run() {
    let elsewhere = Receiver::start(GOOD);
    let receiver = Receiver::start(GOOD);
    let shell = shell_with_hook(&receiver, "secret_file = 'key'\n");
    shell.write("key", "a key of its own");
    let moved = |status: u16| {
        format!(
            "HTTP/1.1 {status} Moved\r\nlocation: http://127.0.0.1:{}/\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
            elsewhere.port
        )
    };
    let echo = "HTTP/1.1 500 No\r\nconnection: close\r\n\r\nfailed at /hook/SECRETPATH with a key of its own";
    let endless = format!("HTTP/1.1 500 No\r\nconnection: close\r\n\r\n{}", "x".repeat(5 << 20));
    for (answer, words) in [
        (echo, "it answered 500: failed at (secret) with (secret)"),
        (&endless, "it answered 500"),
        ("slow", "no answer within 1 seconds"),
        ("", "did not take it"),
        ("SSH-2.0-nonsense\r\n", "did not take it"),
        (&moved(301), "it answered 301 and pointed elsewhere"),
        (&moved(302), "it answered 302 and pointed elsewhere"),
        (&moved(307), "it answered 307 and pointed elsewhere"),
        (&moved(308), "it answered 308 and pointed elsewhere"),
    ] {
        receiver.now(answer);
        let said = call(&shell);
        assert!(said.contains(words) && said.ends_with("[exit 2]\n"), "{words}: {said}");
        assert!(!said.contains("SECRETPATH") && !said.contains("a key of its own"), "{said}");
        assert!(said.len() < 3_000, "{} bytes", said.len());
    }
    assert!(elsewhere.calls().is_empty(), "a redirect to a private address was followed");
    receiver.now(GOOD);
    assert_eq!(call(&shell), "sent 2024-04-25 by webhook\n");
}

#[test]
fn settings_that_cannot_work_are_explained_without_secrets() {
    let with = |settings: &str| {
        let shell = Shell::with_sample();
        shell.write("config.toml", settings);
        call(&shell)
    };
    assert!(with("").contains("the webhook is not set up"));
    assert!(with("[webhook]\nstyle = 'slack'\n").contains("url or url_file"));
    assert!(with("[webhook]\nurl = 'ftp://x/SECRET'\n").contains("did not take it"));
    for settings in [
        "url = 'not an address SECRET'",
        "url_ = 'SECRET'",
        "secret = 'SECRET'",
        "url = ['SECRET']",
        "url = 'SECRET",
    ] {
        let said = with(&format!("[webhook]\n{settings}\n"));
        assert!(!said.contains("SECRET") && said.ends_with("[exit 2]\n"), "{said}");
    }
}

#[test]
fn channels_get_messages_within_their_limits() {
    let receiver = Receiver::start(GOOD);
    let message = |style: &str| {
        let shell = shell_with_hook(&receiver, &format!("style = '{style}'\n"));
        call(&shell);
        serde_json::from_str::<Value>(&receiver.calls().last().unwrap().1).unwrap()
    };
    let slack = message("slack");
    assert!(
        slack["blocks"][2]["text"]["text"].as_str().unwrap().starts_with("*1.* <https://arxiv.org/abs/"),
        "{slack}"
    );
    let discord = message("discord");
    assert_eq!(discord["embeds"].as_array().unwrap().len(), 9);
    assert_eq!(discord["allowed_mentions"]["parse"], serde_json::json!([]));
}
