//! Similar papers judged by people's reading lists: two papers of one section belong together.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use super::models;
use crate::embed::Embedder;
use crate::error::Result;
use crate::paper::Paper;
use crate::progress::Progress;

/// A line of a reading list: an arXiv ID and the section that it stands in.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
pub struct Entry {
    /// The paper.
    pub id: String,
    /// What it was put under. A year, or nothing, is no subject: the list is one then.
    #[serde(default)]
    pub section: Option<String>,
}

/// How near the papers of one section are.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Listed {
    /// How many papers were asked about.
    pub queries: usize,
    /// How many others of their sections were looked for.
    pub pairs: usize,
    /// The mean, over queries, of the mean of one over the place of each.
    pub mrr: f64,
    /// The mean share of what stands behind it.
    pub auc: f64,
}

/// How many papers of the same days each is looked for among.
const OTHERS: usize = 200;

/// The places in `known` of the papers of each section with two or more, ascending.
fn sections(lists: &[Vec<Entry>], known: &BTreeMap<&str, usize>) -> Vec<Vec<usize>> {
    let mut all = Vec::new();
    for list in lists {
        let mut sections: BTreeMap<&str, BTreeSet<usize>> = BTreeMap::new();
        for Entry { id, section } in list {
            let subject = section.as_deref().filter(|s| !s.chars().all(|c| c.is_ascii_digit()));
            if let Some(&place) = known.get(id.as_str()) {
                sections.entry(subject.unwrap_or_default()).or_default().insert(place);
            }
        }
        all.extend(sections.into_values().filter(|s| s.len() > 1).map(|s| s.into_iter().collect()));
    }
    all
}

/// Looks for each paper of a section with each other one of it, among those whose identifiers are next
/// to that one's: papers of the same days. `papers` are all that are known.
///
/// # Errors
/// [`crate::Error::Model`] if the model cannot run.
pub fn listed(
    embedder: &dyn Embedder,
    lists: &[Vec<Entry>],
    papers: &[&Paper],
    progress: &dyn Progress,
) -> Result<Listed> {
    let mut papers = papers.to_vec();
    papers.sort_by_key(|paper| paper.id.as_str());
    papers.dedup_by_key(|paper| paper.id.as_str());
    let known = papers.iter().enumerate().map(|(place, paper)| (paper.id.as_str(), place)).collect();
    let sections = sections(lists, &known);
    let around = |place: usize| {
        let start = place.saturating_sub(OTHERS / 2).min(papers.len().saturating_sub(OTHERS + 1));
        start..(start + OTHERS + 1).min(papers.len())
    };
    let read: Vec<usize> = {
        let read: BTreeSet<usize> = sections.iter().flatten().flat_map(|&place| around(place)).collect();
        read.into_iter().collect()
    };
    let of_days: Vec<&Paper> = read.iter().map(|&i| papers[i]).collect();
    let vectors = models::whole(embedder, &of_days, progress)?;
    let vectors: BTreeMap<usize, _> = read.into_iter().zip(vectors).collect();
    let asked: Vec<(&Vec<usize>, usize)> =
        sections.iter().flat_map(|s| s.iter().map(move |&q| (s, q))).collect();
    let figures: Vec<(f64, f64)> = asked
        .par_iter()
        .map(|&(section, query)| {
            let vector = &vectors[&query];
            let found = section.iter().filter(|&&other| other != query).map(|&other| {
                let right = vector.cosine(&vectors[&other]);
                let others: Vec<usize> =
                    around(other).filter(|i| section.binary_search(i).is_err()).collect();
                let before = others.iter().filter(|i| vector.cosine(&vectors[i]) >= right).count();
                (1.0 / (before + 1) as f64, 1.0 - before as f64 / others.len().max(1) as f64)
            });
            let (places, shares): (Vec<f64>, Vec<f64>) = found.unzip();
            let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
            (mean(&places), mean(&shares))
        })
        .collect();
    let n = figures.len().max(1) as f64;
    Ok(Listed {
        queries: figures.len(),
        pairs: asked.iter().map(|(section, _)| section.len() - 1).sum(),
        mrr: figures.iter().map(|f| f.0).sum::<f64>() / n,
        auc: figures.iter().map(|f| f.1).sum::<f64>() / n,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::embed::builtin::Builtin;
    use crate::progress::Silent;

    fn paper(id: &str, title: &str) -> Paper {
        serde_json::from_value(serde_json::json!({"id": id, "title": title, "abstract": title}))
            .unwrap_or_else(|e| panic!("{e}"))
    }

    #[test]
    fn papers_of_a_section_are_found_among_those_of_their_days() {
        let papers = [
            paper("2401.00001", "Speculative decoding with draft trees"),
            paper("2401.00002", "Protein folding by diffusion"),
            paper("2401.00003", "Speculative sampling for faster decoding"),
            paper("2401.00004", "Bounds for sorting networks"),
        ];
        let entry = |id: &str, section: &str| Entry { id: id.into(), section: Some(section.into()) };
        let lists = [vec![entry("2401.00001", "2024"), entry("2401.00003", "2025"), entry("1", "2025")]];
        let papers: Vec<&Paper> = papers.iter().collect();
        let found = listed(&Builtin::new(), &lists, &papers, &Silent).expect("figures");
        assert_eq!(found, Listed { queries: 2, pairs: 2, mrr: 1.0, auc: 1.0 });
        let wrong = [vec![entry("2401.00001", "decoding"), entry("2401.00004", "decoding")]];
        let found = listed(&Builtin::new(), &wrong, &papers, &Silent).expect("figures");
        assert_eq!(found.queries, 2);
        assert!(found.mrr < 1.0, "{found:?}");
    }
}
