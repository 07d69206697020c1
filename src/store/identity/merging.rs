//! Makes one paper of two, and two of one.

use super::Shelf;
use super::same::{families, first_family};
use crate::error::Result;
use crate::paper::{Paper, PaperId, Row, title_key};
use crate::store::StoredPaper;

/// Parts two papers that [contradict](super::same::contradict) each other. One keeps the identifier: the one that arXiv
/// or a listing knows, else the one whose title comes first, so that the order of files does not matter. The other goes
/// by its author, year and title.
pub(super) fn part(shelf: &impl Shelf, known: StoredPaper, paper: &mut Paper) -> Result<()> {
    let own = |p: &Paper| {
        let year = p.facts.get("year").cloned().or_else(|| Some(p.published?.year().to_string()));
        PaperId::of_title(&p.title, first_family(p).as_deref(), year.as_deref())
    };
    let rank =
        |p: &Paper| (p.categories.is_empty() && p.listings.is_empty(), title_key(&p.title), families(p));
    if rank(&known.paper) <= rank(paper) {
        paper.id = own(paper).unwrap_or_else(|| paper.id.clone());
    } else if let Some(own) = own(&known.paper) {
        match shelf.find(&own)? {
            None => rename_paper(shelf, known.row, &known.paper.id, &own)?,
            Some(other) => drop(absorb(shelf, known, &other)?),
        }
    }
    Ok(())
}

/// Takes out of a paper that may be two in one what `other`, which shares only its name, left in it.
pub(super) fn unmix(shelf: &impl Shelf, known: &StoredPaper, other: &Paper) -> Result<()> {
    if !shelf.is_shared(known.row)? {
        return Ok(());
    }
    let mut cleaned = known.paper.clone();
    if cleaned.abstract_text == other.abstract_text {
        cleaned.abstract_text.clear();
    }
    if cleaned.authors == other.authors {
        cleaned.authors.clear();
    }
    shelf.rewrite(known, &cleaned)
}

/// What is known of a paper before its own file speaks of it again: of a paper that may be two in one, what
/// disagrees with the file goes.
pub(super) fn parted(shelf: &impl Shelf, known: &StoredPaper, paper: &Paper) -> Result<Paper> {
    let mut before = known.paper.clone();
    let own = known.paper.id.as_str().starts_with("own:");
    // An export that says the same again is the reader's own word.
    let says_more = |p: &Paper| paper.id != p.id || (&paper.title, &paper.authors) == (&p.title, &p.authors);
    if !own || !says_more(&before) || !shelf.is_shared(known.row)? {
        return Ok(before);
    }
    shelf.unshare(known.row)?;
    if paper.id != before.id && first_family(&before).is_none_or(|family| first_family(paper) != Some(family))
    {
        before.abstract_text.clear();
        before.authors.clear();
        before.facts.clear();
    }
    Ok(before)
}

/// Takes a paper into another one, with all that readers said of it; what the two are together.
pub(super) fn absorb(shelf: &impl Shelf, gone: StoredPaper, into: &StoredPaper) -> Result<StoredPaper> {
    shelf.rename(&gone.paper.id, &into.paper.id)?;
    shelf.move_shown(gone.row, into.row)?;
    shelf.move_aliases(gone.row, into.row)?;
    shelf.note_alias(&gone.paper.id, into.row)?;
    shelf.remove(gone.row)?;
    let mut merged = into.paper.clone();
    merged.merge(Paper { id: into.paper.id.clone(), ..gone.paper });
    shelf.rewrite(into, &merged)?;
    Ok(StoredPaper { row: into.row, paper: merged })
}

/// Gives a paper another name, with all that readers said of it.
pub(super) fn rename_paper(shelf: &impl Shelf, row: Row, from: &PaperId, to: &PaperId) -> Result<()> {
    shelf.set_id(row, to)?;
    shelf.rename(from, to)
}
