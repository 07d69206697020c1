//! Papers into the store, each merged with what is known of it under any of its names.

use super::known::{known_otherwise, published_version, stored_as};
use super::merging::{absorb, part, parted, rename_paper};
use super::same::{contradict, yields_to};
use super::{Names, twins};
use crate::error::Result;
use crate::paper::{Paper, PaperId};
use crate::store::{Change, StoredPaper};

/// Stores papers, each merged with what is known of it.
pub(in crate::store) fn put(names: &impl Names, papers: Vec<Paper>) -> Result<Vec<Change>> {
    papers.into_iter().map(|paper| put_one(names, paper)).collect()
}

fn put_one(names: &impl Names, mut paper: Paper) -> Result<Change> {
    tidy_doi(&mut paper);
    let mut known = names.find(&paper.id)?;
    if let Some(other) = known.take_if(|known| contradict(&known.paper, &paper)) {
        part(names, other, &mut paper)?;
        known = names.find(&paper.id)?;
    }
    let known = known.map_or_else(|| known_otherwise(names, &paper), |known| Ok(Some(known)))?;
    let published = published_version(names, &paper)?;
    let (known, published) = with_twins(names, &paper, known, published)?;
    let Some(known) = known else { return put_new(names, paper, published) };
    let mut merged = parted(names, &known, &paper)?;
    if paper.id != merged.id {
        names.rename(&paper.id, &merged.id)?;
        if yields_to(&paper.id, &merged.id) {
            names.note_alias(&paper.id, known.row)?;
        }
        paper.id = merged.id.clone();
    }
    merged.merge(paper);
    let known = match published {
        None => known,
        Some(published) => {
            let both = absorb(names, published, &known)?;
            merged.merge(both.paper.clone());
            both
        }
    };
    if merged == known.paper {
        return Ok(Change::Unchanged);
    }
    names.rewrite(&known, &merged)?;
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
    names: &impl Names,
    paper: &Paper,
    mut known: Option<StoredPaper>,
    mut published: Option<StoredPaper>,
) -> Result<(Option<StoredPaper>, Option<StoredPaper>)> {
    let row = |stored: &Option<StoredPaper>| stored.as_ref().map(|stored| stored.row);
    while let Some(twin) = twins::twin(names, paper, [row(&known), row(&published)])? {
        let yields = yields_to(&paper.id, &twin.paper.id);
        let side =
            if known.is_some() || (published.is_none() && yields) { &mut known } else { &mut published };
        *side = match side.take() {
            Some(other) => Some(one_of(names, other, twin)?),
            None => Some(twin),
        };
    }
    Ok((known, published))
}

/// Two papers as one, by the better name.
fn one_of(names: &impl Names, a: StoredPaper, b: StoredPaper) -> Result<StoredPaper> {
    let (gone, into) = if yields_to(&a.paper.id, &b.paper.id) { (a, b) } else { (b, a) };
    absorb(names, gone, &into)
}

/// Stores a paper that is new by its name; its published version, if there is one, takes that name.
fn put_new(names: &impl Names, paper: Paper, published: Option<StoredPaper>) -> Result<Change> {
    if let Some(StoredPaper { row, paper: mut published }) = published {
        rename_paper(names, row, &published.id, &paper.id)?;
        names.note_alias(&published.id, row)?;
        published.id = paper.id.clone();
        let mut merged = published.clone();
        merged.merge(paper);
        names.rewrite(&StoredPaper { row, paper: published }, &merged)?;
        return Ok(Change::Updated);
    }
    names.insert(&paper)?;
    claim(names, &paper.id)?;
    Ok(Change::Added)
}

/// What was said of a new paper by its name without the title's fingerprint, before it came, is said of it.
fn claim(names: &impl Names, id: &PaperId) -> Result<()> {
    let Some(bare) = id.weak_name().and_then(PaperId::own) else { return Ok(()) };
    if stored_as(names, &bare)? == *id { names.rename(&bare, id) } else { Ok(()) }
}
