//! The groups of some days that something is about.

use std::collections::{BTreeMap, BTreeSet};

use crate::embed::{Embedding, Role};
use crate::error::{Error, Result};
use crate::library::{Grouped, Library, body};
use crate::paper::PaperId;
use crate::progress::Silent;
use crate::topics::thread::Core;
use crate::topics::{self, Calibration, Topic};

/// How many groups an answer about a text has at most, where none holds its words.
const NEAREST_GROUPS: usize = 3;

/// The places of the groups that something is about; words that no group holds are looked for by
/// their meaning only where that is wanted.
pub(super) fn about(
    library: &Library,
    grouped: &Grouped,
    about: &str,
    calibration: Calibration,
    by_meaning: bool,
) -> Result<BTreeSet<usize>> {
    let topics = &grouped.topics;
    if let Ok((id, _)) = PaperId::parse(about) {
        let within = topics.iter().position(|topic| topic.papers.contains(&id));
        let nearest = || -> Result<Vec<usize>> {
            let paper = library.with_vectors(&[library.store.paper(&id)?.row])?;
            Ok(paper.first().map_or(Vec::new(), |(_, vector)| nearest_groups(grouped, vector, calibration)))
        };
        return Ok(match within {
            Some(place) => BTreeSet::from([place]),
            None => nearest()?.into_iter().collect(),
        });
    }
    let same = |topic: &Topic| topic.name.to_lowercase() == about.trim().to_lowercase();
    if let Some(place) = topics.iter().position(same) {
        return Ok(BTreeSet::from([place]));
    }
    let texts: BTreeMap<&PaperId, String> = grouped
        .listed
        .iter()
        .map(|(stored, _)| (&stored.paper.id, format!("{}\n{}", stored.paper.title, body(&stored.paper))))
        .collect();
    // Half of a group's papers or more hold the words, or its name does.
    let holds = |topic: &Topic| {
        let with =
            topic.papers.iter().filter_map(|id| texts.get(id)).filter(|text| topics::mentions(text, about));
        topics::mentions(&topic.name, about) || with.count() * 2 >= topic.papers.len()
    };
    let chosen: BTreeSet<usize> = (0..topics.len()).filter(|&i| holds(&topics[i])).collect();
    if !chosen.is_empty() || !by_meaning {
        return Ok(chosen);
    }
    let vector = library.embedder.embed(Role::Query, &[about], &Silent)?.pop().ok_or(Error::NoDirection)?;
    Ok(nearest_groups(grouped, &vector, calibration).into_iter().collect())
}

/// The few groups most like a paper that is in none of them, or a question, among those that are like it
/// at all.
fn nearest_groups(grouped: &Grouped, vector: &Embedding, calibration: Calibration) -> Vec<usize> {
    let likeness = |core: &Core| core.likeness_of(vector, calibration.dense);
    let mut scored: Vec<(f32, usize)> =
        grouped.cores().iter().enumerate().map(|(i, core)| (likeness(core), i)).collect();
    scored.retain(|(likeness, _)| *likeness >= 0.7);
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    scored.into_iter().take(NEAREST_GROUPS).map(|(_, i)| i).collect()
}
