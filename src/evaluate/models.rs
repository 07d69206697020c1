//! A model's figures, each by the protocol that its published relatives were judged by.

use std::collections::HashMap;

use super::embedding::{CsfCube, Found, Ranked, csfcube, neighbours_share, retrieval};
use crate::embed::{Embedder, Embedding, Progress, Role};
use crate::error::Result;
use crate::paper::Paper;
use crate::similar;
use crate::terms::DocumentFrequencies;

/// How well a ranker of similar papers agrees with experts.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Experts {
    /// The vectors alone.
    pub alone: Ranked,
    /// Words alone: TF-IDF over the whole collection.
    pub words: Ranked,
    /// Both, as [`similar`] fuses them.
    pub fused: Ranked,
}

/// CSFCube's figures: every query's own candidates are ranked, no facet is given.
///
/// # Errors
/// [`crate::Error::Model`] if the model cannot run.
pub fn experts(embedder: &dyn Embedder, cube: &CsfCube, progress: &dyn Progress) -> Result<Experts> {
    let texts: Vec<&str> = cube.papers.values().map(String::as_str).collect();
    let vectors = embedder.embed(Role::Document, &texts, progress)?;
    let vectors: HashMap<&str, &Embedding> = cube.papers.keys().map(String::as_str).zip(&vectors).collect();
    let frequencies = DocumentFrequencies::count(texts);
    let terms: HashMap<&str, _> =
        cube.papers.iter().map(|(id, text)| (id.as_str(), frequencies.vector(text))).collect();
    let meaning = |query: &str, candidate: &str| vectors[query].cosine(vectors[candidate]);
    let words = |query: &str, candidate: &str| terms[query].cosine(&terms[candidate]);
    // Scores of one pool depend on the whole of it, so they are made pool by pool.
    let mut fused: HashMap<(&str, &str), f32> = HashMap::new();
    for (query, pool) in cube.pools() {
        let texts: Vec<&str> = pool.iter().map(|id| cube.papers[*id].as_str()).collect();
        let meanings: Vec<f32> = pool.iter().map(|id| meaning(query, id)).collect();
        let scores = similar::fuse(&meanings, &similar::words(&cube.papers[query], &texts));
        fused.extend(pool.iter().zip(scores).map(|(id, score)| ((query, *id), score)));
    }
    let judge = |score: &dyn Fn(&str, &str) -> f32| csfcube(&cube.judgements, &cube.folds, score);
    Ok(Experts { alone: judge(&meaning), words: judge(&words), fused: judge(&|q, c| fused[&(q, c)]) })
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
    let texts: Vec<String> =
        papers.iter().map(|paper| format!("{}\n{}", paper.title, paper.abstract_text)).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let vectors = embedder.embed(Role::Document, &texts, progress)?;
    let categories: Vec<&str> =
        papers.iter().map(|paper| paper.categories.first().map_or("", String::as_str)).collect();
    Ok(neighbours_share(&vectors, &categories, NEIGHBOURS))
}
