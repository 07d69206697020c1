//! Papers into the store, each merged with what is known of it under any of its names.

use super::known::{known_otherwise, published_version, stored_as};
use super::merging::{absorb, part, parted, rename_paper};
use super::same::{contradict, yields_to};
use super::{Shelf, twins};
use crate::error::Result;
use crate::paper::{Paper, PaperId};
use crate::store::{Change, StoredPaper};

/// Stores papers, each merged with what is known of it.
pub(in crate::store) fn put(shelf: &impl Shelf, papers: Vec<Paper>) -> Result<Vec<Change>> {
    papers.into_iter().map(|paper| put_one(shelf, paper)).collect()
}

fn put_one(shelf: &impl Shelf, mut paper: Paper) -> Result<Change> {
    tidy_doi(&mut paper);
    paper.list_once();
    let mut known = shelf.find(&paper.id)?;
    if let Some(other) = known.take_if(|known| contradict(&known.paper, &paper)) {
        part(shelf, other, &mut paper)?;
        known = shelf.find(&paper.id)?;
    }
    let known = known.map_or_else(|| known_otherwise(shelf, &paper), |known| Ok(Some(known)))?;
    let published = published_version(shelf, &paper)?;
    let (known, published) = with_twins(shelf, &paper, known, published)?;
    let Some(known) = known else { return put_new(shelf, paper, published) };
    let mut merged = parted(shelf, &known, &paper)?;
    if paper.id != merged.id {
        shelf.rename(&paper.id, &merged.id)?;
        if yields_to(&paper.id, &merged.id) {
            shelf.note_alias(&paper.id, known.row)?;
        }
        paper.id = merged.id.clone();
    }
    merged.merge(paper);
    let known = match published {
        None => known,
        Some(published) => {
            let both = absorb(shelf, published, &known)?;
            merged.merge(both.paper.clone());
            both
        }
    };
    if merged == known.paper {
        return Ok(Change::Unchanged);
    }
    shelf.rewrite(&known, &merged)?;
    Ok(Change::Updated)
}

/// A DOI among the facts as `10.1000/1`, however its source wrote it.
fn tidy_doi(paper: &mut Paper) {
    let Some(doi) = paper.facts.get_mut("doi") else { return };
    let bare =
        PaperId::parse(doi).ok().and_then(|(id, _)| id.as_str().strip_prefix("doi:").map(str::to_owned));
    if let Some(bare) = bare.filter(|bare| *bare != doi.to_lowercase()) {
        *doi = bare;
    }
}

/// What is known of a paper by its name, and what it takes in, where others have its title and authors: of two that are
/// there already the one with the better name takes in the other.
fn with_twins(
    shelf: &impl Shelf,
    paper: &Paper,
    mut known: Option<StoredPaper>,
    mut published: Option<StoredPaper>,
) -> Result<(Option<StoredPaper>, Option<StoredPaper>)> {
    let row = |stored: &Option<StoredPaper>| stored.as_ref().map(|stored| stored.row);
    while let Some(twin) = twins::twin(shelf, paper, [row(&known), row(&published)])? {
        let yields = yields_to(&paper.id, &twin.paper.id);
        let side =
            if known.is_some() || (published.is_none() && yields) { &mut known } else { &mut published };
        *side = match side.take() {
            Some(other) => Some(one_of(shelf, other, twin)?),
            None => Some(twin),
        };
    }
    Ok((known, published))
}

/// Two papers as one, by the better name.
fn one_of(shelf: &impl Shelf, a: StoredPaper, b: StoredPaper) -> Result<StoredPaper> {
    let (gone, into) = if yields_to(&a.paper.id, &b.paper.id) { (a, b) } else { (b, a) };
    absorb(shelf, gone, &into)
}

/// Stores a paper that is new by its name; its published version, if there is one, takes that name.
fn put_new(shelf: &impl Shelf, paper: Paper, published: Option<StoredPaper>) -> Result<Change> {
    if let Some(StoredPaper { row, paper: mut published }) = published {
        rename_paper(shelf, row, &published.id, &paper.id)?;
        shelf.note_alias(&published.id, row)?;
        published.id = paper.id.clone();
        let mut merged = published.clone();
        merged.merge(paper);
        shelf.rewrite(&StoredPaper { row, paper: published }, &merged)?;
        return Ok(Change::Updated);
    }
    shelf.insert(&paper)?;
    claim(shelf, &paper.id)?;
    Ok(Change::Added)
}

/// What was said of a new paper by its name without the title's fingerprint, before it came, is said of it.
fn claim(shelf: &impl Shelf, id: &PaperId) -> Result<()> {
    let Some(bare) = id.weak_name().and_then(PaperId::own) else { return Ok(()) };
    if stored_as(shelf, &bare)? == *id { shelf.rename(&bare, id) } else { Ok(()) }
}
