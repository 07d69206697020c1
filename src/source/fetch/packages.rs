//! A Python package index: finds where a file lies (PEP 503 in HTML, PEP 691 in JSON) and fetches it.

use std::io::{ErrorKind, Read};
use std::time::Duration;

use serde_json::Value;
use ureq::http::Response;
use ureq::{Agent, Body, ResponseExt};
use url::Url;

use super::{Failed, broken, endpoint, failed};
use crate::error::{Error, Result};

/// The index that everybody uses.
pub const PYPI: &str = "https://pypi.org/simple/";

/// JSON before HTML; older servers and mirrors have only the latter.
const ACCEPT: &str =
    "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1";

/// The longest page of a project that is read: the largest on PyPI have some 10 MB.
const MAX_PAGE: u64 = 64 << 20;

/// A package index.
pub struct PackageIndex {
    agent: Agent,
    address: Url,
}

impl PackageIndex {
    /// An index at an address, which may lie anywhere: what is fetched is known by its checksum.
    ///
    /// # Errors
    /// [`Error::Invalid`] for what is no address.
    pub fn new(address: &str, user_agent: &str) -> Result<Self> {
        let parsed = Url::parse(&format!("{}/", address.trim_end_matches('/')));
        let address =
            parsed.ok().filter(|url| matches!(url.scheme(), "http" | "https")).ok_or_else(|| {
                Error::Invalid(format!("the index is `{address}`, but an address such as {PYPI} is wanted"))
            })?;
        let config = Agent::config_builder()
            .user_agent(user_agent)
            .http_status_as_error(false)
            .timeout_connect(Some(Duration::from_secs(15)))
            // For each piece: a large package on a slow line may take an hour, but no silence does.
            .timeout_per_read(Some(Duration::from_secs(60)))
            .build();
        Ok(Self { agent: Agent::new_with_config(config), address })
    }

    /// Fetches a file of a project, no more of it than `max_bytes` and one byte, piece by piece.
    ///
    /// # Errors
    /// [`Error::Unreachable`] if the index does not answer or does not have the file, and those of `sink`.
    pub fn download(
        &self,
        project: &str,
        file: &str,
        max_bytes: u64,
        sink: &mut dyn FnMut(&[u8]) -> Result<()>,
    ) -> Result<()> {
        let unreachable = |reason| Error::Unreachable { what: file.to_owned(), reason };
        let url = self.place_of(project, file).map_err(unreachable)?;
        let mut response = self.get(&url, "*/*").map_err(unreachable)?;
        let mut body = response.body_mut().as_reader().take(max_bytes + 1);
        let mut piece = vec![0; 1 << 16];
        loop {
            match body.read(&mut piece).map_err(|error| unreachable(reason(broken(error))))? {
                0 => return Ok(()),
                n => sink(&piece[..n])?,
            }
        }
    }

    /// Where the page of a project says that a file lies.
    fn place_of(&self, project: &str, file: &str) -> Result<Url, String> {
        let page = self.address.join(&format!("{project}/")).map_err(|e| e.to_string())?;
        let mut response = self.get(&page, ACCEPT)?;
        let here = Url::parse(&response.get_uri().to_string()).unwrap_or(page);
        let mut text = String::new();
        let mut body = response.body_mut().as_reader().take(MAX_PAGE);
        body.read_to_string(&mut text).map_err(|error| reason(broken(error)))?;
        let found = addresses(&text).into_iter().filter_map(|address| here.join(&address).ok());
        let mut wanted = found.filter(|url| url.path_segments().and_then(Iterator::last) == Some(file));
        wanted.next().ok_or_else(|| format!("{} does not list it", endpoint(&here)))
    }

    fn get(&self, url: &Url, accept: &str) -> Result<Response<Body>, String> {
        let response = self.agent.get(url.as_str()).header("Accept", accept).call();
        let response = response.map_err(|error| match error {
            // A network that opens every connection has certificates of its own.
            ureq::Error::Io(error) if error.kind() == ErrorKind::InvalidData => {
                format!("{}: {error}", endpoint(url))
            }
            error => format!("{}: {}", endpoint(url), reason(failed(error))),
        })?;
        match response.status().as_u16() {
            200..=299 => Ok(response),
            status => Err(format!("{} answers HTTP {status} for {}", endpoint(url), url.path())),
        }
    }
}

fn reason(failed: Failed) -> String {
    match failed {
        Failed::Later(reason, _) | Failed::Never(reason) => reason,
    }
}

/// The addresses of a project's files, as its page in JSON or HTML gives them.
fn addresses(page: &str) -> Vec<String> {
    if let Ok(page) = serde_json::from_str::<Value>(page) {
        let files = page["files"].as_array().into_iter().flatten();
        return files.filter_map(|file| file["url"].as_str()).map(str::to_owned).collect();
    }
    let links = page.split("href=").skip(1);
    let quoted = links.filter_map(|rest| {
        let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        rest[1..].split(quote).next()
    });
    quoted.map(|address| address.replace("&amp;", "&")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_found_in_both_kinds_of_pages() {
        let json = r#"{"meta": {"api-version": "1.1"}, "files": [{"filename": "a.whl", "url": "../a.whl"}]}"#;
        assert_eq!(addresses(json), ["../a.whl"]);
        let html = "<!DOCTYPE html><a data-x href=\"https://x/a.whl?a=1&amp;b=2#sha256=0\">a.whl</a>\n<a href='b.whl'>b";
        assert_eq!(addresses(html), ["https://x/a.whl?a=1&b=2#sha256=0", "b.whl"]);
        assert!(addresses("<a href=>").is_empty());
    }

    #[test]
    fn what_is_no_address_is_refused() {
        assert!(PackageIndex::new("pypi.org", "test").is_err());
        assert!(PackageIndex::new("file:///etc", "test").is_err());
    }
}
