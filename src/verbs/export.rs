//! Everything that a library knows but vectors, out and in again: papers, what readers said, the calendar, feeds.
//! A line each, so that an export is one stream.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::Value;

use crate::error::{Error, Result};
use crate::library::Library;
use crate::paper::{Paper, PaperId, Rating};
use crate::store::{Statement, TakenOver, Whose};

/// Every paper in the order in which it came, one at a time; or those only that the reader likes.
///
/// # Errors
/// [`Error::Database`], or the first error of `visit`.
pub fn papers(
    library: &Library,
    only_liked: bool,
    mut visit: impl FnMut(&Paper) -> Result<()>,
) -> Result<()> {
    let liked: Option<BTreeSet<PaperId>> = match only_liked {
        true => {
            let rated = library.store.ratings(library.reader)?.into_iter();
            Some(rated.filter(|rated| rated.rating == Rating::Like).map(|rated| rated.id).collect())
        }
        false => None,
    };
    library.store.each_paper(&mut |stored| match &liked {
        Some(liked) if !liked.contains(&stored.paper.id) => Ok(()),
        _ => visit(&stored.paper),
    })
}

/// The whole export, a line of JSON at a time, each with its end: every paper, and what was said besides.
///
/// # Errors
/// [`Error::Database`], or the first error of `write`.
pub fn lines(library: &Library, whose: Whose, mut write: impl FnMut(&[u8]) -> Result<()>) -> Result<()> {
    papers(library, false, |paper| write(&line(paper)?))?;
    library.store.each_statement(library.reader, whose, &mut |statement| write(&line(statement)?))
}

fn line(value: &impl Serialize) -> Result<Vec<u8>> {
    let mut line = serde_json::to_vec(value).map_err(|error| Error::Invalid(error.to_string()))?;
    line.push(b'\n');
    Ok(line)
}

/// Takes the lines beside the papers back. What is here already stays where it is newer.
///
/// # Errors
/// [`Error::Invalid`] for a line of a kind that this paperpick does not know; [`Error::Database`]. Then none is taken.
pub fn restore(library: &mut Library, whose: Whose, lines: Vec<Value>) -> Result<TakenOver> {
    let read = |line| {
        serde_json::from_value(line)
            .map_err(|e| Error::Invalid(format!("a line beside the papers cannot be read: {e}")))
    };
    let statements = lines.into_iter().map(read).collect::<Result<Vec<Statement>>>()?;
    library.store.take_over(library.reader, whose, statements)
}
