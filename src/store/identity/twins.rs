//! One paper that files know by names of different kinds: an identifier of arXiv, a DOI, or, as in a bibliography
//! without identifiers, a title and its authors.

use super::same::{kind, same_people};
use super::{Shelf, hash_of_key};
use crate::error::Result;
use crate::paper::{Paper, Row, title_key};
use crate::store::StoredPaper;

/// A title with fewer letters and digits does not tell papers apart.
const TELLING: usize = 15;

/// The paper with a name of another kind, the same title and the same authors, beside those that are known; of several
/// the one with the best name.
pub(super) fn twin(
    shelf: &impl Shelf,
    paper: &Paper,
    known: [Option<Row>; 2],
) -> Result<Option<StoredPaper>> {
    let key = title_key(&paper.title);
    if paper.authors.is_empty() || key.chars().count() < TELLING {
        return Ok(None);
    }
    let mut ids = shelf.with_title(hash_of_key(&key))?;
    ids.retain(|id| kind(id) != kind(&paper.id));
    ids.sort_by_key(kind);
    for id in ids {
        let is_same = |other: &StoredPaper| {
            !known.contains(&Some(other.row))
                && title_key(&other.paper.title) == key
                && same_people(&other.paper, paper)
        };
        if let Some(twin) = shelf.find(&id)?.filter(is_same) {
            return Ok(Some(twin));
        }
    }
    Ok(None)
}
