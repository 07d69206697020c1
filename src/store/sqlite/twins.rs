//! One paper that files know by names of different kinds: an identifier of arXiv, a DOI, or, as in a bibliography
//! without identifiers, a title and its authors.

use rusqlite::Connection;

use super::identity::families;
use super::record::find;
use super::titles::with_title;
use crate::error::Result;
use crate::paper::{Paper, PaperId, Row, title_key};
use crate::store::StoredPaper;

/// A title with fewer letters and digits does not tell papers apart.
const TELLING: usize = 15;

/// What kind of name a paper has; the least is kept.
fn kind(id: &PaperId) -> u8 {
    match id.as_str() {
        id if id.starts_with("own:") => 2,
        id if id.starts_with("doi:") => 1,
        _ => 0,
    }
}

/// Whether a paper goes by another's name where both are one.
pub(super) fn yields_to(paper: &PaperId, other: &PaperId) -> bool {
    kind(paper) > kind(other)
}

/// The paper with a name of another kind, the same title and the same authors, beside those that are known; of several
/// the one with the best name.
pub(super) fn twin(db: &Connection, paper: &Paper, known: [Option<Row>; 2]) -> Result<Option<StoredPaper>> {
    let key = title_key(&paper.title);
    if paper.authors.is_empty() || key.chars().count() < TELLING {
        return Ok(None);
    }
    let mut ids = with_title(db, &key)?;
    ids.retain(|id| kind(id) != kind(&paper.id));
    ids.sort_by_key(kind);
    for id in ids {
        let is_same = |other: &StoredPaper| {
            !known.contains(&Some(other.row))
                && title_key(&other.paper.title) == key
                && same_people(&other.paper, paper)
        };
        if let Some(twin) = find(db, &id)?.filter(is_same) {
            return Ok(Some(twin));
        }
    }
    Ok(None)
}

/// Whether two lists of authors can be of one paper: they begin with the same one, and one holds the other, as where a
/// file cuts off a long list.
fn same_people(a: &Paper, b: &Paper) -> bool {
    let (a, b) = (families(a), families(b));
    let (few, many) = if a.len() < b.len() { (a, b) } else { (b, a) };
    few.first().is_some_and(|first| many.first() == Some(first))
        && few.iter().all(|family| many.contains(family))
}
