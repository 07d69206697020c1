//! A model's figures, each by the protocol that its published relatives were judged by.

use std::collections::HashMap;

use super::embedding::{CsfCube, Found, Ranked, csfcube, neighbours_share, retrieval};
use crate::embed::{Embedder, Embedding, Role};
use crate::error::Result;
use crate::paper::{Paper, Said};
use crate::progress::Progress;
use crate::recommend::similar;
use crate::terms::DocumentFrequencies;

/// How well a ranker of similar papers agrees with experts.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Experts {
    /// The vectors alone.
    pub alone: Ranked,
    /// Words alone: TF-IDF over the whole collection.
    pub words: Ranked,
    /// Both, as [`similar`] adds them up.
    pub fused: Ranked,
}

/// Scores of every query paper's own candidates, by query and candidate.
pub struct Scores<'a> {
    alone: HashMap<(&'a str, &'a str), f32>,
    words: HashMap<(&'a str, &'a str), f32>,
    fused: HashMap<(&'a str, &'a str), f32>,
}

/// CSFCube's figures: every query's own candidates are ranked, no facet is given.
///
/// # Errors
/// [`crate::Error::Model`] if the model cannot run.
pub fn experts(embedder: &dyn Embedder, cube: &CsfCube, progress: &dyn Progress) -> Result<Experts> {
    Ok(scores(embedder, cube, progress)?.judged(cube))
}

/// The scores behind [`experts`].
///
/// # Errors
/// [`crate::Error::Model`] if the model cannot run.
pub fn scores<'a>(embedder: &dyn Embedder, cube: &'a CsfCube, progress: &dyn Progress) -> Result<Scores<'a>> {
    let texts: Vec<&str> = cube.papers.values().map(String::as_str).collect();
    let vectors = embedder.embed(Role::Document, &texts, progress)?;
    let vectors: HashMap<&str, &Embedding> = cube.papers.keys().map(String::as_str).zip(&vectors).collect();
    let frequencies = DocumentFrequencies::count(texts);
    let terms: HashMap<&str, _> =
        cube.papers.iter().map(|(id, text)| (id.as_str(), frequencies.vector(text))).collect();
    let mut all = Scores { alone: HashMap::new(), words: HashMap::new(), fused: HashMap::new() };
    for (query, pool) in cube.pools() {
        let said: Vec<Said> = pool.iter().map(|id| Said::text(&cube.papers[*id])).collect();
        let own = Said::text(&cube.papers[query]);
        let meanings: Vec<f32> = pool.iter().map(|id| vectors[query].cosine(vectors[id])).collect();
        // Scores of one pool depend on the whole of it, so they are made pool by pool.
        let parts = similar::parts(&meanings, &similar::words(&own, &said), &own, &said);
        for (i, id) in pool.into_iter().enumerate() {
            all.alone.insert((query, id), meanings[i]);
            all.words.insert((query, id), terms[query].cosine(&terms[id]));
            all.fused.insert((query, id), meanings[i] + parts[i].sum());
        }
    }
    Ok(all)
}

impl Scores<'_> {
    /// How good they are.
    pub fn judged(&self, cube: &CsfCube) -> Experts {
        let judge = |scores: &HashMap<(&str, &str), f32>| {
            csfcube(&cube.judgements, &cube.folds, |query, candidate| scores[&(query, candidate)])
        };
        Experts { alone: judge(&self.alone), words: judge(&self.words), fused: judge(&self.fused) }
    }

    /// Each query of the folds, `paper_facet`, with its candidates as `similar` ranks them.
    pub fn ranked<'a>(&self, cube: &'a CsfCube) -> Vec<(&'a str, Vec<(&'a str, f32)>)> {
        let queries = cube.folds.iter().flatten().filter_map(|query| {
            let (judged, (paper, _)) = (cube.judgements.get(query)?, query.rsplit_once('_')?);
            let mut list: Vec<(&str, f32)> =
                judged.keys().map(|id| (id.as_str(), self.fused[&(paper, id.as_str())])).collect();
            list.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(b.0)));
            Some((query.as_str(), list))
        });
        queries.collect()
    }
}

/// A text in Korean and what it is about.
#[derive(Debug, Clone, PartialEq, serde::Deserialize)]
pub struct Pair {
    /// The paper.
    pub id: String,
    /// Its English abstract.
    #[serde(rename = "abstract")]
    pub english: String,
    /// What is said of it in Korean.
    #[serde(rename = "ko")]
    pub korean: String,
}

/// How often a Korean text finds its English abstract among those of all pairs; `trained` are
/// papers that the model may have learned from, which are not looked for.
///
/// # Errors
/// [`crate::Error::Model`] if the model cannot run.
pub fn languages(
    embedder: &dyn Embedder,
    pairs: &[Pair],
    trained: impl Fn(&str) -> bool,
    progress: &dyn Progress,
) -> Result<Found> {
    let (known, asked): (Vec<&Pair>, Vec<&Pair>) = pairs.iter().partition(|pair| trained(&pair.id));
    let queries: Vec<&str> = asked.iter().map(|pair| pair.korean.as_str()).collect();
    let answers: Vec<&str> = asked.iter().chain(&known).map(|pair| pair.english.as_str()).collect();
    find(embedder, &queries, &answers, progress)
}

/// How often a title finds its abstract among those of all papers given.
///
/// # Errors
/// [`crate::Error::Model`] if the model cannot run.
pub fn titles(embedder: &dyn Embedder, papers: &[&Paper], progress: &dyn Progress) -> Result<Found> {
    let titles: Vec<&str> = papers.iter().map(|paper| paper.title.as_str()).collect();
    let abstracts: Vec<&str> = papers.iter().map(|paper| paper.abstract_text.as_str()).collect();
    find(embedder, &titles, &abstracts, progress)
}

fn find(
    embedder: &dyn Embedder,
    queries: &[&str],
    answers: &[&str],
    progress: &dyn Progress,
) -> Result<Found> {
    let queries = embedder.embed(Role::Query, queries, progress)?;
    Ok(retrieval(&queries, &embedder.embed(Role::Document, answers, progress)?))
}

/// How many of a paper's neighbours are looked at for their category.
const NEIGHBOURS: usize = 10;

/// The share of each paper's ten nearest others that have its primary category.
///
/// # Errors
/// [`crate::Error::Model`] if the model cannot run.
pub fn categories(embedder: &dyn Embedder, papers: &[&Paper], progress: &dyn Progress) -> Result<f64> {
    let vectors = whole(embedder, papers, progress)?;
    let categories: Vec<&str> =
        papers.iter().map(|paper| paper.categories.first().map_or("", String::as_str)).collect();
    Ok(neighbours_share(&vectors, &categories, NEIGHBOURS))
}

/// The vectors of papers by title and abstract.
pub(super) fn whole(
    embedder: &dyn Embedder,
    papers: &[&Paper],
    progress: &dyn Progress,
) -> Result<Vec<Embedding>> {
    let texts: Vec<String> =
        papers.iter().map(|paper| format!("{}\n{}", paper.title, paper.abstract_text)).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    embedder.embed(Role::Document, &texts, progress)
}
