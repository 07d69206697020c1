//! A model hub on this machine that answers as the public one does: small files at once, the
//! weights through a redirect to another path, ranges, tags and the commit in headers.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

const COMMIT: &str = "5f1b8cd78bc4fb444dd171e59b18f3a3af89a079";

pub struct HubServer {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
    port: u16,
}

struct Shared {
    repository: String,
    folder: PathBuf,
    requests: Mutex<Vec<String>>,
    /// The next answer longer than this ends there; 0 for never.
    break_at: AtomicUsize,
    stop: AtomicBool,
}

impl HubServer {
    /// Serves a folder as a repository's main branch.
    pub fn start(repository: &str, folder: &Path) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let shared = Arc::new(Shared {
            repository: repository.into(),
            folder: folder.into(),
            requests: Mutex::default(),
            break_at: AtomicUsize::new(0),
            stop: AtomicBool::new(false),
        });
        let serving = Arc::clone(&shared);
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if serving.stop.load(Ordering::Relaxed) {
                    break;
                }
                // A client that goes away early is its own affair.
                let _ = stream.and_then(|stream| serving.answer(stream));
            }
        });
        Self { shared, thread: Some(thread), port }
    }

    pub fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The first lines and headers of all requests so far.
    pub fn requests(&self) -> Vec<String> {
        self.shared.requests.lock().expect("requests").clone()
    }

    /// Cuts the next answer that is longer than this many bytes.
    pub fn break_off_at(&self, bytes: usize) {
        self.shared.break_at.store(bytes, Ordering::Relaxed);
    }
}

impl Drop for HubServer {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(("127.0.0.1", self.port));
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn answer(&self, mut stream: TcpStream) -> std::io::Result<()> {
        let mut head = String::new();
        let mut reader = BufReader::new(stream.try_clone()?);
        while !head.ends_with("\r\n\r\n") {
            if reader.read_line(&mut head)? == 0 {
                return Ok(());
            }
        }
        self.requests.lock().expect("requests").push(head.clone());
        let path = head.split(' ').nth(1).unwrap_or_default();
        let resolve = format!("/{}/resolve/main/", self.repository);
        let (file, stored) = match (path.strip_prefix(&resolve), path.strip_prefix("/stored/")) {
            (Some(file), _) => (file, false),
            (None, Some(file)) => (file, true),
            _ => {
                return stream
                    .write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            }
        };
        if file.ends_with(".onnx") && !stored {
            let answer = format!(
                "HTTP/1.1 302 Found\r\nLocation: http://{}/stored/{file}\r\nX-Repo-Commit: {COMMIT}\r\n\
                 X-Linked-Etag: \"{file}-tag\"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
                stream.local_addr()?
            );
            return stream.write_all(answer.as_bytes());
        }
        let content = std::fs::read(self.folder.join(file))?;
        let (from, to) = range(&head, content.len());
        let answer = format!(
            "HTTP/1.1 206 Partial Content\r\nX-Repo-Commit: {COMMIT}\r\nETag: \"{file}-tag\"\r\n\
             Content-Range: bytes {from}-{}/{}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            to - 1,
            content.len(),
            to - from,
        );
        stream.write_all(answer.as_bytes())?;
        let break_at = self.break_at.load(Ordering::Relaxed);
        if break_at > 0 && to - from > break_at {
            self.break_at.store(0, Ordering::Relaxed);
            return stream.write_all(&content[from..from + break_at]);
        }
        stream.write_all(&content[from..to])
    }
}

/// The first byte and the one after the last that a request asks for.
fn range(head: &str, len: usize) -> (usize, usize) {
    let line = head.lines().find(|line| line.to_lowercase().starts_with("range:"));
    let asked = line.and_then(|line| line.split_once("bytes=")).map_or("", |(_, range)| range.trim());
    let (from, to) = asked.split_once('-').unwrap_or_default();
    (from.parse().unwrap_or(0).min(len), to.parse::<usize>().map_or(len, |to| (to + 1).min(len)))
}
