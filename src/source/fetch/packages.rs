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
    /// An index at an address, which may lie anywhere: what is fetched is known by its checksum. One that is
    /// https is never left for http, whatever its pages and redirects say.
    ///
    /// # Errors
    /// [`Error::Invalid`] for what is no address; it is not repeated, for it may hold a password.
    pub fn new(address: &str, user_agent: &str) -> Result<Self> {
        let parsed = Url::parse(address.trim()).ok();
        let address = parsed.filter(|url| matches!(url.scheme(), "http" | "https")).ok_or_else(|| {
            Error::Invalid(format!(
                "the package index (--index, PIP_INDEX_URL, or `package_index` in the settings) \
                 is no address such as {PYPI}"
            ))
        })?;
        let config = Agent::config_builder()
            .user_agent(user_agent)
            .https_only(address.scheme() == "https")
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
        let page = page_of(&self.address, project);
        let mut response = self.get(&page, ACCEPT)?;
        let here = Url::parse(&response.get_uri().to_string()).unwrap_or(page);
        let wrong = |what: &str| format!("{}: {} {what}", endpoint(&here), here.path());
        let mut text = Vec::new();
        let mut body = response.body_mut().as_reader().take(MAX_PAGE + 1);
        body.read_to_end(&mut text).map_err(|error| reason(broken(error)))?;
        if text.len() as u64 > MAX_PAGE {
            return Err(wrong(&format!("is longer than {} MiB", MAX_PAGE >> 20)));
        }
        let listed = addresses(&String::from_utf8_lossy(&text));
        let listed = listed.ok_or_else(|| wrong("is no page of a package index"))?;
        let found = listed.into_iter().filter_map(|address| here.join(&address).ok());
        let mut wanted = found.filter(|url| url.path_segments().and_then(Iterator::last) == Some(file));
        wanted.next().ok_or_else(|| wrong("does not list it"))
    }

    fn get(&self, url: &Url, accept: &str) -> Result<Response<Body>, String> {
        let response = self.agent.get(url.as_str()).header("Accept", accept).call();
        let response = response.map_err(|error| match error {
            // A network that opens every connection has certificates of its own.
            ureq::Error::Io(error) if error.kind() == ErrorKind::InvalidData => {
                format!("{}: {error}", endpoint(url))
            }
            // ureq's own text has the whole address, with what may be secret in it.
            ureq::Error::RequireHttpsOnly(_) => {
                format!("{}: an index with https leads to http", endpoint(url))
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
        Failed::Later(reason, _)
        | Failed::Silent { reason, .. }
        | Failed::NoHost(reason)
        | Failed::Never(reason) => reason,
    }
}

/// The address of a project's page; what stands behind `?` in the index's address stays there.
fn page_of(index: &Url, project: &str) -> Url {
    let mut page = index.clone();
    // Only an address without a host has no segments.
    if let Ok(mut segments) = page.path_segments_mut() {
        segments.pop_if_empty().push(project).push("");
    }
    page
}

/// The addresses of a project's files, as its page in JSON or HTML gives them; `None` for another page, such
/// as one on which somebody is to log in: JSON without files, or no link to a package.
fn addresses(page: &str) -> Option<Vec<String>> {
    if let Ok(page) = serde_json::from_str::<Value>(page) {
        let urls = page["files"].as_array()?.iter().filter_map(|file| file["url"].as_str());
        return Some(urls.map(str::to_owned).collect());
    }
    let links = page.split("href=").skip(1);
    let quoted = links.filter_map(|rest| {
        let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        rest[1..].split(quote).next()
    });
    let found: Vec<_> = quoted.map(|address| address.replace("&amp;", "&")).collect();
    let is_package = |address: &String| {
        let path = address.split(['?', '#']).next().unwrap_or(address);
        [".whl", ".tar.gz", ".zip"].iter().any(|end| path.ends_with(end))
    };
    found.iter().any(is_package).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_found_in_both_kinds_of_pages() {
        let json = r#"{"meta": {"api-version": "1.1"}, "files": [{"filename": "a.whl", "url": "../a.whl"}]}"#;
        assert_eq!(addresses(json).unwrap(), ["../a.whl"]);
        let html = "<!DOCTYPE html><a data-x href=\"https://x/a.whl?a=1&amp;b=2#sha256=0\">a.whl</a>\n<a href='b.whl'>b";
        assert_eq!(addresses(html).unwrap(), ["https://x/a.whl?a=1&b=2#sha256=0", "b.whl"]);
    }

    #[test]
    fn other_pages_are_told_from_those_of_an_index() {
        for page in
            ["", "<a href=>", "<link href='style.css'><a href='/login'>", "{}", r#"{"message": "no"}"#]
        {
            assert_eq!(addresses(page), None, "{page}");
        }
        assert_eq!(addresses(r#"{"files": []}"#), Some(Vec::new()));
    }

    #[test]
    fn what_is_no_address_is_refused_and_not_repeated() {
        for address in ["pypi.org", "file:///etc", "user:secret@pypi.org/simple", "https://"] {
            let error = PackageIndex::new(address, "test").err().expect(address).to_string();
            assert!(error.contains(PYPI) && !error.contains("secret"), "{error}");
        }
    }

    #[test]
    fn an_index_is_meant_with_and_without_a_slash_and_with_a_query() {
        let page = |index| page_of(&Url::parse(index).unwrap(), "a-b").to_string();
        assert_eq!(page("https://pypi.org/simple"), "https://pypi.org/simple/a-b/");
        assert_eq!(page("https://pypi.org/simple/"), "https://pypi.org/simple/a-b/");
        assert_eq!(page("https://u:p@x.org/?key=1"), "https://u:p@x.org/a-b/?key=1");
    }

    #[test]
    fn an_index_with_https_never_goes_to_http() {
        let index = PackageIndex::new("https://pypi.org/simple/", "test").unwrap();
        let error = index.get(&Url::parse("http://127.0.0.1:9/a?key=secret").unwrap(), "*/*").unwrap_err();
        assert!(error.contains("leads to http") && !error.contains("secret"), "{error}");
    }
}
