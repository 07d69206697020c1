//! Papers as rows of numbers.

use std::collections::HashMap;
use std::ops::Range;

use rayon::prelude::*;

use crate::embed::Embedding;
use crate::paper::{Language, Paper, is_hangul};
use crate::terms::tokens;

/// A part of what is known of a paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Block {
    /// The embedding.
    Meaning,
    /// Words and pairs of words.
    Terms,
    /// Who wrote it.
    Authors,
    /// Where it was filed.
    Categories,
    /// How many voted for it.
    Votes,
}

impl Block {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 5] = [Self::Meaning, Self::Terms, Self::Authors, Self::Categories, Self::Votes];
}

/// Authors and categories are numbered by their hash; there are far more places than names in the
/// ratings of one reader, so that two names seldom share one.
const AUTHOR_PLACES: u32 = 1 << 18;
const CATEGORY_PLACES: u32 = 1 << 12;

/// A term must stand in so many papers of the sample to be counted at all...
const LEAST_PAPERS: u32 = 3;

/// ...and at most in this part of them.
const MOST_PAPERS: f64 = 0.1;

/// How many times a word of the title counts.
const TITLE_WEIGHT: f32 = 2.0;

/// In how many papers of a sample each term stands: the numbering of all sparse features.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Lexicon {
    /// Hashes of the terms, sorted.
    hashes: Vec<u32>,
    /// The inverse document frequency of each.
    rarity: Vec<f32>,
}

impl Lexicon {
    /// Counts the terms of a sample of papers; their order changes nothing.
    pub fn count<'a>(papers: impl IntoIterator<Item = &'a Paper>) -> Self {
        let papers: Vec<&Paper> = papers.into_iter().collect();
        let hashes = |paper: &&Paper| -> Vec<u32> {
            let mut hashes: Vec<u32> = weighted_terms(paper).into_iter().map(|(hash, _)| hash).collect();
            hashes.sort_unstable();
            hashes.dedup();
            hashes
        };
        let mut all: Vec<u32> = papers.par_iter().map(hashes).flatten().collect();
        all.par_sort_unstable();
        let n = papers.len() as f64;
        // A handful of papers says nothing about what is common.
        let most = (MOST_PAPERS * n).max(20.0);
        let least = if papers.len() < 500 { 1 } else { LEAST_PAPERS };
        let mut lexicon = Self::default();
        for run in all.chunk_by(|a, b| a == b) {
            let count = run.len() as u32;
            if count >= least && f64::from(count) <= most {
                lexicon.hashes.push(run[0]);
                lexicon.rarity.push(((1.0 + n) / (1.0 + f64::from(count))).ln() as f32 + 1.0);
            }
        }
        lexicon
    }

    /// How many terms it knows.
    pub fn len(&self) -> usize {
        self.hashes.len()
    }

    /// Whether it knows no term.
    pub fn is_empty(&self) -> bool {
        self.hashes.is_empty()
    }

    /// The column of a term as it stands in a text, if the term is known.
    pub fn column(&self, term: &str) -> Option<u32> {
        self.find(hash(term.split(' ')))
    }

    fn find(&self, hash: u32) -> Option<u32> {
        self.hashes.binary_search(&hash).ok().map(|at| at as u32)
    }

    /// How many sparse columns there are.
    pub(super) fn n_columns(&self) -> usize {
        self.columns(Block::Votes).end as usize
    }

    /// The sparse columns of a block; none for the dense one.
    pub(super) fn columns(&self, block: Block) -> Range<u32> {
        let terms = self.len() as u32;
        let (authors, categories) = (terms + AUTHOR_PLACES, terms + AUTHOR_PLACES + CATEGORY_PLACES);
        match block {
            Block::Meaning => 0..0,
            Block::Terms => 0..terms,
            Block::Authors => terms..authors,
            Block::Categories => authors..categories,
            Block::Votes => categories..categories + 2,
        }
    }

    /// The sparse features of a paper, by column: each block is a vector of length 1 at most.
    fn sparse(&self, paper: &Paper) -> Vec<(u32, f32)> {
        let mut counts: HashMap<u32, f32> = HashMap::new();
        for (hash, weight) in weighted_terms(paper) {
            *counts.entry(hash).or_default() += weight;
        }
        let weigh = |(hash, count): (u32, f32)| {
            let column = self.find(hash)?;
            Some((column, (1.0 + count.ln()) * self.rarity[column as usize]))
        };
        let mut row: Vec<(u32, f32)> = counts.into_iter().filter_map(weigh).collect();
        row.sort_unstable_by_key(|entry| entry.0);
        scale_to_one(&mut row);
        row.extend(self.names(Block::Authors, AUTHOR_PLACES, &paper.authors));
        row.extend(self.names(Block::Categories, CATEGORY_PLACES, &paper.categories));
        if let Some(votes) = paper.top_votes() {
            let column = self.columns(Block::Votes).start;
            // 100 votes or more are all that votes can say; unknown is neither many nor few.
            row.push((column, 1.0));
            row.push((column + 1, ((1.0 + votes as f32).ln() / 101_f32.ln()).min(1.0)));
        }
        row
    }

    /// One feature a name; many names share the length of one.
    fn names(&self, block: Block, places: u32, names: &[String]) -> Vec<(u32, f32)> {
        let start = self.columns(block).start;
        let mut row: Vec<(u32, f32)> = names.iter().map(|name| (start + place(name, places), 1.0)).collect();
        row.sort_unstable_by_key(|entry| entry.0);
        row.dedup_by_key(|entry| entry.0);
        scale_to_one(&mut row);
        row
    }
}

fn place(name: &str, places: u32) -> u32 {
    hash([name.to_lowercase().as_str()]) % places
}

fn scale_to_one(row: &mut [(u32, f32)]) {
    let length = row.iter().map(|e| e.1 * e.1).sum::<f32>().sqrt();
    if length > 0.0 {
        row.iter_mut().for_each(|e| e.1 /= length);
    }
}

/// 32 bits of FNV-1a over words with a space between them.
fn hash<'a>(words: impl IntoIterator<Item = &'a str>) -> u32 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for (i, word) in words.into_iter().enumerate() {
        for byte in (i > 0).then_some(b' ').into_iter().chain(word.bytes()) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    (hash ^ (hash >> 32)) as u32
}

/// The terms of a paper: words, and pairs of neighbouring ones where neither is Korean (whose
/// tokens are pairs of syllables already). `visit` gets the words of each and the weight.
pub(super) fn each_term(paper: &Paper, mut visit: impl FnMut(&[&str], f32)) {
    let english = [&paper.abstract_text].into_iter().filter(|text| !text.is_empty());
    let english =
        english.chain(paper.summaries.get(&Language::En).filter(|_| paper.abstract_text.is_empty()));
    let bodies = english.chain(paper.summaries.get(&Language::Ko)).map(|text| (text, 1.0));
    for (text, weight) in [(&paper.title, TITLE_WEIGHT)].into_iter().chain(bodies) {
        let tokens = tokens(text);
        let words: Vec<&str> =
            tokens.iter().map(String::as_str).filter(|t| t.chars().nth(1).is_some()).collect();
        words.iter().for_each(|word| visit(&[word], weight));
        for pair in words.windows(2) {
            if !pair.iter().any(|word| word.starts_with(is_hangul)) {
                visit(pair, weight);
            }
        }
    }
}

fn weighted_terms(paper: &Paper) -> Vec<(u32, f32)> {
    let mut terms = Vec::new();
    each_term(paper, |words, weight| terms.push((hash(words.iter().copied()), weight)));
    terms
}

/// Papers as rows: a dense unit vector each, and sparse blocks.
#[derive(Debug, Clone)]
pub struct Corpus {
    lexicon: Lexicon,
    dimensions: usize,
    dense: Vec<f32>,
    starts: Vec<usize>,
    sparse: Vec<(u32, f32)>,
}

impl Corpus {
    /// No rows yet; embeddings of `dimensions` numbers.
    pub fn new(lexicon: Lexicon, dimensions: usize) -> Self {
        Self { lexicon, dimensions, dense: Vec::new(), starts: vec![0], sparse: Vec::new() }
    }

    /// Appends a row for each paper with its embedding, in order; the number of the first.
    ///
    /// # Panics
    /// If an embedding has another length than [`Corpus::new`] was told.
    pub fn extend(&mut self, papers: &[(&Paper, &Embedding)]) -> usize {
        let first = self.len();
        let rows: Vec<Vec<(u32, f32)>> =
            papers.par_iter().map(|(paper, _)| self.lexicon.sparse(paper)).collect();
        for ((_, embedding), row) in papers.iter().zip(rows) {
            assert_eq!(embedding.as_slice().len(), self.dimensions, "embeddings of one length");
            self.dense.extend_from_slice(embedding.as_slice());
            self.sparse.extend(row);
            self.starts.push(self.sparse.len());
        }
        first
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.starts.len() - 1
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The numbering of the sparse columns.
    pub fn lexicon(&self) -> &Lexicon {
        &self.lexicon
    }

    /// The length of a dense row.
    pub fn dimensions(&self) -> usize {
        self.dimensions
    }

    /// A row's embedding.
    pub fn dense(&self, row: usize) -> &[f32] {
        &self.dense[row * self.dimensions..][..self.dimensions]
    }

    /// A row's sparse features: column and value, by column.
    pub fn sparse(&self, row: usize) -> &[(u32, f32)] {
        &self.sparse[self.starts[row]..self.starts[row + 1]]
    }
}
