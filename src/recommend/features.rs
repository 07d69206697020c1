//! Papers as rows of numbers.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::{Arc, LazyLock};

use rayon::prelude::*;

use super::dot::dot;
use crate::embed::Embedding;
use crate::hash::fnv1a;
use crate::paper::{Language, Paper, is_hangul};
use crate::terms::{korean_words, tokens};

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
}

/// What a paper may have or lack of its sparse features. Each part has one length, so that a paper with a
/// Korean summary and one with an English abstract say as much.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// The words of the English text, title included.
    Text,
    /// The words of the title alone.
    Title,
    /// The words of the Korean text.
    Korean,
    Authors,
    Categories,
    Votes,
}

impl Part {
    /// All of them, in the order of their columns.
    pub const ALL: [Self; 6] =
        [Self::Text, Self::Title, Self::Korean, Self::Authors, Self::Categories, Self::Votes];

    /// The block that it is shown under.
    pub fn block(self) -> Block {
        match self {
            Self::Text | Self::Title | Self::Korean => Block::Terms,
            Self::Authors => Block::Authors,
            Self::Categories => Block::Categories,
            Self::Votes => Block::Votes,
        }
    }
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

/// What follows a word that stands in the title.
pub const IN_TITLE: &str = " (title)";

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
            each_term(paper, |words, _| hashes.push(hash(words.iter().copied())));
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

    /// The known terms of a paper in words, by number. A pair of Korean syllables is called by the first word
    /// that it stands in.
    fn words(&self, paper: &Paper) -> HashMap<u32, String> {
        let mut words = HashMap::new();
        let korean = [Some(&paper.title), paper.summaries.get(&Language::Ko)];
        for (word, tokens) in korean.into_iter().flatten().flat_map(|text| korean_words(text)) {
            for number in tokens.iter().filter_map(|token| self.find(hash([token.as_str()]))) {
                words.entry(number).or_insert_with(|| word.to_owned());
            }
        }
        each_term(paper, |term, _| {
            if let Some(number) = self.find(hash(term.iter().copied())) {
                words.entry(number).or_insert_with(|| term.join(" "));
            }
        });
        words
    }

    /// What the sparse features of a paper are called, by column.
    pub fn names(&self, paper: &Paper) -> HashMap<u32, String> {
        let mut names = HashMap::new();
        for (number, word) in self.words(paper) {
            names.insert(self.columns(Part::Title).start + number, format!("{word}{IN_TITLE}"));
            names.insert(self.columns(Part::Korean).start + number, word.clone());
            names.insert(number, word);
        }
        for (part, list) in [(Part::Authors, &paper.authors), (Part::Categories, &paper.categories)] {
            names.extend(list.iter().map(|name| (self.name_column(part, name), name.clone())));
        }
        names
    }

    fn find(&self, hash: u32) -> Option<u32> {
        self.hashes.binary_search(&hash).ok().map(|at| at as u32)
    }

    /// How many sparse columns there are.
    pub(super) fn n_columns(&self) -> usize {
        self.columns(Part::Votes).end as usize
    }

    /// The columns of a part.
    pub(super) fn columns(&self, part: Part) -> Range<u32> {
        let terms = self.len() as u32;
        let (authors, categories) = (3 * terms + AUTHOR_PLACES, 3 * terms + AUTHOR_PLACES + CATEGORY_PLACES);
        match part {
            Part::Text => 0..terms,
            Part::Title => terms..2 * terms,
            Part::Korean => 2 * terms..3 * terms,
            Part::Authors => 3 * terms..authors,
            Part::Categories => authors..categories,
            Part::Votes => categories..categories + 1,
        }
    }

    /// The sparse features of a paper, by column.
    fn sparse(&self, paper: &Paper) -> Vec<(u32, f32)> {
        let mut row = self.terms(paper);
        row.extend(self.listed(Part::Authors, &paper.authors));
        row.extend(self.listed(Part::Categories, &paper.categories));
        // 100 votes or more are all that votes can say.
        let votes = paper.top_votes().map(|votes| ((1.0 + votes as f32).ln() / 101_f32.ln()).min(1.0));
        row.extend(votes.map(|votes| (self.columns(Part::Votes).start, votes)));
        row
    }

    /// The terms of text, title and Korean. A text that is not known has none, whatever the title.
    fn terms(&self, paper: &Paper) -> Vec<(u32, f32)> {
        let mut uses: HashMap<u32, f32> = HashMap::new();
        let (title, korean) = (self.columns(Part::Title).start, self.columns(Part::Korean).start);
        let mut has_text = false;
        each_term(paper, |words, part| {
            let Some(number) = self.find(hash(words.iter().copied())) else { return };
            has_text |= part == Part::Text;
            match part {
                Part::Title => {
                    *uses.entry(number).or_default() += TITLE_WEIGHT;
                    uses.insert(title + number, 1.0);
                }
                Part::Korean => *uses.entry(korean + number).or_default() += 1.0,
                _ => *uses.entry(number).or_default() += 1.0,
            }
        });
        let rarity = |column: u32| self.rarity[column as usize % self.len()];
        let mut row: Vec<(u32, f32)> = uses
            .into_iter()
            .filter(|(column, _)| has_text || *column >= title)
            .map(|(column, uses)| (column, (1.0 + uses.ln()) * rarity(column)))
            .collect();
        // By column before the lengths are summed, so that no order of the map is seen in them.
        row.sort_unstable_by_key(|entry| entry.0);
        let text_end = row.partition_point(|entry| entry.0 < title);
        let title_end = row.partition_point(|entry| entry.0 < korean);
        scale_to(&mut row[..text_end], 1.0);
        scale_to(&mut row[text_end..title_end], TITLE_LENGTH);
        scale_to(&mut row[title_end..], 1.0);
        row
    }

    /// The column of an author or a category.
    fn name_column(&self, part: Part, name: &str) -> u32 {
        let places = if part == Part::Authors { AUTHOR_PLACES } else { CATEGORY_PLACES };
        self.columns(part).start + place(name, places)
    }

    /// One feature a name; many names share the length of one.
    fn listed(&self, part: Part, names: &[String]) -> Vec<(u32, f32)> {
        let mut row: Vec<(u32, f32)> = names.iter().map(|name| (self.name_column(part, name), 1.0)).collect();
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
/// tokens are pairs of syllables already). `visit` gets the words of each, and the part that it stands in.
fn each_term(paper: &Paper, mut visit: impl FnMut(&[&str], Part)) {
    let english = if paper.abstract_text.is_empty() {
        paper.summaries.get(&Language::En)
    } else {
        Some(&paper.abstract_text)
    };
    let korean = paper.summaries.get(&Language::Ko);
    let bodies =
        english.map(|text| (text, Part::Text)).into_iter().chain(korean.map(|text| (text, Part::Korean)));
    for (text, part) in [(&paper.title, Part::Title)].into_iter().chain(bodies) {
        let tokens = tokens(text);
        let says_something = |word: &&str| word.chars().nth(1).is_some() && !FUNCTION_WORDS.contains(word);
        let words: Vec<&str> = tokens.iter().map(String::as_str).filter(says_something).collect();
        words.iter().for_each(|word| visit(&[word], part));
        for pair in words.windows(2).filter(|pair| !pair.iter().any(|word| word.starts_with(is_hangul))) {
            visit(pair, part);
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

    /// A row's sparse features by part; the parts that it lacks are empty.
    pub(super) fn parts(&self, row: usize) -> impl Iterator<Item = (Part, &[(u32, f32)])> {
        let mut rest = self.sparse(row);
        Part::ALL.into_iter().map(move |part| {
            let end = self.lexicon.columns(part).end;
            let (own, after) = rest.split_at(rest.partition_point(|entry| entry.0 < end));
            rest = after;
            (part, own)
        })
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
