//! Small pictures of papers, for readers who want them: fetched by `sync`, never by a page.

use std::path::PathBuf;

use super::{SyncAsk, policy};
use crate::error::{Error, Result};
use crate::files;
use crate::library::Library;
use crate::paper::{Paper, PaperId};
use crate::progress::Progress;
use crate::source::fetch::{Ask, Client, Reply, endpoint_of};

/// The folder of the pictures within the library's.
const FOLDER: &str = "pictures";
/// The largest picture, in bytes.
const LARGEST: u64 = 2_000_000;

/// What a browser shows by its first bytes; an SVG, which may hold a script, is not among them.
const KINDS: [(&[u8], &str); 4] = [
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"RIFF", "image/webp"),
];

/// Fetches the pictures of the papers of the newest day that have one, each once, whether or not
/// that goes well; returns how many came.
///
/// # Errors
/// [`Error::Database`]; [`Error::Io`] if the folder cannot be written.
pub fn fetch_pictures(library: &mut Library, ask: &SyncAsk<'_>, progress: &dyn Progress) -> Result<usize> {
    let Some(newest) = library.store.newest_day()? else { return Ok(0) };
    let listed = library.store.papers(&library.store.listed(newest, newest)?)?;
    let wanted = listed.iter().filter_map(|stored| {
        let path = picture_path(library, &stored.paper.id);
        Some((path.clone(), address(&stored.paper)?.to_owned())).filter(|_| !path.exists())
    });
    let wanted: Vec<(PathBuf, String)> = wanted.collect();
    let mut policy = policy(ask, &Default::default());
    policy.hosts = wanted.iter().filter_map(|(_, url)| endpoint_of(url)).collect();
    policy.max_bytes = LARGEST;
    let mut client = Client::new(policy, ask.clock);
    let mut n = 0;
    for (path, url) in &wanted {
        let reply = client.get(library.store.as_ref(), &Ask::new(url));
        progress.advance(1);
        // An empty file says that it was tried.
        let body = match reply {
            Ok(Reply::Fresh(answer)) if kind(&answer.body).is_some() => answer.body,
            Ok(_) | Err(Error::Unreachable { .. }) => Vec::new(),
            Err(error) => return Err(error),
        };
        n += usize::from(!body.is_empty());
        let folder = library.folder.join(FOLDER);
        std::fs::create_dir_all(&folder).map_err(Error::io(folder))?;
        files::write(path, &body)?;
    }
    Ok(n)
}

/// The picture of a paper that was fetched, and its media type.
pub fn picture(library: &Library, id: &PaperId) -> Option<(Vec<u8>, &'static str)> {
    let bytes = std::fs::read(picture_path(library, id)).ok()?;
    let kind = kind(&bytes)?;
    Some((bytes, kind))
}

/// Whether the picture of a paper was fetched.
pub fn has_picture(library: &Library, id: &PaperId) -> bool {
    std::fs::metadata(picture_path(library, id)).is_ok_and(|file| file.len() > 0)
}

fn picture_path(library: &Library, id: &PaperId) -> PathBuf {
    // Letters, digits and dots stand for themselves, whatever else by its number.
    let name = id.as_str().bytes().fold(String::new(), |mut name, byte| {
        match byte.is_ascii_alphanumeric() || byte == b'.' {
            true => name.push(char::from(byte)),
            false => name.push_str(&format!("_{byte:02x}")),
        }
        name
    });
    library.folder.join(FOLDER).join(name.chars().take(200).collect::<String>())
}

/// Where a paper's picture is.
fn address(paper: &Paper) -> Option<&str> {
    let url = paper.facts.get("image").or_else(|| paper.facts.get("thumbnail"))?;
    endpoint_of(url).is_some().then_some(url)
}

fn kind(bytes: &[u8]) -> Option<&'static str> {
    KINDS.iter().find(|(begin, _)| bytes.starts_with(begin)).map(|(_, kind)| *kind)
}
