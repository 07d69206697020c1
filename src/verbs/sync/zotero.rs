//! A library of Zotero, through its web API.

use std::collections::BTreeSet;

use super::{Asked, Run, SyncAsk};
use crate::error::{Error, Result};
use crate::library::Library;
use crate::progress::Progress;
use crate::source::fetch::{Ask, Reply};
use crate::source::{self, Collection, Item, Problem};

/// Items in one request; the service allows no more.
const PAGE: usize = 100;

/// What a library of Zotero holds.
#[derive(Debug, Clone, Default)]
pub struct ZoteroLibrary {
    /// The items that are papers.
    pub items: Vec<Item>,
    /// The collections that they lie in.
    pub collections: Vec<Collection>,
    /// What could not be read.
    pub problems: Vec<Problem>,
}

/// Asks for the whole library of `users/NUMBER` or `groups/NUMBER`.
///
/// # Errors
/// [`Error::Unreachable`] with the reason: half of a library is none.
pub fn zotero(
    library: &mut Library,
    ask: &SyncAsk<'_>,
    named: &str,
    key: &str,
    progress: &dyn Progress,
) -> Result<ZoteroLibrary> {
    let base = format!("{}/{named}", ask.sources.hosts.zotero);
    let mut run = Run::new(library, ask, &BTreeSet::new(), progress);
    let unreachable = |reason| Error::Unreachable { what: base.clone(), reason };
    let mut found = ZoteroLibrary::default();
    for page in run.pages(&format!("{base}/items"), key)?.map_err(unreachable)? {
        for item in source::items(&base, &page[..]) {
            match item {
                Ok(item) => found.items.push(item),
                Err(problem) => found.problems.push(problem),
            }
        }
    }
    for page in run.pages(&format!("{base}/collections"), key)?.map_err(unreachable)? {
        for collection in source::collections(&base, &page[..]) {
            match collection {
                Ok(collection) => found.collections.push(collection),
                Err(problem) => found.problems.push(problem),
            }
        }
    }
    Ok(found)
}

impl Run<'_> {
    /// Every page of a list, up to the total that the service names.
    fn pages(&mut self, list: &str, key: &str) -> Result<Asked<Vec<Vec<u8>>>> {
        let mut pages = Vec::new();
        loop {
            let start = pages.len() * PAGE;
            let url = format!("{list}?format=json&limit={PAGE}&start={start}");
            let headers = vec![("Zotero-API-Key".to_owned(), key.to_owned())];
            let whole = |body: &[u8]| body.trim_ascii_end().ends_with(b"]");
            let answer = match self.get(&Ask { headers, whole, ..Ask::new(&url) })? {
                Ok(Reply::Fresh(answer)) => answer,
                Ok(Reply::Refused(403, _)) => {
                    return Ok(Err("HTTP 403: the key does not open this library".to_owned()));
                }
                Ok(Reply::Refused(status, text)) => {
                    return Ok(Err(format!("HTTP {status}: {}", super::said(&text))));
                }
                Ok(Reply::Unchanged) => {
                    return Ok(Err("HTTP 304 without having been asked for it".to_owned()));
                }
                Err(reason) => return Ok(Err(reason)),
            };
            pages.push(answer.body);
            if answer.total.is_none_or(|total| pages.len() * PAGE >= total) {
                return Ok(Ok(pages));
            }
        }
    }
}
