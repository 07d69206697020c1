//! Papers found by what they say and what they mean.

use std::collections::{HashMap, HashSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::shapes::fields::Filter;
use super::similar::{Subject, knows, rows_meant, similar_among};
use super::{Context, Count, Paged, Text, Verb};
use crate::error::Result;
use crate::library::Library;
use crate::paper::Brief;
use crate::paper::Right;

/// The constant k of reciprocal rank fusion, as its paper has it (Cormack, Clarke and Büttcher 2009).
const RRF_K: f64 = 60.0;
/// So many places of both lists are fused, however many are wanted: a longer answer begins as a shorter one.
const DEPTH: usize = 60;

/// Papers that hold the words, or mean them.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct Search {
    /// The words, in English or Korean; the last may be unfinished.
    pub words: Text<1_000>,
    /// Papers that say the words or mean them; or only those that hold all of them.
    #[serde(default)]
    pub by: SearchBy,
    /// Among which papers.
    #[serde(flatten)]
    pub filter: Filter,
    /// How many.
    #[serde(default)]
    pub n: Count,
}

/// How to search.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum SearchBy {
    /// Papers that say the words, and papers that mean them.
    #[default]
    Both,
    /// Papers that hold all of the words.
    Words,
}

/// What a search found.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct SearchResults {
    /// The words that were looked for.
    pub words: String,
    /// The papers, the best match first.
    pub papers: Vec<Brief>,
}

impl Verb for Search {
    const NAME: &'static str = "search";
    const SHAPE: &'static str = "search/1";
    const RIGHT: Right = Right::Look;
    type Answer = SearchResults;

    fn run(self, library: &mut Library, _: &Context<'_>) -> Result<SearchResults> {
        let papers = find(library, &self)?;
        Ok(SearchResults { words: self.words.to_string(), papers })
    }
}

impl Paged for Search {
    type Item = Brief;

    fn reaching(self, _: usize, reach: usize) -> Self {
        Self { n: Count::at_most(reach), ..self }
    }

    fn items(answer: &mut SearchResults) -> &mut Vec<Brief> {
        &mut answer.papers
    }

    fn id(item: &Brief) -> String {
        item.id.clone()
    }
}

/// The first papers by their ranks among those that hold all of the words and among those that mean them; by
/// words alone where that is wanted, or where no paper has any of them.
fn find(library: &Library, search: &Search) -> Result<Vec<Brief>> {
    let (words, n) = (search.words.as_str(), search.n.get());
    let (depth, meant) = (n.max(DEPTH), rows_meant(library, &search.filter.clone().into())?);
    let said = library.store.papers(&library.store.search(words, depth, meant.as_deref())?)?;
    let said: Vec<Brief> = said.iter().map(|stored| Brief::of(&stored.paper)).collect();
    let mut papers = said;
    if search.by == SearchBy::Both && knows(library, words)? {
        let near = similar_among(library, &Subject::Text(words.to_owned()), depth, meant)?;
        let near = near.neighbours.into_iter().map(|neighbour| neighbour.paper).collect();
        papers = both(papers, near);
    }
    papers.truncate(n);
    Ok(papers)
}

/// Both lists in one: their first places fused, and behind these the rest of each in turn.
fn both(mut said: Vec<Brief>, mut meant: Vec<Brief>) -> Vec<Brief> {
    let rest_said = said.split_off(said.len().min(DEPTH));
    let rest_meant = meant.split_off(meant.len().min(DEPTH));
    let mut papers = fused(said, meant);
    let mut known: HashSet<String> = papers.iter().map(|paper| paper.id.clone()).collect();
    let (mut rest_said, mut rest_meant) = (rest_said.into_iter(), rest_meant.into_iter());
    loop {
        let turn = [rest_said.next(), rest_meant.next()];
        if turn.iter().all(Option::is_none) {
            return papers;
        }
        papers.extend(turn.into_iter().flatten().filter(|paper| known.insert(paper.id.clone())));
    }
}

/// Reciprocal rank fusion: a paper's score is the sum of 1 / (k + rank) over the lists, ranks from 1; ties by
/// identifier.
fn fused(said: Vec<Brief>, meant: Vec<Brief>) -> Vec<Brief> {
    let mut scores: HashMap<String, (f64, Brief)> = HashMap::new();
    for list in [said, meant] {
        for (rank, paper) in (1_u32..).zip(list) {
            let entry = scores.entry(paper.id.clone()).or_insert((0.0, paper));
            entry.0 += 1.0 / (RRF_K + f64::from(rank));
        }
    }
    let mut scored: Vec<(f64, Brief)> = scores.into_values().collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.id.cmp(&b.1.id)));
    scored.into_iter().map(|(_, paper)| paper).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::paper::{Paper, PaperId};

    fn brief(id: &str) -> Brief {
        Brief::of(&Paper::new(PaperId::parse(id).unwrap().0, id))
    }

    /// The lists were fused as deep as was asked for, so that a later page could skip or repeat a paper.
    #[test]
    fn a_longer_answer_begins_as_a_shorter_one() {
        let list = |from: usize, n: usize| -> Vec<Brief> {
            (0..n).map(|i| brief(&format!("2401.{:05}", 1 + (from + 7 * i) % 400))).collect()
        };
        let ids = |papers: Vec<Brief>| papers.into_iter().map(|paper| paper.id).collect::<Vec<_>>();
        let whole = ids(both(list(0, 300), list(3, 300)));
        for n in [60, 61, 100, 299] {
            let shorter = ids(both(list(0, n), list(3, n)));
            assert_eq!(whole[..n.min(shorter.len())], shorter[..n.min(shorter.len())], "{n}");
        }
        let mut once = whole.clone();
        once.sort();
        once.dedup();
        assert_eq!(once.len(), whole.len());
    }

    #[test]
    fn ranks_are_counted_from_one() {
        let (a, b, c) = ("2401.00001", "2401.00002", "2401.00003");
        let ids = |papers: Vec<Brief>| papers.into_iter().map(|paper| paper.id).collect::<Vec<_>>();
        // First and third: 1/61 + 1/63 is more than twice second, 2/62.
        let found = fused(vec![brief(a), brief(b), brief(c)], vec![brief(c), brief(b), brief(a)]);
        assert_eq!(ids(found), [a, c, b]);
        assert_eq!(ids(fused(vec![brief(b)], vec![brief(a)])), [a, b], "ties by identifier");
    }
}
