//! What is known of a paper that is not stored under its own name.

use super::merging::unmix;
use super::same::{first_family, is_same};
use super::{Names, Shelf};
use crate::error::Result;
use crate::paper::{Paper, PaperId, title_key};
use crate::source::printed;
use crate::store::StoredPaper;

/// The identifier under which a paper is stored that is asked for by another.
pub(in crate::store) fn stored_as(names: &impl Names, id: &PaperId) -> Result<PaperId> {
    if id.is_arxiv() || names.is_there(id)? {
        return Ok(id.clone());
    }
    if let Some(meant) = names.meant(id)? {
        return Ok(meant);
    }
    let others = match id.as_str().strip_prefix("doi:") {
        Some(doi) => names.with_doi(doi)?,
        None if id.weak_name().is_some() => Vec::new(),
        None => {
            let mut found = names.with_fingerprint(id)?;
            let asked = id.as_str().strip_prefix("own:");
            found.retain(|other| other.weak_name() == asked);
            found
        }
    };
    match <[PaperId; 1]>::try_from(others) {
        Ok([other]) => Ok(other),
        Err(_) => Ok(id.clone()),
    }
}

/// The paper that is meant by one which is not stored under its own name: a published version whose preprint
/// is known, or a name that an earlier version kept without a fingerprint.
pub(super) fn known_otherwise(shelf: &impl Shelf, paper: &Paper) -> Result<Option<StoredPaper>> {
    let id = paper.id.as_str();
    let is_meant = |known: &StoredPaper| match paper.authors.is_empty() {
        true => title_key(&known.paper.title) == title_key(&paper.title),
        false => first_family(&known.paper) == first_family(paper),
    };
    if let Some(meant) = shelf.meant(&paper.id)?
        && let Some(known) = shelf.find(&meant)?.filter(is_meant)
    {
        return Ok(Some(known));
    }
    if let Some(doi) = id.strip_prefix("doi:") {
        for other in shelf.with_doi(doi)? {
            if let Some(known) = shelf.find(&other)?.filter(|known| is_same(&known.paper, paper)) {
                return Ok(Some(known));
            }
        }
        return Ok(None);
    }
    let Some(name) = paper.id.weak_name() else {
        // It was given without a fingerprint, as by an export of an earlier version.
        let own = id.strip_prefix("own:").and_then(|name| PaperId::of_name(name, &paper.title));
        return Ok(own.map(|own| shelf.find(&own)).transpose()?.flatten());
    };
    let Some(known) = PaperId::own(name).map(|own| shelf.find(&own)).transpose()?.flatten() else {
        return nameless(shelf, paper);
    };
    let agrees = title_key(&printed(&known.paper.title)) == title_key(&paper.title);
    if !agrees {
        unmix(shelf, &known, paper)?;
    }
    Ok(Some(known).filter(|_| agrees))
}

/// The paper of this title that an earlier version kept under what is no name, such as the number of a record.
fn nameless(shelf: &impl Shelf, paper: &Paper) -> Result<Option<StoredPaper>> {
    for id in shelf.shared_with_title(&paper.title)? {
        let name = id.as_str().strip_prefix("own:").unwrap_or_default();
        if PaperId::of_name(name, &paper.title).is_none() {
            return shelf.find(&id);
        }
    }
    Ok(None)
}

/// The paper that has the DOI which a source gives to this paper of arXiv, and is the same.
pub(super) fn published_version(shelf: &impl Shelf, paper: &Paper) -> Result<Option<StoredPaper>> {
    let doi = paper.facts.get("doi").filter(|_| paper.id.is_arxiv());
    let Some(doi) = doi.and_then(|doi| PaperId::parse(doi).ok()) else { return Ok(None) };
    Ok(shelf.find(&doi.0)?.filter(|found| is_same(&found.paper, paper)))
}
