//! A client of `paperpick serve`, over a real socket.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Stdio};

use serde_json::Value;

use crate::shell::Shell;

/// A running server; it ends with this value.
pub struct Server {
    child: Child,
    /// Where it listens, such as `127.0.0.1:4711`.
    pub address: String,
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    head: String,
    pub body: Vec<u8>,
}

impl Server {
    /// Serves a shell's library on a free port.
    pub fn of(shell: &Shell, options: &str) -> Self {
        let words = format!("serve --port 0 {options}");
        let words: Vec<String> = words.split_whitespace().map(str::to_owned).collect();
        let mut child = shell.command(&words).stderr(Stdio::piped()).stdin(Stdio::null()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        lines.read_line(&mut line).unwrap();
        // What it logs goes on being read, so that it never waits for us.
        std::thread::spawn(move || std::io::copy(&mut lines, &mut std::io::stderr()));
        let address = line.split("http://").nth(1).unwrap_or_else(|| panic!("{line}"));
        Self { child, address: address.split_whitespace().next().unwrap().to_owned() }
    }

    pub fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], b"")
    }

    pub fn json(&self, path: &str) -> Value {
        self.get(path).json()
    }

    pub fn post(&self, path: &str, headers: &[&str], body: &str) -> Answer {
        self.send("POST", path, headers, body.as_bytes())
    }

    pub fn post_json(&self, path: &str, body: &str) -> Answer {
        self.post(path, &["content-type: application/json"], body)
    }

    /// One request on a connection of its own. `Host` is the server's unless a header says another.
    pub fn send(&self, method: &str, path: &str, headers: &[&str], body: &[u8]) -> Answer {
        let mut head = format!("{method} {path} HTTP/1.1\r\nconnection: close\r\n");
        if !headers.iter().any(|h| h.starts_with("host:")) {
            head.push_str(&format!("host: {}\r\n", self.address));
        }
        if method != "GET" && !headers.iter().any(|h| h.starts_with("content-length:")) {
            head.push_str(&format!("content-length: {}\r\n", body.len()));
        }
        headers.iter().for_each(|header| head.push_str(&format!("{header}\r\n")));
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.write_all(format!("{head}\r\n").as_bytes()).unwrap();
        // A server that refuses a large body need not read it.
        let _ = stream.write_all(body);
        let mut all = Vec::new();
        let _ = stream.read_to_end(&mut all);
        Answer::parse(&all)
    }

    /// Kills it, whoever still holds it.
    #[cfg(all(target_os = "linux", feature = "postgres"))]
    pub fn kill(&self) {
        std::process::Command::new("kill").arg("-9").arg(self.child.id().to_string()).status().unwrap();
    }

    /// Asks the server to end, and waits; true if it ended well.
    #[cfg(unix)]
    pub fn end(mut self) -> bool {
        std::process::Command::new("kill").arg(self.child.id().to_string()).status().unwrap();
        self.child.wait().unwrap().success()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Answer {
    fn parse(all: &[u8]) -> Self {
        let at = all.windows(4).position(|w| w == b"\r\n\r\n");
        let at = at.unwrap_or_else(|| panic!("no answer: {:?}", String::from_utf8_lossy(all)));
        let head = String::from_utf8(all[..at].to_vec()).unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let mut answer = Self { status, head, body: all[at + 4..].to_vec() };
        if answer.header("transfer-encoding") == Some("chunked") {
            answer.body = joined(&answer.body);
        }
        answer
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        let mut pairs = self.head.lines().skip(1).filter_map(|line| line.split_once(": "));
        pairs.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    pub fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e}: {} {}", self.head, self.text()))
    }
}

fn joined(mut chunks: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    while let Some(at) = chunks.windows(2).position(|w| w == b"\r\n") {
        let n = usize::from_str_radix(std::str::from_utf8(&chunks[..at]).unwrap(), 16).unwrap();
        body.extend_from_slice(&chunks[at + 2..at + 2 + n]);
        chunks = &chunks[at + 2 + n + 2..];
        if n == 0 {
            break;
        }
    }
    body
}
