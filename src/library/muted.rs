//! The papers that a reader has muted: those of muted topics and of muted interests.

use std::collections::HashSet;

use super::Library;
use crate::embed::Embedding;
use crate::error::Result;
use crate::index::Allowed;
use crate::paper::{InterestState, Mark, Row};
use crate::topics::thread::Core;

/// So many of the nearest papers are looked at first, and four times as many as long as the last of them
/// still belongs.
const NEAR: usize = 512;

impl Library {
    /// The rows of all papers of muted topics and interests: those that `topics` would put under a muted
    /// topic if they stood alone, and those that `today` leaves out.
    pub(crate) fn muted_rows(&self) -> Result<HashSet<Row>> {
        let mut muted = HashSet::new();
        let marks = self.marked_cores()?;
        let of_muted = marks.iter().filter(|(marked, _)| marked.mark == Mark::Mute);
        let of_muted: Vec<&Core> = of_muted.map(|(_, core)| core).collect();
        if !of_muted.is_empty() {
            let calibration = self.calibration()?;
            for core in of_muted {
                let belongs = |vector: &Embedding| core.likeness_of(vector, calibration.dense) >= 1.0;
                for (stored, vector) in self.with_vectors(&self.rows_around(core.sum(), &belongs)?)? {
                    let alone = Core::of([(&stored.paper.id, &vector)]);
                    let mark = super::mark_of(&alone, &marks, calibration);
                    if mark.is_some_and(|marked| marked.mark == Mark::Mute) {
                        muted.insert(stored.row);
                    }
                }
                for id in core.papers() {
                    muted.insert(self.store.paper(id)?.row);
                }
            }
        }
        if self.store.interests(self.reader)?.values().all(|kept| kept.state != InterestState::Muted) {
            return Ok(muted);
        }
        let embedder = self.profile_model(&[])?;
        let Some(learned) = self.learned(embedder)? else { return Ok(muted) };
        for (i, interest) in learned.interests.iter().enumerate() {
            if interest.state != InterestState::Muted {
                continue;
            }
            let rows: Vec<Row> = interest
                .likes
                .iter()
                .map(|&like| Ok(self.store.paper(&learned.rated[like].id)?.row))
                .collect::<Result<_>>()?;
            let likes = self.with_vectors(&rows)?;
            let core = Core::of(likes.iter().map(|(stored, vector)| (&stored.paper.id, vector)));
            let belongs = |vector: &Embedding| core.mean_cosine(vector) >= learned.related;
            let near = self.rows_around(core.sum(), &belongs)?;
            let vectors = self.store.vectors(embedder.model(), &near)?;
            let of = |vector: &Embedding| learned.profile.interest_of(vector.as_slice()) == Some(i);
            let near = near.into_iter().zip(vectors).filter(|(_, vector)| vector.as_ref().is_some_and(of));
            muted.extend(near.map(|(row, _)| row).chain(rows));
        }
        Ok(muted)
    }

    /// The rows nearest to the middle of some vectors, at least all that belong to them: what belongs is
    /// nearer than what does not.
    fn rows_around(&self, sum: &[f32], belongs: &dyn Fn(&Embedding) -> bool) -> Result<Vec<Row>> {
        let Ok(middle) = Embedding::normalized(sum.to_vec()) else { return Ok(Vec::new()) };
        let mut n = NEAR;
        loop {
            let near = self.nearest(&middle, n, Allowed::All)?;
            let rows: Vec<Row> = near.into_iter().map(|near| near.row).collect();
            let last = self.store.vectors(self.embedder.model(), &rows[rows.len().saturating_sub(1)..])?;
            if rows.len() < n || !last.iter().flatten().any(belongs) {
                return Ok(rows);
            }
            n *= 4;
        }
    }
}
