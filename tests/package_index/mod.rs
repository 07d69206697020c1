//! A Python package index on this machine: a page for each project, in HTML or in JSON, and its files.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// What the index has, and how it answers.
#[derive(Clone, Default)]
pub struct Shelf {
    /// The file's project, name and content.
    pub files: Vec<(&'static str, &'static str, Vec<u8>)>,
    /// Whether its pages are HTML, whatever is asked for.
    pub html: bool,
    /// The byte at which files end, though more are announced.
    pub break_off_at: Option<usize>,
}

pub struct PackageIndexServer {
    pub address: String,
    requests: Arc<Mutex<Vec<String>>>,
}

impl PackageIndexServer {
    /// Serves until the test's process ends.
    pub fn start(shelf: Shelf) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = format!("http://{}/simple", listener.local_addr().expect("an address"));
        let requests = Arc::<Mutex<Vec<String>>>::default();
        let heard = Arc::clone(&requests);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // A client that goes away early is its own affair.
                let _ = shelf.answer(stream, &heard);
            }
        });
        Self { address, requests }
    }

    /// The paths and the accepted kinds of all requests so far.
    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().expect("requests").clone()
    }

    /// How many packages were asked for.
    pub fn files_sent(&self) -> usize {
        self.requests().iter().filter(|request| request.starts_with("/files/")).count()
    }
}

impl Shelf {
    fn answer(&self, mut stream: TcpStream, heard: &Mutex<Vec<String>>) -> std::io::Result<()> {
        let mut head = String::new();
        let mut reader = BufReader::new(stream.try_clone()?);
        while !head.ends_with("\r\n\r\n") {
            if reader.read_line(&mut head)? == 0 {
                return Ok(());
            }
        }
        let path = head.split(' ').nth(1).unwrap_or_default();
        let accept = head.lines().find(|line| line.to_lowercase().starts_with("accept:")).unwrap_or_default();
        heard.lock().expect("requests").push(format!("{path} {accept}"));
        let project = path.strip_prefix("/simple/").and_then(|rest| rest.strip_suffix('/'));
        let found = match (project, path.strip_prefix("/files/")) {
            (Some(project), _) => self.page(project),
            (_, Some(file)) => self.files.iter().find(|(_, name, _)| *name == file).map(|f| f.2.clone()),
            _ => None,
        };
        let Some(body) = found else {
            return stream
                .write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        };
        let length = body.len();
        write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n")?;
        let sent = if project.is_some() { length } else { self.break_off_at.unwrap_or(length).min(length) };
        stream.write_all(&body[..sent])
    }

    fn page(&self, project: &str) -> Option<Vec<u8>> {
        let names: Vec<&str> = self.files.iter().filter(|f| f.0 == project).map(|f| f.1).collect();
        // An older file with a name that begins alike, and addresses that are relative to the page.
        let names: Vec<String> =
            names.iter().flat_map(|name| [format!("{name}.metadata"), (*name).to_owned()]).collect();
        let link =
            |name: &String| format!("<a href=\"../../files/{name}#sha256=00\" data-x='1'>{name}</a><br>\n");
        let json =
            |name: &String| serde_json::json!({"filename": name, "url": format!("../../files/{name}")});
        let page = match self.html {
            true => format!("<!DOCTYPE html><html><body>\n{}", names.iter().map(link).collect::<String>()),
            false => serde_json::json!({"files": names.iter().map(json).collect::<Vec<_>>()}).to_string(),
        };
        (!names.is_empty()).then(|| page.into_bytes())
    }
}
