//! Papers as rows of numbers.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::{Arc, LazyLock};

use rayon::prelude::*;

use super::dot::dot;
use crate::embed::Embedding;
use crate::hash::fnv1a;
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
    /// The interest that it belongs to.
    Interest,
}

impl Block {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 6] =
        [Self::Meaning, Self::Terms, Self::Authors, Self::Categories, Self::Votes, Self::Interest];

    /// Those whose columns a corpus has, in the order of the columns.
    pub(super) const SPARSE: [Self; 4] = [Self::Terms, Self::Authors, Self::Categories, Self::Votes];
}

/// Authors and categories are numbered by their hash; there are far more places than names in the
/// ratings of one reader, so that two names seldom share one.
const AUTHOR_PLACES: u32 = 1 << 18;
const CATEGORY_PLACES: u32 = 1 << 12;

/// A term must stand in so many papers of the sample to be counted at all: with these and 20,000 papers
/// the replays of `data/evaluation.md` were measured...
const LEAST_PAPERS: u32 = 4;

/// ...and at most in this part of them: what one paper of ten says tells none apart.
const MOST_PAPERS: f64 = 0.1;

/// English words that only hold a sentence together: in a small library they would not be common
/// enough to be seen for what they are.
static FUNCTION_WORDS: LazyLock<HashSet<&str>> =
    LazyLock::new(|| include_str!("../../data/function-words.txt").split_whitespace().collect());

/// How many times a word of the title counts among those of the text. Chosen with the scales of the
/// blocks, on all four public replays together...
const TITLE_WEIGHT: f32 = 2.0;

/// ...and so the length of the title's own features, where the text's are 1.
const TITLE_LENGTH: f32 = 0.45;

/// In how many papers of a sample each term stands: the numbering of all sparse features.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Lexicon {
    /// Hashes of the terms, sorted.
    hashes: Vec<u32>,
    /// The inverse document frequency of each, as scikit-learn smooths it.
    rarity: Vec<f32>,
}

impl Lexicon {
    /// Counts the terms of a sample of papers; their order changes nothing.
    pub fn count<'a>(papers: impl IntoIterator<Item = &'a Paper>) -> Self {
        let papers: Vec<&Paper> = papers.into_iter().collect();
        let hashes = |paper: &&Paper| -> Vec<u32> {
            let mut hashes = Vec::new();
            each_term(paper, |words, _, _| hashes.push(hash(words.iter().copied())));
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

    /// The known terms of a paper in words, by column.
    pub fn words(&self, paper: &Paper) -> HashMap<u32, String> {
        let mut words = HashMap::new();
        each_term(paper, |term, _, _| {
            if let Some(column) = self.find(hash(term.iter().copied())) {
                words.entry(column).or_insert_with(|| term.join(" "));
            }
        });
        words
    }

    /// A few words for what papers have in common: the two terms of the greatest summed inverse
    /// document frequency; empty if no term is known.
    pub fn name(&self, papers: &[&Paper]) -> String {
        let mut terms: HashMap<u32, (String, f32)> = HashMap::new();
        for (column, words) in papers.iter().flat_map(|paper| self.words(paper)) {
            terms.entry(column).or_insert((words, 0.0)).1 += self.rarity[column as usize];
        }
        // A pair says more than a word, and a number nothing.
        let weigh = |(words, sum): (String, f32)| {
            let pair = if words.contains(' ') { 1.3 } else { 1.0 };
            words.contains(char::is_alphabetic).then_some((sum * pair, words))
        };
        let mut terms: Vec<(f32, String)> = terms.into_values().filter_map(weigh).collect();
        terms.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
        let Some((_, first)) = terms.first() else { return String::new() };
        let other = |term: &&(f32, String)| term.1.split(' ').all(|word| !first.contains(word));
        match terms.iter().find(other) {
            Some((_, second)) => format!("{first}, {second}"),
            None => first.clone(),
        }
    }

    fn find(&self, hash: u32) -> Option<u32> {
        self.hashes.binary_search(&hash).ok().map(|at| at as u32)
    }

    /// How many sparse columns there are.
    pub(super) fn n_columns(&self) -> usize {
        self.columns(Block::Votes).end as usize
    }

    /// The columns of a sparse block; none for others.
    pub(super) fn columns(&self, block: Block) -> Range<u32> {
        // Of the whole text, and then of the title alone.
        let terms = 2 * self.len() as u32;
        let (authors, categories) = (terms + AUTHOR_PLACES, terms + AUTHOR_PLACES + CATEGORY_PLACES);
        match block {
            Block::Meaning | Block::Interest => 0..0,
            Block::Terms => 0..terms,
            Block::Authors => terms..authors,
            Block::Categories => authors..categories,
            Block::Votes => categories..categories + 2,
        }
    }

    /// The sparse features of a paper, by column: each block has one length.
    fn sparse(&self, paper: &Paper) -> Vec<(u32, f32)> {
        let mut counts: HashMap<u32, (f32, bool)> = HashMap::new();
        each_term(paper, |words, weight, in_title| {
            let (count, title) = counts.entry(hash(words.iter().copied())).or_default();
            *count += weight;
            *title |= in_title;
        });
        let mut row: Vec<(u32, f32)> = Vec::with_capacity(counts.len());
        let mut title: Vec<(u32, f32)> = Vec::new();
        for (hash, (count, in_title)) in counts {
            let Some(column) = self.find(hash) else { continue };
            let rarity = self.rarity[column as usize];
            row.push((column, (1.0 + count.ln()) * rarity));
            if in_title {
                title.push((column + self.len() as u32, rarity));
            }
        }
        // By column before the lengths are summed, so that no order of the map is seen in them.
        row.sort_unstable_by_key(|entry| entry.0);
        title.sort_unstable_by_key(|entry| entry.0);
        scale_to(&mut row, 1.0);
        scale_to(&mut title, TITLE_LENGTH);
        row.extend(title);
        row.extend(self.names(Block::Authors, &paper.authors));
        row.extend(self.names(Block::Categories, &paper.categories));
        if let Some(votes) = paper.top_votes() {
            let column = self.columns(Block::Votes).start;
            // 100 votes or more are all that votes can say; unknown is neither many nor few.
            row.push((column, 1.0));
            row.push((column + 1, ((1.0 + votes as f32).ln() / 101_f32.ln()).min(1.0)));
        }
        row
    }

    /// The column of an author or a category.
    pub fn name_column(&self, block: Block, name: &str) -> u32 {
        let places = if block == Block::Authors { AUTHOR_PLACES } else { CATEGORY_PLACES };
        self.columns(block).start + place(name, places)
    }

    /// One feature a name; many names share the length of one.
    fn names(&self, block: Block, names: &[String]) -> Vec<(u32, f32)> {
        let mut row: Vec<(u32, f32)> =
            names.iter().map(|name| (self.name_column(block, name), 1.0)).collect();
        row.sort_unstable_by_key(|entry| entry.0);
        row.dedup_by_key(|entry| entry.0);
        scale_to(&mut row, 1.0);
        row
    }
}

fn place(name: &str, places: u32) -> u32 {
    hash([name.to_lowercase().as_str()]) % places
}

fn scale_to(row: &mut [(u32, f32)], wanted: f32) {
    let length = row.iter().map(|e| e.1 * e.1).sum::<f32>().sqrt();
    if length > 0.0 {
        row.iter_mut().for_each(|e| e.1 *= wanted / length);
    }
}

/// 32 bits of FNV-1a over words with a space between them.
fn hash<'a>(words: impl IntoIterator<Item = &'a str>) -> u32 {
    let spaced = words.into_iter().enumerate();
    let bytes = spaced.flat_map(|(i, word)| (i > 0).then_some(b' ').into_iter().chain(word.bytes()));
    let hash = fnv1a(bytes);
    (hash ^ (hash >> 32)) as u32
}

/// The terms of a paper: words, and pairs of neighbouring ones where neither is Korean (whose
/// tokens are pairs of syllables already). `visit` gets the words of each, how much it counts, and
/// whether it stands in the title.
fn each_term(paper: &Paper, mut visit: impl FnMut(&[&str], f32, bool)) {
    let english = if paper.abstract_text.is_empty() {
        paper.summaries.get(&Language::En)
    } else {
        Some(&paper.abstract_text)
    };
    let bodies =
        [english, paper.summaries.get(&Language::Ko)].into_iter().flatten().map(|text| (text, false));
    for (text, is_title) in [(&paper.title, true)].into_iter().chain(bodies) {
        let weight = if is_title { TITLE_WEIGHT } else { 1.0 };
        let tokens = tokens(text);
        let says_something = |word: &&str| word.chars().nth(1).is_some() && !FUNCTION_WORDS.contains(word);
        let words: Vec<&str> = tokens.iter().map(String::as_str).filter(says_something).collect();
        words.iter().for_each(|word| visit(&[word], weight, is_title));
        for pair in words.windows(2).filter(|pair| !pair.iter().any(|word| word.starts_with(is_hangul))) {
            visit(pair, weight, is_title);
        }
    }
}

/// Quantile of random-pair cosines that two likes must exceed to share an interest.
const RELATED: f64 = 0.9;

/// Papers as rows: a dense unit vector each, and sparse blocks.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct Corpus {
    /// Shared by every corpus of a library, and kept in a file of its own.
    #[serde(skip)]
    lexicon: Arc<Lexicon>,
    dimensions: usize,
    dense: Vec<f32>,
    starts: Vec<usize>,
    sparse: Vec<(u32, f32)>,
}

impl Corpus {
    /// No rows yet; embeddings of `dimensions` numbers.
    pub fn new(lexicon: impl Into<Arc<Lexicon>>, dimensions: usize) -> Self {
        Self { lexicon: lexicon.into(), dimensions, dense: Vec::new(), starts: vec![0], sparse: Vec::new() }
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

    /// The same, to be shared with another corpus.
    pub fn shared_lexicon(&self) -> Arc<Lexicon> {
        Arc::clone(&self.lexicon)
    }

    /// Gives a corpus that was read from a file, where no lexicon is written, the one that its rows
    /// were made by.
    pub fn set_lexicon(&mut self, lexicon: Arc<Lexicon>) {
        self.lexicon = lexicon;
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

    /// The cosine of two rows' embeddings, -1 to 1.
    pub fn cosine(&self, a: usize, b: usize) -> f32 {
        dot(self.dense(a), self.dense(b))
    }

    /// The least cosine of two papers of one interest, 0 to 1: the 0.9 quantile over pairs of these
    /// rows, since what is near differs from model to model. At most 400 rows are looked at, which make
    /// 80,000 pairs; 0.3 where there is no pair.
    pub fn related(&self, rows: &[usize]) -> f32 {
        let step = (rows.len() / 400).max(1);
        let rows: &Vec<usize> = &rows.iter().copied().step_by(step).take(400).collect();
        let pairs = |i: usize| rows[..i].iter().map(move |&b| self.cosine(rows[i], b));
        let mut cosines: Vec<f32> = (0..rows.len()).into_par_iter().flat_map_iter(pairs).collect();
        cosines.par_sort_unstable_by(f32::total_cmp);
        cosines.get((RELATED * cosines.len() as f64) as usize).copied().unwrap_or(0.3)
    }
}
