//! Papers in an order, read in blocks: a year's papers take no more memory than a few days'.

use std::sync::mpsc::sync_channel;

use super::Library;
use crate::embed::{Embedder, Embedding};
use crate::error::Result;
use crate::index::Allowed;
use crate::paper::{PaperId, Row};
use crate::recommend::diversify::COMPARED;
use crate::store::StoredPaper;

/// So many papers are read at once.
const BLOCK: usize = 2_048;

/// A paper with its vector.
pub(crate) type Read = (StoredPaper, Embedding);

/// What a paper's place rests on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Standing {
    /// What the papers are ordered by, the greatest first.
    pub value: f64,
    /// The probability of a like, 0 to 1; 0 where none is known.
    pub probability: f64,
    /// The interest that it belongs to.
    pub interest: Option<usize>,
}

/// A paper in its place.
#[derive(Debug, Clone)]
pub(crate) struct Ranked {
    pub row: Row,
    pub id: PaperId,
    pub standing: Standing,
    /// The paper itself, where it is one of the first [`COMPARED`].
    pub held: Option<Box<Read>>,
}

impl Library {
    /// Of more than `most` rows (ascending), those `most` whose vectors lie farthest along a direction, and those
    /// that have no vector yet; all of them where the vectors are of another model than the index's.
    pub(crate) fn promising(
        &self,
        embedder: &dyn Embedder,
        rows: &[Row],
        direction: Option<&Embedding>,
        most: usize,
    ) -> Result<Vec<Row>> {
        let is_indexed = embedder.model() == self.embedder.model();
        let Some(direction) = direction.filter(|_| is_indexed && rows.len() > most) else {
            return Ok(rows.to_vec());
        };
        let nearest = self.nearest(direction, most, Allowed::Only(rows))?;
        let mut lacking = self.store.without_vector(embedder.model(), None)?;
        lacking.retain(|row| rows.binary_search(row).is_ok());
        let mut promising: Vec<Row> = nearest.iter().map(|neighbour| neighbour.row).chain(lacking).collect();
        promising.sort_unstable();
        promising.dedup();
        Ok(promising)
    }

    /// The papers of these rows by what `judge` says of a block of them, the best first, and by identifier where
    /// it says the same; those of which it says nothing are left out. A block is judged while the next is read.
    pub(crate) fn ranked(
        &self,
        embedder: &dyn Embedder,
        rows: &[Row],
        judge: impl Fn(&[Read]) -> Vec<Option<Standing>> + Sync,
    ) -> Result<Vec<Ranked>> {
        self.ranked_in(BLOCK, COMPARED, embedder, rows, judge)
    }

    /// The same in blocks of a size, of which the first so many are held.
    fn ranked_in(
        &self,
        block: usize,
        most_held: usize,
        embedder: &dyn Embedder,
        rows: &[Row],
        judge: impl Fn(&[Read]) -> Vec<Option<Standing>> + Sync,
    ) -> Result<Vec<Ranked>> {
        let (send, blocks) = sync_channel::<Vec<Read>>(1);
        std::thread::scope(|scope| {
            let judging = scope.spawn(|| {
                let mut order = Order { ranked: Vec::new(), n_held: 0, most_held };
                blocks.into_iter().for_each(|block| order.add(judge(&block), block));
                order.finished()
            });
            for block in rows.chunks(block) {
                if send.send(self.with_vectors_of(embedder, block)?).is_err() {
                    break; // it panicked
                }
            }
            drop(send);
            judging.join().or_else(|panic| std::panic::resume_unwind(panic))
        })
    }
}

/// Papers that were judged so far.
struct Order {
    ranked: Vec<Ranked>,
    n_held: usize,
    most_held: usize,
}

impl Order {
    fn add(&mut self, standings: Vec<Option<Standing>>, block: Vec<Read>) {
        for (standing, read) in standings.into_iter().zip(block) {
            let Some(standing) = standing else { continue };
            let (row, id) = (read.0.row, read.0.paper.id.clone());
            self.ranked.push(Ranked { row, id, standing, held: Some(Box::new(read)) });
            self.n_held += 1;
        }
        if self.n_held > 2 * self.most_held {
            self.sort();
        }
    }

    fn finished(mut self) -> Vec<Ranked> {
        self.sort();
        self.ranked
    }

    fn sort(&mut self) {
        self.ranked
            .sort_by(|a, b| b.standing.value.total_cmp(&a.standing.value).then_with(|| a.id.cmp(&b.id)));
        self.ranked.iter_mut().skip(self.most_held).for_each(|other| other.held = None);
        self.n_held = self.ranked.len().min(self.most_held);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::library::background::tests::library_of;

    #[test]
    fn of_very_many_papers_those_along_the_direction_are_compared_and_those_without_a_vector() {
        let (n, most) = (120, 30);
        let (_folder, mut library) = library_of(1, n);
        let papers = library.with_vectors(&(1..=n as Row).collect::<Vec<_>>()).unwrap();
        let hashes = library.store.text_hashes(&(1..=n as Row).collect::<Vec<_>>()).unwrap();
        let model = library.embedder.model().clone();
        let known = papers[..100].iter().zip(hashes);
        let vectors: Vec<_> = known.map(|((p, vector), hash)| (p.row, hash, vector.clone())).collect();
        library.store.put_vectors(&model, &vectors).unwrap();

        let rows: Vec<Row> = (1..=n as Row).filter(|row| row % 7 != 0).collect();
        let direction = &papers[50].1;
        let promising = |most| {
            let embedder = library.embedder.as_ref();
            library.promising(embedder, &rows, Some(direction), most).unwrap()
        };
        let mut slowly: Vec<&Read> =
            papers.iter().filter(|(p, _)| p.row <= 100 && rows.contains(&p.row)).collect();
        slowly.sort_by(|a, b| {
            b.1.cosine(direction).total_cmp(&a.1.cosine(direction)).then(a.0.row.cmp(&b.0.row))
        });
        let mut expected: Vec<Row> = slowly[..most].iter().map(|(p, _)| p.row).collect();
        expected.extend(rows.iter().filter(|row| **row > 100));
        expected.sort_unstable();
        assert_eq!(promising(most), expected);
        assert_eq!(promising(rows.len()), rows, "few are all compared");
        let embedder = library.embedder.as_ref();
        assert_eq!(library.promising(embedder, &rows, None, most).unwrap(), rows, "no direction");
    }

    #[test]
    fn papers_that_are_read_in_blocks_stand_as_if_they_were_read_at_once() {
        let (n, block, most_held) = (207, 32, 40);
        let (_folder, library) = library_of(1, n);
        let rows: Vec<Row> = (1..=n as Row).collect();
        // Some share a value, and one in ten is left out.
        let value = |row: Row| (row as u64 * 79 % 53) as f64;
        let standing = |row: Row| {
            let standing = Standing { value: value(row), probability: 0.5, interest: None };
            (row % 10 != 0).then_some(standing)
        };
        let judge = |block: &[Read]| block.iter().map(|(stored, _)| standing(stored.row)).collect();
        let ranked = library.ranked_in(block, most_held, library.embedder.as_ref(), &rows, judge).unwrap();

        let read = library.with_vectors(&rows).unwrap();
        let mut all: Vec<&Read> = read.iter().filter(|(stored, _)| stored.row % 10 != 0).collect();
        all.sort_by(|(a, _), (b, _)| {
            value(b.row).total_cmp(&value(a.row)).then_with(|| a.paper.id.cmp(&b.paper.id))
        });
        assert_eq!(
            ranked.iter().map(|paper| paper.row).collect::<Vec<_>>(),
            all.iter().map(|(stored, _)| stored.row).collect::<Vec<_>>()
        );
        for (place, (paper, whole)) in ranked.iter().zip(all).enumerate() {
            assert_eq!(paper.held.as_deref(), (place < most_held).then_some(whole), "at {place}");
        }
    }
}
