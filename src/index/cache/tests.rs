use std::fs;
use std::path::Path;

use proptest::prelude::*;

use super::*;
use crate::embed::Embedding;
use crate::error::Error;
use crate::index::source::{Sink, VectorSource};
use crate::paper::ModelId;
use crate::progress::Silent;

const D: usize = 8;

/// Everything the store would hold, and what happened to it since generation 1.
#[derive(Clone)]
struct Shelf {
    generation: u64,
    entries: Vec<(i64, Vec<f32>)>,
    changes: Option<Changes>,
}

impl VectorSource for Shelf {
    fn stamp(&self) -> Result<Stamp> {
        Ok(Stamp { model: ModelId::new("test"), dimensions: D, generation: self.generation })
    }

    fn each(&self, sink: &mut Sink<'_>) -> Result<()> {
        self.entries.iter().try_for_each(|(row, vector)| sink(*row, vector))
    }

    fn changes_since(&self, generation: u64, _: usize) -> Result<Option<Changes>> {
        Ok(self.changes.clone().filter(|_| generation == 1))
    }
}

impl Shelf {
    fn exact(&self) -> Exact {
        let (rows, vectors): (Vec<_>, Vec<_>) = self.entries.iter().cloned().unzip();
        Exact::new(ModelId::new("test"), D, rows, vectors.concat()).unwrap()
    }
}

fn unit(values: Vec<f32>) -> Vec<f32> {
    Embedding::normalized(values).unwrap().as_slice().to_vec()
}

/// A pseudo-random unit vector.
fn vector(seed: i64) -> Vec<f32> {
    let mut state = (seed as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    unit(
        (0..D)
            .map(|_| {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                (state >> 40) as f32 / (1 << 23) as f32 - 1.0
            })
            .collect(),
    )
}

fn shelf(n: i64) -> Shelf {
    let entries = (0..n).map(|i| (i * 3 + 7, vector(i))).collect();
    Shelf { generation: 1, entries, changes: None }
}

/// Vectors with few distinct numbers, so that ties come up.
fn entries() -> impl Strategy<Value = Vec<(i64, Vec<f32>)>> {
    let coarse = prop::collection::vec((-2_i8..=2).prop_map(f32::from), D)
        .prop_filter("zero", |v| v.iter().any(|&x| x != 0.0))
        .prop_map(unit);
    prop::collection::btree_map(0_i64..400, coarse, 0..120).prop_map(|map| map.into_iter().collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn a_scan_answers_what_the_full_vectors_answer(
        old in entries(),
        new in entries(),
        allowed in prop::collection::btree_set(0_i64..400, 0..200),
        k in 0_usize..15,
    ) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("index");
        let before = Shelf { generation: 1, entries: old, changes: None };
        Index::settle(&path, &before).unwrap();
        // Every third old row goes, the new ones come or replace.
        let mut now: std::collections::BTreeMap<_, _> = before.entries.iter().cloned().collect();
        let gone: Vec<i64> = now.keys().copied().step_by(3).collect();
        gone.iter().for_each(|row| { now.remove(row); });
        now.extend(new.iter().cloned());
        let (rows, vectors): (Vec<_>, Vec<_>) = new.into_iter().unzip();
        let gone = gone.into_iter().filter(|row| !now.contains_key(row)).collect();
        let after = Shelf {
            generation: 2,
            entries: now.into_iter().collect(),
            changes: Some(Changes { rows, matrix: vectors.concat(), gone }),
        };
        let index = Index::settle(&path, &after).unwrap();
        prop_assert_eq!(index.n_tail(), after.changes.as_ref().unwrap().rows.len());
        let truth = after.exact();
        prop_assert_eq!(index.len(), truth.len());
        let rows: Vec<i64> = allowed.into_iter().collect();
        let queries: Vec<_> = (0..5).map(vector).chain(after.entries.iter().take(3).map(|e| e.1.clone())).collect();
        let all = ndarray::Array2::from_shape_vec((queries.len(), D), queries.concat()).unwrap();
        for allowed in [Allowed::All, Allowed::Only(&rows), Allowed::Except(&rows)] {
            let one_by_one = |query: &Vec<f32>| truth.nearest(query, k, allowed).unwrap();
            let expected: Vec<_> = queries.iter().map(one_by_one).collect();
            prop_assert_eq!(&index.nearest_to_each(all.view(), k, allowed).unwrap(), &expected);
            prop_assert_eq!(&truth.nearest_to_each(all.view(), k, allowed).unwrap(), &expected);
        }
        for query in queries {
            for allowed in [Allowed::All, Allowed::Only(&rows), Allowed::Except(&rows)] {
                prop_assert_eq!(
                    index.nearest(&query, k, allowed).unwrap(),
                    truth.nearest(&query, k, allowed).unwrap()
                );
            }
        }
    }
}

/// A graph that is rich enough to lose nobody among a few hundred.
const SHAPE: Shape = Shape { links: 8, candidates: 40, second_look: 60, threads: 1 };

#[test]
fn a_walk_that_may_meet_everybody_answers_what_a_scan_answers() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("index");
    let shelf = shelf(700);
    let truth = shelf.exact();
    let some: Vec<i64> = shelf.entries.iter().map(|e| e.0).filter(|row| row % 5 == 0).collect();
    let index =
        Index::build_graph(&path, &shelf, SHAPE, &Silent).unwrap().with_way(Way::Graph { width: 700 });
    for query in (0..20).map(vector) {
        for allowed in [Allowed::All, Allowed::Only(&some), Allowed::Except(&some), Allowed::Only(&some[..3])]
        {
            assert_eq!(
                index.nearest(&query, 6, allowed).unwrap(),
                truth.nearest(&query, 6, allowed).unwrap()
            );
        }
    }
}

#[test]
fn every_paper_finds_itself_by_a_narrow_walk() {
    let folder = tempfile::tempdir().unwrap();
    let shelf = shelf(2000);
    let index = Index::build_graph(&folder.path().join("index"), &shelf, SHAPE, &Silent)
        .unwrap()
        .with_way(Way::Graph { width: 40 });
    let lost =
        shelf.entries.iter().filter(|(row, v)| index.nearest(v, 1, Allowed::All).unwrap()[0].row != *row);
    assert_eq!(lost.count(), 0);
}

#[test]
fn a_merged_file_keeps_its_graph_and_forgets_what_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("index");
    let before = shelf(300);
    let mut index = Index::build_graph(&path, &before, SHAPE, &Silent).unwrap();
    let gone: Vec<i64> = before.entries.iter().map(|e| e.0).step_by(4).collect();
    let new = Shelf { entries: (5000..5020).map(|i| (i, vector(i))).collect(), ..before.clone() };
    let (rows, vectors): (Vec<_>, Vec<_>) = new.entries.iter().cloned().unzip();
    index.grow(Changes { rows, matrix: vectors.concat(), gone: gone.clone() }, 2).unwrap();
    let merged = index.merge(&path).unwrap().with_way(Way::Graph { width: 300 });
    let mut entries: Vec<_> = before.entries.into_iter().filter(|e| !gone.contains(&e.0)).collect();
    entries.extend(new.entries);
    let truth = Shelf { entries, ..before }.exact();
    assert_eq!((merged.len(), merged.n_tail(), merged.stamp().generation), (truth.len(), 0, 2));
    for query in (0..20).chain(5000..5003).map(vector) {
        assert_eq!(
            merged.nearest(&query, 7, Allowed::All).unwrap(),
            truth.nearest(&query, 7, Allowed::All).unwrap()
        );
    }
}

#[test]
fn signs_that_compare_everybody_answer_what_a_scan_answers() {
    let folder = tempfile::tempdir().unwrap();
    let shelf = shelf(300);
    let index = Index::build(&folder.path().join("index"), &shelf).unwrap();
    let all = index.with_way(Way::Signs { candidates: 300 });
    ask(&all, &shelf).unwrap();
    // With fewer, the paper itself is still among them, though rounding may turn one of its signs.
    let few = all.with_way(Way::Signs { candidates: 60 });
    assert!(shelf.entries.iter().all(|(row, v)| few.nearest(v, 1, Allowed::All).unwrap()[0].row == *row));
}

#[test]
fn the_same_library_makes_the_same_file() {
    let folder = tempfile::tempdir().unwrap();
    let paths = ["a", "b"].map(|name| folder.path().join(name));
    for path in &paths {
        Index::build_graph(path, &shelf(300), SHAPE, &Silent).unwrap();
    }
    assert_eq!(fs::read(&paths[0]).unwrap(), fs::read(&paths[1]).unwrap());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "no temporary file is left");
}

#[test]
fn a_file_of_another_model_or_an_older_store_is_made_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("index");
    Index::build(&path, &shelf(10)).unwrap();
    let later = Shelf { generation: 5, ..shelf(12) };
    let index = Index::settle(&path, &later).unwrap();
    assert_eq!((index.len(), index.n_tail(), index.stamp().generation), (12, 0, 5));
    assert_eq!(Index::open(&path).unwrap().unwrap().stamp().generation, 5);
}

/// Asks as the app does: whatever the file is, the answer is the truth.
fn answer(path: &Path, shelf: &Shelf, way: Way) {
    let truth = shelf.exact();
    for query in (0..4).map(vector) {
        let found = Index::answer(path, shelf, way, &query, 5, Allowed::All).unwrap();
        assert_eq!(found, truth.nearest(&query, 5, Allowed::All).unwrap());
    }
}

#[test]
fn damage_that_is_met_while_asking_is_answered_and_mended() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("index");
    let shelf = shelf(600);
    Index::build(&path, &shelf).unwrap();
    let mut bytes = fs::read(&path).unwrap();
    bytes[5000] ^= 1;
    fs::write(&path, bytes).unwrap();
    assert!(ask(&Index::settle(&path, &shelf).unwrap().with_way(Way::Codes), &shelf).is_err());
    answer(&path, &shelf, Way::Codes);
    Index::open(&path).unwrap().unwrap().check().unwrap();
}

#[test]
fn a_query_does_not_wait_for_a_large_file_to_be_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("index");
    let shelf = shelf(20_001);
    answer(&path, &shelf, Way::Fastest);
    assert!(!path.exists());
    Index::settle(&path, &shelf).unwrap();
    answer(&path, &shelf, Way::Fastest);
}

#[test]
fn a_file_of_a_later_store_is_not_believed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("index");
    Index::build(&path, &Shelf { generation: 9, ..shelf(50) }).unwrap();
    // The database was put back to an older copy.
    answer(&path, &shelf(30), Way::Fastest);
    assert_eq!(Index::open(&path).unwrap().unwrap().len(), 30);
}

/// Asks an index that somebody has touched: an error or the right answer.
fn ask(index: &Index, shelf: &Shelf) -> Result<()> {
    let truth = shelf.exact();
    (0..4).map(vector).try_for_each(|query| {
        assert_eq!(index.nearest(&query, 5, Allowed::All)?, truth.nearest(&query, 5, Allowed::All)?);
        Ok(())
    })
}

#[test]
fn every_truncation_is_noticed_and_mended() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("index");
    let shelf = shelf(40);
    Index::build(&path, &shelf).unwrap();
    let file = fs::File::options().write(true).open(&path).unwrap();
    for length in (0..file.metadata().unwrap().len()).rev() {
        file.set_len(length).unwrap();
        let refused = Index::open(&path);
        assert!(matches!(refused, Err(Error::DamagedIndex { .. })), "{length} bytes were taken for a file");
    }
    ask(&Index::settle(&path, &shelf).unwrap(), &shelf).unwrap();
    ask(&Index::open(&path).unwrap().unwrap(), &shelf).unwrap();
}

#[test]
fn a_thousand_flipped_bits_are_noticed_or_harmless() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("index");
    let shelf = shelf(600);
    Index::build_graph(&path, &shelf, SHAPE, &Silent).unwrap();
    let mut bytes = fs::read(&path).unwrap();
    let (mut state, mut harmless) = (1_u64, 0);
    for _ in 0..1000 {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let bit = (state >> 16) as usize % (bytes.len() * 8);
        bytes[bit / 8] ^= 1 << (bit % 8);
        fs::write(&path, &bytes).unwrap();
        bytes[bit / 8] ^= 1 << (bit % 8);
        // Half of the time by the graph: at this size the fastest way is by codes.
        let way = if bit.is_multiple_of(2) { Way::Codes } else { Way::Graph { width: 600 } };
        match Index::open(&path) {
            Ok(index) => {
                let index = index.unwrap();
                assert!(
                    matches!(index.check(), Err(Error::DamagedIndex { .. })),
                    "bit {bit} was not noticed"
                );
                let fresh = Index::open(&path).unwrap().unwrap().with_way(way);
                match ask(&fresh, &shelf) {
                    Ok(()) => harmless += 1,
                    Err(error) => assert!(matches!(error, Error::DamagedIndex { .. }), "{error}"),
                }
            }
            Err(error) => assert!(matches!(error, Error::DamagedIndex { .. }), "{error}"),
        }
    }
    // A search meets only the pages that it touches: all codes, some vectors, no checksum of others.
    assert!((1..500).contains(&harmless), "{harmless} of 1,000 flips were not met by a search");
}
