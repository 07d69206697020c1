//! Likes from elsewhere: what they name and the library lacks comes from arXiv's API.

use schemars::JsonSchema;
use serde::Serialize;

use std::collections::BTreeSet;

use super::{Run, SyncAsk};
use crate::error::{Error, Result};
use crate::library::Library;
use crate::paper::PaperId;
use crate::progress::Progress;
use crate::verbs::import::Imported;

/// Identifiers in one request.
const BATCH: usize = 100;

/// What fetching papers came to.
#[derive(Debug, Clone, Default, PartialEq, Serialize, JsonSchema)]
pub struct Fetched {
    /// What came in.
    pub imported: Imported,
    /// Papers that arXiv does not know, or could not be asked about.
    pub missing: Vec<PaperId>,
    /// Why it could not be asked, if so.
    pub why: Option<String>,
}

/// Those of the papers that are arXiv's and of which the library has no abstract.
///
/// # Errors
/// [`Error::Database`].
pub fn lacking(library: &Library, ids: &[PaperId]) -> Result<Vec<PaperId>> {
    let mut lacking = Vec::new();
    for id in ids.iter().filter(|id| id.is_arxiv()) {
        match library.store.paper(id) {
            Ok(known) if !known.paper.abstract_text.is_empty() => {}
            Ok(_) | Err(Error::UnknownPaper { .. }) => lacking.push(id.clone()),
            Err(error) => return Err(error),
        }
    }
    Ok(lacking)
}

/// Fetches papers from arXiv.
///
/// # Errors
/// [`Error::Database`]. That the network fails is no error but said in the answer.
pub fn fetch(
    library: &mut Library,
    ask: &SyncAsk<'_>,
    wanted: &[PaperId],
    progress: &dyn Progress,
) -> Result<Fetched> {
    let mut run = Run::new(library, ask, &BTreeSet::new(), progress);
    let mut fetched = Fetched::default();
    for batch in wanted.chunks(BATCH) {
        // Whoever failed once has been asked patiently: the other batches would only wait as long.
        let asked = match &fetched.why {
            Some(reason) => Err(reason.clone()),
            None => run.papers_by_id(batch)?,
        };
        let papers = match asked {
            Ok(papers) => papers,
            Err(reason) => {
                fetched.missing.extend_from_slice(batch);
                fetched.why = Some(reason);
                continue;
            }
        };
        let known: BTreeSet<&PaperId> = papers.iter().map(|paper| &paper.id).collect();
        fetched.missing.extend(batch.iter().filter(|id| !known.contains(id)).cloned());
        run.put(papers)?;
    }
    fetched.imported = run.synced.imported;
    Ok(fetched)
}

impl Run<'_> {
    /// Asks arXiv for what likes of its papers lack: an abstract, authors or categories, which a digest or a
    /// list of identifiers does not have. One request, with other papers each time if they are many; that it
    /// fails is no gap.
    pub(super) fn likes(&mut self) -> Result<()> {
        let seed = self.client.now().as_nanosecond() as u64;
        let wanted = self.library.store.incomplete_likes(BATCH, seed)?;
        if !wanted.is_empty()
            && let Ok(papers) = self.papers_by_id(&wanted)?
        {
            self.put(papers)?;
        }
        Ok(())
    }
}
